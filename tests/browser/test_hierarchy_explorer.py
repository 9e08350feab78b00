"""The hierarchy explorer in a real browser: keys, pointer, addresses, picking, small screens."""

from __future__ import annotations

import io

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.urls import reverse
from playwright.sync_api import Page, expect

from taxonomy.hierarchy import hierarchy_url
from taxonomy.loading import load_csv, load_imagenet1k
from taxonomy.models import Taxonomy
from tests.browser.looking import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TO_LAKELAND_TERRIER = [
    *["ArrowRight"] * 6, "d", *["ArrowRight"] * 2, "h", "ArrowRight", "t", "ArrowRight", "w",
    "ArrowRight",
]  # fmt: skip
MARKED = """() => {
  const tree = document.querySelector("[role=tree]");
  return document.getElementById(tree.getAttribute("aria-activedescendant")).textContent;
}"""
# Where the drawing names a node, as the pointer finds it.
PLACE_OF = """(name) => {
  const tree = document.querySelector("[role=tree]");
  const box = tree.getBoundingClientRect();
  for (let y = 2; y < box.height; y += 6) for (let x = 3; x < box.width; x += 20) {
    const at = { clientX: box.x + x, clientY: box.y + y, pointerType: "mouse" };
    tree.dispatchEvent(new PointerEvent("pointermove", at));
    const said = document.querySelector(".explorer-tip strong")?.textContent ?? "";
    if (said.split(" › ").at(-1) === name) return [x, y];
  }
  return null;
}"""
TIP_AT = """([x, y]) => {
  const tree = document.querySelector("[role=tree]");
  const box = tree.getBoundingClientRect();
  const at = { clientX: box.x + x * box.width, clientY: box.y + y * box.height };
  tree.dispatchEvent(new PointerEvent("pointermove", { ...at, pointerType: "mouse" }));
  return document.querySelector(".explorer-tip").textContent;
}"""
MIXED = """\
index,key,name,parents,definition
0,pug,pug,dog|toy,a small dog
1,akita,akita,dog,a large dog
2,top,top,toy,it spins
3,a/b c,odd one,toy,
,dog,dog,,a domestic animal
,toy,toy,,to play with
"""


@pytest.fixture(scope="module")
def rows() -> dict[str, bytes]:
    """What loading ImageNet wrote, by table, once a test has loaded it."""
    return {}


@pytest.fixture
def imagenet(db, rows) -> Taxonomy:
    """ImageNet's classes: loaded for the first test, for the others put back in an instant."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table, data in rows.items():
            cursor.copy_expert(f"COPY {table} FROM STDIN", io.BytesIO(data))
        if not rows:
            load_imagenet1k()
            for model in apps.get_app_config("taxonomy").get_models(include_auto_created=True):
                table = model._meta.db_table
                copy = io.BytesIO()
                cursor.copy_expert(f"COPY {table} TO STDOUT", copy)
                rows[table] = copy.getvalue()
    return Taxonomy.objects.get()


@pytest.fixture
def mixed(db, tmp_path) -> Taxonomy:
    (tmp_path / "mixed.csv").write_text(MIXED)
    load_csv(tmp_path / "mixed.csv")
    return Taxonomy.objects.get()


def explore(page: Page, taxonomy: Taxonomy, query: str = "") -> None:
    page.goto(reverse("explorer", args=[taxonomy.pk]) + query)
    page.wait_for_selector("[role=treeitem]", state="attached")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def marked(page: Page) -> str:
    return page.evaluate(MARKED)


def at_rest(page: Page) -> None:
    expect(page.locator(".explorer-stage[data-moving]")).to_have_count(0)


def click_on(page: Page, name: str) -> None:
    x, y = place_of(page, name)
    page.locator("[role=tree]").click(position={"x": x, "y": y})


def place_of(page: Page, name: str) -> tuple[float, float]:
    """Where a cell is, once it is drawn and at rest."""
    at_rest(page)
    x, y = page.wait_for_function(PLACE_OF, arg=name).json_value()
    return x, y


def way(page: Page) -> list[str]:
    return page.locator(".explorer-way li").all_text_contents()


def test_keys_lead_from_entity_to_lakeland_terrier_and_back(open_page, labeler, imagenet):
    page = open_page(labeler)
    explore(page, imagenet)
    assert marked(page) == "entity, 1,000 classes"
    press(page, *TO_LAKELAND_TERRIER)
    assert len(TO_LAKELAND_TERRIER) <= 15
    assert marked(page) == "Lakeland terrier, class"
    expect(page.get_by_role("heading", level=2)).to_have_text("Lakeland terrier")
    panel = page.locator(".explorer-panel")
    expect(panel).to_contain_text("class 189")
    expect(panel).to_contain_text("breed of wire-haired terrier")
    press(page, "ArrowDown")
    assert marked(page) == "Sealyham terrier, class"
    press(page, "ArrowUp", "ArrowLeft", "Backspace")
    assert marked(page) == "terrier, 26 classes"
    press(page, "Home")
    assert marked(page) == "entity, 1,000 classes"


def test_four_clicks_lead_from_entity_to_lakeland_terrier(open_page, labeler, imagenet):
    page = open_page(labeler)
    explore(page, imagenet)
    for name in ("animal", "dog", "terrier", "Lakeland terrier"):
        click_on(page, name)
        expect(page.get_by_role("heading", level=2)).to_have_text(name)
    click_on(page, "wirehair")
    assert marked(page) == "wirehair, 2 classes"
    click_on(page, "terrier")  # the strip on the left leads back
    assert marked(page) == "terrier, 26 classes"


def test_a_node_is_reached_through_each_of_its_parents_and_says_so(open_page, labeler, imagenet):
    page = open_page(labeler)
    explore(page, imagenet, "?at=n02084071")
    assert way(page)[-1] == "domestic animal"
    expect(page.locator(".explorer-others")).to_have_text("Also reached through canine")
    page.get_by_role("link", name="canine").click()
    assert marked(page) == "dog, 118 classes"
    assert way(page)[-1] == "canine"
    expect(page.locator(".explorer-others")).to_have_text("Also reached through domestic animal")


def test_the_address_leads_somebody_else_to_the_same_node_on_the_same_way(
    open_page, labeler, reviewer, imagenet
):
    page = open_page(labeler)
    explore(page, imagenet, "?at=n02084071")
    page.get_by_role("link", name="canine").click()
    page.get_by_role("link", name="hunting dog").click()
    page.wait_for_url("**/n02087122")
    taken = way(page)
    assert "canine" in taken
    other = open_page(reviewer)
    other.goto(page.url)
    expect(other.get_by_role("heading", level=2)).to_have_text("hunting dog")
    assert way(other) == taken


def test_from_the_page_of_a_class_the_way_that_was_clicked_is_the_one_that_opens(
    open_page, labeler, imagenet
):
    beagle = imagenet.classes.get(synset__lemmas__0="beagle")
    page = open_page(labeler)
    for through in ("domestic animal", "canine"):
        page.goto(reverse("class_page", args=[imagenet.pk, beagle.index]))
        ways = page.locator(".class-way").filter(has_text=through)
        expect(ways).to_have_count(1)
        for name in ("dog", "beagle"):
            page.goto(reverse("class_page", args=[imagenet.pk, beagle.index]))
            ways.get_by_role("link", name=name, exact=True).click()
            expect(page.get_by_role("heading", level=2)).to_have_text(name)
            assert through in way(page)


def test_an_address_may_name_nodes_that_are_folded_away(open_page, labeler, tmp_path):
    """b and c say nothing of their own: a leads to d at once, by two ways."""
    rows = (
        "index,key,name,parents\n0,x,ex,d\n1,y,why,d\n2,z,zed,a\n,a,a,\n,b,b,a\n,c,c,b\n,d,d,c|a\n"
    )
    (tmp_path / "folded.csv").write_text(rows)
    load_csv(tmp_path / "folded.csv")
    taxonomy = Taxonomy.objects.get()
    page = open_page(labeler)
    for address, expected in (
        ("a/b/c/d", ["a"]), ("b/d", ["a"]), ("a/b", ["a"]), ("a/b/c/d/x", ["a", "d"]),
    ):  # fmt: skip
        explore(page, taxonomy, f"?at={address}")
        assert (address, way(page)) == (address, expected)
    assert marked(page) == "ex, class"
    explore(page, taxonomy, "?at=a/b/c/d")
    expect(page.locator(".explorer-panel")).to_contain_text("b › c › d")
    explore(page, taxonomy, "?at=a/d")
    expect(page.locator(".explorer-panel")).not_to_contain_text("b › c › d")


def test_the_place_is_kept_when_the_page_is_left_and_an_address_goes_before_it(
    open_page, labeler, mixed
):
    page = open_page(labeler)
    explore(page, mixed)
    press(page, "t")
    assert marked(page) == "toy, 3 classes"
    page.goto(reverse("password_change"))
    explore(page, mixed)
    assert marked(page) == "toy, 3 classes"
    explore(page, mixed, "?at=dog/pug")
    assert (marked(page), way(page)) == ("pug, class", ["mixed", "dog"])


def test_addresses_hold_any_key_and_a_wrong_one_leads_to_the_root(open_page, labeler, mixed):
    page = open_page(labeler)
    explore(page, mixed)
    press(page, "t", "ArrowRight", "End")
    assert marked(page) == "odd one, class"
    page.wait_for_url("**/?at=toy/a%2Fb%20c")
    page.reload()
    page.wait_for_selector("[role=treeitem]", state="attached")
    assert (marked(page), way(page)) == ("odd one, class", ["mixed", "toy"])
    explore(page, mixed, "?at=gone/a%2Fb%20c")
    assert marked(page) == "odd one, class"
    explore(page, mixed, "?at=gone/%zz")
    assert marked(page) == "mixed, 4 classes"


def test_search_moves_the_explorer_to_the_class(open_page, labeler, imagenet):
    page = open_page(labeler)
    explore(page, imagenet)
    press(page, "/")
    page.keyboard.type("lakeland")
    page.wait_for_selector("[role=option]")
    press(page, "Enter")
    assert marked(page) == "Lakeland terrier, class"
    press(page, "ArrowLeft")
    assert marked(page) == "wirehair, 2 classes"
    press(page, "/", "Escape", "ArrowRight")
    assert marked(page) == "Lakeland terrier, class"


def test_letters_lead_along_siblings_and_a_longer_beginning_is_more_exact(
    open_page, labeler, mixed
):
    page = open_page(labeler)
    explore(page, mixed)
    press(page, "d")
    assert marked(page) == "dog, 2 classes"
    press(page, "ArrowRight", "a")
    assert marked(page) == "akita, class"
    press(page, "ArrowLeft", "t", "ArrowRight")
    page.keyboard.type("odd o")
    assert marked(page) == "odd one, class"


def test_the_tree_says_level_place_and_state_to_screen_readers(open_page, labeler, imagenet):
    page = open_page(labeler)
    explore(page, imagenet, "?at=n02092468")
    items = page.get_by_role("treeitem")
    expect(items.last).to_have_text("terrier, 26 classes")
    expect(items.last).to_have_attribute("aria-expanded", "true")
    press(page, "ArrowDown")
    item = items.last
    expect(item).to_have_attribute("aria-level", str(items.count()))
    expect(item).to_have_attribute("aria-setsize", "4")
    expect(item).to_have_attribute("aria-posinset", "3")
    expect(item).to_have_attribute("aria-expanded", "false")


PICK = """async ([hierarchyUrl, classesUrl]) => {
  const { pickFromHierarchy } = await import("/static/taxonomy/explorer-dialog.js");
  window.heard = [];
  document.addEventListener("keydown", (event) => window.heard.push(event.key));
  window.picked = "nothing yet";
  pickFromHierarchy({ hierarchyUrl, classesUrl }).then((index) => { window.picked = index; });
}"""


def open_dialog(page: Page, taxonomy: Taxonomy) -> None:
    urls = page.evaluate("() => JSON.parse(document.querySelector('#explorer-config').textContent)")
    page.evaluate(PICK, [hierarchy_url(taxonomy), urls["classesUrl"]])
    page.wait_for_selector("dialog [role=treeitem]", state="attached")


def in_dialog(page: Page) -> str:
    return page.locator("dialog [role=treeitem]").last.text_content() or ""


def test_a_class_is_picked_in_a_dialog_by_keys_which_the_page_behind_does_not_hear(
    open_page, labeler, mixed
):
    page = open_page(labeler)
    explore(page, mixed)
    open_dialog(page, mixed)
    press(page, "t", "Enter", "End", "ArrowUp")
    assert in_dialog(page) == "top, class"
    press(page, "Enter")
    page.wait_for_function("() => window.picked === 2")
    expect(page.locator("dialog")).to_have_count(0)
    assert page.evaluate("window.heard") == []
    open_dialog(page, mixed)
    assert in_dialog(page) == "top, class"  # it goes on where it was left
    press(page, "Escape")
    page.wait_for_function("() => window.picked === null")


def test_a_class_is_picked_in_the_dialog_by_its_button_after_a_search(open_page, labeler, mixed):
    page = open_page(labeler)
    explore(page, mixed)
    open_dialog(page, mixed)
    dialog = page.get_by_role("dialog", name="Pick a class")
    dialog.get_by_label("Find a class").fill("akita")
    dialog.get_by_role("option").first.click()
    dialog.get_by_role("button", name="Choose this class").click()
    page.wait_for_function("() => window.picked === 1")


# A sheet on which the tile of class n is of the colour rgb(200, 10 + n, 40).
MOUNT_WITH_PICTURES = """async (hierarchyUrl) => {
  const { mountExplorer } = await import("/static/taxonomy/explorer.js");
  const sheet = document.createElement("canvas");
  sheet.width = sheet.height = 16;
  const context = sheet.getContext("2d");
  [[0, 0], [8, 0], [0, 8], [8, 8]].forEach(([x, y], index) => {
    context.fillStyle = `rgb(200 ${10 + index} 40)`;
    context.fillRect(x, y, 8, 8);
  });
  const thumbs = { url: sheet.toDataURL(), tile: 8, columns: 2, per_sheet: 4, has: [0, 1, 2] };
  const element = document.querySelector("#explorer");
  const explorer = await mountExplorer(element, { hierarchyUrl, thumbs });
  explorer.focus();
}"""
COLOURS = """() => {
  const canvas = document.querySelector(".explorer-canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const found = new Set();
  for (let at = 0; at < data.length; at += 4)
    if (data[at] === 200 && data[at + 2] === 40) found.add(data[at + 1] - 10);
  return [...found].sort();
}"""


def test_every_node_shows_pictures_of_its_classes_and_an_initial_where_there_is_none(
    open_page, labeler, mixed
):
    page = open_page(labeler)
    explore(page, mixed)
    page.evaluate(MOUNT_WITH_PICTURES, hierarchy_url(mixed))
    page.wait_for_function(f"() => ({COLOURS})().length === 3")
    root = page.locator(".explorer-head .explorer-picture span")
    expect(root).to_have_count(3)  # pug for the dogs, pug and top for the toys, then akita
    press(page, "t", "ArrowRight", "End")
    assert marked(page) == "odd one, class"
    expect(page.locator(".explorer-head .explorer-picture")).to_have_text("O")
    press(page, "ArrowUp")
    expect(page.locator(".explorer-head .explorer-picture span")).to_have_count(1)


TELL = """async ([hierarchyUrl, has]) => {
  const { loadHierarchy } = await import("/static/taxonomy/explorer-data.js");
  const { Pictures } = await import("/static/taxonomy/explorer-pictures.js");
  const hierarchy = await loadHierarchy(hierarchyUrl);
  return new Pictures(hierarchy, { url: "", has }, () => {}).tell(hierarchy.root);
}"""


def test_pictures_stand_for_classes_only_where_nearly_all_have_one(open_page, labeler, tmp_path):
    (tmp_path / "flat.csv").write_text("name\n" + "".join(f"thing {n}\n" for n in range(10)))
    load_csv(tmp_path / "flat.csv")
    page = open_page(labeler)
    explore(page, Taxonomy.objects.get())
    url = hierarchy_url(Taxonomy.objects.get())
    assert page.evaluate(TELL, [url, list(range(8))])
    assert not page.evaluate(TELL, [url, list(range(7))])


def test_ten_thousand_classes_without_hierarchy_can_be_gone_through(open_page, labeler, tmp_path):
    (tmp_path / "flat.csv").write_text("name\n" + "".join(f"thing {n}\n" for n in range(10_000)))
    load_csv(tmp_path / "flat.csv")
    page = open_page(labeler)
    explore(page, Taxonomy.objects.get())
    assert marked(page) == "flat, 10,000 classes"
    assert page.locator(".explorer-children li").count() == 100
    press(page, "ArrowRight", "ArrowDown", "PageDown")
    assert marked(page) == "thing 11, class"
    press(page, "End")
    assert marked(page) == "thing 9999, class"
    click_on(page, "thing 9990")
    press(page, "ArrowLeft")
    page.get_by_role("button", name="400 more of 9,900").click()
    assert page.locator(".explorer-children li").count() == 500
    expect(page.get_by_role("link", name="thing 100", exact=True)).to_be_focused()


def test_the_wheel_shows_what_is_too_small_to_read_and_dragging_moves_it(
    open_page, labeler, imagenet
):
    page = open_page(labeler)
    explore(page, imagenet)
    box = page.locator("[role=tree]").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.3 * box["height"])
    for _ in range(20):
        page.mouse.wheel(0, -200)
    at_rest(page)
    assert page.evaluate(PLACE_OF, "physical entity") is None
    before = page.evaluate(TIP_AT, [0.9, 0.5])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.7 * box["height"], steps=4)
    page.mouse.up()
    at_rest(page)
    assert page.evaluate(TIP_AT, [0.9, 0.5]) != before
    assert marked(page) == "entity, 1,000 classes"  # looking marks nothing
    for _ in range(30):
        page.mouse.wheel(0, 400)
    at_rest(page)
    assert page.evaluate(PLACE_OF, "physical entity")


def test_nothing_moves_for_people_who_want_less_motion(open_page, labeler, imagenet):
    page = open_page(labeler, reduced_motion="reduce")
    explore(page, imagenet)
    page.evaluate("""() => {
      window.moved = 0;
      new MutationObserver(() => { window.moved += 1; }).observe(
        document.querySelector(".explorer-stage"), { attributeFilter: ["data-moving"] });
    }""")
    press(page, *TO_LAKELAND_TERRIER)
    page.wait_for_timeout(300)
    assert marked(page) == "Lakeland terrier, class"
    assert page.evaluate("window.moved") == 0


def test_works_by_touch_on_a_screen_of_400_pixels(open_page, labeler, imagenet):
    page = open_page(labeler, viewport={"width": 400, "height": 800}, has_touch=True)
    explore(page, imagenet)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    for name in ("organism", "animal"):
        x, y = place_of(page, name)
        page.locator("[role=tree]").tap(position={"x": x, "y": y})
        expect(page.get_by_role("heading", level=2)).to_have_text(name)
    stage = page.locator(".explorer-stage").bounding_box()
    panel = page.locator(".explorer-panel").bounding_box()
    assert panel["y"] >= stage["y"] + stage["height"]
    page.get_by_role("link", name="domestic animal").tap()
    assert marked(page) == "domestic animal, 123 classes"
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_axe_finds_nothing_at_the_root_at_a_class_and_in_the_dialog(open_page, labeler, imagenet):
    page = open_page(labeler, bypass_csp=True)
    for query in ("?at=", "?at=n02084071", "?at=n02095570"):
        explore(page, imagenet, query)
        assert violations(page) == []
    open_dialog(page, imagenet)
    assert violations(page) == []


# The least contrast (WCAG 2.2, 1.4.3) of text on cells, over all hues.
CONTRAST = """async () => {
  const { fillOf, readTheme } = await import("/static/taxonomy/explorer-canvas.js");
  const theme = readTheme(document.querySelector(".explorer-canvas"));
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  const luminance = (colour) => {
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let least = 21;
  for (const hue of [null, ...Array(360).keys()]) for (const isLeaf of [true, false]) {
    const cell = luminance(fillOf(theme, { hue, isLeaf }));
    for (const text of [theme.text, theme.muted]) {
      const [low, high] = [cell, luminance(text)].sort((a, b) => a - b);
      least = Math.min(least, (high + 0.05) / (low + 0.05));
    }
  }
  return least;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_names_on_cells_of_every_hue_have_enough_contrast(open_page, labeler, mixed, scheme):
    page = open_page(labeler, color_scheme=scheme)
    explore(page, mixed)
    assert page.evaluate(CONTRAST) >= 4.5


def test_says_so_if_the_hierarchy_cannot_be_had(open_page, labeler, mixed):
    page = open_page(labeler)
    page.route("**/hierarchy/*", lambda route: route.fulfill(status=404))
    page.goto(reverse("explorer", args=[mixed.pk]))
    expect(page.locator("#explorer")).to_have_text(
        "The hierarchy did not load (404). Load the page again."
    )


def test_the_page_behind_gets_the_focus_back(open_page, labeler, mixed):
    page = open_page(labeler)
    explore(page, mixed)
    page.locator("#explorer [role=tree]").focus()
    open_dialog(page, mixed)
    press(page, "Escape")
    expect(page.locator("#explorer [role=tree]")).to_be_focused()
