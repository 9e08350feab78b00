"""Verdicts in the database that follow from all judgments on a candidate."""

from __future__ import annotations

import uuid

import numpy as np
import pytest

from accounts.models import User
from annotation.models import Candidate, Judgment, ReviewRound, Verdict, VerdictRule
from annotation.review.consensus import apply_verdicts, load_judgments, verdicts_by
from tests.factories import make_round, make_user

CORRECT, INCORRECT, UNCLEAR, UNJUDGED = (
    Verdict.CORRECT, Verdict.INCORRECT, Verdict.UNCLEAR, Verdict.UNJUDGED,
)  # fmt: skip


@pytest.fixture
def current(db) -> ReviewRound:
    """Three images with two candidates each."""
    return make_round()


@pytest.fixture
def people(db) -> list[User]:
    return [make_user("reviewer") for _ in range(3)]


def say(current: ReviewRound, candidate: int, reviewer: User, verdict: int) -> None:
    Judgment.objects.create(
        client_id=uuid.uuid4(), round=current, candidate_id=candidate, reviewer=reviewer,
        verdict=verdict, milliseconds=900,
    )  # fmt: skip


def candidates() -> np.ndarray:
    return np.array(Candidate.objects.order_by("-pk").values_list("pk", flat=True), np.int64)


def decide(ids: np.ndarray, method: str = "majority") -> int:
    """Give the candidates their verdicts; how many changed."""
    return apply_verdicts(verdicts_by(VerdictRule(method=method), ids))


def verdicts(ids: np.ndarray) -> list[int]:
    found = dict(Candidate.objects.values_list("pk", "verdict"))
    return [found[pk] for pk in ids.tolist()]


def test_only_a_reviewers_last_word_counts(current, people):
    ids = candidates()
    first, second, _ = people
    say(current, ids[0], first, CORRECT)
    say(current, ids[0], second, INCORRECT)
    say(current, ids[0], first, INCORRECT)
    say(current, ids[1], first, CORRECT)
    say(current, ids[1], first, UNJUDGED)
    judgments, reviewers = load_judgments(ids)
    assert reviewers.tolist() == sorted(person.pk for person in (first, second))
    assert judgments.votes.tolist()[:2] == [[0, 2, 0], [0, 0, 0]]
    assert decide(ids) == 1
    assert verdicts(ids[:2]) == [INCORRECT, UNJUDGED]


def test_the_candidates_keep_their_order_and_others_are_left_alone(current, people):
    ids = candidates()
    for person in people:
        say(current, ids[1], person, CORRECT)
        say(current, ids[2], person, UNCLEAR)
        say(current, ids[4], person, INCORRECT)
    Candidate.objects.filter(pk=ids[5]).update(verdict=CORRECT)
    chosen = ids[[2, 1, 3]]
    assert load_judgments(chosen)[0].votes.tolist() == [[0, 0, 3], [3, 0, 0], [0, 0, 0]]
    assert decide(chosen) == 2
    assert verdicts(ids) == [UNJUDGED, CORRECT, UNCLEAR, UNJUDGED, UNJUDGED, CORRECT]


def test_applying_it_again_changes_nothing_and_another_rule_what_it_decides_otherwise(
    current, people
):
    ids = candidates()
    for person, said in zip(people, (CORRECT, CORRECT, INCORRECT), strict=True):
        say(current, ids[0], person, said)
        say(current, ids[1], person, INCORRECT)
    assert decide(ids) == 2
    assert decide(ids) == 0
    assert decide(ids, "unanimous") == 1
    assert verdicts(ids[:2]) == [UNJUDGED, INCORRECT]
    assert decide(ids, "dawid-skene") == 1
    assert verdicts(ids[:2]) == [CORRECT, INCORRECT]


def test_a_candidate_about_which_all_was_taken_back_becomes_unjudged(current, people):
    ids = candidates()
    say(current, ids[0], people[0], CORRECT)
    decide(ids)
    say(current, ids[0], people[0], UNJUDGED)
    assert decide(ids) == 1
    assert verdicts(ids[:1]) == [UNJUDGED]


def test_it_takes_as_many_queries_for_many_candidates(current, people, django_assert_num_queries):
    ids = candidates()
    for person in people:
        for candidate in ids:
            say(current, candidate, person, CORRECT)
    with django_assert_num_queries(4):  # words, adjudications, the update, counting the table
        assert decide(ids) == 6


def test_of_no_candidates_there_is_nothing_to_decide(current):
    assert decide(np.zeros(0, np.int64)) == 0
