"""Class search in Chromium: `python -m benchmarks.search [--queries 100]`.

The queries of `tests/taxonomy/search_queries.csv` are typed key by key over two taxonomies,
ImageNet's 1,000 classes and 10,000 nouns of WordNet, all with a picture. Work is the time in the
input event plus the time of the frame after it (style, layout, paint): what the browser needs from
the key to the painted list, without its wait for the next frame of the screen. With that wait it is
up to 17 ms more.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, Route, sync_playwright

from benchmarks.measuring import Line, chromium, manage, own_home, show

COMMAND = "python -m benchmarks.search"
CLASSES = 10_000
TILE, COLUMNS, PER_SHEET = 64, 20, 400
ORIGIN = "http://tusker.test"
QUERIES = Path("tests") / "taxonomy" / "search_queries.csv"
PAGE = """<!doctype html><html lang="en"><title>Search</title>
<link rel="stylesheet" href="/shared/base.css">
<link rel="stylesheet" href="/taxonomy/class-search.css">
<div class="class-field"><label for="box">Class</label><input id="box"><ul></ul></div>
<script type="module">
  import { attachClassSearch, loadClasses } from "/taxonomy/class-search.js";
  const { classes } = await loadClasses("/classes.json");
  const input = document.querySelector("input");
  const keys = [];
  let start = 0, work = 0, done = null;
  const painted = (frame, since) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      const now = performance.now();
      keys.push([work + now - frame, now - since]);
      done();
    };
    port2.postMessage(null);
  };
  addEventListener("input", (event) => {
    start = performance.now();
    requestAnimationFrame(() => painted(performance.now(), event.timeStamp));
  }, { capture: true });
  attachClassSearch(input, document.querySelector("ul"), { classes, onPick: () => {} });
  addEventListener("input", () => { work = performance.now() - start; });
  const watch = () => { window.painted = new Promise((resolve) => { done = resolve; }); };
  Object.assign(window, { keys, watch, ready: true });
</script>"""


def write_nouns(path: Path) -> bool:
    """A class list of CLASSES nouns that have nothing below them; False without WordNet."""
    from taxonomy import wordnet

    reader = wordnet.reader()
    if reader is None:
        return False
    leaves = sorted(node.offset() for node in reader.all_synsets("n") if is_leaf(node))
    chosen = [f"n{offset:08}" for offset in leaves[:: len(leaves) // CLASSES][:CLASSES]]
    nodes = wordnet.hierarchy(chosen)
    definitions = wordnet.definitions(nodes)
    index = {wnid: place for place, wnid in enumerate(chosen)}
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["index", "key", "names", "parents", "definition"])
        for wnid, (names, parents) in nodes.items():
            columns = ["|".join(names), "|".join(parents), definitions[wnid]]
            rows.writerow([index.get(wnid, ""), wnid, *columns])
    return True


def is_leaf(node: object) -> bool:
    return bool(node.hypernyms()) and not node.hyponyms()  # type: ignore[attr-defined]


def index_with_pictures(taxonomy: str) -> bytes:
    """The class index as if every class had a thumbnail."""
    from taxonomy.classes import class_index
    from taxonomy.models import Taxonomy

    index = json.loads(class_index(Taxonomy.objects.get(name=taxonomy)))
    index["thumbs"] = {
        "url": "/sheet-{sheet}.webp", "tile": TILE, "columns": COLUMNS, "per_sheet": PER_SHEET,
        "has": list(range(len(index["classes"]))),
    }  # fmt: skip
    return json.dumps(index, ensure_ascii=False).encode()


def draw_sheet() -> bytes:
    from PIL import Image

    rows = PER_SHEET // COLUMNS
    pixels = np.random.default_rng(2).integers(0, 255, (rows * 4, COLUMNS * 4, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).resize((COLUMNS * TILE, rows * TILE)).save(file, "WEBP", quality=70)
    return file.getvalue()


@contextmanager
def search_page(index: bytes) -> Iterator[Page]:
    from django.conf import settings

    static, sheet = Path(settings.BASE_DIR) / "static", draw_sheet()

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path == "/":
            route.fulfill(body=PAGE, content_type="text/html")
        elif path == "/classes.json":
            route.fulfill(body=index, content_type="application/json")
        elif path.startswith("/sheet-"):
            route.fulfill(body=sheet, content_type="image/webp")
        elif re.fullmatch(r"/(shared|taxonomy)/[a-z-]+\.(js|css)", path):
            route.fulfill(path=static / path[1:])
        else:
            route.fulfill(status=404)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.route(f"{ORIGIN}/**", serve)
        page.goto(f"{ORIGIN}/")
        page.wait_for_function("window.ready")
        yield page
        browser.close()


def type_queries(page: Page, queries: list[str]) -> np.ndarray:
    """float [keys, 2] in ms: work, and the whole time from the key to the painted list."""
    page.locator("#box").focus()
    for query in queries:
        for key in query:
            page.evaluate("watch()")
            page.keyboard.insert_text(key)
            page.evaluate("painted")
        page.evaluate("document.querySelector('#box').value = ''")
    return np.array(page.evaluate("keys"))


def class_search(scratch: Path, wanted: int = 100) -> list[Line]:
    """Needs the taxonomy imagenet1k; loads `nouns` beside it."""
    with QUERIES.open(encoding="utf-8") as file:
        queries = [row["query"] for row in csv.DictReader(file)]
    queries = queries[:: max(1, len(queries) // wanted)]
    taxonomies = ["imagenet1k"]
    if write_nouns(scratch / "nouns.csv"):
        manage("load_taxonomy", scratch / "nouns.csv", "--json")
        taxonomies.append("nouns")
    lines = []
    for name in taxonomies:
        index = index_with_pictures(name)
        with search_page(index) as page:
            times = type_queries(page, queries)
            count = page.evaluate(
                "(async () => (await (await fetch('/classes.json')).json()).classes.length)()"
            )
        for what, column in (("work", 0), ("with the wait for the frame", 1)):
            p50, p95 = np.percentile(times[:, column], [50, 95])
            value = f"p50 {p50:.1f} ms, p95 {p95:.1f} ms ({len(times):,} keys)"
            lines.append(Line(f"key to painted list, {count:,} classes, {what}", value, COMMAND))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--queries", type=int, default=100)
    options = parser.parse_args()
    with own_home() as scratch:
        manage("migrate", "--verbosity", 0)
        manage("load_taxonomy", "imagenet1k", "--json")
        show(class_search(scratch, options.queries))


if __name__ == "__main__":
    main()
