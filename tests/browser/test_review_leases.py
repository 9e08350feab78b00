"""How long a reviewer keeps the images that were handed out, with a lease of a few seconds."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import Candidate, Verdict
from annotation.review.queue import next_turns
from tests.browser.looking import settle
from tests.browser.test_reviewers_path import saved, shown
from tests.worlds import picture_round

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LEASE = 6


@pytest.fixture
def world(tmp_path, settings):
    settings.LEASE_SECONDS = LEASE
    return picture_round(tmp_path)


@pytest.fixture
def page(open_page, reviewer, world) -> Page:
    page = open_page(reviewer)
    page.goto(reverse("review_round", args=[world.pk]))
    shown(page)
    settle(page)
    return page


def test_whoever_is_at_work_keeps_them(page, admin, world):
    for step in range(6):
        page.wait_for_timeout(1000 * LEASE / 4)
        page.mouse.move(300 + step, 300)
    assert next_turns(world, admin, set(), 8).image_ids == []


def test_whoever_comes_back_after_a_pause_is_told_what_went_to_another(page, admin, world):
    uid = shown(page)
    page.wait_for_timeout(1000 * (LEASE + 1))
    assert len(next_turns(world, admin, set(), 8).image_ids) == 6
    page.mouse.move(300, 300)
    gone = "While you were away, that image went to another reviewer."
    expect(page.locator("#hint")).to_have_text(gone)
    expect(page.get_by_role("heading", name="The rest is with other reviewers")).to_be_visible()
    page.keyboard.press("y")
    saved(page)
    assert not Candidate.objects.filter(image__uid=uid).exclude(verdict=Verdict.UNJUDGED).exists()
