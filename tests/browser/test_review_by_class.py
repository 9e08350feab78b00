"""A reviewer at work on pages of one class, in a real browser: by keyboard, click and touch."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from annotation.models import Candidate, Comment, Image, Judgment, ReviewRound, RoundItem, Verdict
from annotation.review.rounds import PAGE, pause_round
from annotation.review.scope import Scope
from taxonomy.relations import Statement, enter
from tests.browser.looking import settle
from tests.worlds import picture_round

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CRANE = 0
LOOKING_MS = 450  # a page that has been there for less is not confirmed unmarked


def class_round(folder: Path, images: int = 54, **settings: object) -> ReviewRound:
    """Everything was taken for a crane: pages of 24, 24 and 6."""
    settings = {"unit": "class", "scope": Scope(classes=(CRANE,)), **settings}
    return picture_round(folder, images, [[CRANE] * images], **settings)


@pytest.fixture
def world(tmp_path) -> ReviewRound:
    return class_round(tmp_path)


@pytest.fixture
def page(open_page, reviewer, world) -> Page:
    return opened(open_page(reviewer), world)


def opened(page: Page, current: ReviewRound) -> Page:
    page.goto(reverse("review_round", args=[current.pk]))
    shown(page)
    return page


def shown(page: Page, other_than: str = "") -> str:
    """The turn on the page, once it is painted and is another one."""
    page.wait_for_function(
        "other => (document.querySelector('#page').dataset.shown ?? other) !== other",
        arg=other_than,
    )
    return page.locator("#page").get_attribute("data-shown")


def tiles(page: Page) -> Locator:
    return page.locator(".tile")


def answers(page: Page) -> list[str]:
    return page.eval_on_selector_all(".tile", "all => all.map((one) => one.dataset.answer)")


def uids(page: Page) -> list[str]:
    sources = page.eval_on_selector_all(".tile img", "all => all.map((one) => one.src)")
    return [re.search(r"[0-9a-f-]{36}", source)[0] for source in sources]


def saved(page: Page) -> None:
    expect(page.locator("#saved-text")).to_have_text("Saved", timeout=15_000)
    page.wait_for_function("() => !Object.keys(localStorage).some((k) => k.startsWith('tusker:'))")


def verdicts(uids: list[str], class_index: int = CRANE) -> list[str]:
    found = Candidate.objects.filter(class_index=class_index, image__uid__in=uids)
    known = {str(uid): verdict for uid, verdict in found.values_list("image__uid", "verdict")}
    return [Verdict(known[uid]).label for uid in uids]


def confirm(page: Page) -> str:
    """Confirm the page as it is; the turn of the next one."""
    turn = shown(page)
    page.wait_for_timeout(LOOKING_MS)
    page.keyboard.press("Enter")
    return shown(page, other_than=turn)


def test_a_page_of_24_is_judged_with_at_most_26_key_presses(page):
    turn, images = shown(page), uids(page)
    keys = {"y": "correct", "n": "incorrect", "u": "unclear"}
    said = random.Random(1).choices(list(keys), k=PAGE)
    presses = [*said, "Enter"]
    assert len(images) == PAGE
    assert len(presses) <= 26
    for key in presses:
        page.keyboard.press(key)
    shown(page, other_than=turn)
    saved(page)
    assert verdicts(images) == [keys[key] for key in said]
    assert Judgment.objects.count() == PAGE
    assert RoundItem.objects.get(pk=turn).done
    assert all(ms > 0 for ms in Judgment.objects.values_list("milliseconds", flat=True))


def test_a_page_is_sent_as_one_submit(page):
    sent = []
    page.on("request", lambda request: request.url.endswith("/submit/") and sent.append(request))
    confirm(page)
    saved(page)
    assert [len(request.post_data_json["ops"]) for request in sent] == [PAGE]


def test_what_is_not_marked_is_what_the_rest_is_said_to_be(page):
    images = uids(page)
    assert set(answers(page)) == {"incorrect"}
    page.keyboard.press("r")
    assert set(answers(page)) == {"correct"}
    for key in ("ArrowRight", "ArrowDown", "n", "End", "u"):
        page.keyboard.press(key)
    expected = answers(page)
    assert Counter(expected) == {"correct": PAGE - 2, "incorrect": 1, "unclear": 1}
    assert expected[-1] == "unclear"
    expect(page.locator("#counts")).to_have_text("✓ 22 Correct✕ 1 Incorrect? 1 Unclear")
    confirm(page)
    saved(page)
    assert verdicts(images) == expected
    assert set(answers(page)) == {"correct"}


def test_clicks_toggle_and_mark(page):
    turn, first = shown(page), tiles(page).nth(3)
    first.click()
    expect(first).to_have_attribute("data-answer", "correct")
    expect(first).to_have_class(re.compile("is-current"))
    first.click()
    expect(first).to_have_attribute("data-answer", "incorrect")
    page.locator("#answers [data-answer=unclear]").click()
    expect(first).to_have_attribute("data-answer", "unclear")
    page.keyboard.press("Enter")  # a click leaves no button focused that Enter would press again
    shown(page, other_than=turn)
    saved(page)
    assert set(verdicts(uids(page))) == {"unjudged"}
    assert Judgment.objects.filter(verdict=Verdict.UNCLEAR).count() == 1


def test_a_page_just_shown_is_not_confirmed_by_a_key_that_was_pressed_twice(page):
    turn = confirm(page)
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert shown(page) == turn
    saved(page)
    assert Judgment.objects.count() == PAGE


def test_the_next_page_is_painted_without_the_network(page):
    settle(page)
    page.context.set_offline(True)
    confirm(page)
    widths = page.eval_on_selector_all(".tile img", "all => all.map((one) => one.naturalWidth)")
    assert widths == [320] * PAGE
    measured = page.evaluate("performance.getEntriesByName('key-to-paint').map((e) => e.duration)")
    assert len(measured) == 1


def test_pages_confirmed_offline_are_sent_when_the_network_is_back(page):
    images = uids(page)
    settle(page)
    page.context.set_offline(True)
    page.keyboard.press("y")
    confirm(page)
    images += uids(page)
    confirm(page)
    expect(page.locator("#saved-text")).to_have_text(re.compile("Offline – 48 waiting"))
    assert not Judgment.objects.exists()
    page.context.set_offline(False)
    saved(page)
    assert verdicts(images) == ["correct"] + ["incorrect"] * 47


def test_what_waits_and_what_is_marked_survives_a_reload(page):
    images = uids(page)
    page.route("**/api/submit/", lambda route: route.abort())
    following = confirm(page)
    page.keyboard.press("r")
    page.keyboard.press("n")
    page.keyboard.press("u")
    expect(page.locator("#saved-text")).to_have_text(re.compile("24 waiting"))
    page.unroute("**/api/submit/")
    page.reload()
    assert shown(page) == following
    assert answers(page) == ["incorrect", "unclear"] + ["correct"] * (PAGE - 2)
    saved(page)
    assert set(verdicts(images)) == {"incorrect"}
    assert Judgment.objects.count() == PAGE


def test_undo_takes_back_marks_and_then_the_page_before(page):
    turn, images = shown(page), uids(page)
    page.keyboard.press("y")
    page.keyboard.press("u")
    confirm(page)
    page.keyboard.press("y")
    page.keyboard.press("z")
    assert set(answers(page)) == {"incorrect"}
    page.keyboard.press("z")
    page.wait_for_function(
        "turn => document.querySelector('#page').dataset.shown === turn", arg=turn
    )
    saved(page)
    assert set(verdicts(images)) == {"unjudged"}
    assert answers(page)[:3] == ["correct", "unclear", "incorrect"]
    page.keyboard.press("z")
    assert answers(page)[:3] == ["correct", "incorrect", "incorrect"]
    confirm(page)
    saved(page)
    assert verdicts(images) == ["correct"] + ["incorrect"] * (PAGE - 1)


def test_going_back_shows_what_was_said_and_sends_only_what_is_changed(page):
    first, images = shown(page), uids(page)
    following = confirm(page)
    saved(page)
    page.reload()
    assert shown(page) == following
    page.keyboard.press("b")
    assert shown(page, other_than=following) == first
    assert uids(page) == images
    settle(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("y")
    page.keyboard.press("Enter")
    assert shown(page, other_than=first) == following
    saved(page)
    assert verdicts(images) == ["incorrect", "correct"] + ["incorrect"] * (PAGE - 2)
    assert Judgment.objects.count() == PAGE + 1


def test_a_tile_is_looked_at_large_by_key_and_by_click_and_judged_there(page):
    uid = uids(page)[1]
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    dialog = page.locator("#large-dialog")
    expect(dialog).to_have_attribute("data-shown", uid)
    image = page.locator("#large-stage img")
    expect(image).to_have_attribute("src", re.compile(f"{uid}/large"))
    fitted = image.bounding_box()
    page.keyboard.press("+")
    expect(page.locator("#large-zoom")).to_have_text("125 %")
    assert image.bounding_box()["width"] == pytest.approx(fitted["width"] * 1.25, rel=0.01)
    page.keyboard.press("y")
    expect(dialog).to_have_attribute("data-shown", uids(page)[2])
    page.keyboard.press("ArrowRight")
    expect(page.locator("#large-count")).to_have_text("4 of 24")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert answers(page)[:4] == ["incorrect", "correct", "incorrect", "incorrect"]
    tiles(page).nth(7).hover()
    tiles(page).nth(7).locator(".tile-zoom").click()
    expect(page.locator("#large-count")).to_have_text("8 of 24")
    page.keyboard.press(" ")
    expect(dialog).to_be_hidden()
    assert set(answers(page)) == {"incorrect", "correct"}


def test_a_problematic_image_is_left_out_and_can_be_taken_back(page):
    images = uids(page)
    page.keyboard.press("p")
    page.keyboard.press("1")
    expect(tiles(page).first).to_contain_text("blurry")
    saved(page)
    assert Image.objects.get(uid=images[0]).problematic
    page.keyboard.press("z")
    expect(tiles(page).first).not_to_contain_text("blurry")
    page.keyboard.press("p")
    page.keyboard.press("2")
    turn = shown(page)
    confirm(page)
    saved(page)
    assert verdicts(images) == ["unjudged"] + ["incorrect"] * (PAGE - 1)
    assert RoundItem.objects.get(pk=turn).done


def test_a_comment_belongs_to_the_marked_image(page):
    uid = uids(page)[2]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("m")
    page.keyboard.type("a crane fly?")
    page.keyboard.press("Enter")
    expect(page.locator("#comments")).to_contain_text("a crane fly?")
    expect(tiles(page).nth(2)).to_contain_text("✎ 1")
    saved(page)
    assert Comment.objects.get(image__uid=uid).text == "a crane fly?"


def test_a_skipped_page_comes_back_at_the_end(page):
    skipped = shown(page)
    page.keyboard.press("s")
    second = shown(page, other_than=skipped)
    confirm(page)
    third = shown(page, other_than=second)
    assert confirm(page) == skipped
    assert len({skipped, second, third}) == 3


def test_an_image_that_did_not_load_is_not_judged_by_the_way(open_page, reviewer, world):
    page = open_page(reviewer)
    page.route("**/small.jpg", lambda route: route.abort())
    page.goto(reverse("review_round", args=[world.pk]))
    turn = shown(page)
    expect(tiles(page).first).to_contain_text("Did not load")
    expect(page.locator("#missing")).to_contain_text("24 not seen.")
    page.wait_for_timeout(LOOKING_MS)
    page.keyboard.press("y")
    page.keyboard.press("Enter")
    assert shown(page) == turn
    assert answers(page) == ["correct"] + [""] * (PAGE - 1)
    page.unroute("**/small.jpg")
    page.keyboard.press("l")
    expect(page.locator("#missing")).to_be_hidden()
    assert answers(page) == ["correct"] + ["incorrect"] * (PAGE - 1)
    confirm(page)
    saved(page)
    assert Judgment.objects.count() == PAGE


def test_the_class_is_pinned_with_what_there_is_to_know_of_it(open_page, reviewer, world):
    enter(world.taxonomy, Statement("subset", 0, 1, "it lifts"), reviewer)
    page = opened(open_page(reviewer), world)
    expect(page.locator("#asked")).to_have_text("Which show crane?")
    panel = page.locator("#class-panel")
    expect(panel).to_contain_text("large long-necked wading bird of marshes")
    expect(panel).to_contain_text("it lifts")
    expect(panel).to_contain_text("The guide says nothing about this class yet.")
    page.keyboard.press("i")
    expect(panel).to_be_hidden()
    expect(page.locator("#definition")).to_be_visible()


def test_the_size_of_the_tiles_is_remembered(page):
    def width() -> float:
        return tiles(page).first.bounding_box()["width"]

    medium = width()
    page.keyboard.press("+")
    large = width()
    assert large > medium
    page.reload()
    shown(page)
    assert width() == large
    page.locator("[data-size=S]").click()
    assert width() < medium


def test_a_round_that_is_paused_says_so_when_nothing_is_left_on_the_page(page, world):
    settle(page)
    pause_round(world)
    for _ in range(2):
        confirm(page)
    page.wait_for_timeout(LOOKING_MS)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="This round is paused")).to_be_visible()
    saved(page)
    assert not Candidate.objects.unjudged().filter(class_index=CRANE).exists()


def test_after_the_last_page_the_round_is_done(page):
    for _ in range(2):
        confirm(page)
    page.wait_for_timeout(LOOKING_MS)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Everything in this round is judged")).to_be_visible()
    saved(page)
    assert not RoundItem.objects.filter(done=False).exists()
    page.keyboard.press("b")
    assert len(uids(page)) == 6


def test_on_a_phone_everything_is_within_the_screen_and_judged_by_touch(open_page, reviewer, world):
    page = open_page(reviewer, color_scheme="dark", has_touch=True)
    page.set_viewport_size({"width": 400, "height": 780})
    opened(page, world)
    turn, images = shown(page), uids(page)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 400
    tiles(page).nth(0).tap()
    tiles(page).nth(4).tap()
    page.locator("#answers [data-answer=unclear]").tap()
    page.get_by_role("button", name="About the class").tap()
    expect(page.locator("#class-panel")).to_contain_text("wading bird")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 400
    page.get_by_role("button", name="About the class").tap()
    page.locator("[data-action=confirm]").tap()
    shown(page, other_than=turn)
    saved(page)
    expected = ["incorrect"] * PAGE
    expected[0], expected[4] = "correct", "unclear"
    assert verdicts(images) == expected


def test_the_page_tells_nothing_of_targets_participants_or_file_names(page):
    settle(page)
    everything = page.content() + page.evaluate(
        "async () => await (await fetch(JSON.parse(document.querySelector('#review-config')"
        ".textContent).urls.next, {method: 'POST', headers: {'X-CSRFToken':"
        " document.querySelector('[name=csrfmiddlewaretoken]').value},"
        " body: JSON.stringify({hold: [], want: 8})})).text()"
    )
    assert '"tiles"' in everything
    for secret in ("photo-", "photos", "model-", '"target', "candidate"):
        assert secret not in everything


def test_every_key_is_shown_on_the_page(page):
    keys = page.evaluate(
        "Array.from(document.querySelectorAll('[aria-keyshortcuts]'), (e) => e.getAttribute('aria-keyshortcuts'))"
    )
    assert {"y", "n", "u", "z", "b", "s", "p", "m", "i", "Enter", "Space"} <= set(keys)
    page.keyboard.press("?")
    help_text = page.locator("#help-dialog").inner_text()
    for word in ("Y", "N", "U", "R", "Z", "B", "S", "P", "M", "I", "L", "↵", "␣", "Home"):
        assert word in help_text
    page.keyboard.press("Escape")
    expect(page.locator("#help-dialog")).to_be_hidden()


# --- Two classes reviewed together


@pytest.fixture
def pair_page(open_page, reviewer, tmp_path) -> Page:
    """Images of six classes in turn, all taken for sunglass (4); asked with sunglasses (5)."""
    current = picture_round(tmp_path, 18, [[4] * 18], unit="class", scope=Scope(classes=(4, 5)))
    return opened(open_page(reviewer), current)


def test_of_two_classes_each_image_gets_the_one_or_the_other_or_both_or_neither(pair_page):
    page, images = pair_page, uids(pair_page)
    expect(page.locator("#asked")).to_have_text("sunglass or sunglasses?")
    assert set(answers(page)) == {"neither"}
    for key in "123nu":
        page.keyboard.press(key)
    assert answers(page) == ["first", "second", "both", "neither", "unclear"] + ["neither"] * 13
    expect(page.locator("#class-panel")).to_contain_text("focuses the rays of the sun")
    expect(page.locator("#class-panel")).to_contain_text("spectacles that are darkened")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Everything in this round is judged")).to_be_visible()
    saved(page)
    said = ["correct", "incorrect", "correct", "incorrect", "unclear"]
    assert verdicts(images, 4) == said + ["incorrect"] * 13
    # Only every sixth image had been said to be of the second class.
    second = dict(Candidate.objects.filter(class_index=5).values_list("image__uid", "verdict"))
    other = {str(uid): Verdict(verdict).label for uid, verdict in second.items()}
    assert (other[images[1]], other[images[2]]) == ("correct", "correct")
    assert other.get(images[0], "incorrect") == "incorrect"
    assert not RoundItem.objects.filter(done=False).exists()


def test_undo_takes_a_class_back_that_was_found_beside(pair_page):
    page, images = pair_page, uids(pair_page)
    known = Candidate.objects.filter(class_index=5).values_list("image__uid", flat=True)
    place = next(n for n, uid in enumerate(images) if uid not in set(map(str, known)))
    for _ in range(place):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Everything in this round is judged")).to_be_visible()
    saved(page)
    added = Candidate.objects.get(class_index=5, image__uid=images[place])
    assert added.verdict == Verdict.CORRECT
    page.keyboard.press("z")
    assert answers(page)[place] == "both"
    saved(page)
    added.refresh_from_db()
    assert added.verdict == Verdict.UNJUDGED
    assert set(verdicts(images, 4)) == {"unjudged"}
    page.reload()
    shown(page)
    assert answers(page)[place] == "both"  # still marked
