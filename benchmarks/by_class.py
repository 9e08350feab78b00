"""Review by class in Chromium: `python -m benchmarks.by_class [--pages 60] [--seconds 1.5]`.

Photographs, real ones if they are at hand, are judged page after page by keyboard, as a reviewer
would, while the server does all else. Measured are the time from the press of Enter to the next
page of 24 images painted, as the page itself measures it, and the server's time for what the page
asks and says.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, Response, sync_playwright

from benchmarks.measuring import Line, chromium, manage, own_home, show

COMMAND = "python -m benchmarks.by_class"
CLASSES = 4  # for which every photograph was taken
DURATION = re.compile(r"dur=([\d.]+)")
SHOWN = "other => (document.querySelector('#page').dataset.shown ?? other) !== other"
MEASURED = "performance.getEntriesByName('key-to-paint').map((entry) => entry.duration)"


def prepare(scratch: Path) -> int:
    """A round by class over the photographs, each a candidate of CLASSES classes; its id."""
    from annotation.models import Dataset
    from annotation.review.rounds import open_round
    from benchmarks.world import photographs
    from taxonomy.loading import load_imagenet1k

    load_imagenet1k()
    files = photographs(scratch)
    labels = scratch / "photographs.csv"
    labels.write_text("image_id,class_index\n" + "".join(f"{path.name},0\n" for path in files))
    manage("import_dataset", "photographs", labels, "--images", files[0].parent, "--json")
    for index in range(1, CLASSES):
        np.save(scratch / f"model-{index}.npy", np.full((len(files), 1), index, np.int32))
    models = [scratch / f"model-{index}.npy" for index in range(1, CLASSES)]
    manage("import_predictions", "photographs", *models, "--json")
    return open_round("by class", Dataset.objects.all(), 1, unit="class").pk


def judge_pages(page: Page, round_id: int, pages: int, seconds: float) -> dict[str, list[float]]:
    """Confirm pages after marking a third of their images, `seconds` for each; milliseconds."""
    found: dict[str, list[float]] = defaultdict(list)

    def note(response: Response) -> None:
        endpoint = response.url.rstrip("/").rpartition("/")[2]
        if endpoint in ("next", "submit"):
            found[endpoint].append(float(DURATION.search(response.headers["server-timing"])[1]))

    page.on("response", note)
    draw = random.Random(1)
    page.goto(f"/review/{round_id}/")
    turn = ""
    for _ in range(pages):
        page.wait_for_function(SHOWN, arg=turn)
        turn = page.locator("#page").get_attribute("data-shown") or ""
        page.wait_for_timeout(1000 * seconds)
        for _ in range(24):
            page.keyboard.press("y" if draw.random() < 1 / 3 else "ArrowRight")
        page.keyboard.press("Enter")
    page.wait_for_function(SHOWN, arg=turn)
    page.wait_for_load_state("networkidle")
    return {"paint": page.evaluate(MEASURED), **found}


def spread(values: list[float]) -> str:
    p50, p95, most = np.percentile(values, [50, 95, 100])
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, most {most:.0f} ms ({len(values)})"


def run(scratch: Path, pages: int, seconds: float) -> list[Line]:
    from benchmarks.load import make_sessions
    from benchmarks.servers import serving

    manage("migrate", "--verbosity", 0)
    manage("collectstatic", "--no-input", "--verbosity", 0)
    round_id = prepare(scratch)
    [session] = make_sessions(1)
    with serving() as (port, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        origin = f"http://127.0.0.1:{port}"
        context = browser.new_context(base_url=origin, viewport={"width": 1280, "height": 860})
        context.add_cookies([{"name": "tusker_session", "value": session, "url": origin}])
        measured = judge_pages(context.new_page(), round_id, pages, seconds)
        browser.close()
    names = {
        "paint": "from the confirm to the next page painted",
        "next": "server time of next, up to three pages",
        "submit": "server time of submit, 24 judgments",
    }
    command = f"{COMMAND} --pages {pages} --seconds {seconds:g}"
    return [Line(names[name], spread(measured[name]), command) for name in names]


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=1.5)
    options = parser.parse_args()
    with own_home() as scratch:
        show(run(scratch, options.pages, options.seconds))


if __name__ == "__main__":
    main()
