from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection

from annotation.models import Candidate, Dataset, Image, Verdict
from config.celery import app
from evaluation import recomputing
from evaluation.models import LabelSnapshot, MetricReport
from evaluation.recomputing import (
    LOCK,
    Changes,
    observe_changes,
    recompute_if_due,
    recompute_now,
    signature,
    state,
)  # fmt: skip
from taxonomy.classes import refresh_content_hash
from taxonomy.groups.editing import GroupContent, save_group
from taxonomy.models import Taxonomy
from tests.evaluation.worlds import build, predict, random_world
from tests.factories import judge, make_round, make_user

pytestmark = pytest.mark.django_db
QUIET, LATEST = 20, 600


@pytest.fixture(autouse=True)
def known_pace(settings):
    settings.QUIET_SECONDS, settings.RECOMPUTE_AT_LATEST_SECONDS = QUIET, LATEST


@pytest.fixture
def judging():
    """A round whose present state is computed at second 0, and a function that judges in it."""
    current, reviewer = make_round(images=40), make_user("reviewer")
    images = Image.objects.order_by("id")
    recompute_now(0)
    pairs = iter(
        [(image, row.class_index) for image in images for row in image.candidates.order_by("id")]
    )

    def judge_one() -> None:
        image, index = next(pairs)
        judge(current, reviewer, image, index, Verdict.CORRECT)

    return judge_one


def judged_in(report: MetricReport) -> int:
    return report.snapshot.counts["total"]["correct"]


def test_nothing_is_computed_while_nothing_has_changed(judging):
    assert [recompute_if_due(now) for now in (10, 1000, 100_000)] == [None] * 3
    assert MetricReport.objects.count() == 1


def test_judgments_are_computed_once_it_is_quiet(judging):
    judging()
    assert recompute_if_due(10) is None
    assert state() == "pending"
    assert recompute_if_due(10 + QUIET - 1) is None
    report = recompute_if_due(10 + QUIET)
    assert judged_in(report) == 1
    assert state() == "quiet"
    assert recompute_if_due(1000) is None


def test_each_judgment_makes_it_wait_anew(judging):
    for now in range(10, 100, 10):
        judging()
        assert recompute_if_due(now) is None
    assert judged_in(recompute_if_due(90 + QUIET)) == 9


def test_when_judging_never_pauses_numbers_come_at_the_latest_after_a_while(judging):
    times = range(10, LATEST + 10, 10)
    for now in times:
        judging()
        assert recompute_if_due(now) is None
    assert judged_in(recompute_if_due(10 + LATEST)) == len(times)


def test_a_problem_report_is_a_change(judging):
    before = signature()
    Image.objects.first().problem_reports.create(
        client_id="00000000-0000-0000-0000-000000000001",
        reviewer=make_user("reviewer"),
        problematic=True,
    )
    assert signature() != before


def test_a_new_and_a_replaced_prediction_set_are_changes(judging):
    dataset = Dataset.objects.get()
    signatures = [signature()]
    for rows in ([[0]], [[1]], [[1]]):
        predict("model", dataset, rows * dataset.size)
        signatures.append(signature())
    assert len(set(signatures)) == 3
    assert signatures[2] == signatures[3]


def test_a_new_group_of_classes_is_a_change_and_a_family_is_none(judging):
    taxonomy = Taxonomy.objects.get()
    refresh_content_hash(taxonomy)
    signatures = [signature()]
    for kind in ("family", "group"):
        save_group(taxonomy, None, GroupContent(kind, kind, "", "members", members=(0,)))
        signatures.append(signature())
    assert signatures[0] == signatures[1] != signatures[2]


@pytest.mark.django_db(transaction=True)
def test_imported_labels_are_a_change_though_nobody_judged():
    def settled() -> str:
        with connection.cursor() as cursor:  # PostgreSQL counts rows up to ten seconds late
            cursor.execute("SELECT pg_stat_force_next_flush()")
        return signature()

    build(random_world(30))
    before = settled()
    assert settled() == before
    Candidate.objects.update(verdict=Verdict.CORRECT)
    assert settled() != before


def test_looking_for_changes_reads_no_table_in_full(judging):
    for _ in range(3):
        judging()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + recomputing.SIGNATURE)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on annotation_judgment" not in plan
    assert "Seq Scan on annotation_problemreport" not in plan
    assert "Scan on annotation_candidate" not in plan


def test_what_was_forgotten_is_looked_at_again_and_found_computed(judging):
    recomputing.cache.delete(recomputing.CHANGES_KEY)
    assert recompute_if_due(1000) is None
    assert recompute_if_due(1000 + QUIET) == MetricReport.objects.get()


def test_without_datasets_there_is_nothing_to_compute():
    observe_changes(0)
    assert recompute_if_due(QUIET) is None
    assert recompute_now(QUIET) is None
    assert state() == "quiet"
    assert not LabelSnapshot.objects.exists()


def test_after_an_error_it_is_tried_again(judging, monkeypatch):
    judging()
    recompute_if_due(10)

    def fail():
        raise RuntimeError("no memory")

    monkeypatch.setattr(recomputing, "recompute", fail)
    with pytest.raises(RuntimeError):
        recompute_if_due(10 + QUIET)
    assert state() == "pending"
    monkeypatch.undo()
    assert judged_in(recompute_if_due(20 + QUIET)) == 1


@contextmanager
def somebody_else_computing() -> Iterator[None]:
    """Another connection holds the lock."""
    ready, over = threading.Event(), threading.Event()

    def hold() -> None:
        with recomputing._only_one(wait=True):
            ready.set()
            over.wait(10)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert ready.wait(10)
    yield
    over.set()
    other.join()


def test_two_never_compute_at_once(judging):
    judging()
    recompute_if_due(10)
    with somebody_else_computing():
        assert recompute_if_due(10 + QUIET) is None
        assert state() == "pending"
    assert judged_in(recompute_if_due(20 + QUIET)) == 1


@pytest.mark.django_db(transaction=True)
def test_what_an_admin_asks_for_waits_for_its_turn_and_then_comes():
    build(random_world(31))
    found = []

    def ask() -> None:
        found.append(recompute_now(0))
        connection.close()

    with somebody_else_computing():
        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.3)
        assert not found
        assert not MetricReport.objects.exists()
    asking.join(10)
    assert found == [MetricReport.objects.get()]


def test_the_lock_is_free_afterwards(judging):
    recompute_now(1)
    with connection.cursor() as cursor:
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"
        cursor.execute(held, [LOCK])
        assert cursor.fetchone()[0] == 0
    assert LOCK < 2**31


def test_asking_shows_until_the_work_begins(judging):
    recomputing.ask()
    assert state() == "asked"
    recompute_now(1)
    assert state() == "quiet"


def test_the_pages_can_tell_that_numbers_are_being_computed(judging, monkeypatch):
    seen = []
    monkeypatch.setattr(recomputing, "recompute", lambda: seen.append(state()))
    recompute_now(1)
    assert seen == ["computing"]
    assert state() == "quiet"


def test_the_schedule_names_a_task_that_exists():
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert "evaluation.tasks.recompute_when_quiet" in scheduled
    assert scheduled <= set(app.tasks)


def test_changes_remember_when_they_began_and_ended():
    changes = Changes(computed="a", seen="a", first=0, last=0)
    assert changes.observe("a", 5) is changes
    changes = changes.observe("b", 10).observe("c", 15).observe("c", 18)
    assert (changes.first, changes.last) == (10, 15)
    assert changes.pending
