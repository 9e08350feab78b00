"""How the range that each accuracy can still take shrinks as reviewing goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import connection

from evaluation.models import MetricReport

MOST_REPORTS = 40  # that a figure shows

JUDGED = """
    SELECT DISTINCT ON (judged) report.id, judged
    FROM evaluation_metricreport report
    JOIN evaluation_labelsnapshot snapshot ON snapshot.id = report.snapshot_id,
    LATERAL (SELECT snapshot.counts -> 'datasets' -> %(dataset)s AS here) dataset,
    LATERAL (SELECT (here ->> 'candidates')::int - (here ->> 'unjudged')::int AS judged) so_far
    WHERE report.complete AND report.id <= %(report)s AND here IS NOT NULL
    ORDER BY judged, report.id DESC
"""

RANGES = """
    SELECT report.id, row ->> 'participant', row ->> 'kind',
        (row -> 'multi_label' ->> 'range_low')::float8,
        (row -> 'multi_label' ->> 'range_high')::float8
    FROM evaluation_metricreport report, jsonb_array_elements(report.rows) AS row
    WHERE report.id = ANY(%(reports)s) AND row ->> 'dataset' = %(dataset)s
      AND row ->> 'group' = %(group)s AND row -> 'multi_label' ->> 'range_low' IS NOT NULL
    ORDER BY report.id, 2
"""


def range_history(report: MetricReport, dataset: str, group: str) -> list[dict[str, Any]]:
    """{participant, kind, judged, range_low, range_high} of each participant in every report over
    everything up to this one, by `judged`: how many candidates of the dataset had a verdict.

    Of reports with as many judged the last one counts; of more than MOST_REPORTS those are taken
    that lie evenly between the first and the last. Two queries.
    """
    with connection.cursor() as cursor:
        cursor.execute(JUDGED, {"dataset": dataset, "report": report.pk})
        judged = dict(_spread(cursor.fetchall()))
        parameters: dict[str, Any] = {"reports": list(judged), "dataset": dataset, "group": group}
        cursor.execute(RANGES, parameters)
        rows = cursor.fetchall()
    points = [
        {
            "participant": participant, "kind": kind, "judged": judged[pk],
            "range_low": low, "range_high": high,
        }
        for pk, participant, kind, low, high in rows
    ]  # fmt: skip
    return sorted(points, key=lambda point: (point["judged"], point["participant"]))


def _spread(reports: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """At most MOST_REPORTS of the (report, judged), which are sorted by judged."""
    if len(reports) <= MOST_REPORTS:
        return list(reports)
    judged = np.array([count for _, count in reports])
    wanted = np.linspace(judged[0], judged[-1], MOST_REPORTS)
    places = np.unique(np.abs(judged[:, None] - wanted[None, :]).argmin(axis=0))
    return [reports[place] for place in places]
