"""The hierarchy explorer in Chromium: `python -m benchmarks.explorer [--loads 15]`.

Two taxonomies are measured, ImageNet's and a drawn one with 10,000 classes below 3,000 nodes, each
with a drawn picture per class. Opening is measured with a warm cache, as the browser counts: from
the start of the navigation, and from the last byte of the page, to the first frame painted. Frames
are those of a tour by keys, wheel and pointer while the drawing moves.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.measuring import Line, chromium, manage, own_home, show

COMMAND = "python -m benchmarks.explorer"
CLASSES, INNER = 10_000, 3_000
TILE, COLUMNS, PER_SHEET = 64, 20, 400
MOVE_MS = 260
LATE_MS = 25.0  # a frame at 60 Hz was missed
GIVE_THUMBS = """
  const parse = JSON.parse, thumbs = %s;
  JSON.parse = (text) => {
    const value = parse(text);
    if (value?.hierarchyUrl) value.thumbs ??= thumbs;
    return value;
  };
"""
OPENED = """() => {
  const drawn = performance.getEntriesByName("explorer-drawn")[0].startTime;
  return [drawn, drawn - performance.getEntriesByType("navigation")[0].responseEnd];
}"""
# Times between frames, of which both were drawn in motion.
WATCH = """() => {
  window.deltas = [];
  let before = null;
  const stage = document.querySelector(".explorer-stage");
  const look = (now) => {
    const moving = stage.hasAttribute("data-moving");
    if (moving && before !== null) window.deltas.push(now - before);
    before = moving ? now : null;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


@dataclass(frozen=True)
class Measured:
    opened: list[float]
    after_response: list[float]
    frames: list[float]


def draw_taxonomy(path: Path) -> None:
    """A random hierarchy, some nodes of which have a second parent, as a class list."""
    rng = np.random.default_rng(1)
    rows = ["index,key,name,definition,parents", ",n0,everything,what there is,"]
    for node in range(1, INNER):
        above = {int(rng.integers(max(0, node // 6 - 20), max(node // 2, 1)))}
        if node > 50 and rng.random() < 0.04:
            above.add(int(rng.integers(0, 50)))
        parents = "|".join(f"n{parent}" for parent in sorted(above))
        rows.append(f",n{node},kind {node},one of the drawn kinds,{parents}")
    for index in range(CLASSES):
        parent = int(rng.integers(INNER // 10, INNER))
        rows.append(f"{index},c{index},drawn class {index},a class drawn at random,n{parent}")
    path.write_text("\n".join(rows) + "\n")


def draw_sheets() -> None:
    """As many sheets of thumbnails as CLASSES fill, where the web server finds them."""
    from django.conf import settings
    from PIL import Image

    rows = PER_SHEET // COLUMNS
    pixels = np.random.default_rng(2).integers(0, 255, (rows * 4, COLUMNS * 4, 3)).astype(np.uint8)
    sheet = Image.fromarray(pixels).resize((COLUMNS * TILE, rows * TILE))
    folder = Path(settings.STATIC_ROOT) / "drawn"
    folder.mkdir(parents=True)
    for number in range(CLASSES // PER_SHEET):
        sheet.save(folder / f"{number}.webp", quality=70)


@contextmanager
def explorer_page(port: int, session: str, size: int) -> Iterator[Page]:
    """A page logged in, on which the explorer of `size` classes gets the drawn pictures."""
    thumbs = {
        "url": "/static/drawn/{sheet}.webp", "tile": TILE, "columns": COLUMNS,
        "per_sheet": PER_SHEET, "has": list(range(size)),
    }  # fmt: skip
    origin = f"http://127.0.0.1:{port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context(base_url=origin, viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": "tusker_session", "value": session, "url": origin}])
        # Not by changing the response: that would switch the browser's cache off.
        context.add_init_script(GIVE_THUMBS % json.dumps(thumbs))
        yield context.new_page()
        browser.close()


def measure(page: Page, taxonomy_id: int, loads: int) -> Measured:
    opened = []
    for _ in range(loads + 1):
        page.goto(f"/classes/{taxonomy_id}/?at=")
        page.wait_for_function("() => performance.getEntriesByName('explorer-drawn').length")
        page.wait_for_load_state("networkidle")
        opened.append(page.evaluate(OPENED))
    page.evaluate(WATCH)
    tour(page)
    navigation, response = zip(*opened[1:], strict=True)  # the first one fills the cache
    return Measured(list(navigation), list(response), page.evaluate("window.deltas"))


def tour(page: Page) -> None:
    """In by keys, along siblings and out; in by clicks; by wheel; with keys held down."""
    page.locator(".explorer-tree").focus()
    box = page.locator(".explorer-stage").bounding_box()
    assert box is not None
    for _ in range(3):
        for key in [*["ArrowRight"] * 8, *["ArrowDown"] * 3, *["ArrowLeft"] * 4, "End", "Home"]:
            page.keyboard.press(key)
            page.wait_for_timeout(MOVE_MS)
    for part in (0.2, 0.5, 0.8):
        for across in (0.5, 0.6, 0.7):
            page.mouse.click(box["x"] + across * box["width"], box["y"] + part * box["height"])
            page.wait_for_timeout(MOVE_MS)
        page.keyboard.press("Home")
        page.wait_for_timeout(MOVE_MS)
    for by in [-120] * 25 + [120] * 25:
        page.mouse.wheel(0, by)
        page.wait_for_timeout(30)
    for key in ["ArrowRight", "ArrowDown"] * 4 + ["ArrowDown"] * 30:
        page.keyboard.press(key)
        page.wait_for_timeout(33)
    page.wait_for_timeout(MOVE_MS)


def lines(name: str, measured: Measured) -> list[Line]:
    def spread(values: list[float], unit: str = "ms") -> str:
        p50, p95, most = np.percentile(values, [50, 95, 100])
        return f"median {p50:.0f} {unit}, p95 {p95:.0f} {unit}, most {most:.0f} {unit}"

    p50, p95, p99 = np.percentile(measured.frames, [50, 95, 99])
    late = np.mean(np.array(measured.frames) > LATE_MS)
    return [
        Line(f"{name}: opened, from navigation", spread(measured.opened), COMMAND),
        Line(f"{name}: opened, from response", spread(measured.after_response), COMMAND),
        Line(
            f"{name}: between frames ({len(measured.frames):,})",
            f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms; {late:.1%} over {LATE_MS:g} ms",
            COMMAND,
        ),
    ]


def run(scratch: Path, loads: int) -> list[Line]:
    from benchmarks.load import make_sessions
    from benchmarks.servers import serving
    from taxonomy.models import Taxonomy

    manage("migrate", "--verbosity", 0)
    manage("load_taxonomy", "imagenet1k", "--json")
    draw_taxonomy(scratch / "drawn.csv")
    manage("load_taxonomy", scratch / "drawn.csv", "--json")
    manage("collectstatic", "--no-input", "--verbosity", 0)
    draw_sheets()
    [session] = make_sessions(1)
    found = []
    with serving() as (port, _):
        for taxonomy in Taxonomy.objects.order_by("pk"):
            size = taxonomy.classes.count()
            name = f"{taxonomy.name}, {size:,} classes, {taxonomy.synsets.count():,} nodes"
            with explorer_page(port, session, size) as page:
                found += lines(name, measure(page, taxonomy.pk, loads))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--loads", type=int, default=15)
    options = parser.parse_args()
    with own_home() as scratch:
        show(run(scratch, options.loads))


if __name__ == "__main__":
    main()
