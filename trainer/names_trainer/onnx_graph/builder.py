"""A builder of ONNX graphs, in which code reads like equations."""

from collections.abc import Mapping
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from names_trainer.models.quantisation import quantise


class Builder:
    """The nodes and constants of a graph; values are represented by their names."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, npt.NDArray[Any]] = {}
        self._numbers = count()

    def branch(self) -> "Builder":
        """Return a builder of a subgraph, with the constants and names of this graph."""
        inner = Builder()
        inner.constants, inner._numbers = self.constants, self._numbers
        return inner

    def op(self, operator: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Add a node with one output; return the output, called `name` or by a new name."""
        output = name or f"{operator}_{next(self._numbers)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def ops(self, operator: str, *inputs: str, outputs: list[str], **attributes: Any) -> None:
        """Add a node of several named outputs."""
        self.nodes.append(helper.make_node(operator, list(inputs), outputs, **attributes))

    def split(self, value: str, sizes: list[int], axis: int) -> list[str]:
        """Split `value` along `axis` into outputs of these sizes."""
        outputs = [f"part_{next(self._numbers)}" for _ in sizes]
        self.ops("Split", value, self.integers(*sizes), outputs=outputs, axis=axis)
        return outputs

    def constant(self, name: str, value: npt.ArrayLike) -> str:
        """Add a constant, or replace an equal one; return its name."""
        self.constants[name] = np.ascontiguousarray(value)
        return name

    def integers(self, *values: int) -> str:
        """Return a constant int64 [values]."""
        return self.constant("integers_" + "_".join(map(str, values)), np.array(values))

    def number(self, value: float) -> str:
        """Return a constant float32 []."""
        return self.constant(f"number_{value}", np.array(value, dtype=np.float32))

    def weights(self, name: str, value: npt.NDArray[np.float32]) -> str:
        """Add a matrix, stored as int8 and dequantised at load time if that is exact."""
        steps, scale = quantise(value)
        if not (steps * scale == value).all():
            return self.constant(name, value)
        self.constant(f"{name}_int8", steps)
        self.constant(f"{name}_scale", scale)
        as_float = self.op("Cast", f"{name}_int8", to=TensorProto.FLOAT)
        return self.op("Mul", as_float, f"{name}_scale", name=name)

    def graph(
        self, name: str, inputs: list[ValueInfoProto], outputs: list[ValueInfoProto]
    ) -> GraphProto:
        """Return the graph of the nodes, without the constants."""
        return helper.make_graph(self.nodes, name, inputs, outputs)

    def initializers(self) -> list[TensorProto]:
        """Return the constants."""
        return [numpy_helper.from_array(value, name) for name, value in self.constants.items()]


def floats(values: Mapping[str, int], rows: str | int, prefix: str = "") -> list[ValueInfoProto]:
    """Return the types of float32 matrices [rows, width], given the width of each name."""
    return [
        helper.make_tensor_value_info(prefix + name, TensorProto.FLOAT, [rows, width])
        for name, width in values.items()
    ]
