"""ONNX graphs, written node by node (https://onnx.ai/onnx/operators/)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

OPSET, IR = 18, 9  # which every ONNX Runtime of the last years reads


class Graph:
    """One input; calling it with an operator, names of values and attributes adds a node and gives
    the name of its output."""

    def __init__(self, name: str, kind: str, shape: Sequence[int]) -> None:
        from onnx import TensorProto, helper

        self.input = helper.make_tensor_value_info(
            name, TensorProto.DataType.Value(kind.upper()), shape
        )
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def __call__(self, operator: str, *inputs: str, **attributes: Any) -> str:
        return self._add(operator, inputs, 1, attributes)[0]

    def _add(
        self, operator: str, inputs: Sequence[str], outputs: int, attributes: dict[str, Any]
    ) -> list[str]:
        from onnx import helper

        names = [f"{operator}-{len(self.nodes)}-{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names

    def constant(self, value: ArrayLike) -> str:
        """A constant; numbers with a fraction are float32."""
        from onnx import numpy_helper

        array: NDArray[Any] = np.asarray(value)
        if array.dtype.kind == "f":
            array = array.astype(np.float32)
        name = f"constant-{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def slice(self, value: str, axes: list[int], begin: list[int], end: list[int]) -> str:
        return self("Slice", value, *(self.constant(np.array(part)) for part in (begin, end, axes)))

    def one_hot(self, value: str, depth: int, axis: int = -1) -> str:
        whole = self("Cast", value, to=7)  # int64
        return self(
            "OneHot", whole, self.constant(np.array([depth])),
            self.constant(np.array([0.0, 1.0])), axis=axis,
        )  # fmt: skip

    def padded(self, value: str) -> str:
        """One pixel more on each side of [n, c, h, w], like its neighbour."""
        return self("Pad", value, self.constant(np.array([0, 0, 1, 1, 0, 0, 1, 1])), mode="edge")

    def top(self, value: str, count: int) -> tuple[str, str]:
        """The highest values of each row, and their places."""
        best, places = self._add("TopK", [value, self.constant(np.array([count]))], 2, {"axis": 1})
        return best, places

    def model(self, output: str) -> bytes:
        """The file, with that value as its one output."""
        from onnx import TensorProto, helper

        found = helper.make_tensor_value_info(output, TensorProto.FLOAT, [None, None])
        graph = helper.make_graph(self.nodes, "classifier", [self.input], [found], self.constants)
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opset, ir_version=IR).SerializeToString()
