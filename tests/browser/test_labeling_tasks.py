"""Labeling tasks in a real browser: an admin makes, watches, closes and reveals one."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.labeling.answers import submit
from annotation.labeling.handing_in import hand_in
from annotation.models import LabelingTask, ReviewRound
from tests.annotation.labeling.worlds import assignments, say, work
from tests.browser.looking import settle, violations
from tests.worlds import picture_round

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def is_as_wide_as_its_window(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_task_is_drawn_before_ones_eyes_opened_watched_closed_reviewed_and_revealed(
    open_page, admin, labeler, tmp_path
):
    cache.clear()
    picture_round(tmp_path, images=12)
    page = open_page(admin, bypass_csp=True)
    page.goto(reverse("labeling"))
    page.get_by_role("link", name="Make the first task").click()
    outlook = page.locator("#outlook")
    expect(outlook).to_contain_text("Say how many images")
    page.get_by_label("Name").fill("Exam")
    page.get_by_label("photos").fill("12")
    expect(outlook).to_contain_text("2 images of each")
    page.get_by_label("photos").fill("8")
    expect(outlook).to_contain_text("1 to 2 images of each")
    page.get_by_label("linus").check()
    expect(outlook).to_contain_text("of each of 1")
    assert violations(page) == []
    page.get_by_role("button", name="Open the task").click()
    expect(page.locator("h1 .badge")).to_have_text("open")
    expect(page.get_by_text("linus has not begun.")).to_be_visible()

    task = LabelingTask.objects.get()
    for number, one in enumerate(assignments(task, labeler)):
        said = [say(one, number % 6), work(one, 9000, 2000 + 1000 * number)]
        submit(task.pk, labeler, said)
    hand_in(task, labeler)
    page.reload()
    expect(page.get_by_text("Everybody has handed in")).to_be_visible()
    page.get_by_role("link", name="Median time").last.click()
    expect(page.locator("#classes-by-median")).to_be_visible()
    settle(page)
    assert violations(page) == []
    page.locator("summary", has_text="Close").click()
    page.get_by_role("button", name="Close the task").click()
    expect(page.get_by_text("Open the final review: what was answered")).to_be_visible()
    page.get_by_role("link", name="Open the final review").click()
    expect(page.get_by_label("Name")).to_have_value("Final review of Exam")
    page.get_by_role("button", name="Open the round").click()
    expect(page.get_by_role("heading", name="Final review of Exam")).to_be_visible()
    final = ReviewRound.objects.get(name="Final review of Exam")
    assert (final.blind, final.scope["tasks"]) == (True, ["Exam"])

    page.goto(reverse("labeling"))
    expect(page.locator(".timeline li")).to_have_count(3)
    assert violations(page) == []
    page.set_viewport_size({"width": 400, "height": 800})
    for name in ("labeling", "labeling_new", "labeling_about"):
        page.goto(reverse(name, args=[task.pk] if name == "labeling_about" else []))
        settle(page)
        assert is_as_wide_as_its_window(page), name
    page.locator("summary", has_text="Reveal").click()
    page.get_by_role("button", name="Reveal the task").click()
    expect(page.locator("h1")).to_contain_text("revealed")

    own = open_page(labeler, bypass_csp=True)
    own.goto(reverse("labeling"))
    own.get_by_role("link", name="See your answers").click()
    expect(own.get_by_text("8 images are being reviewed")).to_be_visible()
    ReviewRound.objects.update(state=ReviewRound.State.CLOSED)
    own.reload()
    expect(own.locator(".task-answers img")).to_have_count(8)
    settle(own)
    assert violations(own) == []
    own.set_viewport_size({"width": 400, "height": 800})
    assert is_as_wide_as_its_window(own)
    right = own.locator(".task-answers .is-right").count()
    own.get_by_role("link", name="Only the wrong ones").click()
    expect(own.locator(".task-answers li")).to_have_count(8 - right)
