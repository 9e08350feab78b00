"""Rounds in a real browser: an admin plans, opens, pauses and closes one; reviewers follow."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Route, expect

from annotation.models import Dataset, Participant, ReviewRound, Verdict
from annotation.review.rounds import open_round, pause_round, start_round
from annotation.review.scope import Scope
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from tests.browser.looking import settle, violations
from tests.browser.test_reviewers_path import judge_all, saved, shown
from tests.factories import judge, make_user, predict_with_candidates
from tests.worlds import picture_round

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def dataset(tmp_path) -> Dataset:
    """Six classes, six images with two or three candidates each, no round."""
    cache.clear()
    picture_round(tmp_path).delete()
    return Dataset.objects.get()


def test_a_round_is_planned_with_its_outlook_in_sight_and_opened_paused_and_closed(
    open_page, admin, dataset
):
    page = open_page(admin, bypass_csp=True)
    page.goto(reverse("review"))
    page.get_by_role("link", name="Open a round").first.click()
    outlook = page.locator("#outlook")
    expect(outlook).to_contain_text("Datasets: This field is required")
    page.get_by_label("Name").fill("Tusks")
    page.get_by_label("photos").check()
    everything = page.locator("#outlook div", has_text="Judgments")
    expect(everything).to_contain_text("15")
    page.get_by_label("Judgments of each candidate").fill("2")
    expect(everything).to_contain_text("30")

    page.get_by_text("Only some classes").click()
    page.get_by_role("combobox", name="Single classes").fill("tusker")
    page.get_by_role("option").first.click()
    expect(page.locator(".class-chips")).to_contain_text("tusker")
    expect(everything).to_have_text(re.compile(r"^\s*Judgments\s*4\s*$"))
    page.get_by_label("Instructions").fill("Look at **tusks**.")
    assert violations(page) == []

    page.get_by_role("button", name="Only plan it").click()
    expect(page.get_by_role("heading", name="Not open yet")).to_be_visible()
    current = ReviewRound.objects.get()
    assert (current.state, current.overlap, current.scope["classes"]) == ("planned", 2, [2])
    assert violations(page) == []
    page.get_by_role("button", name="Open now").click()
    expect(page.get_by_role("link", name="Start reviewing")).to_be_visible()
    assert current.items.count() > 0
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused: nothing is handed out")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    page.locator("summary", has_text="Close").click()
    page.get_by_role("button", name="Close the round").click()
    expect(page.locator("h1 .badge")).to_have_text("closed")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    assert violations(page) == []


def test_a_final_review_shows_its_own_fields_alone(open_page, admin, dataset):
    predict_with_candidates("ada", dataset, [5] * 6, Participant.Kind.HUMAN)
    page = open_page(admin)
    page.goto(reverse("round_new"))
    page.get_by_label("Name").fill("Final")
    page.get_by_label("photos").check()
    page.get_by_label("Final review").check()
    expect(page.get_by_label("Predictions of models for each image")).to_be_visible()
    expect(page.get_by_label("Blind", exact=True)).to_be_hidden()
    expect(page.get_by_text("Only what is disputed")).to_be_hidden()
    expect(page.locator("#outlook div", has_text="Images").first).to_contain_text("6")
    page.get_by_role("button", name="Open the round").click()
    expect(page.get_by_role("heading", name="Final")).to_be_visible()
    current = ReviewRound.objects.get()
    assert current.blind
    assert current.scope["participants"] == ["ada"]


def test_a_wrong_form_comes_back_as_it_was_with_the_reason(open_page, admin, dataset):
    page = open_page(admin)
    page.goto(reverse("round_new"))
    page.get_by_label("Name").fill("Two")
    page.get_by_label("photos").check()
    page.get_by_text("Only some classes").click()
    page.get_by_role("combobox", name="Single classes").fill("tusker")
    page.get_by_role("option").first.click()
    page.get_by_label("Only what these predicted").check()
    page.get_by_role("button", name="Open the round").click()
    expect(page.locator(".errorlist")).to_have_text("Choose whose predictions are reviewed.")
    expect(page.get_by_label("Name")).to_have_value("Two")
    expect(page.locator(".class-chips")).to_contain_text("tusker")
    page.get_by_label("model-0").check()
    page.get_by_role("button", name="Open the round").click()
    expect(page.get_by_role("heading", name="Two")).to_be_visible()


@pytest.fixture
def current(dataset) -> ReviewRound:
    return open_round("Round", [dataset], 7, instructions="Look at **tusks** first.")


def test_a_reviewer_reads_the_instructions_while_judging(open_page, reviewer, current):
    page = open_page(reviewer)
    page.goto(reverse("review_round", args=[current.pk]))
    shown(page)
    page.keyboard.press("o")
    dialog = page.locator("#round-dialog")
    expect(dialog.locator("strong")).to_have_text("tusks")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    judge_all(page, "y")
    saved(page)


def test_a_reviewer_waits_while_the_round_is_paused_and_goes_on_by_themself(
    open_page, reviewer, current
):
    page = open_page(reviewer)
    page.clock.install()
    pause_round(current)
    page.goto(reverse("review_round", args=[current.pk]))
    expect(page.get_by_role("heading", name="This round is paused")).to_be_visible()
    start_round(current)
    page.clock.run_for(11_000)
    page.clock.resume()
    shown(page)


def test_tables_are_sorted_by_keyboard_and_keep_their_order_and_focus_when_refreshed(
    open_page, admin, current
):
    image = current.datasets.get().images.get(key="photo-0")
    for name, verdict in (("anna", Verdict.CORRECT), ("berta", Verdict.INCORRECT)):
        judge(current, make_user("reviewer", name=name), image, 0, verdict)
    page = open_page(admin)
    page.clock.install()
    page.goto(reverse("round_page", args=[current.pk]))
    names = page.locator("[aria-labelledby=classes] tbody th")
    assert names.all_inner_texts() == sorted(names.all_inner_texts())
    page.locator("#classes-by-name").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[aria-labelledby=classes] th[aria-sort=descending]")).to_contain_text(
        "Class"
    )
    assert names.all_inner_texts() == sorted(names.all_inner_texts(), reverse=True)
    assert "classes=-name" in page.url
    expect(page.locator("#classes-by-name")).to_be_focused()
    with page.expect_response(lambda answer: "classes=-name" in answer.url):
        page.clock.run_for(16_000)
    expect(page.locator("#classes-by-name")).to_be_focused()
    assert names.all_inner_texts() == sorted(names.all_inner_texts(), reverse=True)


def test_the_page_brings_what_accuracies_can_still_move(open_page, admin, current):
    compute_report(take_snapshot())
    page = open_page(admin)
    page.goto(reverse("round_page", args=[current.pk]))
    picture = page.locator(".figure-alone")
    expect(picture).to_be_visible()
    page.wait_for_function("() => document.querySelector('.figure-alone').naturalWidth > 300")


def test_the_pages_fit_a_telephone_and_are_accessible(open_page, admin, reviewer, current):
    again = open_round("Again", current.datasets.all(), 1, scope=Scope(which="all"), overlap=2)
    for candidate in again.round_candidates.select_related("candidate__image"):
        for user, verdict in ((admin, 1), (reviewer, 1 + candidate.pk % 2)):
            judge(again, user, candidate.candidate.image, candidate.candidate.class_index, verdict)
    compute_report(take_snapshot())
    addresses = [
        reverse("review"), reverse("round_new"), reverse("round_page", args=[again.pk]),
        reverse("agreement") + f"?round={again.pk}",
    ]  # fmt: skip
    for user in (admin, reviewer):
        page = open_page(user, viewport={"width": 400, "height": 800}, bypass_csp=True)
        for address in addresses:
            if user == reviewer and address == reverse("round_new"):
                continue
            page.goto(address)
            settle(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= 400, address
            assert violations(page) == []


def test_every_byte_of_a_blind_round_in_the_browser_tells_no_source(
    open_page, live_server, reviewer, dataset
):
    """All that Chromium receives on the way from the start page through the round and back."""
    secrets = {"quizzical-net": 987_650_101, "participant Ngaio": 987_650_102}
    for (name, key), kind in zip(secrets.items(), ("model", "human"), strict=True):
        Participant.objects.create(pk=key, name=name, kind=kind)
        classes = [(number * 2 + key) % 6 for number in range(6)]
        predict_with_candidates(name, dataset, classes, kind)
    compute_report(take_snapshot())
    scope = Scope(which="all", participants=("participant Ngaio",), drawn=1)
    blind = open_round("Final", [dataset], 5, scope=scope, blind=True, instructions="Look.")
    page = open_page(reviewer)
    received: dict[str, str] = {}

    def keep(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        text = f"{answer.headers} {answer.body().decode(errors='replace')}"
        received[route.request.url] = received.get(route.request.url, "") + text
        route.fulfill(response=answer)

    page.route("**/*", keep)
    page.goto(reverse("home"))
    page.goto(reverse("review"))
    page.goto(reverse("round_page", args=[blind.pk]))
    page.goto(reverse("review_round", args=[blind.pk]))
    uid = shown(page)
    page.keyboard.press("i")
    expect(page.locator("[data-content] h2, [data-content] h3").first).to_be_visible()
    for number in range(6):
        uid = judge_all(page, "ynu"[number % 3])
        if number < 5:
            shown(page, other_than=uid)
    expect(page.get_by_role("heading", name="Everything in this round is judged")).to_be_visible()
    saved(page)
    page.keyboard.press("b")
    page.goto(reverse("round_page", args=[blind.pk]))
    page.goto(reverse("agreement"))
    page.goto(reverse("results"))
    expect(page.get_by_role("heading", name="Not while you review blind")).to_be_visible()
    settle(page)
    names = [*secrets, *map(str, secrets.values()), "model-0", "model-1"]
    kinds = re.compile(r"\b(?:human|model|participant)s?\b", re.I)
    for address, text in received.items():
        assert not [name for name in names if name in text], address
        if "/static/" not in address and not address.endswith(("/large/", "/small/")):
            assert not kinds.findall(text), address
    assert len(received) > 40
    asked = reverse("review_next", args=[blind.pk])
    assert received[live_server.url + asked].count('"items"') > 1
