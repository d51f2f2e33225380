"""The LSTM's matrices in a graph: how they are stored, and what is made of them as it loads.

A matrix whose weights fit 4 bits is stored in 4 bits, and unpacked by operators that every runtime
has: ONNX's own type of 4 bits came with opset 21.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import NodeProto, TensorProto, helper

from names_trainer.model import NameLSTM
from names_trainer.quantisation import (
    LEVELS_OF_4_BITS,
    Steps,
    Weights,
    quantise,
    quantise_to_4_bits,
)

GATES = "ifgo"
"""In torch's order: input, forget, candidate and output."""

STATE_STEPS = 63
"""A hidden value, between -1 and 1, times this is what `int8` rounds to a whole number. With 7 bits
the sum of two products fits 16 bits, so that processors which add pairs in 16 bits (AVX2) find the
same sums as those which do not."""

ZERO = LEVELS_OF_4_BITS + 1
"""What 4 bits of a file hold for a step of 0, so that none is below 1."""

Constants = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Matrix:
    """One of the LSTM's matrices, float32 [4 x hidden, columns], the gates one below another.

    `steps` and `scale` are what 4 bits keep of it, and `is_packed` whether that is all.
    """

    weights: Weights
    steps: Steps
    scale: Weights
    is_of_h: bool
    is_packed: bool


def matrices(model: NameLSTM) -> dict[str, Matrix]:
    """Return by name those of the input, W, and of the state, R, of every layer."""
    found = {}
    weights = model.lstm.state_dict()
    for i in range(model.lstm.num_layers):
        for kind, torch_kind in (("W", "ih"), ("R", "hh")):
            matrix = weights[f"weight_{torch_kind}_l{i}"].numpy()
            steps, scale = quantise_to_4_bits(matrix)
            is_packed = matrix.shape[1] % 2 == 0 and bool((steps * scale == matrix).all())
            is_of_h = kind == "R" or i > 0  # the others are multiplied with embeddings
            found[f"{kind}_{i}"] = Matrix(matrix, steps, scale, is_of_h, is_packed)
    return found


def matrix_constants(found: Mapping[str, Matrix], int8: bool) -> Constants:
    """Return by name the matrices as they are stored, and what nodes and products need besides.

    A matrix that is multiplied in 8 bits and does not fit 4 is stored ready for that.
    """
    constants: Constants = {}
    for name, matrix in found.items():
        in_8_bits = int8 and matrix.is_of_h
        scale = matrix.scale
        if matrix.is_packed:
            constants |= _UNPACKING | {f"{name}_int4": packed(matrix.steps)}
            if not in_8_bits:
                constants[f"{name}_scale"] = scale
        elif in_8_bits:
            steps, scale = quantise(matrix.weights)
            for g, part in _by_gate(steps):
                constants[f"{name}_{g}_by_h"] = np.ascontiguousarray(part.T)
        else:
            constants |= {f"{name}_{g}": part for g, part in _by_gate(matrix.weights)}
        if in_8_bits:
            for g, part in _by_gate(scale[:, 0] / np.float32(STATE_STEPS)):
                constants[f"{name}_{g}_unit"] = part
    return constants


def unpacked_matrices(found: Mapping[str, Matrix], int8: bool) -> Iterator[NodeProto]:
    """Make `<matrix>_<gate>`, float32 or int8 [hidden, columns], of those stored in 4 bits."""
    node = helper.make_node
    for name in (name for name, matrix in found.items() if matrix.is_packed):
        yield from _unpack(name)
        if int8 and found[name].is_of_h:
            yield node("Cast", [f"{name}_steps"], [name], to=TensorProto.INT8)
        else:
            yield node("Mul", [f"{name}_steps", f"{name}_scale"], [name])
        yield node("Split", [name], [f"{name}_{g}" for g in GATES], axis=0)


def matrices_of_h(found: Mapping[str, Matrix], int8: bool) -> Iterator[NodeProto]:
    """Make `<matrix>_<gate>_by_h` of `<matrix>_<gate>`, unless it is stored so already."""
    for name, matrix in found.items():
        if matrix.is_of_h and (not int8 or matrix.is_packed):
            for g in GATES:
                inputs, outputs = [f"{name}_{g}"], [f"{name}_{g}_by_h"]
                yield helper.make_node("Transpose", inputs, outputs, perm=[1, 0])


def packed(steps: Steps) -> npt.NDArray[np.uint8]:
    """Return `steps` [rows, columns] of 4 bits, two a byte: [rows, columns / 2].

    The lower half of a byte is of the left half of the columns, the upper one of the right.
    """
    lower, upper = np.split((steps + ZERO).astype(np.uint8), 2, axis=1)
    return lower + 16 * upper


_UNPACKING: Constants = {
    "sixteen": np.array(16, dtype=np.float32),
    "sixteenth": np.array(1 / 16, dtype=np.float32),
    "zero_step": np.array(ZERO, dtype=np.float32),
}


def _unpack(name: str) -> Iterator[NodeProto]:
    """Make `<name>_steps` float32 [rows, columns] of `<name>_int4`, which is `packed`."""
    node = helper.make_node
    yield node("Cast", [f"{name}_int4"], [f"{name}_bytes"], to=TensorProto.FLOAT)
    yield node("Mul", [f"{name}_bytes", "sixteenth"], [f"{name}_shifted"])
    yield node("Cast", [f"{name}_shifted"], [f"{name}_cut"], to=TensorProto.UINT8)
    yield node("Cast", [f"{name}_cut"], [f"{name}_upper"], to=TensorProto.FLOAT)
    yield node("Mul", [f"{name}_upper", "sixteen"], [f"{name}_rest"])
    yield node("Sub", [f"{name}_bytes", f"{name}_rest"], [f"{name}_lower"])
    yield node("Concat", [f"{name}_lower", f"{name}_upper"], [f"{name}_halves"], axis=1)
    yield node("Sub", [f"{name}_halves", "zero_step"], [f"{name}_steps"])


def _by_gate(rows: npt.NDArray[Any]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    return zip(GATES, np.split(rows, 4), strict=True)
