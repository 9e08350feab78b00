from __future__ import annotations

import csv
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Candidate, Dataset, Verdict
from config.celery import app
from evaluation import recomputing
from evaluation.models import MetricReport
from evaluation.reports import compute_report, latest_report
from evaluation.snapshots import take_snapshot
from tests.evaluation.worlds import build, predict, random_world
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    client.force_login(make_user("admin"))
    return client


@pytest.fixture
def report():
    build(random_world(40))
    return compute_report(take_snapshot())


def names(response) -> list[str]:
    """The participants of the table, in its order."""
    return re.findall(r'<th scope="row">\s*(?:<a[^>]*>)?([^<\s]+)', response.content.decode())


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("reviewer", 200), ("labeler", 403)])
def test_results_are_for_admins_and_reviewers(client, report, role, status):
    client.force_login(make_user(role))
    query = "?dataset=zebra&group=all"
    for address in (
        reverse("results"),
        reverse("results_status"),
        reverse("figure", args=[report.pk, "svg"]) + query,
        reverse("figure", args=[report.pk, "json"]) + query,
        reverse("results_csv", args=[report.pk]) + query,
    ):
        assert client.get(address).status_code == status, address


def test_only_an_admin_can_ask_for_new_numbers(client, report):
    client.force_login(make_user("reviewer"))
    assert client.post(reverse("recompute")).status_code == 403
    assert "Recompute" not in client.get(reverse("results")).content.decode()


def test_the_table_shows_every_participant_with_its_numbers(admin, report):
    page = admin.get(reverse("results") + "?dataset=zebra&group=few").content.decode()
    rows = [row for row in report.rows if (row["dataset"], row["group"]) == ("zebra", "few")]
    assert len(rows) == 3
    for row in rows:
        assert row["participant"] in page
        assert f"{100 * row['top1']['accuracy']:.2f}" in page
        assert f"{100 * row['multi_label']['range_high']:.1f}" in page


def test_columns_sort_both_ways(admin, report):
    rows = [row for row in report.rows if (row["dataset"], row["group"]) == ("zebra", "all")]
    rows.sort(key=lambda row: row["participant"])
    by_top1 = [row["participant"] for row in sorted(rows, key=lambda row: row["top1"]["accuracy"])]
    for sort, expected in (("top1", by_top1), ("-participant", ["model-2", "model-1", "model-0"])):
        response = admin.get(reverse("results"), {"dataset": "zebra", "group": "all", "sort": sort})
        assert names(response) == expected
        direction = "descending" if sort.startswith("-") else "ascending"
        assert response.content.decode().count(f'aria-sort="{direction}"') == 1


def test_participants_can_be_searched_by_a_part_of_their_name(admin, report):
    assert names(admin.get(reverse("results"), {"q": "EL-1"})) == ["model-1"]
    nobody = admin.get(reverse("results"), {"q": "<b>"})
    assert names(nobody) == []
    assert "&lt;b&gt;" in nobody.content.decode()


def test_an_unknown_dataset_group_or_order_shows_the_first(admin, report):
    asked = {"dataset": "nope", "group": "nope", "sort": "password"}
    assert names(admin.get(reverse("results"), asked)) == names(admin.get(reverse("results")))


def test_the_page_tells_how_many_candidates_wait_and_in_which_snapshot(admin, report):
    page = admin.get(reverse("results") + "?dataset=zebra").content.decode()
    counts = report.snapshot.counts
    assert f"<dd>{counts['datasets']['zebra']['unjudged']} " in page
    assert f"{counts['total']['unjudged']} in all datasets" in page
    assert report.snapshot.hash in page
    assert reverse("export") in page


def test_the_page_tells_nothing_of_any_single_image(client, report):
    client.force_login(make_user("reviewer"))
    for address in (
        reverse("results"),
        reverse("figure", args=[report.pk, "json"]),
        reverse("figure", args=[report.pk, "svg"]),
        reverse("results_csv", args=[report.pk]),
    ):
        assert b"image-0" not in client.get(address).content


@pytest.mark.parametrize("role", ["admin", "reviewer"])
def test_the_number_of_queries_does_not_grow_with_models_or_images(client, role):
    client.force_login(make_user(role))

    def queries() -> int:
        compute_report(take_snapshot())
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("results")).status_code == 200
        return len(captured)

    world = random_world(41, images=40, models=9)
    more = world.predictions
    world.predictions = {pair: rows for pair, rows in more.items() if pair[0] < "model-2"}
    build(world)
    small = queries()
    for (participant, name), rows in more.items():
        predict(participant, Dataset.objects.get(name=name), rows)
    assert len(latest_report().rows) == 8
    assert queries() == small
    assert len(latest_report().rows) == 36
    # Session, user, roles, report; whether a reviewer is bound by a blind round.
    assert small == (4 if role == "admin" else 6)


def test_the_status_says_when_the_page_is_out_of_date(admin, report):
    address = reverse("results_status")
    same = admin.get(address, {"report": report.pk})
    assert "up to date" in same.content.decode()
    assert "HX-Trigger" not in same
    Candidate.objects.filter(verdict=Verdict.UNJUDGED).update(verdict=Verdict.CORRECT)
    compute_report(take_snapshot())
    assert admin.get(address, {"report": report.pk})["HX-Trigger"] == "report-ready"
    assert admin.get(address)["HX-Trigger"] == "report-ready"


def test_recompute_computes_in_the_worker_and_says_so_meanwhile(admin, report, monkeypatch):
    Candidate.objects.filter(verdict=Verdict.UNJUDGED).update(verdict=Verdict.CORRECT)
    sent = []
    monkeypatch.setattr(app.tasks["evaluation.tasks.recompute"], "delay", lambda: sent.append(1))
    response = admin.post(reverse("recompute"), headers={"HX-Request": "true"})
    assert sent == [1]
    assert "waiting for a worker" in response.content.decode()
    app.tasks["evaluation.tasks.recompute"]()
    assert "up to date" in admin.get(reverse("results_status")).content.decode()
    assert latest_report() != report
    assert latest_report().snapshot.counts["total"]["unjudged"] == 0


def test_without_images_the_page_says_what_to_do(admin):
    page = admin.get(reverse("results")).content.decode()
    assert "There are no images yet" in page
    assert reverse("imports") in page


def test_before_the_first_report_the_page_says_that_it_comes(admin):
    build(random_world(42))
    assert "on their way" in admin.get(reverse("results")).content.decode()


def test_without_predictions_the_page_asks_for_them(admin):
    world = random_world(43)
    world.predictions.clear()
    build(world)
    compute_report(take_snapshot())
    assert "Nobody has predicted anything yet" in admin.get(reverse("results")).content.decode()


def test_without_any_judgment_the_range_is_shown_all_the_same(admin):
    world = random_world(44)
    world.candidates = dict.fromkeys(world.candidates, 0)
    build(world)
    report = compute_report(take_snapshot())
    page = admin.get(reverse("results")).content.decode()
    assert 'class="bar"' not in page
    row = next(row for row in report.rows if row["multi_label"]["range_high"] is not None)
    assert row["multi_label"]["accuracy"] is None
    assert f"{100 * row['multi_label']['range_high']:.1f}" in page


def test_the_table_comes_as_csv(admin, report):
    response = admin.get(reverse("results_csv", args=[report.pk]), {"dataset": "zebra"})
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    expected = [row for row in report.rows if row["dataset"] == "zebra"]
    assert len(rows) == len(expected) == 6
    for found, row in zip(rows, expected, strict=True):
        assert found["participant"] == row["participant"]
        accuracy = row["multi_label"]["accuracy"]
        assert found["multi_label_accuracy"] == ("" if accuracy is None else repr(accuracy))
        assert int(found["top1_correct"]) == row["top1"]["correct"]
        assert found["snapshot"] == report.snapshot.hash
        assert (found["top5_accuracy"] == "") == (row["top5"] is None)
    assert len(MetricReport.objects.get().rows) == 12


@pytest.mark.parametrize(
    ("suffix", "start"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("json", b"{")]
)
def test_the_figure_comes_in_every_form(admin, report, suffix, start):
    response = admin.get(reverse("figure", args=[report.pk, suffix]), {"dataset": "zebra"})
    assert response.content.startswith(start)
    assert f'filename="zebra-all.{suffix}"' in response["Content-Disposition"]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("my set", 'inline; filename="my set-all.json"'),
        ('the "best"', 'inline; filename="the _best_-all.json"'),
        ("a/b", 'inline; filename="a_b-all.json"'),
        ("Bäume", "inline; filename*=utf-8''B%C3%A4ume-all.json"),
    ],
)
def test_the_figure_is_called_after_its_dataset_whatever_its_name(admin, name, header):
    build(random_world(40))
    Dataset.objects.filter(name="zebra").update(name=name)
    report = compute_report(take_snapshot())
    response = admin.get(reverse("figure", args=[report.pk, "json"]), {"dataset": name})
    assert response.headers["Content-Disposition"] == header


def test_what_does_not_exist_is_not_found(admin, report):
    for address in (
        reverse("figure", args=[report.pk, "exe"]),
        reverse("figure", args=[report.pk + 1, "svg"]),
        reverse("results_csv", args=[report.pk + 1]),
        reverse("figure_script", args=["vega-0.js"]),
    ):
        assert admin.get(address).status_code == 404


def test_the_page_needs_no_exception_from_the_content_security_policy(admin, report):
    response = admin.get(reverse("results"))
    page = response.content.decode()
    assert "unsafe" not in response["Content-Security-Policy"]
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|hx-on", page)
    assert not re.search(r"<script(?![^>]*(src=|type=.application/json))", page)


def test_pending_changes_are_told(admin, report):
    recomputing.observe_changes(0)
    assert "there are changes" in admin.get(reverse("results")).content.decode()
