"""Pace, reviewers and classes of a round, against plain counting."""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import User
from annotation.consensus import Judgments, agreement_with, agreement_with_others
from annotation.models import Adjudication, Candidate, Image, Judgment, ReviewRound, Verdict
from annotation.review.consensus import apply_verdicts, rule_in_force, verdicts_by
from annotation.review.rounds import Progress, count_progress, open_round
from annotation.review.scope import Scope
from annotation.review.statistics import class_rows, pace_of, reviewer_rows
from tests.factories import adjudicate, judge, make_dataset, make_taxonomy, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 20, 12, 0, tzinfo=timezone.get_fixed_timezone(0))


@pytest.fixture
def current() -> ReviewRound:
    """Ten images with two candidates each, every one for three reviewers."""
    dataset = make_dataset(make_taxonomy(), 10, per_image=2)
    return open_round("round", [dataset], 1, overlap=3)


def give(current: ReviewRound, user: User, *ago: timedelta) -> None:
    """A judgment of the user at each of these times before NOW."""
    candidates = list(Candidate.objects.order_by("image__key", "class_index"))
    for place, past in enumerate(ago):
        word = Judgment.objects.create(
            client_id=uuid.uuid4(), round=current, candidate=candidates[place % len(candidates)],
            reviewer=user, verdict=Verdict.CORRECT, milliseconds=1000,
        )  # fmt: skip
        Judgment.objects.filter(pk=word.pk).update(created=NOW - past)


def minutes(*numbers: float) -> list[timedelta]:
    return [timedelta(minutes=number) for number in numbers]


class TestPace:
    def test_a_young_round_is_counted_by_hours(self, current):
        give(current, make_user("reviewer"), *minutes(0, 10, 59, 61, 121, 60 * 23.5, 60 * 24.5))
        pace = pace_of(current, count_progress(current), NOW)
        assert pace.unit == "hour"
        assert pace.counts == [1] + [0] * 20 + [1, 1, 3]
        assert (pace.last_hour, pace.last_day) == (3, 6)

    def test_an_older_round_is_counted_by_days(self, current):
        give(current, make_user("reviewer"), *minutes(1, 2, 1441), timedelta(days=13.5))
        pace = pace_of(current, count_progress(current), NOW)
        assert pace.unit == "day"
        assert pace.counts == [1] + [0] * 11 + [1, 2]

    def test_what_is_older_than_the_chart_is_not_in_it(self, current):
        give(current, make_user("reviewer"), *minutes(5), timedelta(days=40))
        pace = pace_of(current, count_progress(current), NOW)
        assert sum(pace.counts) == 1
        assert pace.per_hour == pytest.approx(1 / 168)

    def test_the_expected_end_follows_from_the_last_week(self, current):
        give(current, make_user("reviewer"), *minutes(30, 60, 120, 240))
        pace = pace_of(current, Progress(0, 10, 4, 60), NOW)
        assert pace.per_hour == pytest.approx(1)  # four in four hours
        assert pace.end == NOW + timedelta(hours=56)

    def test_the_first_minutes_are_no_pace_to_count_on(self, current):
        give(current, make_user("reviewer"), *minutes(0, 1))
        assert pace_of(current, Progress(0, 10, 2, 60), NOW).per_hour == pytest.approx(12)

    def test_without_judgments_in_a_week_no_end_is_in_sight(self, current):
        for ago in ([], [timedelta(days=8)]):
            give(current, make_user("reviewer"), *ago)
            pace = pace_of(current, Progress(0, 10, len(ago), 60), NOW)
            assert (pace.per_hour, pace.end) == (0, None)

    def test_what_is_done_has_no_expected_end(self, current):
        give(current, make_user("reviewer"), *minutes(5))
        assert pace_of(current, Progress(10, 10, 60, 60), NOW).end is None

    def test_what_is_left_on_problematic_images_is_not_waited_for(self, current):
        give(current, make_user("reviewer"), *minutes(5))
        assert pace_of(current, Progress(10, 10, 52, 60), NOW).end is None

    def test_words_that_were_taken_back_are_not_counted(self, current):
        user, image = make_user("reviewer"), Image.objects.all()[0]
        judge(current, user, image, image.target, Verdict.CORRECT)
        judge(current, user, image, image.target, Verdict.UNJUDGED)
        assert pace_of(current, count_progress(current)).last_hour == 1

    def test_it_is_one_query(self, current, django_assert_num_queries):
        progress = count_progress(current)
        with django_assert_num_queries(1):
            pace_of(current, progress)


def said(current: ReviewRound, draw: random.Random) -> tuple[list[User], np.ndarray]:
    """Five reviewers' random last words on every candidate, [candidates, reviewers], 0 for none."""
    people = [make_user("reviewer") for _ in range(5)]
    candidates = list(Candidate.objects.order_by("image__key", "class_index"))
    words = np.array([[draw.choice([0, 0, 1, 1, 2, 3]) for _ in people] for _ in candidates])
    for candidate, row in zip(candidates, words, strict=True):
        for user, verdict in zip(people, row, strict=True):
            if draw.random() < 0.3:  # something else before
                _say(current, user, candidate, draw.choice([1, 2, 3]))
                _say(current, user, candidate, int(verdict))
            elif verdict:
                _say(current, user, candidate, int(verdict))
    return people, words


def _say(current: ReviewRound, user: User, candidate: Candidate, verdict: int) -> None:
    Judgment.objects.create(
        client_id=uuid.uuid4(), round=current, candidate=candidate, reviewer=user,
        verdict=verdict, milliseconds=500 + 100 * verdict,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_reviewers_are_counted_as_the_measures_of_agreement_count_them(current, seed):
    people, words = said(current, random.Random(seed))
    places, columns = np.nonzero(words)
    judgments = Judgments(places, columns, words[places, columns], *words.shape)
    share = agreement_with_others(judgments)
    rows = {row["reviewer"]: row for row in reviewer_rows(current)}
    for column, user in enumerate(people):
        row = rows[user.pk]
        given = words[:, column][words[:, column] > 0]
        assert row["name"] == user.username
        assert row["judged"] == len(given)
        assert row["seconds"] == pytest.approx(np.median(500 + 100 * given) / 1000)
        assert row["compared"] == share.n[column]
        if share.n[column]:
            assert row["agreement"] == pytest.approx(share.fraction[column])


def test_agreement_on_known_answers_is_told_apart(current):
    dataset, admin = current.datasets.get(), make_user("admin")
    known = np.zeros(20, int)
    candidates = list(Candidate.objects.order_by("image__key", "class_index"))
    for place in range(10, 20):
        known[place] = 1 + place % 3
        adjudicate(candidates[place], int(known[place]), admin)
    golden = open_round("gold", [dataset], 2, scope=Scope(gold=0.5), overlap=3)
    assert golden.round_candidates.filter(gold=True).count() == 10
    people, words = said(golden, random.Random(5))
    places, columns = np.nonzero(words)
    judgments = Judgments(places, columns, words[places, columns], *words.shape)
    share = agreement_with(judgments, known)
    rows = {row["reviewer"]: row for row in reviewer_rows(golden)}
    for column, user in enumerate(people):
        assert rows[user.pk]["gold"] == share.n[column]
        assert rows[user.pk]["gold_agreement"] == pytest.approx(share.fraction[column])
    Adjudication.objects.create(
        candidate=candidates[10], adjudicator=admin, verdict=Verdict.UNJUDGED, reason="not so sure"
    )
    fewer = {row["reviewer"]: row["gold"] for row in reviewer_rows(golden)}
    for column, user in enumerate(people):
        assert fewer[user.pk] == share.n[column] - bool(words[10, column])


def test_a_reviewer_whom_nobody_can_be_compared_with_has_no_agreement(current):
    user = make_user("reviewer")
    image = Image.objects.all()[0]
    judge(current, user, image, image.target, Verdict.CORRECT)
    (row,) = reviewer_rows(current)
    assert (row["compared"], row["agreement"], row["gold"], row["gold_agreement"]) == (
        0,
        None,
        0,
        None,
    )


def test_imported_judgments_without_times_have_none(current):
    _say(current, make_user("reviewer"), Candidate.objects.all()[0], Verdict.CORRECT)
    Judgment.objects.update(milliseconds=None)
    assert reviewer_rows(current)[0]["seconds"] is None


@pytest.mark.parametrize("seed", range(2))
def test_agreement_with_the_verdict_counts_where_it_is_not_ones_own_word_alone(current, seed):
    people, words = said(current, random.Random(seed))
    candidates = list(Candidate.objects.order_by("image__key", "class_index"))
    ids = np.array([one.pk for one in candidates])
    adjudicate(candidates[3], Verdict.UNCLEAR, make_user("admin"))
    decided = verdicts_by(rule_in_force(), ids)
    apply_verdicts(decided)
    counts = np.count_nonzero(words, axis=1) > 1
    counts[3] = True
    known = np.where(counts, decided.verdicts, 0)
    places, columns = np.nonzero(words)
    judgments = Judgments(places, columns, words[places, columns], *words.shape)
    share = agreement_with(judgments, known)
    rows = {row["reviewer"]: row for row in reviewer_rows(current)}
    for column, user in enumerate(people):
        assert rows[user.pk]["settled"] == share.n[column] > 0
        assert rows[user.pk]["verdict_agreement"] == pytest.approx(share.fraction[column])


def test_classes_are_counted_with_all_words_or_with_one_persons(current):
    people, words = said(current, random.Random(7))
    indices = np.array(
        Candidate.objects.order_by("image__key", "class_index").values_list(
            "class_index", flat=True
        )
    )
    for user, columns in [(None, slice(None)), (people[0], slice(0, 1))]:
        for row in class_rows(current, user):
            part = words[indices == row["index"], columns]
            assert row["name"] == f"class {row['index']}"
            assert row["candidates"] == len(part)
            assert row["judgments"] == np.count_nonzero(part)
            wanted = 1 if user else current.overlap
            given = np.minimum(np.count_nonzero(part, axis=1), wanted).sum()
            assert row["share"] == given / (len(part) * wanted)
            if (part > 0).any():
                assert row["correct"] == pytest.approx((part == 1).sum() / (part > 0).sum())
            else:
                assert row["correct"] is None


def test_the_tables_take_one_query_each(current, django_assert_num_queries):
    said(current, random.Random(1))
    for count in (reviewer_rows, class_rows):
        with django_assert_num_queries(1):
            count(current)
