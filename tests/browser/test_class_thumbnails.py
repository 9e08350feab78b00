"""Pictures beside the names of classes, wherever classes are links."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from annotation.models import Candidate, ReviewRound, Verdict
from taxonomy.guide.writing import Draft, create_entry
from taxonomy.models import Taxonomy
from taxonomy.reference.importing import import_reference_images
from taxonomy.relations import Statement, enter
from tests.browser.looking import settle
from tests.browser.test_reviewers_path import shown
from tests.taxonomy.reference.conftest import pictures, write_folder
from tests.worlds import picture_round

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def bare(tmp_path, admin) -> ReviewRound:
    """A round; a relation of classes 2 and 3, and a guide entry about them; no pictures."""
    review_round = picture_round(tmp_path)
    enter(review_round.taxonomy, Statement("subset", 3, 2), admin)
    create_entry(review_round.taxonomy, Draft("Tusks", "See the teeth.", [2, 3]), admin)
    create_entry(review_round.taxonomy, Draft("How to look", "Twice.", []), admin)
    Candidate.objects.filter(class_index__in=[0, 2]).update(verdict=Verdict.CORRECT)
    Candidate.objects.filter(class_index__in=[1, 3]).update(verdict=Verdict.INCORRECT)
    return review_round


@pytest.fixture
def pictured(bare, tmp_path) -> Taxonomy:
    """The same with reference images of classes 0 to 3."""
    files = {
        name: data
        for place, key in enumerate("abcd")
        for name, data in pictures(100 * place, 2, f"{key}/").items()
    }
    import_reference_images(bare.taxonomy, write_folder(tmp_path / "source", files), 2)
    return bare.taxonomy


def open_and_count(page: Page, address: str) -> list[str]:
    """The requests for sheets of thumbnails."""
    asked: list[str] = []
    page.on("request", lambda request: "/thumbs/" in request.url and asked.append(request.url))
    page.goto(address)
    settle(page)
    return asked


def drawn(page: Page, within: str = "main") -> dict[str, bool]:
    """{class index: whether all that stands for its picture is one}"""
    rows = page.locator(f"{within} class-thumb:visible").evaluate_all(
        """all => all.map((one) => [one.dataset.class, one.style.backgroundImage.includes("/thumbs/")])"""
    )
    return {index: all(is_one for key, is_one in rows if key == index) for index, _ in rows}


def pages(taxonomy: Taxonomy) -> dict[str, tuple[str, set[str]]]:
    """{what it is: its address, the indices of classes that are links there}"""
    pk = taxonomy.pk
    dogs = taxonomy.groups.create(name="tusks", position=9)
    dogs.members.set(taxonomy.classes.filter(index__in=[2, 3, 5]))
    entry = taxonomy.guide_entries.get(title="Tusks")
    return {
        "class page": (reverse("class_page", args=[pk, 0]), {"2", "3"}),
        "group": (reverse("group_page", args=[pk, dogs.pk]), {"2", "3", "5"}),
        "relations": (reverse("relations", args=[pk]) + "?state=accepted", {"2", "3"}),
        "comparison": (reverse("compare", args=[pk]) + "?class=3&class=4", {"3", "4"}),
        "guide entry": (reverse("guide_entry", args=[pk, entry.pk]), {"2", "3"}),
        "guide search": (reverse("guide", args=[pk]) + "?q=teeth", {"2", "3"}),
        "guide editor": (reverse("guide_edit", args=[pk, entry.pk]), {"2", "3"}),
        "reference images": (reverse("references", args=[pk]), set("012345")),
    }


def test_every_page_with_links_to_classes_shows_their_pictures_by_one_request(
    open_page, admin, pictured
):
    for name, (address, indices) in pages(pictured).items():
        page = open_page(admin)
        asked = open_and_count(page, address)
        found = drawn(page)
        assert indices <= set(found), name
        for index, is_drawn in found.items():
            assert is_drawn == (index in set("0123")), (name, index)
        assert len(asked) == 1, name


def test_the_guide_shows_a_picture_for_each_entry_about_a_class(open_page, admin, pictured):
    page = open_page(admin)
    open_and_count(page, reverse("guide", args=[pictured.pk]))
    assert drawn(page, ".guide-section") == {"2": True, "": False}
    assert drawn(page, ".guide-wanted") == {"0": True, "1": True}  # twins: pictures tell them apart
    assert drawn(page, ".confusions") != {}


@pytest.mark.parametrize("width", [400, 1280])
def test_no_page_scrolls_sideways(open_page, admin, pictured, width):
    page = open_page(admin, viewport={"width": width, "height": 800})
    more = [
        reverse(name, args=[pictured.pk])
        for name in ("explorer", "guide", "groups", "group_new", "relation_new", "relations_import")
    ]
    for address in (*(address for address, _ in pages(pictured).values()), *more):
        page.goto(address)
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


TILE = "one => [one.style.backgroundSize, one.style.backgroundPosition]"


def test_a_picture_is_the_tile_of_its_class_scaled_to_its_place(open_page, admin, pictured):
    page = open_page(admin)
    open_and_count(page, reverse("relations", args=[pictured.pk]) + "?state=accepted")
    thumb = page.locator('class-thumb[data-class="3"]')
    assert thumb.evaluate(TILE) == ["560px auto", "-84px 0px"]  # 20 columns of 28 pixels


BOXES = """() => [...document.querySelectorAll("main *")].map((one) => {
  const { x, y, width, height } = one.getBoundingClientRect();
  return [one.tagName, x, y, width, height].join(" ");
})"""


def boxes(page: Page, address: str) -> list[str]:
    open_and_count(page, address)
    expect(page.locator(".class-confusions")).to_be_visible()
    expect(page.locator("reference-sheet.is-loaded")).to_have_count(1)
    return page.evaluate(BOXES)


def test_nothing_moves_when_pictures_arrive(open_page, admin, pictured):
    address = reverse("class_page", args=[pictured.pk, 0])
    without, with_pictures = open_page(admin), open_page(admin)
    without.route("**/class-thumb.js", lambda route: route.abort())
    assert boxes(without, address) == boxes(with_pictures, address)
    assert not drawn(without)["2"]
    assert drawn(with_pictures)["2"]


def test_where_no_class_has_a_picture_no_place_is_kept_for_one(open_page, admin, bare):
    for address, _ in pages(bare.taxonomy).values():
        page = open_page(admin)
        assert open_and_count(page, address) == []
        expect(page.locator("class-thumb:visible")).to_have_count(0)


def test_the_panel_beside_an_image_under_review_shows_pictures(open_page, reviewer, bare, pictured):
    page = open_page(reviewer)
    page.goto(reverse("review_round", args=[bare.pk]))
    shown(page)
    page.keyboard.press("i")
    expect(page.locator("#class-panel .class-list")).to_be_visible()
    settle(page)
    found = drawn(page, "#class-panel")
    assert found
    assert all(is_drawn == (index in set("0123")) for index, is_drawn in found.items())


def test_twins_that_were_picked_are_told_apart_by_their_pictures(open_page, labeler, pictured):
    page = open_page(labeler)
    open_and_count(page, reverse("guide_new", args=[pictured.pk]))
    box = page.get_by_role("combobox", name="About the classes")
    for _ in range(2):
        box.fill("crane")
        box.press("Enter")
    expect(page.locator(".class-chips .class-name")).to_have_text(["crane", "crane"])
    thumbs = page.locator(".class-chips class-thumb")
    places = thumbs.evaluate_all("all => all.map((one) => one.style.backgroundPosition)")
    assert places == ["0px 0px", "-28px 0px"]
    settle(page)


def test_labelers_get_pictures_of_reference_images_and_of_nothing_else(
    open_page, labeler: User, pictured
):
    page = open_page(labeler)
    open_and_count(page, reverse("class_page", args=[pictured.pk, 0]))
    assert drawn(page)["2"]
    expect(page.locator("main img")).to_have_count(0)
