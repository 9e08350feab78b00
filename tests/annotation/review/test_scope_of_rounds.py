"""Which candidates a round is about."""

from __future__ import annotations

import pytest

from annotation.models import Candidate, Dataset, DatasetImage, Participant, ReviewRound, Verdict
from annotation.review.rounds import extend_rounds, open_round
from annotation.review.scope import Scope
from taxonomy.errors import InputError
from taxonomy.models import ClassGroup
from tests.factories import (
    judge,
    make_dataset,
    make_taxonomy,
    make_user,
    predict,
    predict_with_candidates,
)

pytestmark = pytest.mark.django_db
HUMAN = Participant.Kind.HUMAN


@pytest.fixture
def dataset():
    """Six images, each with its target t and t + 1 as candidates."""
    return make_dataset(make_taxonomy(), 6, per_image=2)


def asked(current: ReviewRound) -> set[tuple[str, int]]:
    rows = current.round_candidates.values_list("candidate__image__key", "candidate__class_index")
    return {(key[-1], index) for key, index in rows}


def opened(dataset: Dataset, seed: int = 1, name: str = "round", **scope: object) -> ReviewRound:
    return open_round(name, [dataset], seed, scope=Scope(**scope))


def test_without_further_words_a_round_is_about_all_that_is_unjudged(dataset):
    Candidate.objects.filter(class_index=0).update(verdict=Verdict.CORRECT)
    current = opened(dataset)
    assert len(asked(current)) == 11
    assert ("0", 0) not in asked(current)


def test_everything_includes_what_is_judged_but_not_what_a_reviewer_added_and_took_back(dataset):
    first, user = opened(dataset), make_user("reviewer")
    image = dataset.images.get(key="set-00000")
    for index, last in ((8, Verdict.CORRECT), (9, Verdict.UNJUDGED)):
        judge(first, user, image, index, Verdict.CORRECT, add=True)
        judge(first, user, image, index, last)
    again = opened(dataset, name="again", which="all")
    assert asked(again) - asked(first) == {("0", 8)}


def test_only_what_is_disputed(dataset):
    Candidate.objects.filter(class_index=3).update(disputed=True)
    assert asked(opened(dataset, which="disputed")) == {("2", 3), ("3", 3)}


def test_groups_families_and_single_classes_are_joined(dataset):
    for name, kind, index in (("few", "group", 1), ("kin", "family", 4)):
        made = ClassGroup.objects.create(
            taxonomy=dataset.taxonomy, name=name, kind=kind, position=5
        )
        made.members.set(dataset.taxonomy.classes.filter(index=index))
    current = opened(dataset, groups=("few", "kin"), classes=(6,))
    assert {index for _, index in asked(current)} == {1, 4, 6}


@pytest.mark.parametrize(
    ("scope", "reason"),
    [({"groups": ("nope",)}, "no group 'nope'"), ({"participants": ("x",)}, "no participant 'x'")],
)
def test_what_nobody_knows_is_refused_and_no_round_made(dataset, scope, reason):
    with pytest.raises(InputError, match=reason):
        opened(dataset, **scope)
    assert not ReviewRound.objects.exists()


def test_only_what_given_participants_predicted(dataset):
    predict_with_candidates("a", dataset, [7, 1, 2, -1, 4, 5])
    predict_with_candidates("b", dataset, [8, 8, 8, 8, 8, 8])
    current = opened(dataset, participants=("a",))
    assert asked(current) == {("0", 7), ("1", 1), ("2", 2), ("4", 4), ("5", 5)}


def test_predictions_that_others_have_replaced_do_not_count(dataset):
    predict_with_candidates("a", dataset, [7] * 6)
    predict_with_candidates("a", dataset, [8] * 6)
    assert {index for _, index in asked(opened(dataset, participants=("a",)))} == {8}


def final_review(dataset: Dataset, seed: int, name: str, drawn: int = 1) -> ReviewRound:
    settings = {"scope": Scope(which="all", participants=("ada",), drawn=drawn), "blind": True}
    return open_round(name, [dataset], seed, **settings)


@pytest.fixture
def predicted(dataset):
    """Ada predicted class 9 wherever she did; six models each a class of their own, 0 to 5."""
    predict_with_candidates("ada", dataset, [9, 9, -1, 9, 9, 9], HUMAN)
    for index in range(6):
        predict_with_candidates(f"model-{index}", dataset, [index] * 6)
    return dataset


def test_in_a_final_review_every_image_has_the_persons_answer_and_as_many_of_models(predicted):
    for drawn in (1, 3):
        current = final_review(predicted, 1, f"final {drawn}", drawn)
        pairs = asked(current)
        assert {key for key, index in pairs if index == 9} == set("01345")
        for key in "01345":
            assert len({index for image, index in pairs if image == key and index < 6}) == drawn
        assert not any(key == "2" for key, _ in pairs)


def test_more_drawn_predictions_than_there_are_models_are_all_of_them(predicted):
    assert len(asked(final_review(predicted, 1, "final", drawn=20))) == 5 * 7


def test_the_same_seed_draws_the_same_candidates_and_another_seed_others(predicted):
    first = asked(final_review(predicted, 11, "first"))
    assert asked(final_review(predicted, 11, "again")) == first
    assert asked(final_review(predicted, 12, "other")) != first


def test_what_is_drawn_depends_on_no_number_that_the_database_gave_out(predicted):
    first = asked(final_review(predicted, 11, "first"))
    Dataset.objects.create(name="between", taxonomy=predicted.taxonomy)
    predict("ada", predicted, [[9], [9], [-1], [9], [9], [9]])
    for index in (5, 2, 0, 1, 3, 4):
        predict(f"model-{index}", predicted, [[index]] * 6)
    assert asked(final_review(predicted, 11, "again")) == first


def test_every_model_is_drawn_about_equally_often(dataset):
    big = make_dataset(dataset.taxonomy, 3000, name="big", per_image=1)
    for index in range(4):
        predict_with_candidates(f"model-{index}", big, [index] * 3000)
    current = open_round("r", [big], 5, scope=Scope(which="all", drawn=1))
    found = [
        index for _, index in current.round_candidates.values_list("pk", "candidate__class_index")
    ]
    assert len(found) == 3000
    for index in range(4):
        assert 660 < found.count(index) < 840  # 750 expected, sigma 24


def test_an_image_of_two_datasets_is_drawn_for_once(predicted):
    shared = predicted.images.get(key="set-00000")
    other = Dataset.objects.create(name="other", taxonomy=predicted.taxonomy, size=1)
    DatasetImage.objects.create(dataset=other, image=shared, position=0)
    predict("ada", other, [[9]])
    for index in range(6):
        predict(f"model-{index}", other, [[5 - index]])
    settings = {"scope": Scope(which="all", participants=("ada",), drawn=1)}
    current = open_round("final", [other, predicted], 3, **settings)
    assert len([key for key, _ in asked(current) if key == "0"]) == 2


def test_negative_and_huge_seeds_draw_too(predicted):
    for seed in (-1, 2**63 - 1):
        assert asked(final_review(predicted, seed, f"seed {seed}"))


def test_what_is_imported_later_joins_an_open_scope_and_no_drawn_one(predicted):
    growing = opened(predicted, name="growing", which="all")
    fixed = final_review(predicted, 1, "final")
    before = asked(fixed)
    predict_with_candidates("late", predicted, [7, 7, 7, 7, 7, 7])
    extend_rounds()
    assert {("0", 7), ("5", 7)} <= asked(growing)
    assert asked(fixed) == before


def test_a_planned_round_takes_its_candidates_when_it_starts(dataset):
    planned = open_round("later", [dataset], 1, state="planned")
    assert asked(planned) == set()
    assert not planned.items.exists()
