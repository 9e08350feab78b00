"""Planned, open, paused, closed: what an admin may do with a round when."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation.models import ReviewRound
from annotation.review.rounds import close_round, delete_round, open_round, pause_round, start_round
from taxonomy.errors import InputError
from tests.factories import make_dataset, make_taxonomy

pytestmark = pytest.mark.django_db
CHANGES = {
    "start": start_round,
    "pause": pause_round,
    "close": close_round,
    "delete": delete_round,
}
# From each state: what each change leads to; None is refused.
LEADS_TO = {
    "planned": {"start": "open", "pause": None, "close": None, "delete": "gone"},
    "open": {"start": "open", "pause": "paused", "close": "closed", "delete": None},
    "paused": {"start": "open", "pause": None, "close": "closed", "delete": None},
    "closed": {"start": None, "pause": None, "close": "closed", "delete": None},
}
CASES = [(state, change) for state in LEADS_TO for change in CHANGES]


@pytest.fixture
def round_in():
    """A function that gives a round in a state."""

    def make(state: str) -> ReviewRound:
        dataset = make_dataset(make_taxonomy(name=f"tiny {state}"), 3, f"set {state}")
        opening = "planned" if state == "planned" else "open"
        current = open_round(f"round {state}", [dataset], 1, state=opening)
        if state in ("paused", "closed"):
            {"paused": pause_round, "closed": close_round}[state](current)
        return current

    return make


def state_of(pk: int) -> str:
    return ReviewRound.objects.filter(pk=pk).values_list("state", flat=True).first() or "gone"


@pytest.mark.parametrize(("state", "change"), CASES)
def test_every_change_from_every_state(round_in, state, change):
    current = round_in(state)
    pk, expected = current.pk, LEADS_TO[state][change]
    if expected is None:
        with pytest.raises(InputError):
            CHANGES[change](current)
    else:
        CHANGES[change](current)
    assert state_of(pk) == (expected or state)


@pytest.mark.parametrize(("state", "change"), CASES)
def test_the_buttons_do_the_same_and_say_why_not(round_in, admin_client, state, change):
    pk, expected = round_in(state).pk, LEADS_TO[state][change]
    answer = admin_client.post(reverse(f"round_{change}", args=[pk]), follow=True)
    assert answer.status_code == 200
    assert state_of(pk) == (expected or state)
    assert (b'class="message error"' in answer.content) == (expected is None)


def test_each_state_offers_what_can_be_done_in_it(round_in, admin_client):
    for state, leads_to in LEADS_TO.items():
        current = round_in(state)
        page = admin_client.get(reverse("round_page", args=[current.pk])).content.decode()
        offered = {
            change for change in CHANGES if reverse(f"round_{change}", args=[current.pk]) in page
        }
        possible = {change for change, result in leads_to.items() if result not in (None, state)}
        assert offered == possible, state
