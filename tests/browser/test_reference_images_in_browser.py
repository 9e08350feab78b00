"""Contact sheets and comparisons in a real browser: by keyboard, by pointer, on a phone."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from taxonomy.loading import load_csv
from taxonomy.models import LabelClass, Taxonomy
from taxonomy.reference.importing import import_reference_images
from tests.browser.looking import settle, violations
from tests.taxonomy.reference.conftest import pictures, write_folder
from tests.worlds import CLASSES, draw

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def six(transactional_db, tmp_path) -> Taxonomy:
    """Classes a and c with twelve images, d with three, the others with none."""
    (tmp_path / "classes.csv").write_text(CLASSES)
    load_csv(tmp_path / "classes.csv", "six")
    taxonomy = Taxonomy.objects.get(name="six")
    files = pictures(0, 12, "a/") | pictures(100, 12, "c/") | pictures(200, 3, "d/")
    source = write_folder(tmp_path / "source", files)
    draw(source / "d" / "large.jpg", 1, (1600, 1200))
    import_reference_images(taxonomy, source, 12)
    return taxonomy


@pytest.fixture
def compare(six, open_page, labeler):
    """compare(index, …, options) -> the page with these classes, its sheets loaded."""

    def call(*indices: int, **options: object) -> Page:
        page = open_page(labeler, **options)
        query = "&".join(f"class={index}" for index in indices)
        page.goto(f"{reverse('compare', args=[six.pk])}?{query}")
        with_images = LabelClass.objects.filter(taxonomy=six, index__in=indices)
        count = with_images.exclude(reference_set=None).count()
        expect(page.locator("reference-sheet.is-loaded")).to_have_count(count)
        return page

    return call


def tile(page: Page, name: str, number: int):
    return page.get_by_role("button", name=f"{name}, image {number} of")


def test_the_images_of_a_class_are_one_request(six, open_page, labeler):
    page = open_page(labeler)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(reverse("compare", args=[six.pk]) + "?class=0")
    expect(page.locator("reference-sheet.is-loaded")).to_have_count(1)
    settle(page)
    assert len([url for url in asked if "/sheets/" in url]) == 1
    assert not [url for url in asked if "/references/" in url]


def test_a_sheet_is_one_tab_stop_and_arrows_go_among_its_images(compare):
    page = compare(0)
    tile(page, "crane", 1).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(tile(page, "crane", 3)).to_be_focused()
    page.keyboard.press("End")
    expect(tile(page, "crane", 12)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tile(page, "crane", 12)).to_be_focused()
    page.keyboard.press("Home")
    expect(tile(page, "crane", 1)).to_be_focused()
    page.keyboard.press("ArrowRight")
    assert page.locator('.reference-tile[tabindex="0"]').count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('reference-sheet')") is None
    page.keyboard.press("Shift+Tab")
    expect(tile(page, "crane", 2)).to_be_focused()


def test_arrow_down_goes_to_the_image_below(compare):
    page = compare(0, 2)
    tile(page, "crane", 2).focus()
    page.keyboard.press("ArrowDown")
    expect(tile(page, "crane", 7)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(tile(page, "crane", 2)).to_be_focused()


def test_the_viewer_opens_goes_on_zooms_and_gives_the_focus_back(compare):
    page = compare(0)
    tile(page, "crane", 2).focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text("2 of 12")).to_be_visible()
    expect(dialog.get_by_role("img", name="crane, image 2")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("img", name="crane, image 3")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(dialog.get_by_role("img", name="crane, image 12")).to_be_visible()
    small = dialog.get_by_role("img").bounding_box()
    page.keyboard.press("+")
    expect(dialog.locator(".stage.is-zoomed")).to_have_count(1)
    assert dialog.get_by_role("img").bounding_box()["width"] > small["width"] * 1.2
    page.keyboard.press("0")
    expect(dialog.locator(".stage.is-zoomed")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(tile(page, "crane", 12)).to_be_focused()


def test_zooming_in_fetches_the_original_of_a_large_image(compare):
    page = compare(3)
    with page.expect_request("**/original.jpg"):
        for number in range(1, 5):
            tile(page, "African elephant", number).click()
            for _ in range(8):
                page.keyboard.press("+")
            page.wait_for_timeout(200)
            page.keyboard.press("Escape")


def test_the_viewer_shows_the_same_number_of_each_class(compare):
    page = compare(0, 3)
    tile(page, "crane", 2).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("img", name="crane, image 2")).to_be_visible()
    expect(dialog.get_by_role("img", name="African elephant, image 2")).to_be_visible()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("img", name="crane, image 6")).to_be_visible()
    expect(dialog.get_by_text("African elephant: only 4 images")).to_be_visible()
    expect(dialog.get_by_role("img")).to_have_count(1)


@pytest.mark.parametrize("width", [1280, 400])
def test_image_n_of_one_class_is_beside_image_n_of_the_other(compare, width):
    page = compare(0, 2, viewport={"width": width, "height": 800})
    boxes = [
        [box.bounding_box() for box in sheet.locator(".reference-tile").all()]
        for sheet in page.locator("reference-sheet").all()
    ]
    for one, other in zip(*boxes, strict=True):
        assert (one["y"], one["width"], one["height"]) == pytest.approx(
            (other["y"], other["width"], other["height"]), abs=0.6
        )
    shifts = [other["x"] - one["x"] for one, other in zip(*boxes, strict=True)]
    assert max(shifts) - min(shifts) < 1
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_partner_of_the_image_under_the_eye_is_marked(compare):
    page = compare(0, 2)
    tile(page, "tusker", 5).hover()
    expect(page.locator(".is-marked")).to_have_count(1)
    expect(page.locator(".is-marked")).to_have_attribute("aria-label", "crane, image 5 of 12")
    tile(page, "crane", 7).focus()
    expect(page.locator(".is-marked")).to_have_attribute("aria-label", "tusker, image 7 of 12")
    page.keyboard.press("Tab")
    while "tusker, image" not in (page.evaluate("document.activeElement.ariaLabel") or ""):
        page.keyboard.press("Tab")
    expect(tile(page, "tusker", 7)).to_be_focused()


def test_classes_are_added_swapped_and_left_out_and_the_address_says_so(compare):
    page = compare(0)
    page.keyboard.press("a")
    expect(page.get_by_label("Compare with")).to_be_focused()
    page.keyboard.type("tusk")
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare/?class=0&class=2")
    expect(page.get_by_role("heading", level=2)).to_have_text(["crane", "tusker"])
    page.keyboard.press("s")
    page.wait_for_url("**/compare/?class=2&class=0")
    expect(page.get_by_role("heading", level=2)).to_have_text(["tusker", "crane"])
    page.get_by_label("Compare with").fill("sunglasses")
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare/?class=2&class=0&class=5")
    expect(page.get_by_label("Compare with")).to_have_count(0)
    page.get_by_role("link", name="Leave crane out").click()
    page.wait_for_url("**/compare/?class=2&class=5")
    page.go_back()
    expect(page.get_by_role("heading", level=2)).to_have_count(3)


def test_enter_before_the_classes_have_come_takes_the_class_when_they_are_there(
    six, open_page, labeler
):
    page = open_page(labeler)
    held: list[Route] = []
    page.route("**/classes/*/*.json", lambda route: held.append(route))
    page.goto(reverse("compare", args=[six.pk]) + "?class=0")
    page.keyboard.press("a")
    page.keyboard.type("tusk")
    page.keyboard.press("Enter")
    held[0].continue_()
    page.wait_for_url("**/compare/?class=0&class=2")


@pytest.fixture
def many(six, tmp_path) -> Taxonomy:
    """Class b with forty images."""
    source = write_folder(tmp_path / "many", pictures(300, 40, "b/"))
    import_reference_images(six, source, 40)
    return six


def test_the_page_of_a_class_shows_some_images_and_the_others_on_demand(many, open_page, labeler):
    page = open_page(labeler)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(reverse("class_page", args=[many.pk, 1]))
    expect(page.locator("reference-sheet.is-loaded .reference-tile")).to_have_count(28)
    page.get_by_role("button", name="Show all 40").click()
    expect(page.locator(".reference-tile")).to_have_count(40)
    expect(tile(page, "crane", 29)).to_be_focused()
    painted = page.locator(".reference-tile").evaluate_all(
        "all => all.filter((one) => one.style.backgroundImage.includes('/sheets/')).length"
    )
    assert painted == 40
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="crane, image 40 of 40")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("40 of 40")
    assert len([url for url in asked if "/sheets/" in url]) == 1


def test_a_sheet_that_does_not_load_says_so(six, open_page, labeler):
    page = open_page(labeler)
    page.route("**/sheets/**", lambda route: route.abort())
    page.goto(reverse("compare", args=[six.pk]) + "?class=0")
    expect(page.get_by_text("The images did not load")).to_be_visible()


def test_the_overview_shows_thumbnails_filters_and_leads_to_a_comparison(six, open_page, labeler):
    page = open_page(labeler)
    with page.expect_response("**/thumbs/**") as thumbs:
        page.goto(reverse("references", args=[six.pk]))
    assert thumbs.value.ok
    rows = page.locator("#classes li")
    expect(rows.locator("visible=true")).not_to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("sun")
    expect(page.locator("#classes li:visible")).to_have_count(2)
    expect(page.locator("#shown")).to_have_text("2 of 6")
    page.get_by_label("Filter the classes").fill("nothing like it")
    expect(page.get_by_text("No class is like that.")).to_be_visible()
    page.get_by_label("Filter the classes").fill("")
    page.get_by_label("Which classes").select_option("short")
    expect(page.locator("#classes li:visible")).to_have_count(1)
    page.get_by_label("Which classes").select_option("")
    expect(page.get_by_role("button", name="Compare")).to_be_disabled()
    page.get_by_label("crane, a").check()
    page.get_by_label("tusker, c").check()
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/compare/?class=0&class=2")


@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_nothing_wrong(six, open_page, admin, width):
    page = open_page(admin, bypass_csp=True, viewport={"width": width, "height": 800})
    page.goto(reverse("references", args=[six.pk]))
    assert violations(page) == []
    page.goto(reverse("compare", args=[six.pk]))
    assert violations(page) == []
    page.goto(reverse("compare", args=[six.pk]) + "?class=0&class=2&class=1")
    expect(page.locator("reference-sheet.is-loaded")).to_have_count(2)
    assert violations(page) == []
    tile(page, "crane", 1).click()
    expect(page.get_by_role("dialog").get_by_role("img")).to_have_count(2)
    assert violations(page) == []
    page.goto(reverse("imports") + "?kind=references")
    assert violations(page) == []
