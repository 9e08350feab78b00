"""Figures as Vega-Lite specifications: one drawing for the page and for a paper."""

from evaluation.figures.accuracies import accuracy_figure
from evaluation.figures.classes import class_figure, confusion_figure, label_figure
from evaluation.figures.drawing import MEDIA_TYPES, draw, script, script_name
from evaluation.figures.phases import phase_figure
from evaluation.figures.ranges import range_figure
from evaluation.figures.scatter import fit_of, scatter_figure, time_figure
from evaluation.figures.style import Theme

__all__ = [
    "MEDIA_TYPES",
    "Theme",
    "accuracy_figure",
    "class_figure",
    "confusion_figure",
    "draw",
    "fit_of",
    "label_figure",
    "phase_figure",
    "range_figure",
    "scatter_figure",
    "script",
    "script_name",
    "time_figure",
]
