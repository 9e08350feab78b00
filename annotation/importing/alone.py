"""Imports run one at a time, whichever process they are in."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

LOCK = 0x696D_706F  # any number that nobody else locks


def wait_for_imports() -> None:
    """Let no import run until the current transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until no other import runs. The database frees the lock of a process that died."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
