"""Snapshots, and the reports that were computed from them."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.base import Endpoint, LatestFirst, Listing, query
from api.serializers import results as shown
from evaluation.addressed import addressed_report
from evaluation.models import LabelSnapshot, MetricReport


class Snapshots(Listing):
    """All verdicts at one moment, the latest first."""

    serializer_class = shown.SnapshotSerializer
    pagination_class = LatestFirst
    queryset = LabelSnapshot.objects.defer("arrays")


class Reports(Listing):
    """What was computed from snapshots, the latest first."""

    serializer_class = shown.ReportSerializer
    pagination_class = LatestFirst
    queryset = MetricReport.objects.select_related("snapshot").defer("snapshot__arrays", "rows")


class ReportRows(Endpoint):
    """The accuracies of a report, as `compute_metrics --json` prints them; `latest` is one too."""

    @extend_schema(
        parameters=[query(name, f"Only this {name} (repeatable).", many=True)
                    for name in ("dataset", "group", "participant")],
        responses={200: shown.RowsSerializer},
    )  # fmt: skip
    def get(self, request: Request, report: str) -> Response:
        found = addressed_report("" if report == "latest" else report)
        if found is None:
            raise Http404("Nothing was computed yet.")
        wanted = {
            name: set(request.query_params.getlist(name))
            for name in ("dataset", "group", "participant")
        }
        rows = [
            row
            for row in found.rows
            if all(not values or row[name] in values for name, values in wanted.items())
        ]
        return Response({"snapshot": found.snapshot.hash, "rows": rows})
