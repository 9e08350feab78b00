"""Two reviewers judge blind and contradict each other; an admin decides, closes and recomputes."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import Candidate, Dataset, ReviewRound, RoundItem, Verdict
from annotation.review.rounds import open_round
from annotation.review.scope import Scope
from evaluation.reports import latest_report, recompute
from tests.browser.looking import violations
from tests.browser.test_reviewers_path import judge_all, saved, shown
from tests.conftest import make_user
from tests.worlds import picture_round

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IMAGES = 3


@pytest.fixture
def blind(tmp_path) -> ReviewRound:
    first = picture_round(tmp_path, images=IMAGES)
    first.delete()
    return open_round(
        "Final review", Dataset.objects.all(), 5, overlap=2, blind=True, scope=Scope(which="all")
    )


def judge_the_round(page: Page, blind: ReviewRound, keys: str) -> list[str]:
    """Judge each image of the round by one of the keys; the images in their order."""
    page.goto(reverse("review_round", args=[blind.pk]))
    seen: list[str] = []
    for key in keys:
        shown(page, other_than=seen[-1] if seen else "")
        seen.append(judge_all(page, key))
    expect(page.get_by_role("heading", name="Everything in this round is judged")).to_be_visible()
    saved(page)
    return seen


def test_a_dispute_is_made_found_decided_and_counted(blind, open_page, admin, reviewer):
    recompute()
    other = make_user("reviewer")
    one, two = open_page(reviewer), open_page(other)
    order = judge_the_round(one, blind, "yyn")
    assert judge_the_round(two, blind, "yny") == order
    assert not RoundItem.objects.filter(done=False).exists()
    disputed = Candidate.objects.filter(disputed=True)
    assert {str(uid) for uid in disputed.values_list("image__uid", flat=True)} == set(order[1:])

    # While the round runs, reviewers see nothing of each other's words.
    one.goto(reverse("cases"))
    expect(one.get_by_role("heading", name="Nothing is disputed")).to_be_visible()

    page = open_page(admin, bypass_csp=True)
    page.goto(reverse("cases"))
    count = disputed.count()
    expect(page.locator(".case")).to_have_count(count)
    assert violations(page) == []
    page.locator(".case a").first.click()
    marked = page.locator(".record-class.is-marked")
    expect(marked.locator(".record-steps li")).to_have_text(
        [re.compile("said (in)?correct"), re.compile("said (in)?correct")]
    )
    assert violations(page) == []
    page.keyboard.press("1")
    page.keyboard.type("Its tusks are visible.")
    page.keyboard.press("Control+Enter")
    expect(marked.locator(".record-steps li").last).to_contain_text(
        "you decided correct: Its tusks are visible."
    )
    expect(marked.locator(".badge").first).to_have_text("correct")
    assert disputed.count() == count - 1

    page.goto(reverse("review"))
    page.locator("summary", has_text="Close").click()
    page.get_by_role("button", name="Close the round").click()
    expect(page.get_by_text("closed").first).to_be_visible()
    one.goto(reverse("cases"))
    expect(one.locator(".case")).to_have_count(count - 1)

    before = latest_report()
    recompute()
    assert latest_report() != before
    counts = latest_report().snapshot.counts["total"]
    assert counts["correct"] == Candidate.objects.filter(verdict=Verdict.CORRECT).count() > 0
    page.goto(reverse("changes"))
    expect(page.get_by_role("link", name=re.compile("Added"))).to_be_visible()
    assert violations(page) == []


def test_the_pages_fit_a_telephone(blind, open_page, admin):
    judge_the_round(open_page(admin), blind, "yyn")
    page = open_page(admin, viewport={"width": 400, "height": 800}, color_scheme="dark")
    recompute()
    uid = Candidate.objects.first().image.uid
    for address in (
        reverse("cases"), reverse("image_record", args=[uid]), reverse("changes"),
        reverse("verdict_rule"),
    ):  # fmt: skip
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, address
