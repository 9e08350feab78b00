"""The admin's way through the results, in a real browser with a real worker."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import Candidate, Verdict
from evaluation import recomputing
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from tests.evaluation.worlds import build, random_world
from tests.workers import own_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def report():
    cache.delete_many([recomputing.CHANGES_KEY, recomputing.RUNNING_KEY, recomputing.ASKED_KEY])
    build(random_world(60, images=60, models=12))
    return compute_report(take_snapshot())


@pytest.fixture
def page(open_page, admin, report) -> Page:
    """The results as an admin sees them."""
    opened = open_page(admin)
    opened.goto(f"{reverse('results')}?dataset=zebra&group=all")
    return opened


@pytest.fixture
def worker():
    """A Celery worker of this test on a queue of its own."""
    with own_worker("browser-test"):
        yield


def participants(page: Page) -> list[str]:
    return page.locator("tbody th").all_inner_texts()


def expected(report, key: str) -> list[str]:
    rows = [row for row in report.rows if (row["dataset"], row["group"]) == ("zebra", "all")]
    rows.sort(key=lambda row: row["participant"])
    rows.sort(key=lambda row: row[key]["accuracy"], reverse=True)
    return [row["participant"] for row in rows]


def test_the_figure_can_be_pointed_at_under_the_strict_policy(page):
    point = page.locator("#figure svg .layer_3_marks path").first
    expect(point).to_be_visible(timeout=20_000)
    expect(page.locator("#figure picture")).to_be_hidden()
    assert page.locator("#figure svg").bounding_box()["width"] > 300
    point.hover(force=True)
    expect(page.locator("#vg-tooltip-element")).to_contain_text(re.compile("model-[0-9]+"))
    style = page.locator("#vg-tooltip-element").evaluate("node => getComputedStyle(node).position")
    assert style == "fixed"


def test_what_accuracies_can_still_move_is_drawn_and_can_be_pointed_at(page):
    for candidate in Candidate.objects.unjudged()[:60]:
        Candidate.objects.filter(pk=candidate.pk).update(verdict=Verdict.CORRECT)
    compute_report(take_snapshot())
    page.reload()
    lines = page.locator("#ranges svg .layer_0_marks path")
    expect(lines.first).to_be_visible(timeout=20_000)
    point = page.locator("#ranges svg .layer_1_marks path").first
    point.hover(force=True)
    expect(page.locator("#vg-tooltip-element")).to_contain_text("candidates judged")
    assert page.locator("#figure svg").count() == 1


def test_the_line_of_equal_accuracies_is_drawn(page):
    line = page.locator("#figure svg .layer_0_marks path")
    expect(line).to_have_attribute("d", re.compile("^M0,.*L"), timeout=20_000)


def test_sorting_and_filtering_stay_in_the_address(page, report):
    assert participants(page) == expected(report, "multi_label")
    page.get_by_role("link", name="Top-1").click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Top-1")
    expect(page.locator("tbody th").first).to_have_text(expected(report, "top1")[0])
    assert participants(page) == expected(report, "top1")
    page.keyboard.press("/")
    page.keyboard.type("EL-1")
    expect(page.locator("tbody th")).to_have_count(3)
    wanted = [name for name in expected(report, "top1") if "el-1" in name]
    assert participants(page) == wanted
    page.reload()
    assert participants(page) == wanted


def test_keys_change_dataset_and_group(page, report):
    page.keyboard.press("g")
    expect(page.locator("#table-title")).to_contain_text("zebra, few")
    page.keyboard.press("d")
    expect(page.locator("#table-title")).to_contain_text("Antelope, few")


def test_recompute_shows_the_new_numbers_by_itself(page, report, worker):
    unjudged = page.locator(".facts div", has_text="Still unjudged").locator("dd")
    waiting = report.snapshot.counts["datasets"]["zebra"]["unjudged"]
    expect(unjudged).to_contain_text(re.compile(rf"^\s*{waiting}\b"))
    Candidate.objects.unjudged().update(verdict=Verdict.CORRECT)
    page.get_by_role("button", name="Recompute now").click()
    expect(unjudged).to_contain_text(re.compile(r"^\s*0\b"), timeout=20_000)
    expect(page.locator("tbody tr").first).to_contain_text("settled")
    expect(page.locator("#figure svg")).to_be_visible()


def test_the_figure_is_exported_for_a_paper(page):
    for name, start in (("SVG", b"<svg"), ("PDF", b"%PDF"), ("PNG", b"\x89PNG")):
        with page.expect_download() as download:
            page.locator(".figure").first.get_by_role("link", name=name, exact=True).click()
        assert download.value.path().read_bytes().startswith(start)
        assert download.value.suggested_filename == f"zebra-all.{name.lower()}"


def test_without_script_the_figure_is_a_picture(open_page, admin, report):
    page = open_page(admin, java_script_enabled=False)
    page.goto(f"{reverse('results')}?dataset=zebra&q=model-1")
    expect(page.locator("#figure img")).to_be_visible()
    page.get_by_role("link", name="Top-1").click()
    assert len(participants(page)) == 3


def test_the_page_fits_a_narrow_screen(open_page, admin, report):
    page = open_page(admin, viewport={"width": 400, "height": 800}, color_scheme="dark")
    page.goto(reverse("results"))
    expect(page.locator("#figure svg")).to_be_visible(timeout=20_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
