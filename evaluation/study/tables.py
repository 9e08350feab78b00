"""The study's tables, computed from its own file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.models import Participant
from evaluation.metrics import EvaluationData
from evaluation.metrics.gaps import gap
from evaluation.metrics.subsets import median_seconds
from evaluation.rows import Named, rows_of
from evaluation.study.reading import V2, VAL, Study
from evaluation.subsets import FAST, FAST_SECONDS


def study_rows(study: Study) -> list[dict[str, Any]]:
    """Accuracies of every participant on both datasets and all groups, as `compute_report` has them;
    the group `fast` has the images whose median human time is at most a minute."""
    kinds = [
        Participant.Kind.HUMAN if human else Participant.Kind.MODEL for human in study.is_human
    ]
    participants = [Named(name, kind, 1) for name, kind in zip(study.names, kinds, strict=True)]
    data = evaluation_data(study)
    people = study.seconds[np.array(study.is_human, bool)]
    fast = median_seconds(people) <= FAST_SECONDS
    rows: list[dict[str, Any]] = []
    for dataset, inside in ((VAL, ~study.in_v2), (V2, study.in_v2)):
        rows += rows_of(dataset, participants, list(study.groups), data.of_images(inside))
        if not np.isnan(people).all():
            chosen = data.of_images(inside & fast).in_one_group()
            rows += rows_of(dataset, participants, [FAST], chosen)
    return rows


def evaluation_data(study: Study) -> EvaluationData:
    pairs = [
        (image, index, int(verdict))
        for image, listed in enumerate(study.verdicts)
        for index, verdict in listed.items()
    ]
    table = np.array(pairs, np.int32).reshape(-1, 3)
    return EvaluationData(
        targets=study.targets,
        candidate_images=table[:, 0],
        candidate_classes=table[:, 1],
        verdicts=table[:, 2].astype(np.uint8),
        problematic=study.problematic,
        top_k=study.top1[:, :, None],
        groups=np.array(list(study.groups.values()), bool),
    )


def accuracy_table(rows: Sequence[dict[str, Any]], groups: Sequence[str]) -> list[dict[str, Any]]:
    """One line per participant: {participant, kind, cells}, best on the first dataset first.

    cells[group] = {dataset: the row's multi_label, "gap": how much lower the accuracy is on the
    second dataset: {value, low, high} with the 95 % interval of `metrics.gaps.gap`}. Only the
    groups that both datasets have.
    """
    by_key = {(row["participant"], row["group"], row["dataset"]): row for row in rows}
    kinds = {row["participant"]: row["kind"] for row in rows}
    there = [one for one in groups if any(row["group"] == one for row in rows)]
    lines = []
    for name, kind in kinds.items():
        cells = {}
        for group in there:
            both = [by_key[name, group, dataset]["multi_label"] for dataset in (VAL, V2)]
            cells[group] = {VAL: both[0], V2: both[1], "gap": _gap(*both)}
        lines.append({"participant": name, "kind": kind, "cells": cells})
    return sorted(lines, key=lambda line: (-_first(line, there), line["participant"]))


def _first(line: dict[str, Any], groups: Sequence[str]) -> float:
    accuracy = line["cells"][groups[0]][VAL]["accuracy"] if groups else None
    return -1.0 if accuracy is None else accuracy


def _gap(first: dict[str, Any], second: dict[str, Any]) -> dict[str, float | None]:
    found = gap(first["correct"], first["n"], second["correct"], second["n"])
    return {
        name: _plain(getattr(found, name)) for name in ("value", "low", "high")
    }  # fmt: skip


def _plain(value: NDArray[np.float64]) -> float | None:
    number = float(value)
    return None if np.isnan(number) else number
