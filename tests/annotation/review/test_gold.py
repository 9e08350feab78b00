"""Known answers mixed into a round."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from annotation.models import Candidate, Dataset, Image, Participant, ReviewRound, Verdict
from annotation.review.items import describe
from annotation.review.queue import next_turns
from annotation.review.rounds import extend_rounds, open_round, pause_round, start_round
from annotation.review.scope import Scope
from tests.factories import (
    adjudicate,
    judge,
    make_dataset,
    make_taxonomy,
    make_user,
    predict_with_candidates,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset():
    """60 images with two candidates each; both of images 40 to 59 are adjudicated."""
    made, judge_of_all = make_dataset(make_taxonomy(), 60, per_image=2), make_user("admin")
    for candidate in Candidate.objects.filter(image__key__gte="set-00040"):
        adjudicate(candidate, 1 + candidate.class_index % 3, judge_of_all)
    return made


def opened(dataset: Dataset, gold: float, seed: int = 1, **settings: object) -> ReviewRound:
    scope = settings.pop("scope", Scope(gold=gold))
    return open_round(f"{gold} {seed} {settings}", [dataset], seed, scope=scope, **settings)


def gold_of(current: ReviewRound) -> set[int]:
    return set(current.round_candidates.filter(gold=True).values_list("candidate", flat=True))


@pytest.mark.parametrize(("share", "images"), [(0, 0), (0.1, 4), (0.2, 10), (0.5, 20)])
def test_by_image_the_share_is_one_of_images(dataset, share, images):
    """40 images are unjudged: 4 of 44 are 9 %, 10 of 50 are 20 %; half would be 40, there are 20."""
    current = opened(dataset, share)
    keys = current.round_candidates.filter(gold=True).values_list("candidate__image__key")
    assert len(set(keys)) == images
    assert len(gold_of(current)) == 2 * images
    assert current.items.count() == 40 + images


def test_by_class_the_share_is_one_of_candidates_and_no_class_has_more_than_its_share(dataset):
    current = opened(dataset, 0.2, unit="class")
    rows = list(current.round_candidates.values_list("candidate__class_index", "gold"))
    assert Counter(gold for _, gold in rows) == {False: 80, True: 20}
    golden = Counter(index for index, gold in rows if gold)
    assert set(golden.values()) == {2}
    assert current.items.count() == 10


def test_by_class_gold_shares_pages_with_everything_else(dataset):
    current = opened(dataset, 0.3, unit="class")
    places = Counter(current.round_candidates.values_list("place", "gold"))
    for place in current.items.values_list("place", flat=True):
        assert places[place, False] > 0
        assert places[place, True] > 0


def test_the_seed_decides_what_is_drawn(dataset):
    first = gold_of(opened(dataset, 0.1, 3))
    assert gold_of(opened(dataset, 0.1, 3, blind=True)) == first
    assert gold_of(opened(dataset, 0.1, 4)) != first


@pytest.mark.parametrize("order", ["random", "dataset", "informative"])
def test_gold_comes_as_everything_else_in_every_order(dataset, order):
    for number in range(3):
        predict_with_candidates(
            f"m{number}", dataset, [(i + (i % (number + 2) == 0)) % 10 for i in range(60)]
        )
    current = opened(dataset, 0.2, order=order)
    golden = set(current.round_candidates.filter(gold=True).values_list("place", flat=True))
    keys = dict(current.items.values_list("place", "image__key"))
    if order == "dataset":
        assert [keys[place] for place in sorted(keys)] == sorted(keys.values())
        return
    assert min(golden) < 25
    assert not golden >= set(sorted(keys)[-len(golden) :])


def test_what_the_scope_asks_anyway_is_no_gold(dataset):
    assert gold_of(opened(dataset, 0.5, scope=Scope(which="all", gold=0.5))) == set()


def test_gold_is_of_the_rounds_classes_and_datasets(dataset):
    other = make_dataset(dataset.taxonomy, 5, "other")
    for candidate in Candidate.objects.filter(image__datasets=other):
        adjudicate(candidate, Verdict.CORRECT, make_user("admin"))
    current = opened(dataset, 0.5, scope=Scope(classes=(3, 4), gold=0.5))
    golden = Candidate.objects.filter(pk__in=gold_of(current))
    assert golden.exists()
    assert {candidate.class_index for candidate in golden} <= {3, 4}
    assert not golden.filter(image__datasets=other).exists()


def test_an_answer_that_was_taken_back_or_added_or_of_a_problematic_image_is_none(dataset):
    admin = make_user("admin")
    for candidate in Candidate.objects.filter(image__key="set-00040"):
        adjudicate(candidate, Verdict.UNJUDGED, admin)
    Candidate.objects.filter(image__key="set-00041").update(added_by=admin)
    Image.objects.filter(key="set-00042").update(problematic=True)
    golden = opened(dataset, 0.5).round_candidates.filter(gold=True)
    keys = set(golden.values_list("candidate__image__key", flat=True))
    assert keys == {f"set-000{number}" for number in range(43, 60)}


def test_of_a_gold_image_no_more_is_asked_than_of_any_other(dataset):
    predict_with_candidates("ada", dataset, [i % 10 for i in range(40)] + [-1] * 20)
    current = opened(dataset, 0.5, scope=Scope(participants=("ada",), gold=0.5))
    counts = Counter(current.round_candidates.values_list("place", flat=True))
    assert set(counts.values()) == {1}
    assert len(gold_of(current)) == 20


def test_a_gold_image_is_handed_out_like_any_other(dataset):
    current, user = opened(dataset, 0.5), make_user("reviewer")
    items = describe(current, user, next_turns(current, user, set(), 60).turns)
    golden = set(
        map(
            str, Image.objects.filter(candidates__in=gold_of(current)).values_list("uid", flat=True)
        )
    )
    assert {item["uid"] for item in items} > golden
    shapes = {json.dumps(_shape(item)) for item in items if item["uid"] in golden}
    assert shapes == {json.dumps(_shape(item)) for item in items if item["uid"] not in golden}


def _shape(value: object) -> object:
    """The kinds of all parts, and the verdicts."""
    if isinstance(value, dict):
        return {key: part if key == "verdict" else _shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_shape(part) for part in value]
    return type(value).__name__


def test_judging_gold_changes_no_verdict(dataset):
    current, user = opened(dataset, 0.5), make_user("reviewer")
    candidate = Candidate.objects.get(pk=min(gold_of(current)))
    wrong = Verdict.CORRECT if candidate.verdict != Verdict.CORRECT else Verdict.INCORRECT
    judge(current, user, candidate.image, candidate.class_index, wrong)
    before = candidate.verdict
    candidate.refresh_from_db()
    assert (candidate.verdict, candidate.disputed) == (before, False)


def test_gold_stays_when_the_round_goes_on_and_no_more_is_drawn(dataset):
    current = opened(dataset, 0.1)
    golden = gold_of(current)
    pause_round(current)
    start_round(current)
    extend_rounds()
    assert gold_of(current) == golden
    assert Participant.objects.count() == 0
