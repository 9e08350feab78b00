"""Rounds in which each candidate is judged by more than one reviewer."""

from __future__ import annotations

import random
import threading
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from annotation.models import Candidate, Image, Judgment, ReviewRound, RoundItem, Verdict
from annotation.review.items import describe
from annotation.review.judgments import Judge, Problem, submit
from annotation.review.queue import next_turns
from annotation.review.rounds import count_progress, open_round
from annotation.review.scope import Scope
from taxonomy.errors import InputError
from tests.factories import judge, make_dataset, make_taxonomy, make_user

pytestmark = pytest.mark.django_db


def make(images: int = 3, per_image: int = 2, **settings: object) -> ReviewRound:
    dataset = make_dataset(make_taxonomy(), images, per_image=per_image)
    return open_round("round", [dataset], 1, **{"overlap": 2, **settings})


def take(current: ReviewRound, user: User, want: int = 1) -> list[dict]:
    return describe(current, user, next_turns(current, user, set(), want).turns)


def shown(item: dict) -> dict[int, str]:
    return {one["class"]: one["verdict"] for one in item["candidates"]}


def say(current: ReviewRound, user: User, item: dict, verdict: Verdict) -> None:
    for candidate in item["candidates"]:
        op = Judge(uuid.uuid4(), uuid.UUID(item["uid"]), candidate["class"], verdict, 900)
        assert submit(current, user, [op]).accepted == [op.id]


def test_each_image_is_handed_to_as_many_reviewers_as_are_wanted_and_to_none_twice():
    current = make(images=2)
    one, two, three = (make_user("reviewer") for _ in range(3))
    first = {item["uid"] for item in take(current, one, 4)}
    assert len(first) == 2
    assert {item["uid"] for item in take(current, two, 4)} == first
    assert next_turns(current, three, set(), 4).state == "leased"
    assert {item["uid"] for item in take(current, one, 4)} == first


def test_the_second_reviewer_sees_nothing_of_what_the_first_has_said():
    current = make(images=1)
    one, two = make_user("reviewer"), make_user("reviewer")
    (item,) = take(current, one)
    say(current, one, item, Verdict.CORRECT)
    (again,) = take(current, two)
    assert set(shown(again).values()) == {"unjudged"}
    assert next_turns(current, one, set(), 1).turns == []


def test_a_round_is_done_when_every_candidate_has_all_its_judgments():
    current = make(images=1)
    one, two = make_user("reviewer"), make_user("reviewer")
    for user, done, judged in ((one, 1, 2), (two, 2, 4)):
        (item,) = take(current, user)
        say(current, user, item, Verdict.CORRECT)
        progress = count_progress(current)
        assert (progress.turns_done, progress.turns_total) == (done, 2)
        assert (progress.judgments_done, progress.judgments_total) == (judged, 4)
    assert next_turns(current, make_user("reviewer"), set(), 1).state == "done"


def test_who_takes_over_a_turn_is_asked_what_is_left_of_it():
    current = make(images=1, per_image=3, overlap=1)
    one, two = make_user("reviewer"), make_user("reviewer")
    (item,) = take(current, one)
    half = {**item, "candidates": item["candidates"][:2]}
    say(current, one, half, Verdict.INCORRECT)
    RoundItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    (rest,) = take(current, two)
    unjudged = [index for index, verdict in shown(rest).items() if verdict == "unjudged"]
    assert unjudged == [item["candidates"][2]["class"]]
    say(current, two, {**rest, "candidates": [{"class": unjudged[0]}]}, Verdict.CORRECT)
    assert RoundItem.objects.get().done
    assert Counter(Judgment.objects.values_list("candidate", flat=True)).most_common(1)[0][1] == 1


def test_who_has_judged_in_one_turn_gets_no_other_turn_at_that_image():
    current = make(images=1, per_image=2)
    one, two = make_user("reviewer"), make_user("reviewer")
    (item,) = take(current, one)
    say(current, one, {**item, "candidates": item["candidates"][:1]}, Verdict.CORRECT)
    RoundItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert len(take(current, two)) == 1  # the same turn, which was left alone
    assert RoundItem.objects.exclude(holder=None).get().holder == two
    assert next_turns(current, one, set(), 1).turns == []


def test_a_word_that_comes_after_somebody_else_took_the_turn_is_kept_beside_the_plan():
    current = make(images=1, per_image=1, overlap=1)
    one, two = make_user("reviewer"), make_user("reviewer")
    (item,) = take(current, one)
    RoundItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    take(current, two)
    say(current, one, item, Verdict.CORRECT)
    assert Judgment.objects.get().item is None
    assert not RoundItem.objects.get().done


def test_what_was_said_too_late_is_asked_again_when_the_turn_comes_back():
    current = make(images=1, per_image=1, overlap=1)
    one, two = make_user("reviewer"), make_user("reviewer")
    (item,) = take(current, one)
    RoundItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    take(current, two)
    say(current, one, item, Verdict.CORRECT)
    RoundItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert take(current, one) == [item]
    say(current, one, item, Verdict.CORRECT)
    assert RoundItem.objects.get().done


def test_an_undone_judgment_opens_the_turn_again_for_whom_it_was():
    current = make(images=1, per_image=1)
    one, two = make_user("reviewer"), make_user("reviewer")
    (item,) = take(current, one)
    say(current, one, item, Verdict.CORRECT)
    say(current, one, item, Verdict.UNJUDGED)
    mine = RoundItem.objects.get(holder=one)
    assert not mine.done
    assert mine.leased_until > timezone.now()
    take(current, two)
    assert RoundItem.objects.get(holder=two) != mine


def test_a_blind_round_shows_neither_verdicts_nor_additions_nor_comments_of_others():
    dataset = make_dataset(make_taxonomy(), 1, per_image=2)
    first, one = open_round("first", [dataset], 1), make_user("reviewer")
    image = Image.objects.get()
    judge(first, one, image, 0, Verdict.CORRECT)
    judge(first, one, image, 5, Verdict.CORRECT, add=True)
    image.comments.create(client_id=uuid.uuid4(), author=one, text="a crane")
    settings = {"scope": Scope(which="all"), "blind": True}
    blind, two = open_round("blind", [dataset], 2, **settings), make_user("reviewer")
    (item,) = take(blind, two)
    assert shown(item) == {0: "unjudged", 1: "unjudged", 5: "unjudged"}
    assert not any(one["added"] for one in item["candidates"])
    assert item["comments"] == []
    seeing = open_round("seeing", [dataset], 3, scope=Scope(which="unjudged"))
    (item,) = take(seeing, two)
    assert shown(item) == {0: "correct", 1: "unjudged", 5: "correct"}


def test_why_an_image_is_problematic_is_told_in_a_blind_round_to_whom_said_so_alone():
    current = make(images=1, per_image=1, blind=True)
    one, two = make_user("reviewer"), make_user("reviewer")
    turns = {user: next_turns(current, user, set(), 1).turns for user in (one, two)}
    submit(current, one, [Problem(uuid.uuid4(), Image.objects.get().uid, True, "looks drawn")])
    told = {user: describe(current, user, turns[user])[0] for user in (one, two)}
    assert [told[user]["problematic"] for user in (one, two)] == [True, True]
    assert [told[user]["reason"] for user in (one, two)] == ["looks drawn", ""]


@pytest.mark.parametrize(
    ("overlap", "reviewers", "reason"), [(0, 0, "1 to 5"), (6, 0, "1 to 5"), (3, 2, "as many")]
)
def test_an_overlap_that_cannot_be_is_refused(overlap, reviewers, reason):
    people = [make_user("reviewer") for _ in range(reviewers)]
    with pytest.raises(InputError, match=reason):
        make(overlap=overlap, reviewers=people)
    assert not ReviewRound.objects.exists()


def test_the_order_of_turns_gives_every_image_its_first_judgment_before_any_its_second():
    current = make(images=5)
    slots = list(current.items.order_by("position").values_list("slot", flat=True))
    assert slots == [1] * 5 + [2] * 5


@pytest.mark.django_db(transaction=True)
def test_eight_reviewers_at_once_give_every_candidate_exactly_its_overlap():
    current = make(images=60, per_image=2, overlap=3)
    users = [make_user("reviewer") for _ in range(8)]
    failures: list[BaseException] = []

    def work(user: User) -> None:
        draw = random.Random(user.pk)
        try:
            while items := take(current, user, 3):
                for item in items:
                    say(current, user, item, draw.choice([Verdict.CORRECT, Verdict.INCORRECT]))
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[user]) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    pairs = Counter(Judgment.objects.values_list("candidate", "reviewer"))
    assert set(pairs.values()) == {1}
    assert set(Counter(candidate for candidate, _ in pairs).values()) == {3}
    assert len(pairs) == 3 * Candidate.objects.count()
    assert not RoundItem.objects.filter(done=False).exists()
