"""Starts the embedded servers, in a home of the tests' own, before Django reads its settings."""

import os
from contextlib import closing
from pathlib import Path

os.environ.setdefault("TUSKER_HOME", str(Path(__file__).parents[1] / "var" / "test-home"))
# Playwright's event loop runs in the thread of the tests.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

from config import embedded

embedded.start()


def trust_the_machine() -> None:
    """Let PostgreSQL not wait for the disk, nor tidy up behind tests: that takes a fraction of the
    time.

    What is killed here are processes, never the machine; what they wrote is safe without that.
    """
    with closing(embedded.POSTGRES.connect("postgres")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for setting in ("fsync", "full_page_writes", "autovacuum"):
                cursor.execute(f"ALTER SYSTEM SET {setting} = off")
            cursor.execute("SELECT pg_reload_conf()")


if embedded.POSTGRES.wanted():
    trust_the_machine()
# Where collected static files lie; the tests have none, but WhiteNoise wants to look there.
(embedded.home() / "static").mkdir(exist_ok=True)
