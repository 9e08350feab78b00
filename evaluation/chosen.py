"""The dataset and group of the latest report that a page or a script asks about."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404

from evaluation import tables
from evaluation.arrays import Arrays, arrays_of
from evaluation.models import MetricReport
from evaluation.reports import latest_report
from evaluation.tables import Choice
from taxonomy.errors import InputError


@dataclass(frozen=True)
class Chosen:
    """What a page is about: the latest report, and a dataset and group of it."""

    report: MetricReport
    choice: Choice
    arrays: Arrays


def chosen_of(asked: dict[str, str]) -> Chosen | None:
    """What is asked for; None as long as there is no report, or none that can be looked into.

    Raises Http404 if the dataset can't have the group.
    """
    report = latest_report()
    if report is None or not report.rows:
        return None
    choice = tables.choose(report.parameters, asked)
    try:
        arrays = arrays_of(report, choice.dataset)
    except InputError:  # predictions were deleted: a new report is on its way
        return None
    if choice.group not in arrays.subsets:
        raise Http404
    return Chosen(report, choice, arrays)
