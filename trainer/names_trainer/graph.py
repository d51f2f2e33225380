"""The ONNX graph of a model, written node by node.

A model of one direction is a step, from a character and a state to the next state, in two settings:
alone, where a call brings one character, and in a loop over the characters. So a predictor can go
on from any state, and compute what names have in common once. Tracing would give neither.
"""

import re
from collections.abc import Iterator

import numpy as np
import onnx
from onnx import GraphProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from names_predictor.artifact import Vocab
from names_predictor.errors import NamesError
from names_predictor.prefixes import NEXT
from names_trainer import __version__
from names_trainer.bidirectional_graph import bidirectional, common_constants, within
from names_trainer.matrices_graph import (
    GATES,
    STATE_STEPS,
    Constants,
    matrices,
    matrices_of_h,
    matrix_constants,
    unpacked_matrices,
)
from names_trainer.model import NameLSTM
from names_trainer.ngram_graph import add_ngrams, counted_ngrams, extend_ngrams, ngram_constants
from names_trainer.quantisation import quantise

OPSET = 17
IR_VERSION = 8

MATRIX = re.compile(r"embedding|linear_weight|ngram_(table|codebook_\d)|[WR]_\d+(_[ifgo])?")


def to_onnx(model: NameLSTM, vocab: Vocab, int8: bool = False) -> bytes:
    """Return `model` as a checked ONNX file.

    Inputs `ids` int64 [batch, time] and `lengths` int64 [batch], each at least 1; output `logits`
    float32 [batch, labels]. What stands behind a name's length has no influence.

    A model of one direction can go on where another call ended: `h_0` and `c_0` float32
    [batch, hidden], and so on for every layer, are inputs that may be left out, `next_h_0` and
    `next_c_0` outputs. So are, with a table of n-grams, the codes of those that end where the name
    stands, `ngram_codes` [batch, longest], and what those so far add up to, with their number,
    `ngram_sums` [batch, labels + 1]. With `int8` products with h are of 8-bit numbers.

    Raises `NamesError` for `int8` and a model of two directions, and for a model of two directions
    with n-grams, as teachers are.
    """
    if model.lstm.bidirectional:
        if model.ngrams:
            raise NamesError("a teacher can't be exported: export the run it teaches")
        if int8:
            raise NamesError("--int8: not for a bidirectional model: train one of one direction")
        nodes, constants = bidirectional(model)
        states = {}
    else:
        nodes, constants = _forward(model, int8)
        states = _states(model)
    constants, casts = _as_stored(constants)
    graph = helper.make_graph(
        [*casts, *nodes],
        "NameLSTM",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "time"]),
            helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"]),
            # An input that is a constant too is one that may be left out.
            *_matrices("", states, rows="batch or 1"),
        ],
        [
            *_matrices("", {"logits": len(vocab.labels)}),
            *_matrices(NEXT, states),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    proto = helper.make_model(
        graph,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="names-trainer",
        producer_version=__version__,
    )
    helper.set_model_props(proto, vocab.metadata())
    onnx.checker.check_model(proto, full_check=True)
    content: bytes = proto.SerializeToString()
    return content


def _forward(model: NameLSTM, int8: bool) -> tuple[list[NodeProto], Constants]:
    """Return the nodes of a model of one direction, and their constants by name."""
    states = _states(model)
    constants = _constants(model, int8)
    of_lstm = "logits_of_lstm" if model.ngrams else "logits"
    nodes = [
        *_tables(model, int8),
        helper.make_node("Shape", ["ids"], ["time"], start=1),
        helper.make_node("Equal", ["time", "one"], ["is_one_step"]),
        helper.make_node(
            "If",
            ["is_one_step"],
            [NEXT + name for name in states],
            then_branch=_one_step(model, int8),
            else_branch=_loop(model, int8),
        ),
        helper.make_node(
            "Gemm",
            [f"{NEXT}h_{model.lstm.num_layers - 1}", "linear_weight", "linear_bias"],
            [of_lstm],
            transB=1,
        ),
    ]
    if model.ngrams:
        nodes += add_ngrams(model.ngrams, of_lstm)
    return nodes, constants


def _constants(model: NameLSTM, int8: bool) -> Constants:
    weights = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}
    constants = common_constants(weights)
    if int8:
        constants["step_size"] = np.array(1 / STATE_STEPS, dtype=np.float32)
        constants["no_step"] = np.array(STATE_STEPS + 1, dtype=np.uint8)
    for name, width in _states(model).items():
        constants[name] = np.zeros((1, width), dtype=np.float32)
    if model.ngrams:
        constants |= ngram_constants(model.ngrams)
    for i in range(model.lstm.num_layers):
        # torch keeps two biases; only their sum counts.
        bias = weights[f"lstm.bias_ih_l{i}"] + weights[f"lstm.bias_hh_l{i}"]
        for g, part in zip(GATES, np.split(bias, 4), strict=True):
            constants[f"B_{i}_{g}"] = part
    return constants | matrix_constants(matrices(model), int8)


def _tables(model: NameLSTM, int8: bool) -> Iterator[NodeProto]:
    """Work out what depends on weights alone; onnxruntime does so once, as it loads.

    What a character adds to a gate, W x embedding + B, becomes a look-up.
    """
    if model.ngrams:
        yield from counted_ngrams(model.ngrams)
    of_lstm = matrices(model)
    yield from unpacked_matrices(of_lstm, int8)
    for g in GATES:
        yield helper.make_node("Transpose", [f"W_0_{g}"], [f"W_0_{g}_by_h"], perm=[1, 0])
        yield helper.make_node("MatMul", ["embedding", f"W_0_{g}_by_h"], [f"unbiased_{g}"])
        yield helper.make_node("Add", [f"unbiased_{g}", f"B_0_{g}"], [f"of_character_{g}"])
    yield from matrices_of_h(of_lstm, int8)


def _one_step(model: NameLSTM, int8: bool) -> GraphProto:
    """From one character of every name and the given states to the next ones."""
    nodes = [helper.make_node("Squeeze", ["ids", "one"], ["id"]), *_step(model, int8, old="")]
    return helper.make_graph(nodes, "one_step", [], _matrices("new_", _states(model)))


def _loop(model: NameLSTM, int8: bool) -> GraphProto:
    """From all characters of every name to the states at its end."""
    states = _states(model)
    step = _step(model, int8, old="old_")
    for name in states:  # a name that has ended keeps its state
        inputs = ["inside", f"new_{name}", f"old_{name}"]
        step.append(helper.make_node("Where", inputs, [f"kept_{name}"]))
    body = helper.make_graph(
        step,
        "step",
        [
            *_matrices("old_", states),
            helper.make_tensor_value_info("id", TensorProto.INT64, ["batch"]),
            helper.make_tensor_value_info("inside", TensorProto.BOOL, ["batch", 1]),
        ],
        _matrices("kept_", states),
    )
    nodes = [
        helper.make_node("Transpose", ["ids"], ["ids_by_time"], perm=[1, 0]),
        *within(),
        helper.make_node("Shape", ["lengths"], ["batch_size"]),
        helper.make_node("Concat", ["batch_size", "one"], ["column"], axis=0),
        *(helper.make_node("Expand", [name, "column"], [f"first_{name}"]) for name in states),
        helper.make_node(
            "Scan",
            [*(f"first_{name}" for name in states), "ids_by_time", "within_name"],
            [f"last_{name}" for name in states],
            num_scan_inputs=2,
            body=body,
        ),
    ]
    return helper.make_graph(nodes, "loop", [], _matrices("last_", states))


def _step(model: NameLSTM, int8: bool, old: str) -> list[NodeProto]:
    """Write the equations of a step, from `id` [batch] and states to the `new_` ones.

    The names of the states before it begin with `old`.
    """
    nodes = list(extend_ngrams(model.ngrams, old, "id", "new_")) if model.ngrams else []
    for i in range(model.lstm.num_layers):
        old_h, old_c, new_h, new_c = f"{old}h_{i}", f"{old}c_{i}", f"new_h_{i}", f"new_c_{i}"
        for g in GATES:
            gate = f"{i}_{g}"
            if i == 0:
                nodes.append(helper.make_node("Gather", [f"of_character_{g}", "id"], [f"x_{gate}"]))
            else:
                nodes += _product(f"new_h_{i - 1}", f"W_{gate}", int8)
                inputs = [f"W_{gate}_product", f"B_{gate}"]
                nodes.append(helper.make_node("Add", inputs, [f"x_{gate}"]))
            squash = "Tanh" if g == "g" else "Sigmoid"
            nodes += [
                *_product(old_h, f"R_{gate}", int8),
                helper.make_node("Add", [f"x_{gate}", f"R_{gate}_product"], [f"raw_{gate}"]),
                helper.make_node(squash, [f"raw_{gate}"], [f"gate_{gate}"]),
            ]
        nodes += [
            helper.make_node("Mul", [f"gate_{i}_f", old_c], [f"remembered_{i}"]),
            helper.make_node("Mul", [f"gate_{i}_i", f"gate_{i}_g"], [f"added_{i}"]),
            helper.make_node("Add", [f"remembered_{i}", f"added_{i}"], [new_c]),
            helper.make_node("Tanh", [new_c], [f"squashed_{i}"]),
            helper.make_node("Mul", [f"gate_{i}_o", f"squashed_{i}"], [new_h]),
        ]
    return nodes


def _product(h: str, weights: str, int8: bool) -> list[NodeProto]:
    """Multiply `h` [batch, hidden] by a matrix.

    In 8 bits h is rounded, always on the same scale: with one found from the batch's values, as
    usual, an answer would depend on the batch. The sums are whole numbers and exact.
    """
    matrix, product = f"{weights}_by_h", f"{weights}_product"
    if not int8:
        return [helper.make_node("MatMul", [h, matrix], [product])]
    steps, sums, numbers = f"{weights}_steps", f"{weights}_sums", f"{weights}_numbers"
    return [
        helper.make_node("QuantizeLinear", [h, "step_size", "no_step"], [steps]),
        helper.make_node("MatMulInteger", [steps, matrix, "no_step"], [sums]),
        helper.make_node("Cast", [sums], [numbers], to=TensorProto.FLOAT),
        helper.make_node("Mul", [numbers, f"{weights}_unit"], [product]),
    ]


def _states(model: NameLSTM) -> dict[str, int]:
    """Return the width of every state that a step passes on, by name."""
    layers = range(model.lstm.num_layers)
    states = {f"{kind}_{i}": model.lstm.hidden_size for i in layers for kind in ("h", "c")}
    if model.ngrams:
        longest, labels = model.ngrams.longest, model.linear.out_features
        states |= {"ngram_codes": longest, "ngram_sums": labels + 1}
    return states


def _matrices(prefix: str, widths: dict[str, int], rows: str = "batch") -> list[ValueInfoProto]:
    return [
        helper.make_tensor_value_info(prefix + name, TensorProto.FLOAT, [rows, width])
        for name, width in widths.items()
    ]


def _as_stored(constants: Constants) -> tuple[Constants, list[NodeProto]]:
    """Store matrices that 8 bits hold exactly in 8 bits; onnxruntime widens them as it loads."""
    matrices = [name for name in constants if MATRIX.fullmatch(name)]
    in_8_bits = {name: quantise(constants[name]) for name in matrices}
    if not all((q * scale == constants[n]).all() for n, (q, scale) in in_8_bits.items()):
        return constants, []
    stored = {name: value for name, value in constants.items() if name not in matrices}
    nodes = []
    for name, (steps, scale) in in_8_bits.items():
        stored |= {f"{name}_int8": steps, f"{name}_scale": scale}
        cast = helper.make_node("Cast", [f"{name}_int8"], [f"{name}_steps"], to=TensorProto.FLOAT)
        nodes += [cast, helper.make_node("Mul", [f"{name}_steps", f"{name}_scale"], [name])]
    return stored, nodes
