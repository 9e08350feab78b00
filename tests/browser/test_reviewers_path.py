"""A reviewer at work, in a real browser: by keyboard, through undo, a lost network, a reload."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import Candidate, Comment, Image, Judgment, RoundItem, Verdict
from tests.browser.looking import settle
from tests.worlds import picture_round

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(tmp_path):
    return picture_round(tmp_path)


@pytest.fixture
def page(open_page, reviewer, world) -> Page:
    page = open_page(reviewer)
    page.goto(reverse("review_round", args=[world.pk]))
    shown(page)
    return page


def shown(page: Page, other_than: str = "") -> str:
    """The uid of the image on the stage, once it is painted and is another one."""
    page.wait_for_function(
        "other => (document.querySelector('#stage').dataset.shown ?? other) !== other",
        arg=other_than,
    )
    return page.locator("#stage").get_attribute("data-shown")


def judge_all(page: Page, key: str) -> str:
    """Judge every class of the image shown alike; the uid of that image."""
    uid = shown(page)
    for _ in range(page.locator(".review-candidate").count()):
        page.keyboard.press(key)
    return uid


def saved(page: Page) -> None:
    expect(page.locator("#saved-text")).to_have_text("Saved", timeout=15_000)
    page.wait_for_function("() => !Object.keys(localStorage).some((k) => k.startsWith('tusker:'))")


def verdicts(uid: str) -> set[int]:
    return set(Candidate.objects.filter(image__uid=uid).values_list("verdict", flat=True))


def test_a_round_is_judged_by_keyboard_alone(page, world):
    seen = set()
    for key in "ynuyny":
        uid = judge_all(page, key)
        seen.add(uid)
        if len(seen) < 6:
            shown(page, other_than=uid)
    expect(page.get_by_role("heading", name="Everything in this round is judged")).to_be_visible()
    saved(page)
    assert len(seen) == 6
    assert not Candidate.objects.filter(verdict=Verdict.UNJUDGED).exists()
    assert not RoundItem.objects.filter(done=False).exists()
    assert all(ms > 0 for ms in Judgment.objects.values_list("milliseconds", flat=True))


def test_the_image_is_shown_and_the_next_ones_are_there_before_they_are_needed(page):
    uid = shown(page)
    expect(page.locator(f'#stage img[src*="{uid}"]')).to_be_visible()
    settle(page)
    page.context.set_offline(True)
    following = shown_after_judging(page, uid)
    assert page.evaluate("document.querySelector('#stage img').naturalWidth") == 640
    assert following != uid


def shown_after_judging(page: Page, uid: str) -> str:
    judge_all(page, "y")
    return shown(page, other_than=uid)


def test_undo_takes_back_the_last_word_even_on_the_image_before(page):
    uid = judge_all(page, "y")
    shown(page, other_than=uid)
    page.keyboard.press("z")
    assert shown(page, other_than="")
    page.wait_for_function("uid => document.querySelector('#stage').dataset.shown === uid", arg=uid)
    saved(page)
    assert verdicts(uid) == {Verdict.UNJUDGED, Verdict.CORRECT}
    page.keyboard.press("n")
    shown(page, other_than=uid)
    saved(page)
    assert verdicts(uid) == {Verdict.CORRECT, Verdict.INCORRECT}


def test_going_back_shows_what_was_said_and_lets_it_be_changed(page):
    uid = judge_all(page, "y")
    following = shown(page, other_than=uid)
    page.keyboard.press("b")
    shown(page, other_than=following)
    expect(page.locator(".review-candidate").first).to_have_attribute("data-verdict", "correct")
    page.keyboard.press("1")
    page.keyboard.press("u")
    page.keyboard.press("Enter")
    assert shown(page, other_than=uid) == following
    saved(page)
    assert verdicts(uid) == {Verdict.CORRECT, Verdict.UNCLEAR}


def test_judgments_survive_a_lost_network(page, world):
    first = shown(page)
    settle(page)
    page.context.set_offline(True)
    judge_all(page, "y")
    second = shown(page, other_than=first)
    judge_all(page, "n")
    shown(page, other_than=second)
    expect(page.locator("#saved-text")).to_have_text(re.compile(r"Offline – [4-6] waiting"))
    assert not Judgment.objects.exists()
    page.context.set_offline(False)
    saved(page)
    assert verdicts(first) == {Verdict.CORRECT}
    assert verdicts(second) == {Verdict.INCORRECT}


def test_judgments_that_wait_survive_a_reload(page, world):
    first = shown(page)
    page.route("**/api/submit/", lambda route: route.abort())
    judge_all(page, "y")
    shown(page, other_than=first)
    expect(page.locator("#saved-text")).to_have_text(re.compile("waiting"))
    page.unroute("**/api/submit/")
    page.reload()
    assert shown(page) != first
    saved(page)
    assert verdicts(first) == {Verdict.CORRECT}
    assert Judgment.objects.count() == Candidate.objects.filter(image__uid=first).count()


def test_judgments_wait_while_a_proxy_refuses_them(page, world):
    first = shown(page)
    refusal = {"status": 400, "content_type": "text/html", "body": "<h1>Bad Request</h1>"}
    page.route("**/api/submit/", lambda route: route.fulfill(**refusal))
    judge_all(page, "y")
    shown(page, other_than=first)
    expect(page.locator("#saved-text")).to_have_text(re.compile("waiting"))
    page.unroute("**/api/submit/")
    page.goto(reverse("review_round", args=[world.pk]))
    saved(page)
    assert verdicts(first) == {Verdict.CORRECT}


def test_an_answer_that_got_lost_is_not_stored_twice(page, world):
    first = shown(page)
    lost = []

    def lose(route):
        if not lost:
            lost.append(route.fetch())  # the server has it, the page never hears of it
            return route.abort()
        return route.continue_()

    page.route("**/api/submit/", lose)
    judge_all(page, "y")
    shown(page, other_than=first)
    saved(page)
    assert lost
    assert Judgment.objects.count() == Candidate.objects.filter(image__uid=first).count()


def test_a_class_that_nobody_predicted_is_added(page):
    uid = shown(page)
    names = page.locator(".review-candidate strong").all_inner_texts()
    wanted = next(n for n in ("sunglasses", "tusker", "African elephant") if n not in names)
    page.keyboard.press("a")
    page.keyboard.type(wanted)
    page.keyboard.press("Enter")
    added = page.locator(".review-candidate").last
    expect(added).to_contain_text(wanted)
    expect(added).to_have_attribute("data-verdict", "correct")
    saved(page)
    candidate = Candidate.objects.get(image__uid=uid, added_by__isnull=False)
    assert candidate.verdict == Verdict.CORRECT
    page.keyboard.press("z")
    expect(page.locator(".review-candidate")).to_have_count(len(names))
    saved(page)
    candidate.refresh_from_db()
    assert candidate.verdict == Verdict.UNJUDGED


def in_hierarchy(page: Page) -> str:
    return page.locator("dialog [role=treeitem]").last.text_content() or ""


def walk_to(page: Page, kind: str, name: str) -> None:
    """By the explorer's keys: to the top, into "animal" or "thing", along to the class."""
    page.keyboard.press("Home")
    page.keyboard.type(kind)
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(900)  # letters typed together are one word
    page.keyboard.type(name)
    assert in_hierarchy(page) == f"{name}, class"


PLACES = {"tusker": "animal", "African elephant": "animal", "sunglass": "thing"}


def test_a_class_that_nobody_predicted_is_found_in_the_hierarchy_added_and_judged(page):
    uid = shown(page)
    rows = page.locator(".review-candidate")
    names = page.locator(".review-candidate strong").all_inner_texts()
    wanted = next(name for name in PLACES if name not in names)
    expect(page.get_by_role("button", name="Hierarchy H")).to_be_visible()
    page.keyboard.press("h")
    page.wait_for_selector("dialog [role=treeitem]", state="attached")
    assert in_hierarchy(page) == f"{names[0]}, class"  # it opens at the class that is marked
    walk_to(page, PLACES[wanted], wanted)
    page.keyboard.press("Enter")
    expect(page.locator(".explorer-dialog")).to_have_count(0)
    expect(rows).to_have_count(len(names) + 1)
    expect(rows.last).to_contain_text(wanted)
    expect(rows.last).to_have_attribute("data-verdict", "correct")
    saved(page)
    candidate = Candidate.objects.get(image__uid=uid, added_by__isnull=False)
    assert candidate.verdict == Verdict.CORRECT
    page.keyboard.press(str(len(names) + 1))
    page.keyboard.press("n")
    expect(rows.last).to_have_attribute("data-verdict", "incorrect")
    saved(page)
    candidate.refresh_from_db()
    assert candidate.verdict == Verdict.INCORRECT
    assert candidate.judgments.count() == 2


def test_a_class_that_is_listed_already_is_marked_instead_of_added(page):
    shown(page)
    rows = page.locator(".review-candidate")
    count = rows.count()
    page.keyboard.press("ArrowDown")
    second = page.locator(".is-current strong").inner_text()
    page.keyboard.press("h")
    page.wait_for_selector("dialog [role=treeitem]", state="attached")
    assert in_hierarchy(page) == f"{second}, class"
    page.locator("dialog [role=tree]").press("Enter")
    expect(page.locator("#hint")).to_have_text(f"{second} is listed: judge it.")
    expect(rows).to_have_count(count)
    expect(page.locator(".is-current strong")).to_have_text(second)
    page.keyboard.press("h")
    page.wait_for_selector("dialog [role=treeitem]", state="attached")
    page.keyboard.press("Escape")
    expect(page.locator(".explorer-dialog")).to_have_count(0)
    page.keyboard.press("y")
    expect(rows.nth(1)).to_have_attribute("data-verdict", "correct")
    expect(rows).to_have_count(count)


def test_without_a_network_the_hierarchy_says_how_else_to_add_a_class(page):
    shown(page)
    settle(page)
    page.context.set_offline(True)
    page.keyboard.press("h")
    expect(page.locator("#hint")).to_contain_text("Search for the class with A.")
    page.context.set_offline(False)
    page.keyboard.press("h")
    page.wait_for_selector("dialog [role=treeitem]", state="attached")


def test_a_problematic_image_is_left_with_a_reason(page):
    uid = shown(page)
    page.keyboard.press("p")
    page.keyboard.press("1")
    shown(page, other_than=uid)
    saved(page)
    image = Image.objects.get(uid=uid)
    assert image.problematic
    assert image.problem_reason
    page.keyboard.press("z")
    page.wait_for_function("uid => document.querySelector('#stage').dataset.shown === uid", arg=uid)
    saved(page)
    image.refresh_from_db()
    assert not image.problematic


def test_a_skipped_image_comes_back_at_the_end(page, world):
    skipped = shown(page)
    page.keyboard.press("s")
    uid = skipped
    for _ in range(5):
        uid = shown(page, other_than=uid)
        judge_all(page, "y")
    assert shown(page, other_than=uid) == skipped


def test_a_comment_is_kept(page):
    uid = shown(page)
    page.keyboard.press("m")
    page.keyboard.type("is this a lens?")
    page.keyboard.press("Enter")
    expect(page.locator("#comments")).to_contain_text("is this a lens?")
    saved(page)
    assert Comment.objects.get(image__uid=uid).text == "is this a lens?"


def test_the_image_can_be_zoomed_and_moved_and_fitted_by_keys(page):
    image = page.locator("#stage img")
    fitted = image.bounding_box()
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(page.locator("#zoom")).to_have_text("156 %")
    zoomed = image.bounding_box()
    assert zoomed["width"] == pytest.approx(fitted["width"] * 1.5625, rel=0.01)
    page.keyboard.press("Shift+ArrowRight")
    assert image.bounding_box()["x"] < zoomed["x"]
    page.keyboard.press("0")
    assert image.bounding_box() == pytest.approx(fitted)


def test_two_reviewers_never_see_the_same_image(page, open_page, admin, world):
    other = open_page(admin)
    other.goto(reverse("review_round", args=[world.pk]))
    # The first reviewer's browser holds the images that it has fetched ahead.
    expect(other.get_by_role("heading", name="The rest is with other reviewers")).to_be_visible()


def test_the_page_tells_nothing_of_targets_participants_or_file_names(page, world):
    settle(page)
    everything = page.content() + page.evaluate(
        "async () => await (await fetch(JSON.parse(document.querySelector('#review-config')"
        ".textContent).urls.next, {method: 'POST', headers: {'X-CSRFToken':"
        " document.querySelector('[name=csrfmiddlewaretoken]').value},"
        " body: JSON.stringify({hold: [], want: 8})})).text()"
    )
    assert "candidates" in everything
    for secret in ("photo-", "photos", "model-", '"target'):
        assert secret not in everything


def test_on_a_phone_everything_is_within_the_screen(open_page, reviewer, world):
    page = open_page(reviewer, color_scheme="dark")
    page.set_viewport_size({"width": 400, "height": 780})
    page.goto(reverse("review_round", args=[world.pk]))
    uid = shown(page)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 400
    for _ in range(page.locator(".review-candidate").count()):
        page.locator(".review-thumb [data-verdict=correct]").click()
    shown(page, other_than=uid)


def test_from_the_key_to_the_next_image_painted_takes_no_network(page):
    settle(page)
    page.context.set_offline(True)
    uid = judge_all(page, "y")
    shown(page, other_than=uid)
    measured = page.evaluate("performance.getEntriesByName('key-to-paint').map((e) => e.duration)")
    assert len(measured) == 1


def test_every_key_is_shown_on_the_page(page):
    page.keyboard.press("?")
    help_text = page.locator("#help-dialog").inner_text()
    keys = page.evaluate(
        "Array.from(document.querySelectorAll('[aria-keyshortcuts]'), (e) => e.getAttribute('aria-keyshortcuts'))"
    )
    assert {"y", "n", "u", "a", "h", "z", "b", "s", "p", "m", "i"} <= set(keys)
    for word in ("Y", "N", "U", "A", "H", "Z", "P", "M", "S", "B", "I"):
        assert word in help_text
    page.keyboard.press("Escape")
    expect(page.locator("#help-dialog")).to_be_hidden()
