"""Which figure the figures' page shows, of what, and what it draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.urls import reverse
from django.utils import timezone
from numpy.typing import NDArray

from annotation.labeling.timeline import timeline
from annotation.models import Dataset, Participant, PredictionSet
from evaluation import figures
from evaluation.arrays import Arrays, arrays_of
from evaluation.figure_points import (
    Point,
    class_points,
    confusion_points,
    label_counts,
    measure_points,
    shift_points,
    time_points,
)
from evaluation.figures.scatter import Scale
from evaluation.metrics.outcomes import Outcomes
from evaluation.models import MetricReport
from taxonomy.models import LabelClass

MEASURES = {"top1": "top-1", "top5": "top-5"}
SCALES: list[Scale] = ["plain", "probit"]


@dataclass(frozen=True)
class Kind:
    """A figure: its title, what it says, and which of the page's pickers it heeds."""

    title: str
    note: str
    pickers: tuple[str, ...]


KINDS = {
    "shift": Kind(
        "New against original",
        "Multi-label accuracy on two datasets with 95 % intervals. Dashed: equal on both. Solid:"
        " the line through the models.",
        ("dataset", "against", "group", "scale"),
    ),
    "measures": Kind(
        "Top-k against multi-label",
        "Bars are 95 % intervals. Dashed: both accuracies equal. Solid: the line through the models.",
        ("dataset", "group", "measure", "scale"),
    ),
    "labels": Kind(
        "Labels per image",
        "Images that are not problematic, by how many of their candidates are correct.",
        ("dataset", "group"),
    ),
    "classes": Kind(
        "Accuracy by class",
        "Multi-label accuracy on the images of each label, worst first, with 95 % intervals.",
        ("dataset", "group", "participant"),
    ),
    "confusions": Kind(
        "Confused classes",
        "Images answered wrongly, by their label and what was said; the 24 classes confused most.",
        ("dataset", "group", "participant"),
    ),
    "times": Kind(
        "Time against accuracy",
        "People's multi-label accuracy on the images whose time is known, with 95 % intervals.",
        ("dataset", "group"),
    ),
    "phases": Kind(
        "Timeline", "Review rounds and labeling tasks, from the first to the last of them.", ()
    ),
}


@dataclass(frozen=True)
class FigureChoice:
    """All that the address says; participant is empty for all of them."""

    figure: str
    dataset: str
    against: str
    group: str
    measure: str
    scale: Scale
    participant: str

    @property
    def kind(self) -> Kind:
        return KINDS[self.figure]

    @property
    def query(self) -> str:
        return urlencode(asdict(self))


def choose_figure(parameters: Mapping[str, Any], asked: Mapping[str, str]) -> FigureChoice:
    """What was asked for where the report has it, else the first of what there is."""
    datasets = parameters["datasets"]
    dataset = _one_of(datasets, asked.get("dataset"))
    others = [name for name in datasets if name != dataset] or datasets
    return FigureChoice(
        figure=_one_of(list(KINDS), asked.get("figure")),
        dataset=dataset,
        against=_one_of(others, asked.get("against")),
        group=_one_of(parameters["groups"], asked.get("group")),
        measure=_one_of(list(MEASURES), asked.get("measure")),
        scale="probit" if asked.get("scale") == "probit" else "plain",
        participant=_one_of(["", *participants_of(parameters)], asked.get("participant")),
    )


def participants_of(parameters: Mapping[str, Any]) -> list[str]:
    """The names of those whose predictions the report was computed from."""
    return sorted({name for sets in parameters["predictions"].values() for name in sets})


def _one_of(there: Sequence[str], asked: str | None) -> str:
    return asked if asked is not None and asked in there else next(iter(there), "")


def points_of(report: MetricReport, choice: FigureChoice) -> list[Point]:
    """What the figure draws; empty if there is nothing of it.

    Raises InputError if predictions that the report was computed from were deleted.
    """
    if choice.figure == "phases":
        return _phases()
    if choice.figure == "shift":
        return shift_points(report.rows, choice.dataset, choice.against, choice.group)
    if choice.figure == "measures":
        return measure_points(report.rows, choice.dataset, choice.group, choice.measure)
    arrays = arrays_of(report, choice.dataset)
    if choice.group not in arrays.subsets:
        return []
    subset, outcomes = arrays.images(choice.group), arrays.multi_label(choice.group)
    if choice.figure == "labels":
        return label_counts(arrays.subsets[choice.group].judged(arrays.data), subset)
    if choice.figure == "times":
        return _times(report, choice, arrays, subset)
    row = arrays.row(choice.participant)
    if choice.participant and row is None:
        return []
    make = class_points if choice.figure == "classes" else confusion_points
    return make(outcomes, arrays.data, subset, class_names(choice.dataset), row)


def class_names(dataset: str) -> list[str]:
    """The names of a dataset's classes by index; those that share one are told apart by key."""
    classes = LabelClass.objects.filter(taxonomy__datasets__name=dataset)
    synsets = [one.synset for one in classes.select_related("synset").order_by("index")]
    names = [synset.name for synset in synsets]
    return [
        f"{name} ({synset.key})" if names.count(name) > 1 else name
        for name, synset in zip(names, synsets, strict=True)
    ]


def _times(
    report: MetricReport, choice: FigureChoice, arrays: Arrays, subset: NDArray[np.bool_]
) -> list[Point]:
    """Of the people whose times belong to the predictions that the report was computed from."""
    hashes = report.parameters["predictions"].get(choice.dataset, {})
    sets = PredictionSet.objects.filter(
        dataset__name=choice.dataset, participant__kind=Participant.Kind.HUMAN,
        sha256__in=hashes.values(), seconds__isnull=False,
    )  # fmt: skip
    times = {
        name: np.frombuffer(seconds or b"", "<f4")
        for name, sha256, seconds in sets.order_by("pk").values_list(
            "participant__name", "sha256", "seconds"
        )
        if hashes.get(name) == sha256
    }
    names = [name for name in arrays.names if name in times]
    seconds = np.full((len(names), len(subset)), np.nan)
    for place, name in enumerate(names):
        known = times[name][: len(subset)]
        seconds[place, : len(known)] = known
    rows = [arrays.names.index(name) for name in names]
    outcomes = arrays.multi_label(choice.group)
    chosen = Outcomes(outcomes.correct[rows], outcomes.counted[rows])
    return time_points(names, chosen, seconds, subset)


def _phases() -> list[Point]:
    found = timeline()
    now = timezone.now()
    return [
        {
            "phase": bar.phase, "name": bar.name, "begin": bar.begin.isoformat(),
            "end": (bar.end or now).isoformat(), "percent": bar.percent,
            "href": reverse("round_page" if bar.kind == "round" else "labeling_task", args=[bar.pk]),
        }
        for bar in (found.bars if found else [])
    ]  # fmt: skip


def with_links(points: Sequence[Point], dataset: str) -> list[Point]:
    """The points with `href`: the page of the participant or class behind each, where there is one."""
    participants = dict(Participant.objects.values_list("name", "pk"))
    taxonomy = Dataset.objects.values_list("taxonomy", flat=True).filter(name=dataset).first()
    return [point | _link(point, participants, taxonomy) for point in points]


def _link(point: Point, participants: Mapping[str, int], taxonomy: int | None) -> dict[str, str]:
    index = point.get("index", point.get("label_index"))
    if index is not None and taxonomy is not None:
        return {"href": reverse("class_page", args=[taxonomy, index])}
    pk = participants.get(point.get("participant", ""))
    return {"href": reverse("participant", args=[pk])} if pk else {}


def draw_points(
    choice: FigureChoice, points: Sequence[Point], theme: figures.Theme
) -> dict[str, Any]:
    """The chosen figure of these points as Vega-Lite."""
    if choice.figure == "shift":
        x, y = (f"accuracy on {name}" for name in (choice.dataset, choice.against))
        return figures.scatter_figure(points, x, y, choice.scale, theme)
    if choice.figure == "measures":
        y = f"{MEASURES[choice.measure]} accuracy"
        return figures.scatter_figure(points, "multi-label accuracy", y, choice.scale, theme)
    drawings = {
        "labels": figures.label_figure,
        "classes": figures.class_figure,
        "confusions": figures.confusion_figure,
        "times": figures.time_figure,
        "phases": figures.phase_figure,
    }
    return drawings[choice.figure](points, theme)
