"""The graph of a model of two directions: ONNX's own LSTM, which reads whole names only.

What it has in common with the graph of one direction stands here too.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import NodeProto, TensorProto, helper

from names_trainer.model import NameLSTM


def bidirectional(model: NameLSTM) -> tuple[list[NodeProto], dict[str, npt.NDArray[Any]]]:
    """Return the nodes of a model of two directions, with ONNX's LSTM, and their constants."""
    weights = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}
    constants = common_constants(weights) | {
        "side_by_side": np.array([0, 0, -1]),
        "no_state": np.array(-2, dtype=np.float32),  # below any state of an LSTM
    }
    nodes = [
        helper.make_node("Transpose", ["ids"], ["ids_by_time"], perm=[1, 0]),
        helper.make_node("Gather", ["embedding", "ids_by_time"], ["inputs_0"]),
        helper.make_node("Cast", ["lengths"], ["lengths_int32"], to=TensorProto.INT32),
    ]
    kinds = {"W": ("weight_ih",), "R": ("weight_hh",), "B": ("bias_ih", "bias_hh")}
    for i in range(model.lstm.num_layers):
        for kind, parts in kinds.items():
            constants[f"{kind}_{i}"] = np.stack(
                [
                    np.concatenate([_by_onnx(weights[f"lstm.{part}_l{i}{d}"]) for part in parts])
                    for d in ("", "_reverse")
                ]
            )
        nodes += [
            helper.make_node(
                "LSTM",
                [f"inputs_{i}", f"W_{i}", f"R_{i}", f"B_{i}", "lengths_int32"],
                [f"outputs_{i}"],
                hidden_size=model.lstm.hidden_size,
                direction="bidirectional",
            ),
            # [time, directions, batch, hidden] -> [time, batch, directions * hidden]
            helper.make_node("Transpose", [f"outputs_{i}"], [f"moved_{i}"], perm=[0, 2, 1, 3]),
            helper.make_node("Reshape", [f"moved_{i}", "side_by_side"], [f"inputs_{i + 1}"]),
        ]
    states = f"inputs_{model.lstm.num_layers}"
    nodes += [
        *within(),
        helper.make_node("Where", ["within_name", states, "no_state"], ["of_name"]),
        helper.make_node("ReduceMax", ["of_name"], ["summary"], axes=[0], keepdims=0),
        helper.make_node("Gemm", ["summary", "linear_weight", "linear_bias"], ["logits"], transB=1),
    ]
    return nodes, constants


def common_constants(
    weights: dict[str, npt.NDArray[np.float32]],
) -> dict[str, npt.NDArray[Any]]:
    """Return the constants, by name, that graphs of one direction have too."""
    return {
        "embedding": weights["embedding.weight"],
        "linear_weight": weights["linear.weight"],
        "linear_bias": weights["linear.bias"],
        "zero": np.array(0),
        "step": np.array(1),
        "one": np.array([1]),
        "states_axis": np.array([2]),
    }


def within() -> list[NodeProto]:
    """Make `within_name` [time, batch, 1]: is this position one of the name's?"""
    return [
        helper.make_node("Shape", ["ids_by_time"], ["times"], end=1),
        helper.make_node("Squeeze", ["times"], ["last_time"]),
        helper.make_node("Range", ["zero", "last_time", "step"], ["positions"]),
        helper.make_node("Unsqueeze", ["positions", "one"], ["positions_by_name"]),
        helper.make_node("Less", ["positions_by_name", "lengths"], ["within"]),
        helper.make_node("Unsqueeze", ["within", "states_axis"], ["within_name"]),
    ]


def _by_onnx(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Reorder the gates along the first axis: torch has i, f, g, o, ONNX's LSTM has i, o, f, g."""
    i, f, g, o = np.split(weights, 4)
    return np.concatenate([i, o, f, g])
