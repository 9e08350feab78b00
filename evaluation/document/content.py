"""What a report says, in the order that the study recommends.

Shankar et al. (2020), section 7: judge by multi-label accuracy; look at dogs, other animals and
objects apart; look at how accuracies change from one test set to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.arrays import Arrays, arrays_of
from evaluation.changes import accuracy_changes, compare
from evaluation.document import methods
from evaluation.document.sheets import (
    Sheet,
    accuracy_sheet,
    apart_rows,
    change_sheet,
    count_sheet,
    group_sheet,
    missed_sheet,
)
from evaluation.ensembles import ENSEMBLE
from evaluation.figure_choice import FigureChoice, choose_figure, points_of
from evaluation.figures import fit_of
from evaluation.metrics.data import image_labels
from evaluation.metrics.intervals import Estimate
from evaluation.models import LabelSnapshot, MetricReport
from evaluation.profiles import rivals

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Drawing:
    """A figure as `figure_choice` draws it, with what it draws."""

    choice: FigureChoice
    points: Sequence[dict[str, Any]]

    @property
    def title(self) -> str:
        choice = self.choice
        if choice.figure == "shift":
            return f"{choice.against} against {choice.dataset}"
        return f"{choice.kind.title}: {choice.dataset}"


@dataclass(frozen=True)
class Section:
    title: str
    paragraphs: Sequence[str] = ()
    sheets: Sequence[Sheet] = ()
    drawings: Sequence[Drawing] = ()

    @property
    def anchor(self) -> str:
        return "-".join(self.title.lower().split())


@dataclass(frozen=True)
class Document:
    report: MetricReport
    sections: Sequence[Section]
    citation: str
    study: str = field(default=methods.STUDY)

    @property
    def snapshot(self) -> LabelSnapshot:
        return self.report.snapshot


def compose(report: MetricReport, against: LabelSnapshot | None = None) -> Document:
    """The document of a report; with `against`, what changed since that snapshot as well.

    The same report gives the same document. Raises InputError if predictions that it was computed
    from were deleted.
    """
    datasets = report.parameters["datasets"]
    arrays = {name: arrays_of(report, name) for name in datasets}
    sections = [
        _images(report, arrays),
        _multi_label(report, arrays),
        _apart(report),
        _shift(report),
        _people(report),
        _subsets(report),
        _missed(arrays),
        *([_changes(against, report.snapshot)] if against else []),
        Section("Methods", methods.paragraphs(report)),
    ]
    kept = [one for one in sections if one.paragraphs or one.sheets or one.drawings]
    return Document(report, kept, methods.citation(report))


def _images(report: MetricReport, arrays: dict[str, Arrays]) -> Section:
    total = report.snapshot.counts["total"]
    labels = {name: _label_share(one) for name, one in arrays.items()}
    text = [
        f"{total['images']:,} distinct images with {total['candidates']:,} candidate classes. "
        + (
            "Every candidate has a verdict."
            if not total["unjudged"]
            else f"{total['unjudged']:,} candidates wait for a verdict: until then an accuracy can "
            "still move within the range that its table gives."
        )
    ]
    text += [
        f"Of the images of {name} that are not problematic and have a correct label, {share:.1%} "
        "have more than one."
        for name, share in labels.items()
        if share is not None
    ]
    drawings = [
        _drawing(report, figure="labels", dataset=name, group="all")
        for name, share in labels.items()
        if share is not None
    ]
    return Section("Images and labels", text, [count_sheet(report)], drawings)


def _label_share(arrays: Arrays) -> float | None:
    """The share of several labels among the images with any; None if there is none."""
    labels = image_labels(arrays.data)[0][~arrays.data.problematic]
    labelled = int((labels > 0).sum())
    return int((labels > 1).sum()) / labelled if labelled else None


def _multi_label(report: MetricReport, arrays: dict[str, Arrays]) -> Section:
    text, drawings = [], []
    for name in report.parameters["datasets"]:
        text += _leader(report, arrays[name], name)
        drawings.append(_drawing(report, figure="measures", dataset=name, group="all"))
    sheets = [
        accuracy_sheet(report, "multi_label", ["all"], "Multi-label accuracy"),
        accuracy_sheet(report, "top1", ["all"], "Top-1 accuracy, for comparison"),
    ]
    return Section(
        "Multi-label accuracy", text, [one for one in sheets if one.lines], _drawn(drawings)
    )


def _leader(report: MetricReport, arrays: Arrays, dataset: str) -> list[str]:
    """Who is best, and who can't be told from it."""
    rows = [
        row
        for row in report.rows
        if (row["dataset"], row["group"]) == (dataset, "all")
        and row["kind"] != ENSEMBLE
        and row["multi_label"]["n"]
    ]
    if not rows:
        return []
    best = max(rows, key=lambda row: row["multi_label"]["accuracy"])
    cell = best["multi_label"]
    close = [
        one
        for one in rivals(arrays, best["participant"], "all")
        if one.corrected >= SIGNIFICANT and one.kind != ENSEMBLE
    ]
    told = (
        "It differs from every other participant (McNemar's exact test, Holm's correction, p < 0.05)."
        if not close
        else f"{len(close)} other{'' if len(close) == 1 else 's'} can't be told from it on the images "
        "that count for both (McNemar's exact test, Holm's correction, p ≥ 0.05): "
        f"{_listed([one.name for one in close])}."
    )
    return [
        f"On {dataset}, {best['participant']} is the most accurate: {cell['accuracy']:.1%} of "
        f"{cell['n']:,} images [{100 * cell['low']:.1f}, {100 * cell['high']:.1f}]. {told}"
    ]


def _listed(names: Sequence[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _apart(report: MetricReport) -> Section:
    rows, groups = apart_rows(report)
    if len(groups) < 2:
        return Section("Groups of classes")
    title = "Dogs, other organisms and objects" if "dogs" in groups else "Groups of classes"
    text = [
        "Fine distinctions between breeds weigh heavily in accuracies over all classes; the groups "
        "tell what kind of images a participant loses on."
    ]
    sheets = [group_sheet(report, rows, name, groups) for name in report.parameters["datasets"]]
    return Section(title, text, [one for one in sheets if one.lines])


def _shift(report: MetricReport) -> Section:
    """Of the first dataset against each other one."""
    first, *others = report.parameters["datasets"] or [""]
    text, sheets, drawings = [], [], []
    for other in others:
        drawing = _drawing(report, figure="shift", dataset=first, against=other, group="all")
        if not drawing.points:
            continue
        drawings.append(drawing)
        text += _fit(drawing, first, other)
        sheets.append(
            accuracy_sheet(
                report, "multi_label", ["all"], f"From {first} to {other}", [first, other]
            )
        )
    return Section("Distribution shift", text, sheets, drawings)


def _fit(drawing: Drawing, first: str, other: str) -> list[str]:
    fit = fit_of(drawing.points, "plain")
    if not all(_known(one) for one in (fit.slope, fit.intercept, fit.r)):
        return []
    return [
        f"From {first} to {other}, the line through {fit.n} participants has slope "
        f"{_estimate(fit.slope)}, intercept {_estimate(fit.intercept)} and correlation "
        f"{_estimate(fit.r)}."
    ]


def _known(estimate: Estimate) -> bool:
    return bool(estimate.value == estimate.value)


def _estimate(estimate: Estimate) -> str:
    low, high = float(estimate.low), float(estimate.high)
    return f"{float(estimate.value):.3f}" + (f" [{low:.3f}, {high:.3f}]" if low == low else "")


def _people(report: MetricReport) -> Section:
    people = sorted({row["participant"] for row in report.rows if row["kind"] == "human"})
    if not people:
        return Section("People")
    drawings = [
        _drawing(report, figure="times", dataset=name, group="all")
        for name in report.parameters["datasets"]
    ]
    text = [
        f"{len(people)} {'person' if len(people) == 1 else 'people'} labeled images: "
        f"{_listed(people)}. They are compared with models on the images that they labeled."
    ]
    return Section("People", text, (), _drawn(drawings))


def _subsets(report: MetricReport) -> Section:
    by_dataset = report.parameters["subsets"]
    sheets = [
        group_sheet(report, report.rows, name, list(subsets))
        for name, subsets in by_dataset.items()
    ]
    return Section("Subsets of images", (), [one for one in sheets if one.lines])


def _missed(arrays: dict[str, Arrays]) -> Section:
    sheet = missed_sheet(arrays)
    return Section("What all got wrong", (), [sheet] if sheet.lines else [])


def _changes(before: LabelSnapshot, after: LabelSnapshot) -> Section:
    counts = compare(before, after).changes.counts()
    text = [
        f"Since snapshot {before} of {before.created:%-d %B %Y}: of the images in both snapshots "
        f"{counts['unchanged']:,} kept their correct labels, {counts['added']:,} only gained some, "
        f"{counts['removed']:,} only lost some, {counts['modified']:,} did both."
    ]
    rows = accuracy_changes(before, after)
    return Section("What changed", text, [change_sheet(rows)] if rows else [])


def _drawing(report: MetricReport, **chosen: str) -> Drawing:
    choice = choose_figure(report.parameters, chosen)
    return Drawing(choice, points_of(report, choice))


def _drawn(drawings: Sequence[Drawing]) -> list[Drawing]:
    return [one for one in drawings if one.points]
