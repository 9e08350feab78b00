"""The labeling guide in a real browser: two people write, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page, expect

from taxonomy.guide import writing
from taxonomy.guide.writing import Draft, create_entry, save_entry
from taxonomy.loading import load_csv
from taxonomy.models import GuideEntry, GuideImage, Taxonomy
from taxonomy.reference.importing import import_reference_images
from tests.browser.looking import settle, violations
from tests.taxonomy.reference.conftest import pictures, write_folder
from tests.workers import own_worker
from tests.worlds import CLASSES, draw

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CODE = """```compare
A: a
B: d
nose: beak | trunk
```"""


@pytest.fixture
def six(transactional_db, tmp_path) -> Taxonomy:
    cache.clear()
    (tmp_path / "six.csv").write_text(CLASSES)
    load_csv(tmp_path / "six.csv")
    return Taxonomy.objects.get(name="six")


@pytest.fixture
def entry(six, labeler) -> GuideEntry:
    return create_entry(six, Draft("Cranes", "The bird has feathers.", [0, 1]), labeler)


def write(page: Page, text: str) -> None:
    page.get_by_label("Text in Markdown").fill(text)


def wait_until_kept(page) -> None:
    """Until the browser has put the draft away; the page's policy allows no evaluated condition."""
    for _ in range(50):
        if page.evaluate("localStorage.length") == 1:
            return
        page.wait_for_timeout(100)
    raise AssertionError("no draft was kept")


def test_writing_an_entry_with_a_preview_a_class_and_a_picture(open_page, labeler, six, tmp_path):
    page = open_page(labeler)
    page.goto(reverse("guide", args=[six.pk]))
    page.keyboard.press("n")
    page.get_by_label("Title").fill("Cranes and elephants")
    box = page.get_by_role("combobox", name="About the classes")
    box.fill("african")
    box.press("Enter")
    expect(page.locator(".class-chips .class-name")).to_have_text(["African elephant"])
    write(page, f"## Look at the *nose*\n\n{CODE}\n\nSee [[d]].\n")
    preview = page.get_by_role("region", name="Preview of the text")
    expect(preview.get_by_role("heading", name="Look at the nose")).to_be_visible()
    expect(preview.get_by_role("row", name="nose beak trunk")).to_be_visible()
    draw(tmp_path / "nose.jpg", 1)
    page.locator("#pictures").set_input_files(tmp_path / "nose.jpg")
    expect(preview.locator("img")).to_have_count(1)
    assert (
        preview.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)")
        == 640
    )
    page.keyboard.type("the nose")  # in place of what is selected: what the picture shows
    expect(preview.get_by_role("img", name="the nose")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Cranes and elephants")).to_be_visible()
    expect(page.get_by_role("img", name="the nose")).to_be_visible()
    assert page.url.endswith(reverse("guide_entry", args=[six.pk, GuideEntry.objects.get().pk]))
    page.wait_for_function("() => localStorage.length === 0")
    assert GuideEntry.objects.get().current.class_indices == [3]


def drop(page: Page, kind: str, path: Path) -> None:
    """Paste or drop a file into the text, as the browser would tell the page of it."""
    page.evaluate(
        """async ([kind, bytes]) => {
          const files = new DataTransfer();
          files.items.add(new File([new Uint8Array(bytes)], "x.jpg", { type: "image/jpeg" }));
          const options = { bubbles: true, cancelable: true };
          const event = kind === "paste"
            ? new ClipboardEvent("paste", { ...options, clipboardData: files })
            : new DragEvent("drop", { ...options, dataTransfer: files });
          document.getElementById("text").dispatchEvent(event);
        }""",
        [kind, list(path.read_bytes())],
    )


def test_pictures_are_pasted_and_dropped(open_page, labeler, six, entry, tmp_path):
    page = open_page(labeler)
    page.goto(reverse("guide_edit", args=[six.pk, entry.pk]))
    images = page.get_by_role("region", name="Preview of the text").locator("img")
    for number, kind in enumerate(("paste", "drop"), 1):
        draw(tmp_path / f"{kind}.jpg", number)
        drop(page, kind, tmp_path / f"{kind}.jpg")
        expect(images).to_have_count(number)
    (tmp_path / "none.jpg").write_text("no picture")
    drop(page, "drop", tmp_path / "none.jpg")
    expect(page.locator("#counter")).to_contain_text("x.jpg: is not a picture")
    assert GuideImage.objects.count() == 2


def test_two_people_write_at_once_and_both_texts_are_kept(open_page, labeler, reviewer, six, entry):
    address = reverse("guide_edit", args=[six.pk, entry.pk])
    mine, theirs = open_page(labeler), open_page(reviewer)
    mine.goto(address)
    theirs.goto(address)
    write(theirs, "The bird has long legs.")
    theirs.keyboard.press("Control+Enter")
    expect(theirs.get_by_role("heading", name="Cranes")).to_be_visible()
    write(mine, "The bird has feathers and wings.")
    mine.keyboard.press("Control+Enter")
    expect(mine.get_by_role("alert")).to_contain_text(
        "rosalind saved this entry while you were writing"
    )
    expect(mine.get_by_label("Text in Markdown")).to_have_value("The bird has feathers and wings.")
    expect(mine.locator("del")).to_have_text("long legs")
    expect(mine.locator("ins")).to_have_text("feathers and wings")
    write(mine, "The bird has long legs and wings.")
    mine.keyboard.press("Control+Enter")
    expect(mine.locator("article.guide-text")).to_have_text("The bird has long legs and wings.")
    mine.wait_for_load_state("load")
    mine.keyboard.press("h")
    expect(mine.get_by_text("kept aside")).to_be_visible()
    mine.get_by_label("Revision 3 as the old text").check()
    mine.get_by_label("Revision 1 as the new text").check()
    mine.get_by_role("button", name="Compare").click()
    expect(mine.get_by_role("heading", name="From revision 3 to 1")).to_be_visible()
    expect(mine.locator("del")).to_have_text(" and wings")
    mine.get_by_role("button", name="Restore revision 1").click()
    expect(mine.locator("article.guide-text")).to_have_text("The bird has feathers.")
    assert entry.revisions.count() == 5


def test_a_closed_tab_loses_nothing(open_page, labeler, six, entry):
    page = open_page(labeler)
    address = reverse("guide_edit", args=[six.pk, entry.pk])
    page.goto(address)
    write(page, "Half a thou")
    wait_until_kept(page)
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("#draft")).to_contain_text("was not saved")
    expect(page.get_by_label("Text in Markdown")).to_have_value("The bird has feathers.")
    page.get_by_role("button", name="Take it up").click()
    expect(page.get_by_label("Text in Markdown")).to_have_value("Half a thou")
    expect(page.locator(".class-chips li")).to_have_count(2)
    page.keyboard.press("Control+Enter")
    expect(page.locator("article.guide-text")).to_have_text("Half a thou")
    page.wait_for_function("() => localStorage.length === 0")


def test_a_draft_from_before_somebody_elses_change_meets_it(
    open_page, labeler, reviewer, six, entry
):
    page = open_page(labeler)
    address = reverse("guide_edit", args=[six.pk, entry.pk])
    page.goto(address)
    write(page, "My old draft.")
    wait_until_kept(page)
    page.goto("about:blank")
    save_entry(entry, Draft("Cranes", "Changed.", [0, 1]), reviewer, base=1)
    page.goto(address)
    expect(page.locator("#draft")).to_contain_text("The entry has been changed since.")
    page.get_by_role("button", name="Take it up").click()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("rosalind saved this entry")
    expect(page.get_by_label("Text in Markdown")).to_have_value("My old draft.")


def test_a_text_that_is_too_long_stays_on_the_page(open_page, labeler, six, entry):
    page = open_page(labeler)
    page.goto(reverse("guide_edit", args=[six.pk, entry.pk]))
    page.evaluate("document.getElementById('text').value = 'x'.repeat(2 ** 20)")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#counter")).to_contain_text("The text is too long: 1,048,576 characters")
    assert page.evaluate("document.getElementById('text').value.length") == 2**20
    assert entry.revisions.count() == 1


def test_an_old_revision_shows_the_reference_images_of_its_comparisons(
    open_page, labeler, six, tmp_path
):
    source = write_folder(tmp_path / "source", pictures(0, 3, "a/"))
    import_reference_images(six, source, 3)
    entry = create_entry(six, Draft("Beaks", CODE, [0, 3]), labeler)
    save_entry(entry, Draft("Beaks", "Another text.", [0, 3]), labeler, base=1)
    page = open_page(labeler)
    page.goto(reverse("guide_revision", args=[six.pk, entry.pk, 1]))
    expect(page.locator("reference-sheet.is-loaded .reference-tile")).to_have_count(3)


def test_search_answers_while_typing(open_page, labeler, six, entry):
    create_entry(six, Draft("Glass", "For eyes.", [4]), labeler)
    page = open_page(labeler)
    page.goto(reverse("guide", args=[six.pk]))
    page.keyboard.press("/")
    page.keyboard.type("feath")
    expect(page.locator(".guide-hits li")).to_have_count(1)
    expect(page.locator("mark")).to_have_text("feathers")
    page.wait_for_url("**?q=feath")


@pytest.fixture
def worker(transactional_db):
    """A Celery worker of this test, on a queue of its own."""
    with own_worker("guide-test"):
        yield


def test_the_whole_guide_is_made_and_downloaded(open_page, labeler, six, entry, worker):
    page = open_page(labeler)
    page.goto(reverse("guide", args=[six.pk]))
    for kind, begins in (("PDF", b"%PDF-"), ("HTML", b"<!doctype html>")):
        page.get_by_role("button", name=f"Make {kind}").click()
        link = page.get_by_role("link", name=f"Download {kind}")
        expect(link).to_be_visible(timeout=60_000)
        with page.expect_download() as download:
            link.click()
        assert download.value.path().read_bytes().startswith(begins)


@pytest.mark.parametrize("width", [1280, 400])
def test_pages_are_accessible_and_fit(open_page, admin, labeler, six, entry, width):
    text = f"# Nose\n\n{CODE}\n\n| a | b |\n| - | -: |\n| 1 | 2 |\n\n[[nothing]] `code` [x](https://a.example)"
    save_entry(entry, Draft("Cranes", text, [0, 2], "more"), admin, base=1)
    writing.comment(entry, "Really?", labeler)
    writing.wish(six.classes.get(index=5), labeler, wanted=True)
    viewport = {"width": width, "height": 800}
    page = open_page(admin, bypass_csp=True, viewport=viewport)
    entry_arguments = [six.pk, entry.pk]
    for address in (
        reverse("guide", args=[six.pk]),
        reverse("guide", args=[six.pk]) + "?q=nose",
        reverse("guide_entry", args=entry_arguments),
        reverse("guide_edit", args=entry_arguments),
        reverse("guide_history", args=entry_arguments),
        reverse("guide_revision", args=[*entry_arguments, 1]),
        reverse("guide_new", args=[six.pk]),
    ):
        page.goto(address)
        settle(page)
        assert violations(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
