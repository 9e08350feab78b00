import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from taxonomy.classes import class_index
from taxonomy.loading import load_imagenet1k
from taxonomy.models import Taxonomy


@pytest.fixture(scope="module")
def imagenet1k_once(django_db_setup, django_db_blocker):
    """ImageNet's taxonomy for all tests of a module, gone after the last of them."""
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        load_imagenet1k()
    yield
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture
def imagenet1k(imagenet1k_once, db):
    return Taxonomy.objects.get(name="imagenet1k")


@pytest.fixture
def write(tmp_path):
    """write("a.csv", text or bytes) -> its path"""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


# A page with a box for class search, served without a web server

ORIGIN = "http://tusker.test"
STATIC = Path(settings.BASE_DIR) / "static"
PAGE = """<!doctype html><html lang="en"><title>Search</title>
<link rel="stylesheet" href="/base.css"><link rel="stylesheet" href="/class-search.css">
<main><h1>Search</h1><label for="search">Class</label><input id="search"><ul id="list"></ul></main>
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


def static_file(route) -> None:
    name = route.request.url.rpartition("/")[2]
    route.fulfill(path=STATIC / ("shared" if name == "base.css" else "taxonomy") / name)


@pytest.fixture
def open_search(browser, index):
    """A function that opens the page on the class index, with `changes` made to it."""
    contexts = []

    def open_page(**changes):
        context = browser.new_context(bypass_csp=True, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        body = json.dumps({**json.loads(index[0]), **changes})
        page.route(f"{ORIGIN}/", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        page.route(re.compile(rf"{ORIGIN}/[a-z-]+\.(js|css)$"), static_file)
        page.route(
            f"{ORIGIN}/classes.json",
            lambda route: route.fulfill(body=body, content_type="application/json"),
        )
        page.goto(f"{ORIGIN}/")
        page.wait_for_function("window.ready")
        return page

    yield open_page
    for context in contexts:
        context.close()
