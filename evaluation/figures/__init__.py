"""Figures as Vega-Lite specifications: one drawing for the page and for a paper."""

from evaluation.figures.accuracies import accuracy_figure
from evaluation.figures.drawing import MEDIA_TYPES, draw, script, script_name
from evaluation.figures.ranges import range_figure
from evaluation.figures.style import Theme

__all__ = [
    "MEDIA_TYPES",
    "Theme",
    "accuracy_figure",
    "draw",
    "range_figure",
    "script",
    "script_name",
]
