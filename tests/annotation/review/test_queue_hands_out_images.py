from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection, transaction
from django.utils import timezone

from annotation.candidates import add_candidates
from annotation.models import DatasetImage, Image, ReviewRound, RoundItem, Verdict
from annotation.review.items import describe
from annotation.review.queue import history, next_turns, turn_of
from annotation.review.rounds import extend_rounds, open_round
from annotation.review.scope import Scope
from tests.factories import judge, make_round, make_user

pytestmark = pytest.mark.django_db


def uids(image_ids: list[int]) -> set[uuid.UUID]:
    return set(Image.objects.filter(pk__in=image_ids).values_list("uid", flat=True))


def test_images_come_in_the_order_of_the_round_and_once():
    current, user = make_round(images=5), make_user("reviewer")
    first = next_turns(current, user, set(), 2)
    second = next_turns(current, user, uids(first.image_ids), 3)
    order = list(current.items.order_by("position").values_list("image_id", flat=True))
    assert first.image_ids + second.image_ids == order


def test_the_order_depends_on_the_seed_alone():
    first = make_round(images=20, seed=1)
    datasets = list(first.datasets.all())

    def order(review_round):
        items = review_round.items.order_by("position")
        return list(items.values_list("image__key", flat=True))

    def once_more(seed):
        ReviewRound.objects.update(state=ReviewRound.State.CLOSED)
        return order(open_round(f"seed {seed}", datasets, seed))

    assert once_more(seed=1) == order(first)
    assert once_more(seed=2) != order(first)
    assert order(first) != sorted(order(first))


def test_two_reviewers_never_hold_the_same_image():
    current = make_round(images=6)
    one, two = make_user("reviewer"), make_user("reviewer")
    first = next_turns(current, one, set(), 4)
    second = next_turns(current, two, set(), 4)
    assert not set(first.image_ids) & set(second.image_ids)
    assert len(second.image_ids) == 2
    assert (second.state, second.leased) == ("leased", 4)


def test_after_a_reload_a_reviewer_gets_the_same_images_again():
    current, user = make_round(images=6), make_user("reviewer")
    before = next_turns(current, user, set(), 3)
    assert next_turns(current, user, set(), 3).image_ids == before.image_ids


def test_a_lease_left_alone_returns_to_the_queue():
    current = make_round(images=1)
    one, two = make_user("reviewer"), make_user("reviewer")
    held = next_turns(current, one, set(), 1)
    assert next_turns(current, two, set(), 1).state == "leased"
    RoundItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert next_turns(current, two, set(), 1).image_ids == held.image_ids
    assert next_turns(current, one, set(), 1).image_ids == []


def test_asking_for_more_renews_what_is_on_screen():
    current, user = make_round(images=2), make_user("reviewer")
    held = next_turns(current, user, set(), 1)
    RoundItem.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    next_turns(current, user, uids(held.image_ids), 1)
    item = RoundItem.objects.get(image_id=held.image_ids[0])
    assert item.leased_until > timezone.now()


def test_a_round_with_everything_judged_is_done():
    current, user = make_round(images=1, per_image=1), make_user("reviewer")
    image = Image.objects.get()
    judge(current, user, image, image.target, Verdict.CORRECT)
    assert next_turns(current, user, set(), 3).state == "done"


def test_a_new_candidate_of_a_judged_image_opens_it_again():
    current, user = make_round(images=1, per_image=1), make_user("reviewer")
    image = Image.objects.get()
    judge(current, user, image, image.target, Verdict.CORRECT)
    add_candidates(np.array([image.pk]), np.array([7]))
    extend_rounds()
    assert next_turns(current, user, set(), 3).image_ids == [image.pk]


def test_an_image_may_be_in_two_rounds_at_once():
    one, user = make_round(images=2, per_image=1), make_user("reviewer")
    other = open_round("other", one.datasets.all(), 2, scope=Scope(which="all"))
    image = Image.objects.first()
    for current, verdict in ((one, Verdict.CORRECT), (other, Verdict.INCORRECT)):
        judge(current, user, image, image.target, verdict)
        assert list(current.items.filter(done=True).values_list("image", flat=True)) == [image.pk]


def test_a_new_image_of_a_dataset_joins_at_the_end_of_its_round():
    current = make_round(images=2)
    taken_in = make_round(images=1).datasets.get().images.get()
    joined = current.datasets.get()
    DatasetImage.objects.create(dataset=joined, image=taken_in, position=joined.size)
    extend_rounds()
    assert current.items.order_by("position").last().image == taken_in


def test_a_reviewer_may_open_what_they_hold_or_judged_and_nothing_else():
    current = make_round(images=3, per_image=1)
    one, two = make_user("reviewer"), make_user("reviewer")
    held = next_turns(current, one, set(), 2).image_ids
    judged = Image.objects.get(pk=held[0])
    judge(current, one, judged, judged.target, Verdict.CORRECT)
    assert [bool(turn_of(current, one, pk)) for pk in held] == [True, True]
    assert [bool(turn_of(current, two, pk)) for pk in held] == [False, False]
    assert history(current, one) == [str(judged.uid)]


def test_handing_out_takes_as_many_queries_for_one_image_as_for_eight(django_assert_num_queries):
    current, user = make_round(images=40), make_user("reviewer")

    def hand_out(want: int) -> None:
        describe(current, user, next_turns(current, user, set(), want).turns)

    hand_out(1)  # a connection plans its statements the first time
    hand_out(2)
    for want in (3, 8):
        # Renewing, leasing, describing; a transaction within the test's is a savepoint, two more.
        with django_assert_num_queries(5):
            hand_out(want)


@pytest.mark.django_db(transaction=True)
def test_a_candidate_that_is_imported_while_its_image_is_judged_opens_it_again():
    current, user = make_round(images=1, per_image=1), make_user("reviewer")
    image = Image.objects.get()
    item = current.items.get()

    def judge_the_last_candidate():
        try:
            judge(current, user, image, image.target, Verdict.CORRECT)
        finally:
            connection.close()

    with transaction.atomic():
        add_candidates(np.array([image.pk]), np.array([7]))
        extend_rounds()
        reviewer = threading.Thread(target=judge_the_last_candidate)
        reviewer.start()
        reviewer.join()
    item.refresh_from_db()
    assert not item.done
    assert next_turns(current, user, set(), 3).image_ids == [image.pk]


@pytest.mark.django_db(transaction=True)
def test_eight_reviewers_at_once_share_the_images_without_a_clash():
    current = make_round(images=200, per_image=1)
    users = [make_user("reviewer") for _ in range(8)]
    got: dict[int, list[int]] = {user.pk: [] for user in users}

    def work(user):
        hold: set[uuid.UUID] = set()
        try:
            while ids := next_turns(current, user, hold, 4).image_ids:
                got[user.pk] += ids
                hold |= uids(ids)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[user]) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [pk for ids in got.values() for pk in ids]
    assert len(everything) == len(set(everything)) == 200
