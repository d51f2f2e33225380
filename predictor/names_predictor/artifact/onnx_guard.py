"""An allow-list for ONNX files, checked before onnxruntime parses them.

A model can come from a stranger, and onnxruntime is native code. Everything that the models of this
package do not need is rejected: other operators and domains, functions, external data, sparse
tensors, text other than the direction of a shift. A field that should occur once must not occur
twice, because protobuf would merge the two.

Sources: `onnx.proto` for messages and field numbers,
https://protobuf.dev/programming-guides/encoding/ for the bytes.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from names_predictor.artifact.manifest import ArtifactError
from names_predictor.artifact.store import MODEL_FILE

IR_VERSIONS = range(8, 11)
OPSETS = range(17, 22)
MOST_NODES = 10_000
MOST_DEPTH = 3
"""Highest depth of nested graphs: the graph, the branches of an `If`, the body of a `Scan`."""

LARGEST_INTEGER = 1 << 22
"""Highest integer of shapes, axes, sizes and the hash of n-grams."""

OPERATORS = frozenset(
    b"Add BitShift Cast Concat Equal Expand Gather Gemm Identity If Less MatMul MatMulInteger Mod "
    b"Mul QuantizeLinear Range Reciprocal Scan Shape Sigmoid Split Sqrt Squeeze Tanh Transpose "
    b"Unsqueeze Where".split()
)
"""Operators of exported models. None reads a file, keeps a state or is random."""

DIRECTIONS = (b"", b"LEFT", b"RIGHT")
"""Allowed texts in an operator: none, and those of `BitShift`."""

CONSTANTS = {1: "<f4", 2: "u1", 3: "i1", 7: "<i8"}
"""Allowed types of constants, by their number in ONNX."""

INTEGER, BYTES = 0, 2
"""The wire types of the fields that are allowed."""

DAMAGED = "is damaged or not the ONNX file of a names model"


class Field(NamedTuple):
    """An allowed field of a message: its name, wire type and highest number of values."""

    name: str
    wire: int
    most: int = 1


Layout = Mapping[int, Field]
MODEL: Layout = {
    1: Field("ir_version", INTEGER),
    2: Field("producer_name", BYTES),
    3: Field("producer_version", BYTES),
    7: Field("graph", BYTES),
    8: Field("opset_import", BYTES),
    14: Field("metadata_props", BYTES, 64),
}
OPSET: Layout = {1: Field("domain", BYTES), 2: Field("version", INTEGER)}
GRAPH: Layout = {
    1: Field("node", BYTES, MOST_NODES),
    2: Field("name", BYTES),
    5: Field("initializer", BYTES, MOST_NODES),
    11: Field("input", BYTES, 64),
    12: Field("output", BYTES, 64),
}
NODE: Layout = {
    1: Field("input", BYTES, 64),
    2: Field("output", BYTES, 64),
    4: Field("op_type", BYTES),
    5: Field("attribute", BYTES, 16),
}
ATTRIBUTE: Layout = {
    1: Field("name", BYTES),
    3: Field("i", INTEGER),
    4: Field("s", BYTES),
    6: Field("g", BYTES),
    8: Field("ints", INTEGER, 64),
    20: Field("type", INTEGER),
}
TENSOR: Layout = {
    1: Field("dims", INTEGER, 8),
    2: Field("data_type", INTEGER),
    8: Field("name", BYTES),
    9: Field("raw_data", BYTES),
}


class Message:
    """The fields of one message, by name."""

    def __init__(self, content: memoryview, layout: Layout) -> None:
        self._values: dict[str, list[Any]] = {}
        for number, wire, value in _fields(content):
            field = layout.get(number)
            if field is None or field.wire != wire:
                raise _refusal(f"has a field ({number}) that no names model has")
            values = self._values.setdefault(field.name, [])
            values.append(value)
            if len(values) > field.most:
                raise _refusal(f"has more than {field.most} of the field {field.name}")

    def values(self, name: str) -> list[Any]:
        """Return the values of a field: integers, or the bytes of text, constants or messages."""
        return self._values.get(name, [])

    def integer(self, name: str) -> int:
        """Return the value of a field that occurs at most once; 0 if it is missing."""
        return next(iter(self.values(name)), 0)

    def text(self, name: str) -> bytes:
        """Return the bytes of a field that occurs at most once; empty if it is missing."""
        return bytes(next(iter(self.values(name)), b""))


def check_graph(model: bytes) -> None:
    """Check an ONNX file against the allow-list.

    Args:
        model: The bytes of the file.

    Raises:
        ArtifactError: The file is damaged, or has something that is not allowed.

    """
    top = Message(memoryview(model), MODEL)
    opset = Message(memoryview(top.text("opset_import")), OPSET)
    if opset.text("domain"):
        raise _refusal("uses operators of another domain than ONNX's own")
    version = (top.integer("ir_version"), opset.integer("version"))
    if version[0] not in IR_VERSIONS or version[1] not in OPSETS:
        raise _refusal(
            f"is of IR version {version[0]} and opset {version[1]}, unknown to this version"
        )
    for graph in top.values("graph"):
        _check_graph(graph, 1, MOST_NODES)


def _check_graph(content: memoryview, depth: int, most: int) -> int:
    """Check a graph of at most `most` nodes, nested graphs included; return how many are left."""
    if depth > MOST_DEPTH:
        raise _refusal("has graphs within graphs")
    graph = Message(content, GRAPH)
    for tensor in graph.values("initializer"):
        _check_constant(Message(tensor, TENSOR))
    left = most - len(graph.values("node"))
    if left < 0:
        raise _refusal(f"has more than {MOST_NODES} nodes")
    for node in (Message(node, NODE) for node in graph.values("node")):
        operator = node.text("op_type")
        if operator not in OPERATORS:
            shown = operator[:40].decode(errors="replace")
            raise _refusal(f"has the operator {shown!r}, which no names model has")
        for attribute in (Message(a, ATTRIBUTE) for a in node.values("attribute")):
            _check_integers(attribute.values("i") + attribute.values("ints"))
            if attribute.text("s") not in DIRECTIONS:
                raise _refusal("has text in an operator, which no names model has")
            for inner in attribute.values("g"):
                left = _check_graph(inner, depth + 1, left)
    return left


def _check_constant(tensor: Message) -> None:
    kind = CONSTANTS.get(tensor.integer("data_type"))
    if kind is None:
        raise _refusal("has a constant of a type that no names model has")
    dims, content = tensor.values("dims"), tensor.text("raw_data")
    if min(dims, default=1) < 1 or math.prod(dims) * np.dtype(kind).itemsize != len(content):
        raise _refusal("has a constant whose size and shape differ")
    values = np.frombuffer(content, kind)
    if kind == "<f4" and not np.isfinite(values).all():
        raise _refusal("has a weight that is infinite or NaN")
    if kind == "<i8":
        _check_integers([int(values.min()), int(values.max())])


def _check_integers(values: list[int]) -> None:
    if any(abs(value) > LARGEST_INTEGER for value in values):
        raise _refusal(f"has an integer above {LARGEST_INTEGER:,}")


def _fields(content: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
    """Yield the number, wire type and value of each field."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        wire = key & 7
        if wire == INTEGER:
            value, at = _varint(content, at)
            yield key >> 3, wire, value - (1 << 64) if value >> 63 else value
            continue
        if wire != BYTES:
            raise _refusal(DAMAGED)
        length, at = _varint(content, at)
        if length > len(content) - at:
            raise _refusal(DAMAGED)
        yield key >> 3, wire, content[at : at + length]
        at += length


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    """Return the number at the offset `at`, and the offset after it."""
    value = 0
    for shift, byte in enumerate(content[at : at + 10]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80 and value < 1 << 64:
            return value, at + shift + 1
    raise _refusal(DAMAGED)


def _refusal(reason: str) -> ArtifactError:
    return ArtifactError(f"{MODEL_FILE}: {reason}: export it again, or ask its author for it")
