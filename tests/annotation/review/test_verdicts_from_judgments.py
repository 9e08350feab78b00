"""The verdict of a candidate follows from what reviewers last said of it."""

from __future__ import annotations

import random

import pytest

from annotation.discussion.settling import adjudicate
from annotation.models import Adjudication, Candidate, Image, ReviewRound, Verdict, VerdictRule
from annotation.review.consensus import (
    apply_verdicts,
    judged_candidates,
    present_verdicts,
    rule_in_force,
    verdicts_by,
)
from annotation.review.rounds import open_round
from annotation.review.scope import Scope
from tests.factories import judge, make_dataset, make_taxonomy, make_user

pytestmark = pytest.mark.django_db
NONE, YES, NO, UNSURE = Verdict


@pytest.fixture
def current() -> ReviewRound:
    dataset = make_dataset(make_taxonomy(), 1, per_image=1)
    return open_round("round", [dataset], 1, overlap=5)


def decided(current: ReviewRound, *verdicts: Verdict) -> tuple[Verdict, bool]:
    """(verdict, disputed) once so many reviewers have said so."""
    for verdict in verdicts:
        judge(current, make_user("reviewer"), Image.objects.get(), 0, verdict)
    candidate = Candidate.objects.get()
    return Verdict(candidate.verdict), candidate.disputed


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ([YES], (YES, False)),
        ([YES, NO], (NONE, True)),
        ([YES, NO, YES], (YES, False)),
        ([YES, NO, UNSURE], (NONE, True)),
        ([UNSURE, UNSURE, NO], (UNSURE, False)),
        ([YES, YES, NO, NO, UNSURE], (NONE, True)),
        ([YES, YES, NO, UNSURE], (YES, False)),
        ([YES, YES, NO, UNSURE, UNSURE], (NONE, True)),
    ],
)
def test_the_majority_decides_and_a_tie_is_disputed(current, verdicts, outcome):
    assert decided(current, *verdicts) == outcome


def test_less_than_the_wanted_confidence_is_disputed_though_it_has_a_verdict(current):
    VerdictRule.objects.create(confidence=0.7, chosen_by=make_user("admin"))
    assert decided(current, YES, YES, NO) == (YES, True)
    assert decided(current, YES) == (YES, False)


def test_by_the_unanimous_rule_one_other_voice_is_a_dispute(current):
    VerdictRule.objects.create(method="unanimous", chosen_by=make_user("admin"))
    assert decided(current, YES, YES) == (YES, False)
    assert decided(current, NO) == (NONE, True)


def test_of_one_reviewer_the_last_word_counts(current):
    user, image = make_user("reviewer"), Image.objects.get()
    for verdict, outcome in ((YES, YES), (NO, NO), (NONE, NONE), (UNSURE, UNSURE)):
        judge(current, user, image, 0, verdict)
        assert decided(current) == (outcome, False)


def test_a_later_round_decides_anew(current):
    assert decided(current, YES, YES, YES) == (YES, False)
    again = open_round("again", current.datasets.all(), 2, scope=Scope(which="all"))
    assert decided(again, NO) == (NO, False)


def test_what_is_taken_back_in_one_round_leaves_what_was_said_in_another(current):
    user, image = make_user("reviewer"), Image.objects.get()
    again = open_round("again", current.datasets.all(), 2, scope=Scope(which="all"))
    judge(current, user, image, 0, NO)
    judge(again, user, image, 0, YES)
    judge(current, user, image, 0, NONE)
    assert decided(current) == (YES, False)
    judge(again, user, image, 0, NONE)
    judge(current, user, image, 0, NO)
    assert decided(current) == (NO, False)


@pytest.mark.parametrize("method", ["majority", "unanimous"])
def test_many_candidates_at_once_get_the_verdicts_they_got_one_by_one(method):
    draw = random.Random(7)
    VerdictRule.objects.create(method=method, confidence=0.6, chosen_by=make_user("admin"))
    dataset = make_dataset(make_taxonomy(), 12, per_image=3)
    users = [make_user("reviewer") for _ in range(4)]
    rounds = [
        open_round(f"round {number}", [dataset], number, overlap=4, scope=Scope(which="all"))
        for number in range(3)
    ]
    ReviewRound.objects.filter(pk=rounds[2].pk).update(file_sha256="of an imported one")
    candidates = list(Candidate.objects.select_related("image"))
    for _ in range(300):
        candidate = draw.choice(candidates)
        judge(
            draw.choice(rounds), draw.choice(users), candidate.image, candidate.class_index,
            draw.choice(list(Verdict)),
        )  # fmt: skip
    for candidate in draw.sample(candidates, 5):
        adjudicate(candidate, users[0], draw.choice(list(Verdict)), "because")
    ids = judged_candidates()
    there = present_verdicts(ids)
    anew = verdicts_by(rule_in_force(), ids)
    assert anew.verdicts.tolist() == there.verdicts.tolist()
    assert anew.disputed.tolist() == there.disputed.tolist()
    assert set(there.verdicts.tolist()) == set(Verdict)
    assert there.disputed.any()
    assert apply_verdicts(anew) == 0


def test_what_an_adjudicator_decided_stands(current):
    decided(current, YES, NO)
    Adjudication.objects.create(
        candidate=Candidate.objects.get(),
        adjudicator=make_user("admin"),
        verdict=NO,
        reason="tusks",
    )
    assert decided(current, YES) == (NO, False)
