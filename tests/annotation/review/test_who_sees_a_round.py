"""Rounds of some reviewers alone, planned, paused and closed ones: who sees them, who may judge."""

from __future__ import annotations

import json
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Image, Judgment, ReviewRound
from annotation.review.access import blind_rounds_of, visible_rounds
from annotation.review.rounds import close_round, open_round, pause_round, start_round
from tests.conftest import client_of
from tests.factories import make_dataset, make_round, make_taxonomy, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset():
    return make_dataset(make_taxonomy(), 6)


@pytest.fixture
def theirs(dataset, reviewer) -> ReviewRound:
    """A round of which the reviewer is the only one."""
    return open_round("theirs", [dataset], 1, reviewers=[reviewer])


def judge_something(client: Client, current: ReviewRound) -> int:
    op = {
        "type": "judge", "id": str(uuid.uuid4()), "image": str(Image.objects.all()[0].uid),
        "class": 0, "verdict": "correct", "ms": 5,
    }  # fmt: skip
    body = json.dumps({"ops": [op]})
    address = reverse("review_submit", args=[current.pk])
    return client.post(address, body, "application/json").status_code


def statuses(client: Client, current: ReviewRound) -> dict[str, int]:
    """What everything about a round answers."""
    uid = Image.objects.all()[0].uid
    gets = ("round_page", "review_round", "review_progress")
    found = {name: client.get(reverse(name, args=[current.pk])).status_code for name in gets}
    hold = json.dumps({"hold": [], "want": 1})
    following = client.post(reverse("review_next", args=[current.pk]), hold, "application/json")
    item = client.get(reverse("review_item", args=[current.pk, uid]))
    return found | {
        "review_next": following.status_code,
        "review_item": item.status_code,
        "review_submit": judge_something(client, current),
    }


JUDGING = {"review_round", "review_next", "review_item", "review_submit"}


def test_its_reviewer_sees_it_and_judges_in_it(theirs, reviewer_client):
    # The one image asked for is the one that was handed out, or another one: 200 or 404.
    found = statuses(reviewer_client, theirs)
    assert found.pop("review_item") in (200, 404)
    assert set(found.values()) == {200}
    assert Judgment.objects.count() == 1


def test_another_reviewer_gets_nothing_of_it(theirs):
    stranger = make_user("reviewer")
    assert set(statuses(client_of(stranger), theirs).values()) == {403}
    assert list(visible_rounds(stranger)) == []
    for name in ("review", "home"):
        assert "theirs" not in client_of(stranger).get(reverse(name)).content.decode()
    assert not Judgment.objects.exists()


def test_an_admin_who_is_not_among_its_reviewers_sees_it_and_does_not_judge_in_it(
    theirs, admin_client
):
    for name, status in statuses(admin_client, theirs).items():
        assert status == (403 if name in JUDGING else 200), name
    page = admin_client.get(reverse("review")).content.decode()
    assert "theirs" in page
    assert f'href="{reverse("review_round", args=[theirs.pk])}"' not in page


def test_without_named_reviewers_it_is_everybodys(dataset, reviewer_client, admin_client):
    current = open_round("all", [dataset], 1)
    for client in (reviewer_client, admin_client):
        found = statuses(client, current)
        assert found.pop("review_item") in (200, 404)
        assert set(found.values()) == {200}


def test_a_planned_round_is_seen_by_admins_alone(dataset, reviewer, reviewer_client, admin_client):
    planned = open_round("waiting", [dataset], 1, state="planned", reviewers=[reviewer])
    assert set(statuses(reviewer_client, planned).values()) == {403}
    assert "waiting" not in reviewer_client.get(reverse("review")).content.decode()
    assert admin_client.get(reverse("round_page", args=[planned.pk])).status_code == 200
    assert "waiting" in admin_client.get(reverse("review")).content.decode()


def test_what_does_not_exist_is_not_found(reviewer_client):
    assert reviewer_client.get(reverse("round_page", args=[77])).status_code == 404
    address = reverse("review_next", args=[77])
    assert reviewer_client.post(address, "{}", "application/json").status_code == 404


def test_a_paused_round_hands_out_nothing_and_takes_what_is_on_screen(theirs, reviewer_client):
    pause_round(theirs)
    body = json.dumps({"hold": [], "want": 2})
    address = reverse("review_next", args=[theirs.pk])
    answer = reviewer_client.post(address, body, "application/json").json()
    assert (answer["items"], answer["state"]) == ([], "paused")
    assert judge_something(reviewer_client, theirs) == 200
    start_round(theirs)
    answer = reviewer_client.post(address, body, "application/json").json()
    assert len(answer["items"]) == 2


def test_a_closed_round_says_so_and_can_be_looked_at(theirs, reviewer_client):
    close_round(theirs)
    found = statuses(reviewer_client, theirs)
    assert (found["review_next"], found["review_submit"]) == (409, 409)
    assert (found["round_page"], found["review_round"]) == (200, 200)


def test_asking_for_more_costs_no_query_for_membership(theirs, reviewer_client):
    """Session, user, groups, round: one query each before the turns."""
    everybodys = make_round(images=6)
    counts = []
    for current in (everybodys, theirs):
        body = json.dumps({"hold": [], "want": 1})
        address = reverse("review_next", args=[current.pk])
        reviewer_client.post(address, body, "application/json")
        with CaptureQueriesContext(connection) as captured:
            assert reviewer_client.post(address, body, "application/json").status_code == 200
        assert sum("round_of_reviewer" in query["sql"] for query in captured) == 1
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_list_takes_as_many_queries_for_one_round_as_for_five(
    theirs, dataset, reviewer, reviewer_client
):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert reviewer_client.get(reverse("review")).status_code == 200
        return len(captured)

    reviewer_client.get(reverse("review"))
    one = queries()
    for number in range(4):
        open_round(f"another {number}", [dataset], number, reviewers=[reviewer])
    assert queries() == one + 1  # progress of the first was known


def test_blind_rounds_bind_their_reviewers_until_they_are_closed(dataset, reviewer, admin):
    blind = open_round("blind", [dataset], 1, blind=True, reviewers=[reviewer])
    open_round("planned", [dataset], 1, blind=True, state="planned")
    open_round("seeing", [dataset], 1)
    assert list(blind_rounds_of(reviewer)) == [blind]
    assert list(blind_rounds_of(make_user("reviewer"))) == []
    assert list(blind_rounds_of(admin)) == []
    pause_round(blind)
    assert list(blind_rounds_of(reviewer)) == [blind]
    close_round(blind)
    assert list(blind_rounds_of(reviewer)) == []


def test_a_number_that_no_round_can_have_is_not_found(admin_client):
    for name in ("round_page", "review_round", "review_progress"):
        assert admin_client.get(reverse(name, args=[10**30])).status_code == 404
