"""Pages in Chromium, logged in as somebody; a test fails if its page complains."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, ConsoleMessage, Page

from accounts.models import User
from tests.browser.looking import watch
from tests.conftest import client_of

# What a test provokes by cutting the network, by leaving a page whose parts are on their way, or by
# asking for what it must not get.
EXPECTED = (
    "net::ERR_", "htmx:sendError", "htmx:sendAbort", "htmx:afterRequest",
    "the server responded with a status of 4",
)  # fmt: skip


@pytest.fixture
def open_page(browser: Browser, live_server) -> Callable[..., Page]:
    """A function of a user (or None) and Playwright's options for a context, giving a page."""
    contexts = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(text in message.text for text in EXPECTED):
            complaints.append(message.text)

    def open_for(user: User | None, **options: object) -> Page:
        context = browser.new_context(
            base_url=live_server.url, **{"viewport": {"width": 1280, "height": 860}, **options}
        )
        contexts.append(context)
        if user is not None:
            name = settings.SESSION_COOKIE_NAME
            session = client_of(user).cookies[name].value
            context.add_cookies([{"name": name, "value": session, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        watch(page)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", note)
        return page

    yield open_for
    for context in contexts:
        context.close()
    wait_for_requests()
    assert complaints == []


BUSY = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND state IN ('active', 'idle in transaction')
"""


def wait_for_requests() -> None:
    """Let what a closed page has asked for be answered, or emptying the tables would clash with it."""
    quiet = 0
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(BUSY)
            quiet = quiet + 1 if cursor.fetchone() == (0,) else 0
        if quiet == 3:  # a request is not always at the database
            return
        time.sleep(0.03)
