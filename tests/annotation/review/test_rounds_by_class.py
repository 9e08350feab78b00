"""Rounds whose turns are pages of one class: up to 24 images that somebody took for it."""

from __future__ import annotations

import json
import random
import threading
import uuid
from collections import Counter
from collections.abc import Collection
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from annotation.candidates import add_candidates
from annotation.models import Candidate, Comment, Image, Judgment, ReviewRound, RoundItem, Verdict
from annotation.models import Skip as ReviewSkip
from annotation.review.judgments import Judge, Problem, Remark, Skip, submit
from annotation.review.pages import describe_pages
from annotation.review.queue import history, next_turns, page_of
from annotation.review.rounds import PAGE, count_progress, extend_rounds, open_round
from annotation.review.scope import Scope
from tests.factories import counter, make_dataset, make_taxonomy, make_user
from tests.worlds import picture_round

pytestmark = pytest.mark.django_db


def make(images: int = 30, per_image: int = 2, classes: int = 2, **settings: object) -> ReviewRound:
    number = next(counter)
    taxonomy = make_taxonomy(classes, f"tiny-{number}")
    dataset = make_dataset(taxonomy, images, f"set-{number}", per_image)
    return open_round(f"round {number}", [dataset], 1, unit="class", **settings)


def people(count: int) -> list[User]:
    return [make_user("reviewer") for _ in range(count)]


def take(current: ReviewRound, user: User, want: int = 1, hold: Collection[int] = ()) -> list:
    return describe_pages(current, user, next_turns(current, user, hold, want).turns)


def words(page: dict, verdict: Verdict = Verdict.CORRECT, count: int | None = None) -> list[Judge]:
    return [
        Judge(uuid.uuid4(), uuid.UUID(tile["uid"]), page["class"], verdict, 400)
        for tile in page["tiles"][:count]
    ]


def say(current: ReviewRound, user: User, ops: list) -> None:
    assert submit(current, user, ops).accepted == [op.id for op in ops]


def leave_alone() -> None:
    """Time passes, and nobody asks."""
    RoundItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))


def test_a_page_has_up_to_24_images_of_one_class_and_all_pages_have_every_candidate_once():
    current, user = make(), make_user("reviewer")
    pages = take(current, user, 8)
    assert sorted((page["class"], len(page["tiles"])) for page in pages) == [
        (0, PAGE - 18), (0, PAGE), (1, PAGE - 18), (1, PAGE),
    ]  # fmt: skip
    shown = [(tile["uid"], page["class"]) for page in pages for tile in page["tiles"]]
    wanted = Candidate.objects.values_list("image__uid", "class_index")
    assert sorted(shown) == sorted((str(uid), index) for uid, index in wanted)
    assert {tile["verdict"] for page in pages for tile in page["tiles"]} == {"unjudged"}


def test_who_has_pages_on_screen_gets_others():
    current, user = make(), make_user("reviewer")
    first = take(current, user)[0]["turn"]
    assert take(current, user)[0]["turn"] == first
    assert first not in [page["turn"] for page in take(current, user, 3, hold={first})]


def test_a_page_judged_in_one_submit_is_done_and_its_candidates_are_decided():
    current, user = make(), make_user("reviewer")
    (page,) = take(current, user)
    say(current, user, words(page, Verdict.INCORRECT))
    item = RoundItem.objects.get(pk=page["turn"])
    assert (item.done, item.holder) == (True, user)
    judged = Candidate.objects.filter(verdict=Verdict.INCORRECT)
    assert {str(uid) for uid in judged.values_list("image__uid", flat=True)} == {
        tile["uid"] for tile in page["tiles"]
    }
    progress = count_progress(current)
    assert (progress.turns_done, progress.turns_total) == (1, 4)
    assert progress.judgments_done == len(page["tiles"])


def test_undone_words_open_the_page_again_and_keep_it_with_the_reviewer():
    current, user = make(), make_user("reviewer")
    (page,) = take(current, user)
    say(current, user, words(page))
    say(current, user, words(page, Verdict.UNJUDGED))
    item = RoundItem.objects.get(pk=page["turn"])
    assert (item.done, item.holder) == (False, user)
    assert take(current, user) == [page]
    assert not Candidate.objects.exclude(verdict=Verdict.UNJUDGED).exists()


def test_a_page_half_judged_shows_ones_own_words():
    current, user = make(), make_user("reviewer")
    (page,) = take(current, user)
    say(current, user, words(page, Verdict.UNCLEAR, 5))
    (again,) = take(current, user)
    verdicts = [tile["verdict"] for tile in again["tiles"]]
    assert verdicts == ["unclear"] * 5 + ["unjudged"] * (len(verdicts) - 5)


def test_who_takes_over_a_page_is_asked_only_what_is_left_of_it():
    current, one, two = make(images=3, per_image=1, classes=1), *people(2)
    (page,) = take(current, one)
    say(current, one, words(page, Verdict.CORRECT, 2))
    leave_alone()
    (rest,) = take(current, two)
    assert rest["tiles"] == page["tiles"][2:]
    say(current, two, words(rest))
    assert RoundItem.objects.get().done
    assert Judgment.objects.count() == 3


def test_what_was_said_too_late_is_asked_again_when_the_page_comes_back():
    current, one, two = make(images=1, per_image=1, classes=1), *people(2)
    (page,) = take(current, one)
    leave_alone()
    take(current, two)
    say(current, one, words(page))
    assert Judgment.objects.get().item is None
    leave_alone()
    assert take(current, one) == [page]
    say(current, one, words(page))
    assert RoundItem.objects.get().done


def test_the_second_of_two_reviewers_sees_nothing_of_the_first_and_neither_gets_a_page_twice():
    current, one, two = make(overlap=2, blind=True), *people(2)
    for user in (one, two):
        pages = take(current, user, 8)
        assert len(pages) == 4
        assert {tile["verdict"] for page in pages for tile in page["tiles"]} == {"unjudged"}
        for page in pages:
            say(current, user, words(page))
        assert next_turns(current, user, set(), 1).turns == []
    assert not RoundItem.objects.filter(done=False).exists()
    assert Judgment.objects.count() == 2 * Candidate.objects.count()


def test_a_problematic_image_is_left_out_but_for_whom_marked_it():
    current, one, two = make(images=3, per_image=1, classes=1, overlap=2), *people(2)
    (page,) = take(current, one)
    image = uuid.UUID(page["tiles"][0]["uid"])
    say(current, one, [Problem(uuid.uuid4(), image, True, "blurry")])
    (mine,), (theirs,) = take(current, one), take(current, two)
    assert (mine["tiles"][0]["problematic"], mine["tiles"][0]["reason"]) == (True, "blurry")
    assert [tile["uid"] for tile in theirs["tiles"]] == [t["uid"] for t in page["tiles"][1:]]
    say(current, one, words(page)[1:])
    assert RoundItem.objects.get(pk=page["turn"]).done
    say(current, one, [Problem(uuid.uuid4(), image, False, "")])
    assert not RoundItem.objects.get(pk=page["turn"]).done
    assert len(take(current, two)[0]["tiles"]) == 3


def test_in_a_blind_round_comments_of_others_are_not_shown():
    for blind, shown in ((True, []), (False, ["a crane"])):
        current, one, two = make(3, 1, 1, overlap=2, blind=blind), *people(2)
        (page,) = take(current, one)
        say(current, one, [Remark(uuid.uuid4(), uuid.UUID(page["tiles"][0]["uid"]), "a crane")])
        (mine,), (theirs,) = take(current, one), take(current, two)
        assert [comment["text"] for comment in mine["tiles"][0]["comments"]] == ["a crane"]
        assert [comment["text"] for comment in theirs["tiles"][0]["comments"]] == shown
    assert Comment.objects.count() == 2


def test_a_skipped_page_goes_to_the_end_and_a_late_copy_does_not_move_it_again():
    current, one = make(), make_user("reviewer")
    pages = take(current, one, 4)
    skip = Skip(uuid.uuid4(), turn=pages[0]["turn"])
    say(current, one, [skip])
    again = take(current, one, 4)
    assert [page["turn"] for page in again] == [page["turn"] for page in pages[1:] + pages[:1]]
    say(current, one, [skip])
    assert RoundItem.objects.get(pk=pages[0]["turn"]).holder == one
    assert [page["turn"] for page in take(current, one, 4)] == [page["turn"] for page in again]
    assert ReviewSkip.objects.count() == 1


def test_nobody_skips_a_page_that_another_has_or_of_another_round():
    current, other, one, two = make(), make(), *people(2)
    (page,), (elsewhere,) = take(current, one), take(other, two)
    say(current, two, [Skip(uuid.uuid4(), turn=page["turn"])])
    say(current, two, [Skip(uuid.uuid4(), turn=elsewhere["turn"])])
    assert not ReviewSkip.objects.exists()
    assert RoundItem.objects.get(pk=page["turn"]).holder == one


def test_pages_and_the_order_of_their_tiles_depend_on_the_seed_and_not_on_who_said_it_first():
    current, user = make(), make_user("reviewer")
    datasets = list(current.datasets.all())

    def shown(pages: list[dict]) -> list[tuple[int, list[str]]]:
        return [(page["class"], [tile["uid"] for tile in page["tiles"]]) for page in pages]

    first = shown(take(current, user, 8))
    assert first[0][1] != sorted(first[0][1])
    rows = list(Candidate.objects.values_list("image_id", "class_index").order_by("-pk"))
    current.delete()
    Candidate.objects.all().delete()
    for image, index in rows:  # as if other participants had been imported first
        add_candidates(np.array([image]), np.array([index]))
    again = open_round("again", datasets, 1, unit="class")
    assert shown(take(again, user, 8)) == first
    again.delete()
    other_seed = open_round("other seed", datasets, 2, unit="class")
    assert shown(take(other_seed, user, 8)) != first


def test_going_back_shows_pages_of_ones_own_newest_first_and_no_others():
    current, one, two = make(), *people(2)
    pages = take(current, one, 2)
    for page in pages:
        say(current, one, words(page))
    assert history(current, one) == [page["turn"] for page in reversed(pages)]
    assert history(current, two) == []
    assert page_of(current, one, pages[0]["turn"])
    assert page_of(current, two, pages[0]["turn"]) is None


def test_describing_and_submitting_take_as_many_queries_for_one_tile_as_for_24(
    django_assert_num_queries,
):
    current, user = make(images=120), make_user("reviewer")
    (page,) = take(current, user)  # a connection plans its statements the first time
    say(current, user, words(page, count=1))
    for count in (1, 24):
        pages = take(current, user, 8)
        page = next(p for p in pages if {t["verdict"] for t in p["tiles"]} == {"unjudged"})
        # The images locked, candidates found, and all that is stored and settled together;
        # a transaction within the test's is a savepoint, two more.
        with django_assert_num_queries(5):
            say(current, user, words(page, count=count))
    for want in (1, 8):
        turns = next_turns(current, user, set(), want).turns
        with django_assert_num_queries(1):
            assert len(describe_pages(current, user, turns)) == want


@pytest.mark.django_db(transaction=True)
def test_six_reviewers_at_once_give_every_candidate_of_every_page_exactly_its_overlap():
    current = make(images=90, overlap=2)
    users, failures = people(6), []

    def work(user: User) -> None:
        draw = random.Random(user.pk)
        try:
            while pages := take(current, user, 2):
                for page in pages:
                    say(current, user, words(page, draw.choice(list(Verdict)[1:])))
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
    assert set(Counter(candidate for candidate, _ in pairs).values()) == {2}
    assert len(pairs) == 2 * Candidate.objects.count()
    assert not RoundItem.objects.filter(done=False).exists()


# --- As the page asks for it


def post(client: Client, name: str, current: ReviewRound, body: object):
    return client.post(reverse(name, args=[current.pk]), json.dumps(body), "application/json")


def ask(client: Client, current: ReviewRound, **body: object) -> dict:
    return post(client, "review_next", current, {"hold": [], "want": 1, **body}).json()


def test_the_page_of_a_round_by_class_is_one_of_its_own(reviewer_client):
    answer = reviewer_client.get(reverse("review_round", args=[make().pk]))
    assert "annotation/review_by_class.html" in [used.name for used in answer.templates]


def test_next_and_submit_take_the_same_number_of_queries_whatever_the_size(reviewer_client):
    counts = []
    for images in (60, 600):
        current = make(images=images)
        page = ask(reviewer_client, current)["items"][0]
        ops = [op_of(page, tile) for tile in page["tiles"]]
        assert len(ops) == PAGE
        post(reviewer_client, "review_submit", current, {"ops": ops[:1]})
        with CaptureQueriesContext(connection) as captured:
            assert ask(reviewer_client, current, want=4)["state"] == "more"
        asking = len(captured)
        with CaptureQueriesContext(connection) as captured:
            answer = post(reviewer_client, "review_submit", current, {"ops": ops}).json()
        assert len(answer["accepted"]) == PAGE
        counts.append((asking, len(captured)))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 12


def op_of(page: dict, tile: dict, verdict: str = "correct") -> dict:
    return {
        "type": "judge", "id": str(uuid.uuid4()), "image": tile["uid"], "class": page["class"],
        "verdict": verdict, "ms": 300,
    }  # fmt: skip


def test_pages_tell_neither_target_nor_source_nor_file(tmp_path, reviewer_client):
    current = picture_round(tmp_path, unit="class")
    told = post(reviewer_client, "review_next", current, {"hold": [], "want": 8})
    page = reviewer_client.get(reverse("review_round", args=[current.pk]))
    for response in (told, page):
        text = response.content.decode() + str(response.headers)
        for secret in ("photo-", '"target"', "participant", "model-0", "model-1", "predicted"):
            assert secret not in text
    items = told.json()["items"]
    assert all(set(item) == {"turn", "class", "tiles"} for item in items)
    keys = {
        "uid", "src", "large", "original", "width", "height", "problematic", "reason", "verdict",
        "comments",
    }  # fmt: skip
    assert all(set(tile) == keys for item in items for tile in item["tiles"])


def test_what_is_on_screen_is_named_by_its_turn(reviewer_client):
    current = make()
    first = ask(reviewer_client, current)["items"][0]["turn"]
    assert ask(reviewer_client, current, hold=[first])["items"][0]["turn"] != first
    for wrong in (-1, True, 1.5, "x", None, 2**70):
        answer = post(reviewer_client, "review_next", current, {"hold": [wrong]})
        assert answer.status_code == 400, wrong


def test_a_skip_names_a_turn_or_an_image(reviewer_client):
    current = make()
    skip = {"type": "skip", "id": str(uuid.uuid4())}
    turn = ask(reviewer_client, current)["items"][0]["turn"]
    ops = [{**skip, "turn": "x"}, skip, {**skip, "turn": turn, "id": str(uuid.uuid4())}]
    answer = post(reviewer_client, "review_submit", current, {"ops": ops}).json()
    assert answer["accepted"] == [ops[-1]["id"]]
    assert [refused["reason"] for refused in answer["rejected"]] == [
        "turn: expected an integer",
        "image: expected a UUID",
    ]
    assert RoundItem.objects.get(pk=turn).holder is None


def test_a_former_page_is_open_to_whom_it_was_and_to_nobody_else(reviewer_client, admin_client):
    current = make()
    page = ask(reviewer_client, current)["items"][0]
    address = reverse("review_page", args=[current.pk, page["turn"]])
    assert reviewer_client.get(address).json() == page
    assert admin_client.get(address).status_code == 404
    by_image = open_round("by image", current.datasets.all(), 1, scope=Scope(which="all"))
    item = by_image.items.all()[0].pk
    assert reviewer_client.get(reverse("review_page", args=[by_image.pk, item])).status_code == 404


# --- Two classes reviewed together


def make_pair(images: int = 30, **settings: object) -> ReviewRound:
    """Classes 0, 1 and 2; each image has its target and the next class as candidates."""
    return make(images, 2, 3, scope=Scope(classes=(1, 0)), **settings)


def of_two(page: dict, tile: dict, class_index: int, verdict: Verdict, add: bool = False) -> Judge:
    assert class_index in (page["class"], page["other"])
    return Judge(uuid.uuid4(), uuid.UUID(tile["uid"]), class_index, verdict, 400, add)


def test_pages_of_two_classes_have_every_image_that_has_either_once():
    current, user = make_pair(), make_user("reviewer")
    pages = take(current, user, 8)
    assert [(page["class"], page["other"], len(page["tiles"])) for page in pages] == [
        (0, 1, PAGE), (0, 1, 30 - PAGE),
    ]  # fmt: skip
    asked = {
        (tile["uid"], index): tile[name]
        for page in pages
        for tile in page["tiles"]
        for name, index in (("verdict", 0), ("other", 1))
        if tile[name]
    }
    wanted = Candidate.objects.filter(class_index__lt=2)
    assert asked == {
        (str(uid), index): "unjudged"
        for uid, index in wanted.values_list("image__uid", "class_index")
    }


def test_a_page_of_two_classes_is_done_when_all_that_is_asked_is_judged():
    current, user = make_pair(images=3), make_user("reviewer")
    (page,) = take(current, user)
    asked = [
        of_two(page, tile, page[of], Verdict.INCORRECT)
        for tile in page["tiles"]
        for of, name in (("class", "verdict"), ("other", "other"))
        if tile[name]
    ]
    say(current, user, asked[:-1])
    assert not RoundItem.objects.get().done
    say(current, user, asked[-1:])
    assert RoundItem.objects.get().done
    assert count_progress(current).judgments_done == len(asked) == 4


def test_of_two_classes_the_one_that_nobody_proposed_can_be_found_in_the_image_and_taken_back():
    current, one, two = make_pair(images=3, overlap=2), *people(2)
    (page,) = take(current, one)
    tile = next(tile for tile in page["tiles"] if tile["other"] is None)
    say(current, one, [of_two(page, tile, 1, Verdict.CORRECT, add=True)])
    assert shown_of(take(current, one)[0], tile) == ("unjudged", "correct")
    assert shown_of(take(current, two)[0], tile) == ("unjudged", None)
    say(current, one, [of_two(page, tile, 1, Verdict.UNJUDGED)])
    assert shown_of(take(current, one)[0], tile) == ("unjudged", None)
    added = Candidate.objects.get(image__uid=tile["uid"], class_index=1)
    assert (added.verdict, added.added_by) == (Verdict.UNJUDGED, one)


def shown_of(page: dict, tile: dict) -> tuple[str | None, str | None]:
    (found,) = [one for one in page["tiles"] if one["uid"] == tile["uid"]]
    return found["verdict"], found["other"]


def test_a_candidate_that_joins_comes_to_the_page_that_its_image_is_on():
    current, user = make_pair(images=30), make_user("reviewer")
    first = take(current, user)[0]
    tile = next(tile for tile in first["tiles"] if tile["other"] is None)
    image = Image.objects.get(uid=tile["uid"])
    add_candidates(np.array([image.pk]), np.array([1]))
    extend_rounds()
    (again,) = take(current, user)
    assert again["turn"] == first["turn"]
    assert shown_of(again, tile) == ("unjudged", "unjudged")
    assert RoundItem.objects.count() == 2


def test_scopes_of_one_or_three_classes_or_of_groups_are_paged_class_by_class():
    for scope in (
        Scope(classes=(0,)),
        Scope(classes=(0, 1, 2)),
        Scope(groups=("all",), classes=(0, 1)),
    ):
        current = make(6, 2, 3, scope=scope)
        (page, *_) = take(current, make_user("reviewer"))
        assert "other" not in page
    by_image = open_round("by image", current.datasets.all(), 1, scope=Scope(classes=(0, 1)))
    assert by_image.items.filter(image__isnull=False).count() == 6
