"""Classes, relations and groups in a real browser: by keyboard, light and dark, on a phone."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from annotation.models import Candidate, RoundCandidate, Verdict
from taxonomy.models import Taxonomy
from taxonomy.relations import State, Statement, enter
from tests.browser.looking import settle, violations
from tests.browser.test_reviewers_path import judge_all, saved, shown
from tests.taxonomy.relations import said
from tests.worlds import picture_round

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(tmp_path):
    return picture_round(tmp_path)


@pytest.fixture
def taxonomy(world, admin) -> Taxonomy:
    enter(world.taxonomy, Statement("subset", 3, 2, "tusks are visible"), admin)
    return world.taxonomy


def current(page: Page) -> str:
    return page.locator(".relation.is-current").get_attribute("data-relation")


def state_of(page: Page, place: int, state: str) -> None:
    expect(page.locator(".relation").nth(place)).to_have_attribute("data-state", state)


def test_proposals_are_decided_by_one_key_each(open_page, reviewer, taxonomy):
    page = open_page(reviewer)
    page.goto(reverse("relations", args=[taxonomy.pk]))
    expect(page.locator(".relation")).to_have_count(2)
    page.keyboard.press("a")
    state_of(page, 0, "accepted")
    page.keyboard.press("x")
    state_of(page, 1, "dismissed")
    assert said(taxonomy) == {("synonym", 0, 1, ""), ("subset", 3, 2, "tusks are visible")}
    assert said(taxonomy, State.DISMISSED) == {("synonym", 4, 5, "")}
    page.keyboard.press("k")
    page.keyboard.press("z")
    state_of(page, 0, "proposed")
    page.keyboard.press("x")
    state_of(page, 0, "dismissed")
    assert said(taxonomy, State.PROPOSED) == set()
    page.reload()
    expect(page.get_by_text("tusks are visible")).to_be_visible()


def test_a_subset_is_turned_round_by_a_key(open_page, reviewer, taxonomy):
    page = open_page(reviewer)
    page.goto(reverse("relations", args=[taxonomy.pk]) + "?state=accepted")
    page.keyboard.press("s")
    expect(page.locator(".relation-head")).to_contain_text("Wherever tusker is correct")
    assert said(taxonomy) == {("subset", 2, 3, "tusks are visible")}


def test_moving_marks_one_relation_and_brings_the_focus_along(open_page, reviewer, taxonomy):
    page = open_page(reviewer)
    page.goto(reverse("relations", args=[taxonomy.pk]))
    first = current(page)
    page.keyboard.press("j")
    second = current(page)
    assert first != second
    assert page.evaluate("document.activeElement.dataset.relation") == second
    page.keyboard.press("ArrowUp")
    assert current(page) == first


def test_the_list_is_searched_while_typing(open_page, reviewer, taxonomy):
    page = open_page(reviewer)
    page.goto(reverse("relations", args=[taxonomy.pk]))
    page.keyboard.press("/")
    page.keyboard.type("sungl")
    expect(page.locator(".relation")).to_have_count(1)
    expect(page.locator(".relation")).to_contain_text("sunglasses")


def test_a_pair_is_entered_with_class_search(open_page, reviewer, taxonomy):
    page = open_page(reviewer)
    page.goto(reverse("relations", args=[taxonomy.pk]))
    page.keyboard.press("n")
    page.get_by_label("Subset").check()
    for label, text in (("First class", "sunglasses"), ("Second class", "sunglass")):
        box = page.get_by_role("combobox", name=label)
        box.fill("")
        box.press_sequentially(text)
        box.press("Enter")
    expect(page.locator("output").first).to_have_text("sunglasses")
    page.get_by_label("Only if").fill("a lens is visible")
    page.get_by_role("button", name="Accept").click()
    expect(page.locator(".relation")).to_have_count(2)
    assert ("subset", 5, 4, "a lens is visible") in said(taxonomy)


def test_a_group_is_made_from_a_node_and_another_class_by_class(open_page, admin, taxonomy):
    page = open_page(admin)
    page.goto(reverse("groups", args=[taxonomy.pk]))
    page.keyboard.press("n")
    page.wait_for_url("**/new/")
    settle(page)
    page.get_by_label("Name").fill("fauna")
    page.get_by_label("Node", exact=True).press_sequentially("anim")
    page.get_by_role("radio", name="animal").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".class-list li")).to_have_count(3)
    page.goto(reverse("group_new", args=[taxonomy.pk]))
    page.get_by_label("Name").fill("eyewear")
    page.get_by_label("Classes picked by hand").check()
    for text in ("sunglass", "sunglasses"):
        box = page.get_by_role("combobox", name="Classes")
        box.press_sequentially(text)
        box.press("Enter")
    expect(page.locator(".class-chips .class-name")).to_have_text(["sunglass", "sunglasses"])
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".class-list li")).to_have_count(2)


PASTE = """(text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  const options = { bubbles: true, cancelable: true, clipboardData };
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", options));
}"""


def chosen(page: Page) -> list[str]:
    values = page.locator(".class-chips input").evaluate_all("all => all.map((one) => one.value)")
    return [str(value) for value in values]


def new_group(page: Page, taxonomy: Taxonomy) -> Locator:
    page.goto(reverse("group_new", args=[taxonomy.pk]))
    page.get_by_label("Name").fill("mine")
    page.get_by_label("Classes picked by hand").check()
    box = page.get_by_role("combobox", name="Classes")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.focus()
    return box


def test_several_classes_are_picked_each_once_and_taken_away_again(open_page, admin, taxonomy):
    page = open_page(admin)
    box = new_group(page, taxonomy)
    box.press_sequentially("crane")
    expect(page.get_by_role("option")).to_have_count(2)
    box.press("Enter")
    box.press_sequentially("crane")
    expect(page.get_by_role("option")).to_have_count(1)
    box.press("Enter")
    box.press_sequentially("tusker")
    box.press("Enter")
    assert chosen(page) == ["0", "1", "2"]
    page.get_by_role("button", name="Remove crane").last.click()
    assert chosen(page) == ["0", "2"]
    expect(box).to_be_focused()
    box.press("Backspace")
    assert chosen(page) == ["0"]
    box.press("Enter")
    assert page.url.endswith("/new/")


def test_a_list_of_keys_indices_and_names_is_pasted(open_page, admin, taxonomy):
    page = open_page(admin)
    new_group(page, taxonomy)
    page.evaluate(PASTE, "f\n3\na crane\n\nSunglass\nf\ncrane\nlion\n")
    assert chosen(page) == ["5", "3", "0", "4"]
    expect(page.get_by_text("No class, or several: “crane”, “lion”")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".class-list li")).to_have_count(4)


def test_fields_for_classes_offer_the_hierarchy(open_page, admin, taxonomy):
    page = open_page(admin)
    new_group(page, taxonomy)
    for name in ("tusker", "tusker", "African elephant"):
        page.get_by_role("button", name="Hierarchy: Classes").click()
        dialog = page.get_by_role("dialog", name="Pick a class")
        dialog.get_by_label("Find a class").fill(name)
        dialog.get_by_role("option").first.click()
        dialog.get_by_role("button", name="Choose this class").click()
        expect(dialog).to_have_count(0)
    assert chosen(page) == ["2", "3"]
    page.goto(reverse("relation_new", args=[taxonomy.pk]))
    page.get_by_label("Second class", exact=True).fill("d")
    expect(page.locator("output").last).to_have_text("African elephant")
    page.get_by_role("button", name="Hierarchy: Second class").click()
    item = page.locator("dialog [role=treeitem]").last
    expect(item).to_have_text("African elephant, class")  # it opens at what the field holds
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Second class", exact=True)).to_have_value("c")
    expect(page.locator("output").last).to_have_text("tusker")
    page.goto(reverse("compare", args=[taxonomy.pk]) + "?class=3")
    page.get_by_role("button", name="Hierarchy", exact=True).click()
    page.get_by_role("dialog").get_by_label("Find a class").fill("sunglasses")
    page.get_by_role("dialog").get_by_role("option").first.click()
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare/?class=3&class=5")


def test_a_reviewer_walks_from_class_to_class_and_sees_what_was_found(
    open_page, reviewer, taxonomy
):
    Candidate.objects.filter(class_index=2).update(verdict=Verdict.CORRECT)
    page = open_page(reviewer)
    page.goto(reverse("class_page", args=[taxonomy.pk, 1]))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="tusker", exact=True)).to_be_visible()
    expect(page.get_by_text("Also correct wherever")).to_be_visible()
    image = page.locator(".class-images img").first
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320


def test_a_labeler_sees_the_class_and_no_image(open_page, labeler, taxonomy):
    Candidate.objects.filter(class_index=2).update(verdict=Verdict.CORRECT)
    page = open_page(labeler)
    page.goto(reverse("class_page", args=[taxonomy.pk, 2]))
    settle(page)
    expect(page.get_by_text("Also correct wherever")).to_be_visible()
    expect(page.get_by_text("What reviewers found")).to_have_count(0)
    expect(page.locator("main img")).to_have_count(0)


def panel_requests(page: Page) -> list[str]:
    asked: list[str] = []
    page.on("request", lambda request: "/panel/" in request.url and asked.append(request.url))
    return asked


def test_the_panel_beside_the_image_follows_the_marked_class(open_page, reviewer, world, taxonomy):
    page = open_page(reviewer)
    asked = panel_requests(page)
    page.goto(reverse("review_round", args=[world.pk]))
    shown(page)
    panel = page.locator("#class-panel")
    expect(panel).to_be_hidden()
    page.keyboard.press("i")
    definitions = page.locator(".review-definition").all_inner_texts()
    expect(panel).to_contain_text(definitions[0])
    page.keyboard.press("ArrowDown")
    expect(panel).to_contain_text(definitions[1])
    page.keyboard.press("ArrowUp")
    expect(panel).to_contain_text(definitions[0])
    assert len(asked) == 2
    stage = page.locator("#stage").bounding_box()
    assert stage["x"] + stage["width"] <= panel.bounding_box()["x"]
    page.keyboard.press("i")
    expect(panel).to_be_hidden()


def test_judging_with_the_panel_closed_asks_for_nothing(open_page, reviewer, world, taxonomy):
    page = open_page(reviewer)
    asked = panel_requests(page)
    page.goto(reverse("review_round", args=[world.pk]))
    uid = judge_all(page, "y")
    shown(page, other_than=uid)
    settle(page)
    assert asked == []


def test_judging_does_not_wait_for_the_panel(open_page, reviewer, world, taxonomy):
    page = open_page(reviewer)
    page.goto(reverse("review_round", args=[world.pk]))
    shown(page)
    settle(page)
    page.route("**/panel/", lambda route: None)  # never answered
    page.keyboard.press("i")
    page.wait_for_timeout(300)
    uid = judge_all(page, "y")
    shown(page, other_than=uid)
    took = page.evaluate("performance.getEntriesByName('key-to-paint').map((e) => e.duration)")
    assert took
    assert max(took) < 1000


def test_hints_stand_under_the_definition_of_the_class_they_are_about(
    open_page, reviewer, world, taxonomy
):
    RoundCandidate.objects.exclude(candidate__class_index__in=[2, 3]).delete()
    Candidate.objects.exclude(class_index__in=[2, 3]).delete()
    page = open_page(reviewer)
    page.goto(reverse("review_round", args=[world.pk]))
    shown(page)
    row = page.locator(".review-candidate").filter(has_text="African elephant").first
    expect(row.locator(".review-hints")).to_contain_text("if tusks are visible.")


def test_on_a_phone_the_panel_leaves_the_buttons_within_reach(open_page, reviewer, world, taxonomy):
    page = open_page(reviewer)
    page.set_viewport_size({"width": 400, "height": 780})
    page.goto(reverse("review_round", args=[world.pk]))
    uid = shown(page)
    page.locator(".review-head [data-action=info]").click()
    expect(page.locator("#class-panel h2")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 400
    for _ in range(page.locator(".review-candidate").count()):
        page.locator(".review-thumb [data-verdict=correct]").click()
    shown(page, other_than=uid)
    saved(page)


def test_nothing_on_these_pages_is_out_of_anybodys_reach(open_page, admin, world, taxonomy):
    Candidate.objects.filter(class_index=2).update(verdict=Verdict.CORRECT)
    page = open_page(admin, bypass_csp=True)
    group = taxonomy.groups.get(name="all")
    relation = taxonomy.relations.first()
    for name, arguments in (
        ("relations", []),
        ("relation_new", []),
        ("relation_edit", [relation.pk]),
        ("relations_import", []),
        ("groups", []),
        ("group_new", []),
        ("group_page", [group.pk]),
        ("class_page", [2]),
    ):
        page.goto(reverse(name, args=[taxonomy.pk, *arguments]))
        settle(page)
        assert violations(page) == [], name
    page.goto(reverse("review_round", args=[world.pk]))
    shown(page)
    page.keyboard.press("i")
    expect(page.locator("#class-panel h2")).to_be_visible()
    assert violations(page) == []


def test_every_page_fits_a_phone(open_page, admin, taxonomy):
    page = open_page(admin)
    page.set_viewport_size({"width": 400, "height": 780})
    group = taxonomy.groups.get(name="all")
    for name, arguments in (
        ("relations", []), ("relation_new", []), ("relations_import", []), ("groups", []),
        ("group_new", []), ("group_page", [group.pk]), ("class_page", [2]),
    ):  # fmt: skip
        page.goto(reverse(name, args=[taxonomy.pk, *arguments]))
        settle(page)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 400, name
