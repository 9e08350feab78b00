"""Small ONNX models, made for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def write_model(
    path: Path,
    outputs: int = 6,
    *,
    size: int | str = 8,
    batch: int | str = "N",
    layout: str = "NHWC",
    uint8: bool = False,
    nan: bool = False,
    weights: np.ndarray | None = None,
) -> Path:
    """Scores = the mean colour of the image times `weights` [3, outputs] (drawn if not given)."""
    if weights is None:
        weights = np.random.default_rng(1).normal(size=(3, outputs))
    shape = [batch, size, size, 3] if layout == "NHWC" else [batch, 3, size, size]
    kind = TensorProto.UINT8 if uint8 else TensorProto.FLOAT
    nodes = [
        helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node(
            "ReduceMean", ["pixels"], ["colour"],
            axes=[1, 2] if layout == "NHWC" else [2, 3], keepdims=0,
        ),
        helper.make_node("MatMul", ["colour", "weights"], ["raw"]),
        helper.make_node("Log" if nan else "Identity", ["raw"], ["scores"]),
    ]  # fmt: skip
    graph = helper.make_graph(
        nodes, "colours",
        [helper.make_tensor_value_info("image", kind, shape)],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [batch, outputs])],
        [numpy_helper.from_array(weights.astype(np.float32), "weights")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path)
    return path
