"""Every page that an admin can click to, looked over by axe in light and dark."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import resolve

from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from tests.worlds import picture_round

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
NO_PAGES = {"figure", "results_csv", "export_download", "image", "logout"}


def violations(page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{v['id']}: {node['target']} {node['html'][:120]}" for v in found for node in v["nodes"]
    ]


def visit_all(page, host: str) -> dict[str, list[str]]:
    """{name of the address: what axe found on the first page of that name}"""
    seen: dict[str, list[str]] = {}
    waiting = ["/"]
    while waiting:
        path = waiting.pop(0)
        name = resolve(urlsplit(path).path).url_name
        if name in seen or name in NO_PAGES:
            continue
        page.goto(host + path)
        page.wait_for_load_state("networkidle")
        seen[name] = violations(page)
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        waiting += [link.removeprefix(host) for link in links if link.startswith(f"{host}/")]
    return seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_violation(open_page, live_server, admin, tmp_path, scheme):
    picture_round(tmp_path)
    compute_report(take_snapshot())
    page = open_page(admin, color_scheme=scheme, bypass_csp=True)
    found = visit_all(page, live_server.url)
    assert len(found) > 8
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_login_page_has_no_violation(open_page, live_server, scheme):
    page = open_page(None, color_scheme=scheme, bypass_csp=True)
    page.goto(f"{live_server.url}/login/")
    assert violations(page) == []
