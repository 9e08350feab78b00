"""Looking a page over once it has come to rest."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Request

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
QUIET = 0.1


_open: WeakKeyDictionary[Page, set[Request]] = WeakKeyDictionary()


def watch(page: Page) -> None:
    """Note what the page has asked for and not got, for `settle`."""
    waiting = _open[page] = set()
    page.on("request", lambda request: waiting.add(request))
    page.on("requestfinished", lambda request: waiting.discard(request))
    page.on("requestfailed", lambda request: waiting.discard(request))


def settle(page: Page) -> None:
    """Return when nothing has been under way for 0.1 s; `networkidle` takes 0.5."""
    quiet = 0
    while quiet < 2:
        page.wait_for_timeout(QUIET / 2 * 1000)
        quiet = 0 if _open[page] else quiet + 1


def violations(page: Page) -> list[str]:
    """What axe finds in light, and wrong colours in dark."""
    # Without motion, or axe would look at colours that are still changing.
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = _axe(page, RULES)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += [f"dark: {line}" for line in _axe(page, COLOURS)]
    return found


def _axe(page: Page, rules: list[str]) -> list[str]:
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(options).then(all => all.violations)", options)
    return [
        f"{v['id']}: {node['target']} {node['html'][:120]}" for v in found for node in v["nodes"]
    ]
