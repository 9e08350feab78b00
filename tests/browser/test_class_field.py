"""Boxes that pick classes, by attributes alone, in a form on a page of the server."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from taxonomy.classes import class_index_url
from taxonomy.loading import load_csv
from taxonomy.models import Taxonomy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ANIMALS = """\
index,key,names,parents,definition
0,n1,crane,bird,a large wading bird
1,n2,crane,machine,lifts and moves heavy things
2,n3,heron,bird,a grey wading bird
3,n4,tusker|elephant with tusks,mammal,
,bird,bird,animal,
,mammal,mammal,animal,
,animal,animal,,
,machine,machine,,
"""
# What the server says of scripts and styles on every page.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'"
)
FORM = """<!doctype html><html lang="en"><head><title>Form</title>
<meta name="viewport" content="width=device-width">
<link rel="icon" href="/static/shared/logo.svg">
<link rel="stylesheet" href="/static/shared/base.css">
<link rel="stylesheet" href="/static/taxonomy/class-search.css">
<script type="module" src="/static/taxonomy/class-field.js"></script></head>
<body><main><h1>Form</h1><form class="form" id="form">{boxes}<button>Save</button></form></main></body></html>"""
MANY = """<div class="class-field"><label for="many">About</label>
<input type="hidden" name="about" value="2">
<input id="many" data-class-search data-classes-url="{url}" data-name="about" data-multiple></div>"""
ONE = """<div class="class-field"><label for="one">Candidate</label>
<input id="one" data-class-search data-classes-url="{url}" data-name="candidate" required></div>"""
JUMP = """<div class="class-field"><label for="jump">Find a class</label>
<input id="jump" data-class-search data-classes-url="{url}" data-go="/somewhere/{{index}}/"></div>"""


@pytest.fixture
def index_url(tmp_path) -> str:
    (tmp_path / "animals.csv").write_text(ANIMALS)
    load_csv(tmp_path / "animals.csv")
    return class_index_url(Taxonomy.objects.get(name="animals"))


@pytest.fixture
def open_form(open_page, admin, index_url):
    """A function of boxes that opens a page with a form of them."""

    def open_for(*boxes: str, **options: object) -> Page:
        page = open_page(admin, **options)
        body = FORM.format(boxes="".join(box.format(url=index_url) for box in boxes))
        headers = {"content-type": "text/html", "content-security-policy": POLICY}
        page.route("**/form/*", lambda route: route.fulfill(body=body, headers=headers))
        page.route("**/somewhere/**", lambda route: route.fulfill(body="<title>There</title>"))
        page.goto("/form/")
        expect(page.get_by_role("combobox")).to_have_count(len(boxes))
        return page

    return open_for


def chips(page: Page, box: str = "#many") -> list[str]:
    return page.locator(f".class-field:has({box}) .class-chips button").all_inner_texts()


def sent(page: Page) -> dict[str, list[str]]:
    return page.evaluate(
        """() => Object.fromEntries([...new Set(new FormData(form).keys())]
                 .map((name) => [name, new FormData(form).getAll(name)]))"""
    )


def test_several_classes_are_picked_and_sent_as_class_indices(open_form):
    page = open_form(MANY)
    box = page.get_by_label("About")
    assert sent(page) == {"about": ["2"]}, "what the page came with"
    box.fill("crane")
    box.press("ArrowDown")
    box.press("Enter")
    assert sent(page) == {"about": ["2", "1"]}
    box.fill("crane")
    expect(page.get_by_role("option")).to_have_count(1)
    box.press("Enter")
    assert sent(page) == {"about": ["2", "1", "0"]}
    assert [text.split() for text in chips(page)] == [
        ["heron", "bird×"], ["crane", "machine×"], ["crane", "bird×"],
    ]  # fmt: skip


def test_what_was_picked_is_taken_away_by_keyboard(open_form):
    page = open_form(MANY)
    box = page.get_by_label("About")
    for _ in range(2):
        box.fill("crane")
        box.press("Enter")
    box.press("Backspace")
    expect(page.get_by_role("button", name="Remove crane, machine")).to_be_focused()
    page.keyboard.press("Backspace")
    expect(page.get_by_role("button", name="Remove crane, bird")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove heron, bird")).to_be_focused()
    page.keyboard.press("Delete")
    expect(box).to_be_focused()
    assert sent(page) == {}


def test_the_page_hears_of_every_change(open_form):
    page = open_form(MANY)
    page.evaluate(
        """() => { window.heard = [];
          addEventListener("classpick", (event) => heard.push(event.detail.classes.map((c) => c.key))); }"""
    )
    page.get_by_label("About").fill("tusker")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove heron").click()
    assert page.evaluate("heard") == [["n3", "n4"], ["n4"]]


def test_one_class_takes_the_place_of_the_other_and_is_required(open_form):
    page = open_form(ONE)
    box = page.get_by_label("Candidate")
    assert not page.evaluate("form.checkValidity()")
    for name in ("heron", "tusker"):
        box.fill(name)
        box.press("Enter")
    assert sent(page) == {"candidate": ["3"]}
    assert page.evaluate("form.checkValidity()")


def test_two_boxes_on_a_page_keep_apart_and_share_one_request(open_form):
    page = open_form(MANY, ONE)
    with page.expect_navigation():
        page.evaluate("() => { performance.clearResourceTimings(); location.reload(); }")
    expect(page.get_by_role("combobox")).to_have_count(2)
    page.get_by_label("Candidate").fill("elephant")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    assert sent(page) == {"about": ["2"], "candidate": ["3"]}
    lists = page.evaluate("[...document.querySelectorAll('[role=listbox]')].map((e) => e.id)")
    assert len(set(lists)) == 2
    requests = page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
    assert len([name for name in requests if name.endswith(".json")]) == 1


def test_enter_in_the_box_picks_and_does_not_send_the_form(open_form):
    page = open_form(MANY)
    page.get_by_label("About").fill("tusker")
    page.keyboard.press("Enter")
    assert page.url.endswith("/form/")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/form/?*")
    assert parse_qs(urlsplit(page.url).query) == {"about": ["2", "3"]}


def test_a_box_that_jumps_opens_the_page_of_the_class(open_form):
    page = open_form(JUMP)
    page.get_by_label("Find a class").fill("crane machine")
    page.keyboard.press("Enter")
    page.wait_for_url("**/somewhere/1/")


def test_boxes_that_htmx_brings_work_too(open_form, index_url):
    page = open_form(MANY)
    page.evaluate(
        """html => {
          const part = document.createElement("div");
          part.innerHTML = html;
          form.append(part);
          part.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: part } }));
        }""",
        ONE.format(url=index_url),
    )
    expect(page.get_by_role("combobox")).to_have_count(2)
    page.get_by_label("Candidate").fill("heron")
    page.keyboard.press("Enter")
    assert sent(page)["candidate"] == ["2"]


def test_says_so_when_the_classes_do_not_load(open_page, admin, open_form, index_url):
    page = open_page(admin)
    headers = {"content-type": "text/html", "content-security-policy": POLICY}
    body = FORM.format(boxes=MANY.format(url=reverse("class_index", args=[999_999, "1-0"])))
    page.route("**/form/", lambda route: route.fulfill(body=body, headers=headers))
    page.goto("/form/")
    expect(page.get_by_role("alert")).to_contain_text("did not load")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_about_and_nothing_is_off_the_screen(open_form, scheme):
    page = open_form(MANY, ONE, bypass_csp=True, color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": 400, "height": 780})
    page.get_by_label("About").fill("animal")
    expect(page.get_by_role("option")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in violations] == []
