"""The box in which classes are searched: keys, screen readers, what a result shows, pictures."""

import io
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture
def page(open_search):
    return open_search()


def found(page, text: str) -> list[int]:
    return page.evaluate("text => search.searchClasses(classes, text).map(c => c.index)", text)


def options(page) -> list[str]:
    return page.locator("[role=option] .class-search-name").all_text_contents()


def test_the_list_says_what_kind_was_found_and_how_many_classes_it_has(page):
    page.get_by_role("combobox").fill("musical instruments")
    note = "Kinds of musical instrument: 26 classes"
    assert page.locator(".class-search-note").inner_text() == note
    assert page.get_by_role("status").text_content() == f"26 classes. {note}"


def test_the_list_says_when_names_are_only_similar(page):
    page.get_by_role("combobox").fill("labordor")
    assert "these are similar" in page.locator(".class-search-note").inner_text()
    assert options(page)[0] == "Labrador retriever"
    page.get_by_role("combobox").fill("labrador")
    assert page.locator(".class-search-note").is_hidden()


def test_a_long_list_is_drawn_as_far_as_one_looks(page):
    box = page.get_by_role("combobox")
    box.fill("dog")
    count = len(found(page, "dog"))
    assert count >= 118
    assert len(options(page)) == 12
    assert page.get_by_role("option").first.get_attribute("aria-setsize") == str(count)
    page.get_by_role("listbox").hover()
    page.mouse.wheel(0, 5_000)
    page.wait_for_function("document.querySelectorAll('[role=option]').length > 12")
    box.press("End")
    assert len(options(page)) == count
    last = page.get_by_role("option").last
    assert last.get_attribute("aria-selected") == "true"
    assert last.get_attribute("aria-posinset") == str(count)


def test_is_a_combobox_that_screen_readers_understand(page):
    box = page.get_by_role("combobox", name="Class")
    assert box.get_attribute("aria-expanded") == "false"
    box.fill("crane")
    assert box.get_attribute("aria-expanded") == "true"
    active = page.locator(f"[id='{box.get_attribute('aria-activedescendant')}']")
    assert active.get_attribute("aria-selected") == "true"
    assert page.get_by_role("listbox", name="Classes").get_by_role("option").count() == 2
    assert page.get_by_role("status").text_content() == "2 classes"


def test_an_option_shows_names_definition_and_path(page):
    page.get_by_role("combobox").fill("tank suit")
    text = page.get_by_role("option").first.inner_text()
    assert "maillot" in text
    assert "tank suit" in text
    assert "woman's one-piece bathing suit" in text
    assert "swimsuit" in text
    assert "clothing" in text or "garment" in text


def test_keys_move_pick_and_leave(page):
    box = page.get_by_role("combobox")
    box.fill("crane")
    box.press("ArrowDown")
    box.press("Enter")
    assert page.evaluate("picked") == [517]
    assert box.input_value() == ""
    assert page.get_by_role("option").count() == 0
    box.fill("crane")
    box.press("ArrowUp")
    box.press("ArrowUp")
    box.press("Enter")
    assert page.evaluate("picked") == [517, 134]


def active_place(page) -> str | None:
    return page.locator("[aria-selected=true]").get_attribute("aria-posinset")


def test_keys_go_through_a_long_list(page):
    box = page.get_by_role("combobox")
    box.fill("dog")
    count = page.get_by_role("option").first.get_attribute("aria-setsize")
    seen = []
    for key in ("PageDown", "PageDown", "PageUp", "ArrowUp", "End", "ArrowDown", "ArrowUp", "Home"):
        box.press(key)
        seen.append(active_place(page))
    assert seen == ["7", "13", "7", "6", count, "1", count, "1"]


def test_keys_that_edit_the_text_stay_with_it(page):
    box = page.get_by_role("combobox")
    box.fill("xyzzy")
    box.press("Home")
    box.press("Delete")
    assert box.input_value() == "yzzy"
    box.fill("crane")
    box.press("Shift+Home")
    box.press("Delete")
    assert box.input_value() == ""


def test_escape_closes_then_empties_then_belongs_to_the_page(page):
    box = page.get_by_role("combobox")
    box.fill("crane")
    box.press("Escape")
    assert (options(page), box.input_value()) == ([], "crane")
    box.press("Escape")
    assert box.input_value() == ""
    assert "Escape" not in page.evaluate("seen")
    box.press("Escape")
    assert page.evaluate("seen") == ["Escape"]


def test_a_click_picks(page):
    page.get_by_role("combobox").fill("crane")
    page.get_by_role("option").nth(1).click()
    assert page.evaluate("picked") == [517]
    assert page.evaluate("document.activeElement.id") == "search"


def test_classes_that_are_excluded_are_not_offered(page):
    page.evaluate("hide.add(134)")
    page.get_by_role("combobox").fill("crane")
    assert page.get_by_role("option").count() == 1


def test_says_so_when_nothing_matches(page):
    page.get_by_role("combobox").fill("xyzzy")
    assert page.get_by_role("status").is_visible()
    assert "No class matches" in page.get_by_role("status").inner_text()


def test_text_of_a_taxonomy_is_never_markup(page):
    page.evaluate("classes[0].names = ['<img src=x onerror=alert(1)>']")
    page.get_by_role("combobox").fill("tench")
    assert options(page)[0] == "<img src=x onerror=alert(1)>"


def test_works_at_400_pixels(page):
    page.set_viewport_size({"width": 400, "height": 700})
    page.get_by_role("combobox").fill("dog")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 400
    assert len(options(page)) == 12


def marks(page, text: str) -> list[str]:
    page.get_by_role("combobox").fill(text)
    return page.get_by_role("option").first.locator("mark").all_text_contents()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lakel", ["Lakel"]),
        ("ray electric", ["electric", "ray"]),
        ("gold fish", ["goldfish"]),
        ("t shirt", ["T-shirt"]),
        ("axolotol", ["axolotl"]),
        ("wind instrument", ["wind", "instrument"]),
        ("carpenters k", ["carpenter's k"]),
    ],
)
def test_what_matched_is_marked(page, text, expected):
    assert set(expected) <= set(marks(page, text))


@pytest.mark.parametrize(
    ("text", "group"), [("beagle", "dogs"), ("tench", "organisms"), ("teapot", "objects")]
)
def test_a_result_shows_its_smallest_group(page, text, group):
    page.get_by_role("combobox").fill(text)
    assert page.locator(".class-search-group").first.inner_text() == group


def test_the_kind_that_was_named_is_in_the_path_however_far_up(page):
    page.get_by_role("combobox").fill("musical instrument")
    paths = page.locator(".class-search-path").all_text_contents()
    assert all("musical instrument" in path for path in paths)


def test_a_class_without_picture_shows_its_first_letter(page):
    page.get_by_role("combobox").fill("teapot")
    thumb = page.locator(".class-search-thumb").first
    assert thumb.text_content() == "t"
    assert thumb.get_attribute("aria-hidden") == "true"


COLUMNS, PER_SHEET, TILE = 4, 12, 16


def sheet(number: int) -> bytes:
    """A sheet whose every tile has a colour of its own: red the sheet, green the tile."""
    image = Image.new("RGB", (COLUMNS * TILE, PER_SHEET // COLUMNS * TILE))
    for place in range(PER_SHEET):
        corner = (place % COLUMNS * TILE, place // COLUMNS * TILE)
        image.paste(
            (40 + number, 10 + 20 * place, 200), (*corner, corner[0] + TILE, corner[1] + TILE)
        )
    file = io.BytesIO()
    image.save(file, "WEBP", lossless=True)
    return file.getvalue()


def test_pictures_are_cut_out_of_sheets_and_only_those_sheets_are_fetched(open_search):
    thumbs = {
        "url": "/sheet-{sheet}.webp",
        "tile": TILE,
        "columns": COLUMNS,
        "per_sheet": PER_SHEET,
    }
    page = open_search(thumbs={**thumbs, "has": [134, 517]})
    asked = []

    def serve(route):
        asked.append(int(re.search(r"sheet-(\d+)", route.request.url)[1]))
        route.fulfill(body=sheet(asked[-1]), content_type="image/webp")

    page.route("**/sheet-*.webp", serve)
    page.get_by_role("combobox").fill("dog")
    page.get_by_role("combobox").fill("crane")
    page.wait_for_load_state("networkidle")
    page.wait_for_function(
        "[...document.querySelectorAll('.class-search-thumb')].every(e => e.style.backgroundImage)"
    )
    page.wait_for_timeout(100)
    for place, index in enumerate([134, 517]):
        shot = page.locator(".class-search-thumb").nth(place).screenshot()
        colour = Image.open(io.BytesIO(shot)).convert("RGB").getpixel((24, 24))
        assert colour == (40 + index // PER_SHEET, 10 + 20 * (index % PER_SHEET), 200)
    assert sorted(asked) == [134 // PER_SHEET, 517 // PER_SHEET]


@pytest.mark.parametrize("text", ["", "terrier", "labordor", "xyzzy"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_about(page, text, scheme):
    page.emulate_media(color_scheme=scheme)
    page.get_by_role("combobox").fill(text)
    page.get_by_role("combobox").press("ArrowDown")
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in violations] == []
