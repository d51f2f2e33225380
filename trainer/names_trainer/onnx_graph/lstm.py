"""The graph of a step of the LSTM: from a character and states to the next states."""

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

from names_trainer.models.lstm import NameLSTM
from names_trainer.models.quantisation import quantise
from names_trainer.onnx_graph.builder import Builder

STATE_STEPS = 63
"""Scale of the states h, between -1 and 1, with `int8`. The integers have 7 bits, so the sum of two
products fits 16 bits: processors with AVX2 add pairs in 16 bits and must not overflow."""

Weights = npt.NDArray[np.float32]


def lstm_states(model: NameLSTM) -> dict[str, int]:
    """Return the width of each state, h and c of every layer, by name."""
    layers = range(model.lstm.num_layers)
    return {f"{kind}_{i}": model.lstm.hidden_size for i in layers for kind in ("h", "c")}


def add_lstm(build: Builder, model: NameLSTM, int8: bool) -> None:
    """Add the weights of the LSTM and the constants that depend on them.

    For the first layer, W x embedding + B is a look-up table of characters.
    """
    weights = {name: value.numpy() for name, value in model.lstm.state_dict().items()}
    embedding = build.weights("embedding", model.embedding.weight.detach().numpy())
    for i in range(model.lstm.num_layers):
        bias = weights[f"bias_ih_l{i}"] + weights[f"bias_hh_l{i}"]
        build.constant(f"B_{i}", _all_sigmoid(bias))
        _add_matrix(build, f"R_{i}", _all_sigmoid(weights[f"weight_hh_l{i}"]), int8)
        of_input = _all_sigmoid(weights[f"weight_ih_l{i}"])
        if i:
            _add_matrix(build, f"W_{i}", of_input, int8)
            continue
        by_input = build.weights("W_0", of_input)
        build.op("Gemm", embedding, by_input, "B_0", transB=1, name="of_character")


def lstm_step(
    build: Builder, model: NameLSTM, int8: bool, character: str, states: dict[str, str]
) -> dict[str, str]:
    """Add the equations of a step.

    Args:
        build: Builder of the graph.
        model: The network.
        int8: Whether products with the states h are computed in 8 bits.
        character: Ids int64 [batch].
        states: The states by name, float32 [batch, hidden] each.

    Returns:
        The next states by name.

    """
    size = model.lstm.hidden_size
    new: dict[str, str] = {}
    for i in range(model.lstm.num_layers):
        if i == 0:
            of_input = build.op("Gather", "of_character", character)
        else:
            of_input = build.op("Add", _product(build, new[f"h_{i - 1}"], f"W_{i}", int8), f"B_{i}")
        of_state = _product(build, states[f"h_{i}"], f"R_{i}", int8)
        gates = build.op("Sigmoid", build.op("Add", of_input, of_state))
        input_gate, forget_gate, half, output_gate = build.split(gates, [size] * 4, axis=1)
        kept = build.op("Mul", forget_gate, states[f"c_{i}"])
        candidate = build.op("Add", build.op("Mul", half, build.number(2.0)), build.number(-1.0))
        added = build.op("Mul", input_gate, candidate)
        new[f"c_{i}"] = build.op("Add", kept, added)
        new[f"h_{i}"] = build.op("Mul", output_gate, build.op("Tanh", new[f"c_{i}"]))
    return new


def _add_matrix(build: Builder, name: str, matrix: Weights, int8: bool) -> None:
    """Add the constants of `_product` for `matrix` [4 x hidden, hidden]."""
    if not int8:
        build.op("Transpose", build.weights(name, matrix), perm=[1, 0], name=f"{name}_by_h")
        return
    steps, scale = quantise(matrix)
    build.constant(f"{name}_by_h", steps.T)
    build.constant(f"{name}_unit", scale[:, 0] / np.float32(STATE_STEPS))


def _product(build: Builder, h: str, matrix: str, int8: bool) -> str:
    """Multiply `h` [batch, hidden] by a matrix.

    With `int8`, h is quantised on a fixed scale, because a scale computed from the batch would make
    results depend on the batch. The integer sums are exact.
    """
    if not int8:
        return build.op("MatMul", h, f"{matrix}_by_h")
    zero = build.constant("no_step", np.array(STATE_STEPS + 1, dtype=np.uint8))
    steps = build.op("QuantizeLinear", h, build.number(1 / STATE_STEPS), zero)
    sums = build.op("MatMulInteger", steps, f"{matrix}_by_h", zero)
    return build.op("Mul", build.op("Cast", sums, to=TensorProto.FLOAT), f"{matrix}_unit")


def _all_sigmoid(rows: Weights) -> Weights:
    """Double the rows of the cell candidate, the third of the four gates, along the first axis.

    tanh(x) is 2 sigmoid(2x) - 1: one operator for all gates is faster than two and a copy of each.
    """
    i, f, g, o = np.split(rows, 4)
    return np.concatenate([i, f, 2 * g, o])
