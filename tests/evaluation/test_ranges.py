"""How the range that accuracies can still take shrinks: from reports to the figure."""

from __future__ import annotations

import json
import random
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Candidate, Dataset, Verdict
from annotation.review.rounds import close_round, open_round
from annotation.review.scope import Scope
from evaluation import figures
from evaluation.models import MetricReport
from evaluation.ranges import MOST_REPORTS, range_history
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from tests.conftest import client_of
from tests.evaluation.worlds import build, predict, random_world

pytestmark = pytest.mark.django_db


def judge_some(draw: random.Random, share: float = 0.3) -> None:
    for candidate in Candidate.objects.unjudged():
        if draw.random() < share:
            Candidate.objects.filter(pk=candidate.pk).update(verdict=draw.choice([1, 2, 3]))


@pytest.fixture
def reports() -> list[MetricReport]:
    """Reports of four moments, between which candidates were judged."""
    build(random_world(42, images=60))
    draw = random.Random(1)
    made = []
    for _ in range(4):
        made.append(compute_report(take_snapshot()))
        judge_some(draw)
    return made


def test_every_point_is_the_range_in_one_report(reports):
    points = range_history(reports[-1], "zebra", "few")
    expected = [
        (
            report.snapshot.counts["datasets"]["zebra"]["candidates"]
            - report.snapshot.counts["datasets"]["zebra"]["unjudged"],
            row["participant"], row["kind"],
            row["multi_label"]["range_low"], row["multi_label"]["range_high"],
        )
        for report in reports
        for row in report.rows
        if (row["dataset"], row["group"]) == ("zebra", "few")
    ]  # fmt: skip
    assert [tuple(point[key] for key in ("judged", "participant", "kind", "range_low", "range_high"))
            for point in points] == sorted(expected)  # fmt: skip
    assert len({point["judged"] for point in points}) == 4


def test_judging_never_widens_a_range(reports):
    widths: dict[str, list[float]] = {}
    for point in range_history(reports[-1], "zebra", "all"):
        width = point["range_high"] - point["range_low"]
        widths.setdefault(point["participant"], []).append(width)
    for shrinking in widths.values():
        assert shrinking == sorted(shrinking, reverse=True)
        assert shrinking[-1] < shrinking[0]


def test_an_older_report_shows_what_was_known_then(reports):
    before = range_history(reports[1], "zebra", "all")
    after = range_history(reports[3], "zebra", "all")
    assert before == [point for point in after if point["judged"] <= before[-1]["judged"]]
    assert len(before) < len(after)


def test_of_reports_with_as_many_judged_the_last_counts(reports):
    before = range_history(compute_report(take_snapshot()), "zebra", "all")
    predict("model-9", Dataset.objects.get(name="zebra"), [[0]] * 40)
    after = range_history(compute_report(take_snapshot()), "zebra", "all")
    latest = before[-1]["judged"]
    assert [point for point in after if point["judged"] < latest] == [
        point for point in before if point["judged"] < latest
    ]
    names = [point["participant"] for point in after if point["judged"] == latest]
    assert names == ["model-0", "model-1", "model-2", "model-9"]


def test_partial_reports_are_left_out(reports):
    before = range_history(reports[-1], "zebra", "all")
    Candidate.objects.filter(verdict=0).update(verdict=1)
    partial = compute_report(take_snapshot(), datasets=["zebra"])
    assert range_history(partial, "zebra", "all") == before


def test_of_very_many_reports_some_are_shown_evenly_with_the_first_and_the_last():
    build(random_world(41, images=90))
    unjudged = list(Candidate.objects.unjudged().order_by("pk"))
    assert len(unjudged) > MOST_REPORTS + 20
    for candidate in unjudged[: MOST_REPORTS + 20]:
        Candidate.objects.filter(pk=candidate.pk).update(verdict=Verdict.CORRECT)
        report = compute_report(take_snapshot())
    every = [
        one.snapshot.counts["total"]["candidates"] - one.snapshot.counts["total"]["unjudged"]
        for one in MetricReport.objects.order_by("pk")
    ]
    assert len(every) == MOST_REPORTS + 20
    judged = sorted({point["judged"] for point in range_history(report, "zebra", "all")})
    counts = report.snapshot.counts["datasets"]["zebra"]
    assert len(judged) <= MOST_REPORTS
    assert judged[-1] == counts["candidates"] - counts["unjudged"]
    gaps = [after - before for before, after in pairwise(judged)]
    assert max(gaps) <= 3


def test_it_takes_two_queries_however_many_reports(reports, django_assert_num_queries):
    for report in (reports[0], reports[-1]):
        with django_assert_num_queries(2):
            range_history(report, "zebra", "all")


def test_the_figure_draws_a_line_per_participant(reports):
    points = range_history(reports[-1], "zebra", "all")
    spec = figures.range_figure(points)
    values = spec["layer"][0]["data"] if "data" in spec["layer"][0] else spec["data"]
    assert len(values["values"]) == len(points)
    assert {round(v["range_high"] - v["range_low"], 6) for v in values["values"]} == {
        v["width"] for v in values["values"]
    }
    svg = figures.draw(spec, "svg").decode()
    assert svg.count('class="mark-line role-mark') >= 1
    for name in ("model-0", "model-1", "model-2"):
        assert name not in svg


def test_pages_and_figures_are_there_for_admins_and_reviewers(reports, reviewer_client):
    report = reports[-1]
    page = reviewer_client.get(reverse("results"), {"dataset": "zebra"}).content.decode()
    assert reverse("ranges_figure", args=[report.pk, "svg"]) in page
    part = reviewer_client.get(reverse("ranges"), {"dataset": "zebra"}).content.decode()
    assert "<html" not in part
    assert reverse("ranges_figure", args=[report.pk, "svg"]) in part
    for suffix, start in (("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("json", b"{")):
        address = reverse("ranges_figure", args=[report.pk, suffix])
        answer = reviewer_client.get(address, {"dataset": "zebra", "group": "few", "theme": "dark"})
        assert answer.content.startswith(start)
    assert reviewer_client.get(address.replace("json", "exe")).status_code == 404
    spec = json.loads(answer.content)
    assert spec["description"].startswith("What the accuracy of 3 participants")


def test_the_part_is_empty_where_there_is_nothing_to_show(reviewer_client):
    assert reviewer_client.get(reverse("ranges"), {"dataset": "zebra"}).content == b""
    build(random_world(40))
    compute_report(take_snapshot())
    assert reviewer_client.get(reverse("ranges"), {"dataset": "nope"}).content == b""


def test_a_report_without_predictions_has_an_empty_figure(reviewer_client):
    world = random_world(40, models=0)
    build(world)
    report = compute_report(take_snapshot())
    address = reverse("ranges_figure", args=[report.pk, "svg"])
    assert reviewer_client.get(address, {"dataset": "zebra"}).status_code == 200


CLOSED = ("results", "results_status", "changes", "ranges")


def test_results_are_closed_to_reviewers_of_a_blind_round_until_it_is(
    reports, reviewer, reviewer_client, admin_client
):
    dataset = Dataset.objects.get(name="zebra")
    settings = {"blind": True, "scope": Scope(which="all"), "reviewers": [reviewer]}
    blind = open_round("blind", [dataset], 1, **settings)
    report = reports[-1]
    addresses = [reverse(name) for name in CLOSED]
    for name in ("figure", "ranges_figure"):
        addresses += [reverse(name, args=[report.pk, suffix]) for suffix in ("json", "svg")]
    addresses.append(reverse("results_csv", args=[report.pk]))
    for address in addresses:
        answer = reviewer_client.get(address, {"dataset": "zebra"})
        assert answer.status_code == 403, address
        assert "model-1" not in answer.content.decode()
        assert admin_client.get(address, {"dataset": "zebra"}).status_code == 200, address
    assert "Not while you review blind" in reviewer_client.get(reverse("results")).content.decode()
    close_round(blind)
    for address in addresses:
        assert reviewer_client.get(address, {"dataset": "zebra"}).status_code == 200, address


def test_blindness_costs_one_query(reports, reviewer):
    client = client_of(reviewer)
    client.get(reverse("results"))
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("results"))
    assert sum("annotation_reviewround" in query["sql"] for query in captured) == 1
