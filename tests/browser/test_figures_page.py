"""The way through the figures, in a real browser."""

from __future__ import annotations

import re

import numpy as np
import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import Candidate, Participant, PredictionSet, Verdict
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from tests.browser.looking import settle, violations
from tests.evaluation.worlds import build, random_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(open_page, reviewer) -> Page:
    build(random_world(60, images=60, models=12))
    Participant.objects.filter(name__in=["model-3", "model-4"]).update(kind="human")
    for found in PredictionSet.objects.filter(participant__kind="human"):
        found.seconds = np.linspace(3, 90, found.size).astype("<f4").tobytes()
        found.save()
    compute_report(take_snapshot())
    opened = open_page(reviewer)
    opened.goto(f"{reverse('figures')}?dataset=zebra&group=all")
    return opened


def test_figures_are_chosen_by_keys_kept_in_the_address_and_can_be_pointed_at(page):
    expect(page.locator("#figure .canvas svg")).to_be_visible()
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile("scale=probit"))
    page.keyboard.press("f")
    expect(page).to_have_url(re.compile("figure=measures.*scale=probit"))
    expect(page.locator("#figure .canvas svg")).to_be_visible()
    page.locator("#figure svg .layer_4_marks path").first.hover(force=True)
    expect(page.locator("#vg-tooltip-element")).to_contain_text(re.compile("model-.*multi-label"))
    page.mouse.move(0, 0)  # Vega's tooltip floats outside of all landmarks
    page.locator("#vg-tooltip-element").evaluate("tooltip => tooltip.remove()")
    settle(page)
    assert violations(page) == []


def test_new_numbers_bring_the_page_anew_but_not_while_a_form_is_filled_in(page):
    snapshot = page.locator("code[title]")
    before = snapshot.inner_text()
    page.locator("#choice select").first.focus()
    Candidate.objects.update(verdict=Verdict.CORRECT)
    compute_report(take_snapshot())
    with page.expect_response("**/results/status/**"):
        pass
    expect(snapshot).to_have_text(before)
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    expect(snapshot).not_to_have_text(before, timeout=15_000)
