"""The page about agreement: figures of one round or all, for an admin and for a reviewer."""

from __future__ import annotations

import random
import uuid

import numpy as np
import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from annotation.consensus import Judgments, cohens_kappa, fleiss_kappa, krippendorffs_alpha
from annotation.models import Candidate, Judgment, ReviewRound
from annotation.review.agreement import agreement_of
from annotation.review.rounds import close_round, open_round
from annotation.review.scope import Scope
from taxonomy.models import ClassGroup
from tests.conftest import client_of
from tests.factories import make_dataset, make_taxonomy, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget():
    cache.clear()


@pytest.fixture
def current() -> ReviewRound:
    dataset = make_dataset(make_taxonomy(), 12, per_image=2)
    few = ClassGroup.objects.create(taxonomy=dataset.taxonomy, name="few", position=1)
    few.members.set(dataset.taxonomy.classes.filter(index__in=[0, 1, 2]))
    ClassGroup.objects.create(taxonomy=dataset.taxonomy, name="none of it", position=2)
    return open_round("round", [dataset], 1, overlap=3)


def say(current: ReviewRound, user: User, candidate: Candidate, verdict: int) -> None:
    Judgment.objects.create(
        client_id=uuid.uuid4(), round=current, candidate=candidate, reviewer=user,
        verdict=verdict, milliseconds=900,
    )  # fmt: skip


def say_all(current: ReviewRound, people: list[User], seed: int) -> np.ndarray:
    """Random last words [candidates, people], 0 for none; candidates by image and class."""
    draw = random.Random(seed)
    candidates = list(Candidate.objects.order_by("image__key", "class_index"))
    words = np.array([[draw.choice([0, 1, 1, 2, 3]) for _ in people] for _ in candidates])
    for candidate, row in zip(candidates, words.tolist(), strict=True):
        for user, verdict in zip(people, row, strict=True):
            if verdict and draw.random() < 0.3:
                say(current, user, candidate, draw.choice([1, 2, 3]))
            if verdict:
                say(current, user, candidate, verdict)
    return words


def votes_of(words: np.ndarray) -> np.ndarray:
    return np.stack([(words == verdict).sum(axis=1) for verdict in (1, 2, 3)], axis=1)


def known(value: float) -> float | None:
    return None if np.isnan(value) else pytest.approx(value, abs=1e-12)


def check(row: dict, votes: np.ndarray) -> None:
    shared = votes[votes.sum(axis=1) > 1]
    assert row["candidates"] == len(shared)
    assert row["judgments"] == shared.sum()
    assert row["same"] == (shared.max(axis=1) == shared.sum(axis=1)).mean()
    assert row["fleiss"] == known(fleiss_kappa(votes))
    assert row["alpha"] == known(krippendorffs_alpha(votes))


@pytest.mark.parametrize("seed", range(3))
def test_every_figure_is_that_of_the_words_said(current, seed):
    people = [make_user("reviewer") for _ in range(4)]
    words = say_all(current, people, seed)
    votes = votes_of(words)
    classes = np.array(
        Candidate.objects.order_by("image__key", "class_index").values_list(
            "class_index", flat=True
        )
    )
    found = agreement_of([current.pk], current.taxonomy)
    check(found["overall"], votes)
    assert [row["name"] for row in found["groups"]] == ["all", "few"]
    check(found["groups"][0], votes)
    check(found["groups"][1], votes[np.isin(classes, [0, 1, 2])])
    several = votes.sum(axis=1) > 1
    assert {row["index"] for row in found["classes"]} == set(classes[several].tolist())
    for row in found["classes"]:
        check(row, votes[classes == row["index"]])
    places, columns = np.nonzero(words)
    judgments = Judgments(places, columns, words[places, columns], *words.shape)
    expected = cohens_kappa(judgments)
    place = {user.pk: column for column, user in enumerate(people)}
    assert len(found["pairs"]) == 6
    for pair in found["pairs"]:
        a, b = place[pair.first], place[pair.second]
        assert pair.n == expected.n[a, b]
        assert pair.kappa == known(expected.kappa[a, b])


def test_new_words_give_new_figures(current):
    one, two = make_user("reviewer"), make_user("reviewer")
    candidate = Candidate.objects.all()[0]
    say(current, one, candidate, 1)
    say(current, two, candidate, 1)
    assert agreement_of([current.pk], current.taxonomy)["overall"]["same"] == 1
    say(current, two, candidate, 2)
    assert agreement_of([current.pk], current.taxonomy)["overall"]["same"] == 0


def test_over_several_rounds_a_reviewers_last_word_counts_once(current):
    again = open_round("again", current.datasets.all(), 2, scope=Scope(which="all"))
    one, two = make_user("reviewer"), make_user("reviewer")
    candidate = Candidate.objects.all()[0]
    for where, user, verdict in ((current, one, 1), (again, one, 2), (again, two, 2)):
        say(where, user, candidate, verdict)
    found = agreement_of([current.pk, again.pk], current.taxonomy)["overall"]
    assert (found["candidates"], found["judgments"], found["same"]) == (1, 2, 1)
    assert agreement_of([current.pk], current.taxonomy)["overall"]["candidates"] == 0


def page(user: User, **asked: object) -> str:
    return client_of(user).get(reverse("agreement"), asked).content.decode()


def test_an_admin_sees_everybody_by_name(current, admin):
    people = [make_user("reviewer", name=name) for name in ("anna", "berta", "carla")]
    say_all(current, people, 1)
    text = page(admin, round=current.pk)
    for name in ("anna", "berta", "carla"):
        assert f'<th scope="row">{name}</th>' in text
    assert text.count("<td>berta</td>") + text.count("<td>carla</td>") == 3


def test_a_reviewer_sees_their_own_pairs_and_no_name_of_others(current, reviewer):
    people = [make_user("reviewer", name="anna"), make_user("reviewer", name="berta"), reviewer]
    say_all(current, people, 1)
    text = page(reviewer, round=current.pk)
    assert "anna" not in text
    assert "berta" not in text
    assert text.count('<th scope="row">You</th>') == 3  # two pairs, and the own row
    assert "<td>reviewer 1</td>" in text
    assert "<td>reviewer 2</td>" in text


def test_a_blind_round_is_closed_to_its_reviewers_until_it_is_over(current, reviewer, admin):
    blind = open_round(
        "hidden away", current.datasets.all(), 3, scope=Scope(which="all"), blind=True, overlap=2
    )
    say_all(blind, [reviewer, make_user("reviewer")], 1)
    assert client_of(reviewer).get(reverse("agreement"), {"round": blind.pk}).status_code == 403
    assert "There is nothing to compare yet" in page(reviewer)
    assert "how far you agree there is told when it is closed" in page(reviewer)
    assert "Krippendorff" in page(admin, round=blind.pk)
    close_round(blind)
    assert "Krippendorff" in page(reviewer, round=blind.pk)
    assert "Krippendorff" in page(reviewer)


def test_rounds_of_others_are_not_in_it(current, reviewer, admin):
    theirs = open_round(
        "theirs", current.datasets.all(), 3, reviewers=[admin], scope=Scope(which="all")
    )
    say_all(theirs, [admin, make_user("reviewer")], 1)
    assert client_of(reviewer).get(reverse("agreement"), {"round": theirs.pk}).status_code == 403
    assert "theirs" not in page(reviewer)
    assert "There is nothing to compare yet" in page(reviewer)


def test_rounds_of_one_list_of_classes_are_not_thrown_together_with_those_of_another(
    current, reviewer, admin
):
    say_all(current, [reviewer, admin], 1)
    other = make_dataset(make_taxonomy(name="other"), 4, "other set")
    open_round("other round", [other], 1)
    assert "There is nothing to compare yet" in page(admin)
    assert "Krippendorff" in page(admin, taxonomy=current.taxonomy_id)


def test_the_number_of_queries_does_not_grow(current, admin):
    def queries() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            page(admin, round=current.pk)
        return len(captured)

    say_all(current, [make_user("reviewer") for _ in range(2)], 1)
    page(admin)
    few = queries()
    say_all(current, [make_user("reviewer") for _ in range(4)], 2)
    assert queries() == few
