"""The report that an address names."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import get_object_or_404

from evaluation.models import MetricReport
from evaluation.reports import latest_report


def addressed_report(number: str) -> MetricReport | None:
    """The report with that primary key; of an empty text the latest, None if there is none yet.

    Raises Http404 if there is no such report.
    """
    if not number:
        return latest_report()
    if not (number.isascii() and number.isdecimal()) or len(number) > 18:
        raise Http404("There is no such report.")
    reports = MetricReport.objects.select_related("snapshot").defer("snapshot__arrays")
    return get_object_or_404(reports, pk=number)
