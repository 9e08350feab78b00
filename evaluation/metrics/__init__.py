"""Statistics of classifiers as pure functions on numpy arrays, free of Django."""

from evaluation.metrics.accuracy import (
    AccuracyCounts,
    EvaluationData,
    Proportion,
    Verdict,
    count_accuracies,
)
from evaluation.metrics.intervals import clopper_pearson

__all__ = [
    "AccuracyCounts",
    "EvaluationData",
    "Proportion",
    "Verdict",
    "clopper_pearson",
    "count_accuracies",
]
