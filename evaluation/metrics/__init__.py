"""Statistics of classifiers as pure functions on numpy arrays, free of Django."""

from evaluation.metrics.accuracy import AccuracyCounts, count_accuracies
from evaluation.metrics.data import EvaluationData, Verdict
from evaluation.metrics.intervals import clopper_pearson
from evaluation.metrics.proportion import Proportion

__all__ = [
    "AccuracyCounts",
    "EvaluationData",
    "Proportion",
    "Verdict",
    "clopper_pearson",
    "count_accuracies",
]
