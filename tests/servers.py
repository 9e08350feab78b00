"""Starts the embedded servers, in a home of the tests' own, before Django reads its settings."""

import os
from pathlib import Path

os.environ.setdefault("TUSKER_HOME", str(Path(__file__).parents[1] / "var" / "test-home"))
# Playwright's event loop runs in the thread of the tests.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

from config import embedded

embedded.start()
# Where collected static files lie; the tests have none, but WhiteNoise wants to look there.
(embedded.home() / "static").mkdir(exist_ok=True)
