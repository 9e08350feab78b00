"""The search in the browser, run in Chromium on the real class index."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from taxonomy.classes import class_index
from taxonomy.models import Taxonomy

pytestmark = pytest.mark.browser

ORIGIN = "http://tusker.test"
STATIC = Path(settings.BASE_DIR) / "static" / "taxonomy"
PAGE = """<!doctype html><html lang="en"><title>t</title>
<link rel="stylesheet" href="/class-search.css">
<label for="search">Class</label><input id="search"><ul id="list"></ul>
<script type="module">
  import * as search from "/class-search.js";
  const { classes, byIndex } = await search.loadClasses("/classes.json");
  Object.assign(window, { search, classes, byIndex, picked: [], seen: [], hide: new Set() });
  search.attachClassSearch(document.querySelector("input"), document.querySelector("ul"), {
    classes,
    onPick: (found) => picked.push(found.index),
    exclude: (found) => hide.has(found.index),
  });
  document.addEventListener("keydown", (event) => seen.push(event.key));
  window.ready = true;
</script>"""


@pytest.fixture(scope="module")
def index(imagenet1k_once, django_db_blocker):
    """The class index, and the class indices under "musical instrument"."""
    with django_db_blocker.unblock():
        taxonomy = Taxonomy.objects.get(name="imagenet1k")
        root = taxonomy.synsets.get(lemmas__contains=["musical instrument"])
        links = root.descendant_links.filter(descendant__label_class__isnull=False)
        return class_index(taxonomy), set(
            links.values_list("descendant__label_class__index", flat=True)
        )


@pytest.fixture
def page(browser, index):
    page = browser.new_page()
    page.route(f"{ORIGIN}/", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    page.route(
        f"{ORIGIN}/classes.json",
        lambda route: route.fulfill(body=index[0], content_type="application/json"),
    )
    page.route(
        re.compile(rf"{ORIGIN}/[a-z-]+\.(js|css)$"),
        lambda route: route.fulfill(path=STATIC / route.request.url.rpartition("/")[2]),
    )
    page.set_default_timeout(10_000)
    page.goto(f"{ORIGIN}/")
    page.wait_for_function("window.ready")
    yield page
    page.close()


def found(page, text: str) -> list[int]:
    return page.evaluate("text => search.searchClasses(classes, text).map(c => c.index)", text)


FIRST = {
    "tench": 0,
    "goldfish": 1,
    "Tinca tinca": 0,
    "african elephant": 386,
    "TUSKER": 101,
    "n02012849": 134,
    "134": 134,
    "lakeland": 189,
    "wire haired fox terrier": 188,
    "wirehaired fox": 188,
    "ray electric": 5,
    "electr": 5,
    "sunglass": 836,
    "sunglasses": 837,
    "Cardigan Welsh": 264,
    "great dane": 246,
    "crêpe": None,
    "screwdriver": 784,
    "carpenters kit": 477,
    "carpenter's kit": 477,
    "hen of the woods": 996,
    "jack-o-lantern": 607,
    "toilet paper": 999,
}


def test_finds_what_people_type(page):
    wrong = {
        text: found(page, text)[:3]
        for text, index in FIRST.items()
        if found(page, text)[:1] != ([] if index is None else [index])
    }
    assert wrong == {}


def test_shows_both_twins(page):
    assert set(found(page, "crane")[:2]) == {134, 517}
    assert set(found(page, "maillot")[:2]) == {638, 639}
    assert set(found(page, "cardigan")[:2]) == {264, 474}


def test_a_kind_lists_exactly_its_classes(page, index):
    everything = page.evaluate(
        "search.searchClasses(classes, 'musical instrument', 1000).map(c => c.index)"
    )
    assert len(everything) > 20
    assert set(everything) == index[1]
    paths = page.evaluate("search.searchClasses(classes, 'fungus', 9).map(c => c.path)")
    assert sum("fungus" in path for path in paths) >= 6


def test_words_of_the_definition_come_last(page):
    assert 134 in found(page, "long-necked wading")


def test_nothing_is_found_for_nothing(page):
    assert found(page, "  -- ") == []
    assert found(page, "xyzzy") == []


def test_every_class_is_first_or_a_twin_by_its_own_first_name(page):
    missed = page.evaluate(
        """classes.filter(c => !search.searchClasses(classes, c.names[0], 2).includes(c))
                  .map(c => c.names[0])"""
    )
    assert missed == []


def test_a_keystroke_takes_less_than_5_milliseconds(page):
    p95 = page.evaluate(
        """() => {
          const times = [];
          for (const found of classes) {
            for (let length = 1; length <= 8; length += 1) {
              const start = performance.now();
              search.searchClasses(classes, found.names[0].slice(0, length));
              times.push(performance.now() - start);
            }
          }
          return times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)];
        }"""
    )
    assert p95 < 5


def options(page) -> list[str]:
    return page.locator("[role=option] .class-search-name").all_text_contents()


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
