"""Accuracies as the plain numbers that reports are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.metrics import EvaluationData, Proportion, count_accuracies

TOP = 5


@dataclass(frozen=True)
class Named:
    """A participant whose predictions are evaluated; `k` is how many classes each has."""

    name: str
    kind: str
    k: int


def rows_of(
    dataset: str, participants: Sequence[Named], groups: Sequence[str], data: EvaluationData
) -> list[dict[str, Any]]:
    """The rows of one dataset, as `reports.compute_report` describes them.

    participants and groups are those of `data`, in its order.
    """
    counts = count_accuracies(data)
    top1, top5 = _cells(counts.top1), _cells(counts.top5)
    multi_label = _cells(counts.multi_label)
    lowest, highest = _cells(counts.lowest), _cells(counts.highest)
    return [
        {
            "participant": one.name,
            "kind": one.kind,
            "dataset": dataset,
            "group": group,
            "n": top1[i][j]["n"],
            "top1": top1[i][j],
            "top5": top5[i][j] if one.k >= TOP else None,
            "multi_label": multi_label[i][j]
            | {
                "range_low": lowest[i][j]["accuracy"],
                "range_high": highest[i][j]["accuracy"],
            },
        }
        for i, one in enumerate(participants)
        for j, group in enumerate(groups)
    ]


def _cells(proportion: Proportion) -> list[list[dict[str, Any]]]:
    """The proportions of each model and group as plain numbers, None instead of nan."""
    low, high = proportion.interval()
    columns = {
        "correct": proportion.correct.tolist(),
        "n": proportion.n.tolist(),
        "accuracy": proportion.fraction.tolist(),
        "low": low.tolist(),
        "high": high.tolist(),
    }
    models, groups = proportion.n.shape
    return [
        [{name: _known(values[i][j]) for name, values in columns.items()} for j in range(groups)]
        for i in range(models)
    ]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
