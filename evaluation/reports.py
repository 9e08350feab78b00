"""Computing accuracies from a snapshot, and keeping them as a report."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from annotation.models import Dataset, PredictionSet
from annotation.review.rule import decide_anew, is_computed_at_once
from evaluation.ensembles import Predictions, add_ensembles, voters
from evaluation.metrics import EvaluationData
from evaluation.models import LabelSnapshot, MetricReport
from evaluation.rows import TOP, Named, rows_of
from evaluation.snapshots import load_labels, take_snapshot
from evaluation.subsets import ImageSubset, image_subsets, pack_bits, subset_names, unpack_bits
from taxonomy.errors import InputError
from taxonomy.groups import group_masks
from taxonomy.models import LabelClass

# To be raised when a formula changes, so that reports made before it are not taken for current.
METHOD = 3


def compute_report(
    snapshot: LabelSnapshot,
    datasets: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    participants: Sequence[str] | None = None,
) -> MetricReport:
    """The accuracies of participants on datasets and groups of classes (default: all of each).

    Subsets of images are groups here; families of classes are computed only if `groups` names them.
    Ensembles (see `evaluation.ensembles`) are participants.

    Returns the report that exists if it was computed from the same snapshot, predictions and
    groups. Participants without predictions for a dataset have no row there.

    `rows` is a list of {participant, kind, dataset, group, n, top1, top5, multi_label}, by dataset,
    participant and group. n = images of the group with a prediction. Each accuracy is {correct, n,
    accuracy, low, high}: fractions with a 95 % Clopper-Pearson interval, None where n is 0.
    multi_label also has range_low and range_high, between which the accuracy will lie once all
    candidates are judged. top5 is None where fewer than five classes are predicted. Where people
    have labeled a dataset, its group `fast` has the images whose median human time is at most a
    minute.

    Raises InputError for an unknown dataset, group or participant.
    """
    start = time.perf_counter()
    parameters = _parameters(snapshot, datasets, groups, participants)
    complete = datasets is None and groups is None and participants is None
    content = json.dumps([snapshot.hash, parameters], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()
    now = timezone.now()
    report = MetricReport.objects.filter(hash=digest).first()
    if report is None:
        rows = compute_rows(snapshot, parameters)
        defaults = {
            "snapshot": snapshot, "parameters": parameters, "rows": rows, "complete": complete,
            "seconds": time.perf_counter() - start, "current": now,
        }  # fmt: skip
        report, _ = MetricReport.objects.get_or_create(hash=digest, defaults=defaults)
    MetricReport.objects.filter(pk=report.pk).update(
        current=now, complete=report.complete or complete
    )
    return report


def recompute() -> MetricReport:
    """Freeze all labels as they are now and compute the report over everything.

    A rule that needs all judgments at once decides anew before.
    Raises InputError if there is no dataset.
    """
    if is_computed_at_once():
        decide_anew()
    return compute_report(take_snapshot())


def latest_report() -> MetricReport | None:
    """The report over everything that was found current last."""
    reports = MetricReport.objects.filter(complete=True).select_related("snapshot")
    return reports.defer("snapshot__arrays").order_by("-current").first()


def compute_rows(snapshot: LabelSnapshot, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a report, from the frozen labels and the predictions named by their hashes.

    Raises InputError if predictions were deleted since.
    """
    labels = load_labels(snapshot)
    rows: list[dict[str, Any]] = []
    for dataset in parameters["datasets"]:
        packed_masks = parameters["masks"][dataset]
        masks = unpack_masks(packed_masks)
        groups = np.array(list(masks.values()), bool).reshape(-1, packed_masks["classes"])
        participants, top_k = load_participants(parameters, dataset, len(labels.members[dataset]))
        data = EvaluationData(**vars(labels.dataset(dataset)), top_k=top_k, groups=groups)
        found = rows_of(dataset, participants, list(masks), data)
        for name, packed in parameters["subsets"].get(dataset, {}).items():
            subset = ImageSubset.unpack(packed, len(data.targets))
            found += rows_of(dataset, participants, [name], subset.of(data))
        shown = parameters.get("participants")
        rows += [row for row in found if shown is None or row["participant"] in shown]
    return rows


def _parameters(
    snapshot: LabelSnapshot,
    datasets: Sequence[str] | None,
    groups: Sequence[str] | None,
    participants: Sequence[str] | None,
) -> dict[str, Any]:
    chosen = snapshot.datasets if datasets is None else list(dict.fromkeys(datasets))
    _refuse_unknown("dataset", chosen, snapshot.datasets)
    usual = list(dict.fromkeys(group for name in chosen for group in _masks(name, None)))
    known = {name: _masks(name, usual if groups is None else groups) for name in chosen}
    subsets = subset_names(chosen)
    group_names = list(dict.fromkeys(group for masks in known.values() for group in masks))
    group_names += [name for name in subsets if groups is None or name in groups]
    if unknown := [name for name in groups or () if name not in group_names]:
        _refuse_unknown("group", unknown, [*usual, *subsets])
    predictions = _predictions(chosen)
    ensembles = voters(predictions)
    if participants is not None:
        _refuse_silent(participants, predictions, ensembles)
        heard = {*participants, *(m for name in participants for m in ensembles.get(name, ()))}
        ensembles = {name: ensembles[name] for name in ensembles if name in participants}
        predictions = {
            dataset: {name: sha for name, sha in sets.items() if name in heard}
            for dataset, sets in predictions.items()
        }
    return {
        "method": METHOD,
        "datasets": chosen,
        "groups": group_names,
        "masks": {name: _pack(masks, _class_count(name)) for name, masks in known.items()},
        "subsets": _subsets(snapshot, chosen, [name for name in group_names if name in subsets]),
        "predictions": predictions,
        "ensembles": ensembles,
        **({} if participants is None else {"participants": sorted(participants)}),
    }


def _subsets(
    snapshot: LabelSnapshot, datasets: Sequence[str], names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """dataset -> subset -> its images; only what there is of them."""
    found = {}
    for dataset in datasets if names else ():

        def data(dataset: str = dataset) -> EvaluationData:
            labels = load_labels(snapshot).dataset(dataset)
            wanted = _predictions([dataset])[dataset]
            _, top_k = load_predictions(dataset, wanted, len(labels.targets))
            groups = np.ones((1, _class_count(dataset)), bool)
            return EvaluationData(**vars(labels), top_k=top_k, groups=groups)

        found[dataset] = {
            name: subset.packed() for name, subset in image_subsets(dataset, names, data).items()
        }
    return {dataset: subsets for dataset, subsets in found.items() if subsets}


def _predictions(datasets: Sequence[str]) -> dict[str, dict[str, str]]:
    """dataset -> participant -> SHA-256 of the predictions."""
    sets = PredictionSet.objects.current().filter(dataset__name__in=datasets)
    found: dict[str, dict[str, str]] = {name: {} for name in datasets}
    for dataset, participant, digest in sets.order_by("participant__name").values_list(
        "dataset__name", "participant__name", "sha256"
    ):
        found[dataset][participant] = digest
    return found


def _refuse_silent(
    participants: Sequence[str], predictions: Predictions, ensembles: dict[str, list[str]]
) -> None:
    heard = {name for sets in predictions.values() for name in sets} | set(ensembles)
    if missing := [name for name in participants if name not in heard]:
        raise InputError(f"There are no predictions of '{missing[0]}' for these datasets.")


def _refuse_unknown(kind: str, names: Sequence[str], known: Sequence[str]) -> None:
    if unknown := [name for name in names if name not in known]:
        there = ", ".join(known) or "none"
        raise InputError(f"There is no {kind} '{unknown[0]}' (there are: {there}).")


def _masks(dataset: str, names: Sequence[str] | None) -> dict[str, NDArray[np.bool_]]:
    """All groups of classes of a dataset's taxonomy, or those groups and families that are named;
    each bool [n_classes].
    """
    taxonomy = Dataset.objects.select_related("taxonomy").get(name=dataset).taxonomy
    if names is None:
        return group_masks(taxonomy)
    masks = group_masks(taxonomy, kind=None)
    return {group: mask for group, mask in masks.items() if group in names}


def _class_count(dataset: str) -> int:
    return LabelClass.objects.filter(taxonomy__datasets__name=dataset).count()


def _pack(masks: dict[str, NDArray[np.bool_]], classes: int) -> dict[str, Any]:
    """Groups of classes as JSON: the number of classes, and per group its bits in hexadecimal."""
    groups = {group: pack_bits(mask) for group, mask in masks.items()}
    return {"classes": classes, "groups": groups}


def unpack_masks(packed: dict[str, Any]) -> dict[str, NDArray[np.bool_]]:
    return {group: unpack_bits(bits, packed["classes"]) for group, bits in packed["groups"].items()}


def load_participants(
    parameters: dict[str, Any], dataset: str, n_images: int
) -> tuple[list[Named], NDArray[np.int32]]:
    """A report's participants on a dataset, ensembles last, and their classes int32 [n, n_images, 5].

    Raises InputError if predictions were deleted since.
    """
    wanted = parameters["predictions"].get(dataset, {})
    sets, top_k = load_predictions(dataset, wanted, n_images)
    named = [Named(one.participant.name, one.participant.kind, one.k) for one in sets]
    return add_ensembles(named, top_k, parameters["ensembles"])


def load_predictions(
    dataset: str, wanted: dict[str, str], n_images: int
) -> tuple[list[PredictionSet], NDArray[np.int32]]:
    """The sets with the wanted hashes, by participant, and their classes int32 [n, n_images, 5]."""
    sets = PredictionSet.objects.filter(dataset__name=dataset, participant__name__in=wanted)
    sets = sets.filter(sha256__in=wanted.values()).select_related("participant")
    sets = sets.order_by("participant__name", "-pk")
    found: list[PredictionSet] = []
    top_k = np.full((len(wanted), n_images, TOP), -1, dtype=np.int32)
    for predictions in sets.iterator(chunk_size=8):
        name, i = predictions.participant.name, len(found)
        # Predictions may have come back after others had taken their place.
        known = found and found[-1].participant.name == name
        if known or predictions.sha256 != wanted[name]:
            continue
        classes = np.frombuffer(predictions.top_k, dtype="<i4").reshape(-1, predictions.k)
        top_k[i, : len(classes), : predictions.k] = classes[:n_images, :TOP]
        predictions.top_k = b""
        found.append(predictions)
    if len(found) < len(wanted):
        raise InputError(f"Predictions for '{dataset}' were deleted since this was computed.")
    return found, top_k
