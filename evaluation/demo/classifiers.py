"""Four simple classifiers as ONNX models, really fitted: they err as classifiers do, each in its own
way.

They see an image, stretched to a square, through windows of several sizes, and score a class by its
best window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from evaluation.demo.graphs import Graph

Floats = NDArray[np.float32]

SIDE = 160  # of the square that the classifiers see
EDGE = 48  # of a window, once it is cut out
CELL = 8
COLOR_LEVELS = 5
ORIENTATIONS = 8
NEIGHBORS = 7
RIDGE = 3.0
SCENE = (480, 360)
# Heights of the windows as shares of a scene's height, and how far they step.
WINDOW_SHARES = (1.0, 0.7, 0.45)
STEP = 0.5
WHOLE: Floats = np.array([[0, 0, SIDE, SIDE]], np.float32)

# What adds nodes to a graph: from the name of a value to the name of what is made of it.
Step = Callable[[Graph, str], str]


def fit_all(references: Mapping[str, Sequence[Image.Image]]) -> tuple[list[str], dict[str, bytes]]:
    """The classes in the order of the outputs, and {name: ONNX model of uint8 [1, SIDE, SIDE, 3]}.

    `references` are square RGB images of one class each.
    """
    classes = sorted(references)
    images = [image for name in classes for image in references[name]]
    labels = np.repeat(np.arange(len(classes)), [len(references[name]) for name in classes])
    pixels = [np.asarray(image.resize((SIDE, SIDE)), np.uint8)[None] for image in images]
    found = {step: _features(step, pixels) for step in (colors, gradients)}
    found[both] = np.concatenate([found[colors], found[gradients]], axis=1)
    fitted: dict[str, tuple[Step, Step]] = {
        "color-centroid": (colors, fit_centroids(found[colors], labels)),
        "color-neighbors": (colors, fit_neighbors(found[colors], labels)),
        "gradient-ridge": (gradients, fit_ridge(found[gradients], labels)),
        "color-gradient-ridge": (both, fit_ridge(found[both], labels)),
    }
    return classes, {
        name: build(windows(), [features, score], best=True)
        for name, (features, score) in fitted.items()
    }


def _features(step: Step, pixels: Sequence[NDArray[np.uint8]]) -> Floats:
    """What the classifiers will see of whole images, by the model that computes it: [n, features]."""
    import onnxruntime

    session = onnxruntime.InferenceSession(build(WHOLE, [step]))
    return np.concatenate([session.run(None, {"image": one})[0] for one in pixels])


def build(rois: Floats, steps: Sequence[Step], best: bool = False) -> bytes:
    """An ONNX model: the steps on windows [left, top, right, bottom] of the image; with `best`, the
    highest value of all windows."""
    graph = Graph("image", "uint8", [1, SIDE, SIDE, 3])
    pixels = graph("Div", graph("Cast", "image", to=1), graph.constant(np.float32(255)))
    value = graph(
        "RoiAlign",
        graph("Transpose", pixels, perm=[0, 3, 1, 2]),
        graph.constant(rois),
        graph.constant(np.zeros(len(rois), np.int64)),
        output_height=EDGE, output_width=EDGE, sampling_ratio=0,
        coordinate_transformation_mode="half_pixel",
    )  # fmt: skip
    for step in steps:
        value = step(graph, value)
    if best:
        value = graph("ReduceMax", value, graph.constant(np.array([0])), keepdims=1)
    return graph.model(value)


def windows() -> Floats:
    """Square windows of a scene as boxes in the stretched square, float32 [n, 4]."""
    width, height = SCENE
    boxes = []
    for share in WINDOW_SHARES:
        edge = share * height
        for top in starts(height, edge):
            for left in starts(width, edge):
                boxes.append([left, top, left + edge, top + edge])
    scale = [SIDE / width, SIDE / height] * 2
    return (np.array(boxes) * scale).astype(np.float32)


def starts(length: float, edge: float) -> list[float]:
    room = length - edge
    return np.linspace(0, room, 1 + int(np.ceil(room / (edge * STEP)))).tolist()


def colors(graph: Graph, pixels: str) -> str:
    """Colour histogram of the middle of each window, square roots of shares: [n, 125]."""
    margin = EDGE // 8
    middle = graph.slice(pixels, [2, 3], [margin, margin], [EDGE - margin, EDGE - margin])
    level = graph("Floor", graph("Mul", middle, graph.constant(np.float32(COLOR_LEVELS))))
    level = graph("Min", level, graph.constant(np.float32(COLOR_LEVELS - 1)))
    places = np.array([COLOR_LEVELS**2, COLOR_LEVELS, 1], np.float32).reshape(1, 3, 1, 1)
    weighed = graph("Mul", level, graph.constant(places))
    bins = graph("ReduceSum", weighed, graph.constant(np.array([1])), keepdims=0)
    flat = graph("Flatten", bins, axis=1)
    one_hot = graph.one_hot(flat, COLOR_LEVELS**3)
    return graph("Sqrt", graph("ReduceMean", one_hot, graph.constant(np.array([1])), keepdims=0))


def gradients(graph: Graph, pixels: str) -> str:
    """Histograms of oriented gradients (Dalal and Triggs 2005), a row per window: [n, 288].

    A gradient counts for the direction that it is nearest to.
    """
    grey = graph("ReduceMean", pixels, graph.constant(np.array([1])), keepdims=1)
    kernels = np.zeros((2, 1, 3, 3), np.float32)
    kernels[0, 0, :, 1] = kernels[1, 0, 1, :] = [-0.5, 0, 0.5]
    slopes = graph("Conv", graph.padded(grey), graph.constant(kernels))
    squares = graph("Mul", slopes, slopes)
    strength = graph("Sqrt", graph("ReduceSum", squares, graph.constant(np.array([1])), keepdims=1))
    turns = np.pi * (np.arange(ORIENTATIONS) + 0.5) / ORIENTATIONS
    directions = np.stack([np.sin(turns), np.cos(turns)], axis=1).astype(np.float32)
    along = graph("Abs", graph("Conv", slopes, graph.constant(directions[:, :, None, None])))
    nearest = graph("ArgMax", along, axis=1, keepdims=0)
    energy = graph("Mul", graph.one_hot(nearest, ORIENTATIONS, axis=1), strength)
    cells = graph("AveragePool", energy, kernel_shape=[CELL, CELL], strides=[CELL, CELL])
    flat = graph("Flatten", cells, axis=1)
    length = graph("ReduceL2", flat, graph.constant(np.array([1])), keepdims=1)
    unit = graph("Div", flat, graph("Add", length, graph.constant(np.float32(1e-9))))
    return graph("Sqrt", unit)


def both(graph: Graph, pixels: str) -> str:
    return graph("Concat", colors(graph, pixels), gradients(graph, pixels), axis=1)


def fit_centroids(features: Floats, labels: NDArray[np.intp]) -> Step:
    """Nearest centroid: minus the squared distance to each class's mean."""
    centroids = np.stack([features[labels == label].mean(0) for label in np.unique(labels)])
    return lambda graph, value: graph("Neg", squared_distances(graph, value, centroids))


def fit_neighbors(features: Floats, labels: NDArray[np.intp]) -> Step:
    """Nearest neighbours, the votes of the 7 nearest weighted by their nearness."""
    votes = np.eye(labels.max() + 1, dtype=np.float32)[labels]

    def score(graph: Graph, value: str) -> str:
        near = graph("Neg", squared_distances(graph, value, features))
        closeness, which = graph.top(near, NEIGHBORS)
        weights = graph("Exp", graph("Mul", closeness, graph.constant(np.float32(8))))
        of_each = graph("Gather", graph.constant(votes), which, axis=0)
        wide = graph("Unsqueeze", weights, graph.constant(np.array([2])))
        weighed = graph("Mul", of_each, wide)
        return graph("ReduceSum", weighed, graph.constant(np.array([1])), keepdims=0)

    return score


def fit_ridge(features: Floats, labels: NDArray[np.intp]) -> Step:
    """Ridge regression on one-hot targets, with an intercept."""
    mean = features.mean(0, dtype=np.float64)
    centered = features - mean
    targets = np.eye(labels.max() + 1)[labels]
    shares = targets.mean(0)
    gram = centered.T @ centered + RIDGE * np.eye(features.shape[1])
    weights = np.linalg.solve(gram, centered.T @ (targets - shares))
    bias = shares - mean @ weights
    return lambda graph, value: graph(
        "Gemm", value, graph.constant(weights), graph.constant(bias[None])
    )


def squared_distances(graph: Graph, value: str, others: Floats) -> str:
    """[n, d], [m, d] -> [n, m]."""
    own = graph("ReduceSumSquare", value, graph.constant(np.array([1])), keepdims=1)
    cross = graph("MatMul", value, graph.constant(-2 * others.T))
    lengths: Any = (others**2).sum(axis=1)[None]
    return graph("Add", graph("Add", own, cross), graph.constant(lengths))
