"""Bringing the study's file into the database, as datasets, participants and verdicts."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction

from annotation.importing.alone import one_at_a_time
from annotation.importing.datasets import import_dataset
from annotation.importing.multilabel_files import MultiLabels
from annotation.importing.multilabels import store_multilabels
from annotation.importing.picking import members, pick_dataset
from annotation.importing.predictions import model_file, store_predictions
from annotation.models import Participant, Verdict
from evaluation.study.reading import V2, VAL, Study, read_study
from taxonomy.errors import InputError
from taxonomy.loading import IMAGENET1K, load_imagenet1k
from taxonomy.lookup import class_lookup
from taxonomy.models import Taxonomy
from taxonomy.progress import Progress, quiet


def import_study(path: Path, replace: bool = False, progress: Progress = quiet) -> dict[str, Any]:
    """Import the labeled images of the study's file as the datasets imagenet-val and imagenetv2, its
    people with their times and its models as participants, and its multi-labels as verdicts; all
    or nothing. Importing it again changes nothing.

    Returns {"datasets": {name: images}, "people", "models", "verdicts_changed", "candidates_new"}.

    Raises InputError for a file that `read_study` refuses, a wnid that is no class of ImageNet, or
    what is there and says otherwise (unless `replace` is set).
    """
    study = read_study(path)
    result: dict[str, Any] = {
        "datasets": {}, "people": sum(study.is_human),
        "models": len(study.names) - sum(study.is_human),
        "verdicts_changed": 0, "candidates_new": 0,
    }  # fmt: skip
    with one_at_a_time(), transaction.atomic():
        load_imagenet1k()
        keys = class_lookup(Taxonomy.objects.get(name=IMAGENET1K)).keys
        indices = _indices(study, keys, path)
        for name, inside in ((VAL, ~study.in_v2), (V2, study.in_v2)):
            chosen = np.flatnonzero(inside)
            if not len(chosen):
                continue
            _import_images(name, study, chosen)
            result["datasets"][name] = len(chosen)
            for found in _import_words(name, study, chosen, indices, path, replace, progress):
                result["candidates_new"] += found["candidates_new"]
                result["verdicts_changed"] += found.get("changed", 0)
    return result


def _indices(study: Study, keys: dict[str, int], path: Path) -> np.ndarray:
    """The class index of each of the study's wnids; -1 where it is not used on the images."""
    used = {*study.targets.tolist(), *study.top1[study.top1 >= 0].tolist()}
    used.update(index for listed in study.verdicts for index in listed)
    if unknown := [study.wnids[index] for index in used if study.wnids[index] not in keys]:
        raise InputError(f"'{min(unknown)}' is no class of {IMAGENET1K}", file=path)
    return np.array([keys.get(wnid, -1) for wnid in study.wnids], np.int32)


def _import_images(name: str, study: Study, chosen: np.ndarray) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image_id", "wnid"])
        writer.writerows(
            [study.images[image], study.wnids[study.targets[image]]] for image in chosen
        )
        file.flush()
        import_dataset(name, Path(file.name), taxonomy=IMAGENET1K)


def _import_words(
    name: str,
    study: Study,
    chosen: np.ndarray,
    indices: np.ndarray,
    path: Path,
    replace: bool,
    progress: Progress,
) -> list[dict[str, Any]]:
    """Predictions and multi-labels on the chosen images; what the importers tell."""
    dataset = pick_dataset(name)
    images = members(dataset)
    positions = np.array([images.positions[study.images[image]] for image in chosen])
    told = []
    for kind, human in ((Participant.Kind.MODEL, False), (Participant.Kind.HUMAN, True)):
        files = {
            study.names[row]: model_file(
                path,
                _spread(_mapped(study.top1[row, chosen], indices), positions, len(images), -1),
                _times(study.seconds[row, chosen], positions, len(images)) if human else None,
            )
            for row in _rows(study.is_human, human)
            if (study.top1[row, chosen] >= 0).any()
        }
        if files:
            told.append(store_predictions(dataset, images, files, replace, progress, kind))
    verdicts = {
        int(position): {
            int(indices[index]): Verdict(int(verdict))
            for index, verdict in study.verdicts[image].items()
        }
        for position, image in zip(positions, chosen, strict=True)
    }
    problems = {
        int(position): "problematic" if study.problematic[image] else None
        for position, image in zip(positions, chosen, strict=True)
    }
    labels = MultiLabels(verdicts, problems=problems)
    return [*told, store_multilabels(dataset, images, labels, replace, path, progress)]


def _rows(is_human: Sequence[bool], human: bool) -> list[int]:
    return [row for row, one in enumerate(is_human) if one == human]


def _mapped(top1: np.ndarray, indices: np.ndarray) -> np.ndarray:
    return np.where(top1 < 0, -1, indices[top1])


def _spread(values: np.ndarray, positions: np.ndarray, size: int, missing: int) -> np.ndarray:
    """Values at their positions in the dataset, int32 [size, 1]."""
    found = np.full((size, 1), missing, np.int32)
    found[positions, 0] = values
    return found


def _times(seconds: np.ndarray, positions: np.ndarray, size: int) -> np.ndarray | None:
    """The same of seconds; None if none is known."""
    if np.isnan(seconds).all():
        return None
    found = np.full(size, np.nan, np.float32)
    found[positions] = seconds
    return found
