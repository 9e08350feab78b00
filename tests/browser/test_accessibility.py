"""Every page that an admin can click to, looked over by axe in light and dark, and at 400 px."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.urls import resolve, reverse

from annotation.review.rounds import open_round
from annotation.review.scope import Scope
from evaluation.exports import jobs
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from tests.browser.looking import settle, violations
from tests.worlds import picture_round

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOK_DIFFERENT = {"review_round"}  # each by itself: by image and by class
NO_PAGES = {
    "api_docs", "api_root", "api_schema", "comparison_file", "export_file", "figure",
    "figure_data", "figure_file", "image", "labeling_answers", "labeling_image", "logout",
    "ranges_figure", "report_file", "results_csv",
}  # fmt: skip


def visit_all(page, host: str) -> dict[str, list[str]]:
    """{name of the address: what axe found on the first page of that name}

    Of LOOK_DIFFERENT it is {address: what axe found there}.
    """
    seen: dict[str, list[str]] = {}
    waiting = ["/"]
    while waiting:
        path = waiting.pop(0)
        name = resolve(urlsplit(path).path).url_name
        if name in LOOK_DIFFERENT:
            name = path
        if name in seen or name in NO_PAGES:
            continue
        page.goto(host + path)
        settle(page)
        seen[name] = violations(page) + sideways(page)
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        waiting += [link.removeprefix(host) for link in links if link.startswith(f"{host}/")]
    return seen


def sideways(page) -> list[str]:
    """Whether the page is wider than a telephone."""
    usual = page.viewport_size
    page.set_viewport_size({"width": 400, "height": 800})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(usual)
    return [f"{width} px wide at 400"] if width > 400 else []


def test_no_page_has_a_violation_or_is_too_wide(open_page, live_server, admin, tmp_path):
    by_image = picture_round(tmp_path)
    by_class = open_round("By class", by_image.datasets.all(), 1, unit="class")
    compute_report(take_snapshot())
    for form in ("csv", "real", "json"):  # which is done, fails, and waits
        job = jobs.start(form, [], "", admin)
        if form != "json":
            jobs.run_job(job.pk)
    page = open_page(admin, bypass_csp=True)
    found = visit_all(page, live_server.url)
    assert len(found) > 8
    assert {reverse("review_round", args=[one.pk]) for one in (by_image, by_class)} <= set(found)
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("width", [1280, 400])
def test_a_page_of_a_class_has_no_violation_whatever_was_said(open_page, reviewer, tmp_path, width):
    settings = {"unit": "class", "scope": Scope(classes=(2,))}
    current = picture_round(tmp_path, 30, [[2] * 30], **settings)
    page = open_page(reviewer, bypass_csp=True, viewport={"width": width, "height": 780})
    page.goto(reverse("review_round", args=[current.pk]))
    page.wait_for_function("() => document.querySelector('#page').dataset.shown")
    page.keyboard.press("p")
    page.keyboard.press("1")
    for key in ("m", *"who?", "Enter", "ArrowRight", "y", "n", "u"):
        page.keyboard.press(key)
    assert violations(page) == []
    for key in (" ", "Escape", "r", "?", "Escape", "i"):
        page.keyboard.press(key)
        page.wait_for_timeout(200)
        assert violations(page) == [], key
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.querySelector('#trace').hidden")
    assert violations(page) == []


def test_the_login_page_has_no_violation(open_page, live_server):
    page = open_page(None, bypass_csp=True)
    page.goto(f"{live_server.url}/login/")
    assert violations(page) == []
