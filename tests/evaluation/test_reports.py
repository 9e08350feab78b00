from __future__ import annotations

import random

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from annotation.models import Candidate, Dataset, Image, PredictionSet, Verdict
from evaluation.models import MetricReport
from evaluation.reports import compute_report, compute_rows, latest_report
from evaluation.snapshots import find_snapshot, take_snapshot
from taxonomy.errors import InputError
from taxonomy.models import ClassGroup
from tests.evaluation.worlds import build, expected_counts, passing, predict, random_world

pytestmark = pytest.mark.django_db
few = settings(max_examples=15, deadline=None)


def rows_by_name(report: MetricReport) -> dict[tuple[str, str, str], dict]:
    return {(row["participant"], row["dataset"], row["group"]): row for row in report.rows}


@few
@given(st.integers(0, 10**6))
def test_every_count_is_what_counting_by_hand_gives(seed):
    world = random_world(seed)
    with passing():
        build(world, seed)
        rows = rows_by_name(compute_report(take_snapshot()))
    assert set(rows) == {(*pair, group) for pair in world.predictions for group in ("all", "few")}
    for (participant, dataset, group), row in rows.items():
        expected = expected_counts(world, participant, dataset, group)
        found = {
            name: row[name] and (row[name]["correct"], row[name]["n"])
            for name in ("top1", "top5", "multi_label")
        }
        assert found == expected
        assert row["n"] == expected["top1"][1]


def test_accuracies_are_fractions_with_clopper_pearson_intervals():
    build(random_world(11, images=40))
    for row in compute_report(take_snapshot()).rows:
        for cell in (row["top1"], row["multi_label"]):
            low, high = proportion_confint(cell["correct"], cell["n"], method="beta")
            assert cell["accuracy"] == cell["correct"] / cell["n"]
            assert cell["low"] == pytest.approx(low if cell["correct"] else 0.0)
            assert cell["high"] == pytest.approx(high if cell["correct"] < cell["n"] else 1.0)


def test_where_nothing_is_counted_there_is_no_accuracy():
    world = random_world(12)
    world.candidates = dict.fromkeys(world.candidates, 2)
    build(world)
    for row in compute_report(take_snapshot()).rows:
        cell = row["multi_label"]
        assert cell["n"] == cell["correct"] == 0
        assert cell["accuracy"] is cell["low"] is cell["high"] is None


@few
@given(st.integers(0, 10**6))
def test_once_all_is_judged_the_accuracy_lies_in_the_range_foretold(seed):
    draw = random.Random(seed)
    with passing():
        build(random_world(seed))
        before = rows_by_name(compute_report(take_snapshot()))
        for candidate in Candidate.objects.unjudged():
            Candidate.objects.filter(pk=candidate.pk).update(verdict=draw.choice([1, 2, 3]))
        after = rows_by_name(compute_report(take_snapshot()))
    for name, row in after.items():
        accuracy, foretold = row["multi_label"]["accuracy"], before[name]["multi_label"]
        if accuracy is not None:
            assert foretold["range_low"] <= accuracy <= foretold["range_high"]
            assert row["multi_label"]["range_low"] == row["multi_label"]["range_high"] == accuracy


def test_top5_is_unknown_for_who_gives_one_answer():
    build(random_world(13, models=2))
    rows = rows_by_name(compute_report(take_snapshot()))
    assert rows["model-0", "zebra", "all"]["top5"]["n"] > 0
    assert rows["model-1", "zebra", "all"]["top5"] is None


def test_images_that_joined_later_count_for_who_predicted_them_only():
    world = random_world(14)
    joined = world.datasets["zebra"][-1]
    for pair, rows in world.predictions.items():
        if pair == ("model-1", "zebra"):
            rows.pop()
    build(world)
    rows = rows_by_name(compute_report(take_snapshot()))
    assert joined in world.targets
    assert rows["model-1", "zebra", "all"]["n"] == len(world.datasets["zebra"]) - 1
    assert rows["model-2", "zebra", "all"]["n"] == len(world.datasets["zebra"])


def test_a_report_can_be_computed_again_from_its_snapshot_bit_for_bit():
    build(random_world(15, images=60))
    report = compute_report(take_snapshot())
    Candidate.objects.update(verdict=Verdict.CORRECT)
    Image.objects.update(problematic=True)
    stored = MetricReport.objects.get(pk=report.pk)
    again = compute_rows(stored.snapshot, stored.parameters)
    assert again == stored.rows == report.rows
    other = compute_report(take_snapshot())
    assert other != report
    assert other.rows != report.rows


def test_a_report_can_be_computed_again_though_its_predictions_were_replaced_and_came_back():
    build(random_world(16))
    report = compute_report(take_snapshot())
    zebra = Dataset.objects.get(name="zebra")
    first = PredictionSet.objects.get(dataset=zebra, participant__name="model-1")
    predict("model-1", zebra, [[0, 1, 2, 3, 4]] * zebra.size)
    other = compute_report(take_snapshot())
    assert other.rows != report.rows
    rows = np.frombuffer(first.top_k, "<i4").reshape(-1, first.k).tolist()
    predict("model-1", zebra, rows)
    for one in (report, other):
        assert compute_rows(one.snapshot, one.parameters) == one.rows
    assert compute_report(take_snapshot()) == report


def test_a_report_says_so_when_its_predictions_are_gone():
    build(random_world(16))
    report = compute_report(take_snapshot())
    PredictionSet.objects.filter(participant__name="model-1").delete()
    with pytest.raises(InputError, match="deleted"):
        compute_rows(report.snapshot, report.parameters)


def test_a_report_can_be_computed_again_though_its_groups_have_changed():
    build(random_world(17))
    report = compute_report(take_snapshot())
    group = ClassGroup.objects.get(name="few")
    group.members.remove(group.members.first())
    assert compute_rows(report.snapshot, report.parameters) == report.rows
    assert compute_report(take_snapshot()).rows != report.rows


def test_an_earlier_snapshot_can_be_asked_for_by_the_beginning_of_its_hash():
    build(random_world(21))
    report = compute_report(take_snapshot())
    Candidate.objects.update(verdict=Verdict.CORRECT)
    assert compute_report(find_snapshot(report.snapshot.hash[:10])) == report
    with pytest.raises(InputError, match="no snapshot 'abc'"):
        find_snapshot("abc")
    take_snapshot()
    with pytest.raises(InputError, match="At least 2 snapshots begin with ''"):
        find_snapshot("")


def test_the_same_question_is_answered_once():
    build(random_world(18))
    report = compute_report(take_snapshot())
    assert compute_report(take_snapshot()) == report
    zebra = Dataset.objects.get(name="zebra")
    predict("model-1", zebra, [[0, 1, 2, 3, 4]] * zebra.size)
    assert compute_report(take_snapshot()) != report
    assert MetricReport.objects.count() == 2


def test_the_latest_report_is_the_one_that_holds_now_though_it_was_computed_before():
    build(random_world(19))
    first = compute_report(take_snapshot())
    candidate = Candidate.objects.unjudged().first()
    Candidate.objects.filter(pk=candidate.pk).update(verdict=Verdict.CORRECT)
    second = compute_report(take_snapshot())
    assert latest_report() == second
    Candidate.objects.filter(pk=candidate.pk).update(verdict=Verdict.UNJUDGED)
    assert compute_report(take_snapshot()) == first
    assert latest_report() == first
    assert latest_report().current <= timezone.now()


def test_a_report_on_a_part_is_not_shown_as_the_latest():
    build(random_world(20))
    whole = compute_report(take_snapshot())
    part = compute_report(take_snapshot(), ["zebra"], ["few"], ["model-1"])
    assert latest_report() == whole
    assert set(rows_by_name(part)) == {("model-1", "zebra", "few")}
    assert rows_by_name(part).items() <= rows_by_name(whole).items()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"datasets": ["zebras"]}, "There is no dataset 'zebras' (there are: Antelope, zebra)."),
        ({"groups": ["dogs"]}, "There is no group 'dogs' (there are: all, few)."),
        ({"participants": ["model-1", "x"]}, "There are no predictions of 'x' for these datasets."),
    ],
)
def test_an_unknown_name_is_refused_in_one_line(arguments, message):
    build(random_world(21))
    with pytest.raises(InputError) as error:
        compute_report(take_snapshot(), **arguments)
    assert str(error.value) == message


def test_without_predictions_the_report_is_empty():
    world = random_world(22)
    world.predictions.clear()
    build(world)
    assert compute_report(take_snapshot()).rows == []
