"""Figures, tables and the report as files, by the views of the pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.base import Download, query
from api.views.comparisons import REPORT, check_figure, report_asked, table_asked
from evaluation import comparison, figure_views, report_views, table_views
from evaluation.figures import MEDIA_TYPES


def files(media_types: Iterable[str]) -> dict[Any, Any]:
    """What the schema says of an answer that is a file of one of the media types."""
    names = [name.partition(";")[0] for name in media_types]
    return {
        (200, name): OpenApiTypes.OBJECT if name.endswith("json") else OpenApiTypes.BINARY
        for name in names
    }


class FigureFile(Download):
    """A figure as `svg`, `png` or `pdf`, or as its Vega-Lite specification: `json`."""

    @extend_schema(
        parameters=[
            query("figure", "Which; see `figures/`."), query("dataset", "Of this dataset."),
            query("group", "Of this group or subset."), query("against", "The other dataset."),
            query("measure", "top1 or top5."), query("scale", "plain or probit."),
            query("participant", "Of this one alone."), query("theme", "light or dark."),
        ],
        responses=files(MEDIA_TYPES.values()),
    )  # fmt: skip
    def get(self, request: Request, report: str, suffix: str) -> HttpResponseBase:
        found = report_asked(report)
        check_figure(request, found)
        return figure_views.figure_file(request._request, found.pk, suffix)


class TableFile(Download):
    """The table for a paper as `csv`, `tex` or `md`; asked for as `table/`."""

    @extend_schema(
        operation_id="table_file",
        parameters=[
            REPORT, query("metric", f"One of {', '.join(comparison.METRICS)}."),
            *(query(name, f"Only this {name} (repeatable).", many=True)
              for name in ("dataset", "group", "participant", "who")),
        ],
        responses=files(kind for kind, _ in comparison.FORMATS.values()),
    )  # fmt: skip
    def get(self, request: Request, suffix: str) -> HttpResponseBase:
        table_asked(request, report_asked(request.query_params.get("report", "")))
        return table_views.comparison_file(request._request, suffix)


class DocumentFile(Download):
    """The report on a snapshot as one `pdf` or `html` file."""

    @extend_schema(
        parameters=[
            REPORT,
            query("against", "With what changed since this snapshot, by its hash."),
        ],
        responses=files(kind for kind, _ in report_views.MAKERS.values()),
    )
    def get(self, request: Request, suffix: str) -> HttpResponseBase:
        return report_views.report_file(request._request, suffix)
