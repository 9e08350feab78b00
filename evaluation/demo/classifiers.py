"""Four simple classifiers, really fitted: they err as classifiers do, each in its own way.

They see an image through windows of several sizes and score a class by its best window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]
Features = Callable[[Floats], Floats]
Scorer = Callable[[Floats], Floats]

EDGE = 48
CELL = 8
COLOR_LEVELS = 5
ORIENTATIONS = 8
NEIGHBORS = 7
RIDGE = 3.0
# Heights of the windows as shares of the image's height, and how far they step.
WINDOW_SHARES = (1.0, 0.7, 0.45)
STEP = 0.5


@dataclass(frozen=True)
class Classifier:
    """A name, what it looks at, and scores per class from that."""

    name: str
    features: Features
    scorer: Scorer

    def scores(self, images: Sequence[Image.Image]) -> Floats:
        """Scores float64 [n, classes], the best of all windows of an image."""
        return np.stack([self.scorer(self.features(windows(image))).max(0) for image in images])


def fit_all(references: Mapping[str, Sequence[Image.Image]]) -> tuple[list[str], list[Classifier]]:
    """The classes in the order of the scores' columns, and the classifiers.

    `references` are square RGB images of one class each.
    """
    classes = sorted(references)
    pixels = np.concatenate([[shrunk(image) for image in references[name]] for name in classes])
    labels = np.repeat(np.arange(len(classes)), [len(references[name]) for name in classes])
    return classes, [
        Classifier("color-centroid", colors, fit_centroids(colors(pixels), labels)),
        Classifier("color-neighbors", colors, fit_neighbors(colors(pixels), labels)),
        Classifier("gradient-ridge", gradients, fit_ridge(gradients(pixels), labels)),
        Classifier("color-gradient-ridge", both, fit_ridge(both(pixels), labels)),
    ]


def top_k(scores: Floats, k: int) -> NDArray[np.intp]:
    """Columns of the `k` highest scores, best first: [n, k]; ties go to the lower column."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def shrunk(image: Image.Image, box: tuple[float, float, float, float] | None = None) -> Floats:
    """A part of an image as float64 [48, 48, 3] in 0..1."""
    small = image.resize((EDGE, EDGE), Image.Resampling.BILINEAR, box, reducing_gap=2)
    return np.asarray(small, np.float64) / 255


def windows(image: Image.Image) -> Floats:
    """Square windows of an RGB image: float64 [windows, 48, 48, 3]."""
    views = []
    for share in WINDOW_SHARES:
        edge = share * min(image.size)
        for top in starts(image.height, edge):
            for left in starts(image.width, edge):
                views.append(shrunk(image, (left, top, left + edge, top + edge)))
    return np.stack(views)


def starts(length: float, edge: float) -> list[float]:
    room = length - edge
    return np.linspace(0, room, 1 + int(np.ceil(room / (edge * STEP)))).tolist()


def colors(pixels: Floats) -> Floats:
    """Colour histogram of the middle of each window, square roots of shares: [n, 125]."""
    margin = EDGE // 8
    middle = pixels[:, margin:-margin, margin:-margin]
    level = np.minimum((middle * COLOR_LEVELS).astype(np.intp), COLOR_LEVELS - 1)
    bins = (level * [COLOR_LEVELS**2, COLOR_LEVELS, 1]).sum(-1).reshape(len(pixels), -1)
    row = np.arange(len(pixels))[:, None] * COLOR_LEVELS**3
    counts = np.bincount((bins + row).ravel(), minlength=len(pixels) * COLOR_LEVELS**3)
    return np.sqrt(counts.reshape(len(pixels), -1) / bins.shape[1])


def gradients(pixels: Floats) -> Floats:
    """Histograms of oriented gradients (Dalal and Triggs 2005), a row per window: [n, 288]."""
    down, across = np.gradient(pixels.mean(-1), axis=(1, 2))
    strength = np.hypot(down, across)
    turn = (np.arctan2(down, across) % np.pi) / np.pi
    which = np.minimum((turn * ORIENTATIONS).astype(np.intp), ORIENTATIONS - 1)
    energy = np.where(which[..., None] == np.arange(ORIENTATIONS), strength[..., None], 0)
    cells = EDGE // CELL
    blocks = energy.reshape(len(pixels), cells, CELL, cells, CELL, ORIENTATIONS).sum((2, 4))
    flat = blocks.reshape(len(pixels), -1)
    return np.sqrt(flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-9))


def both(pixels: Floats) -> Floats:
    return np.concatenate([colors(pixels), gradients(pixels)], axis=1)


def fit_centroids(features: Floats, labels: NDArray[np.intp]) -> Scorer:
    """Nearest centroid: minus the squared distance to each class's mean."""
    centroids = np.stack([features[labels == label].mean(0) for label in np.unique(labels)])
    return lambda queries: -squared_distances(queries, centroids)


def fit_neighbors(features: Floats, labels: NDArray[np.intp]) -> Scorer:
    """Nearest neighbours, the votes of the 7 nearest weighted by their nearness."""
    count = labels.max() + 1

    def score(queries: Floats) -> Floats:
        distances = squared_distances(queries, features)
        nearest = np.argpartition(distances, NEIGHBORS, axis=1)[:, :NEIGHBORS]
        weights = np.exp(-8 * np.take_along_axis(distances, nearest, axis=1))
        votes = np.zeros((len(queries), count))
        np.add.at(votes, (np.arange(len(queries))[:, None], labels[nearest]), weights)
        return votes

    return score


def fit_ridge(features: Floats, labels: NDArray[np.intp]) -> Scorer:
    """Ridge regression on one-hot targets, with an intercept."""
    mean = features.mean(0)
    centered = features - mean
    targets = np.eye(labels.max() + 1)[labels]
    shares = targets.mean(0)
    gram = centered.T @ centered + RIDGE * np.eye(features.shape[1])
    weights = np.linalg.solve(gram, centered.T @ (targets - shares))
    return lambda queries: (queries - mean) @ weights + shares


def squared_distances(left: Floats, right: Floats) -> Floats:
    """[n, d], [m, d] -> [n, m]."""
    cross = left @ right.T
    return np.maximum((left**2).sum(1)[:, None] + (right**2).sum(1)[None] - 2 * cross, 0)
