"""What long jobs have in common that people start and a worker does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache import cache
from django.db import InterfaceError, OperationalError, connection

from taxonomy.progress import Progress

# A job during which PostgreSQL went away for longer than it takes to connect anew is run again.
DATABASE_IS_AWAY = (InterfaceError, OperationalError)
PROGRESS_SECONDS = 3600
PROGRESS_EVERY = 0.3


@contextmanager
def alone(kind: int, job_id: int) -> Iterator[bool]:
    """Whether nobody else has the job; the database frees the lock of a worker that died.

    kind: any number that other kinds of jobs don't have, of 32 bits, as the job's.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [kind, job_id])
        (free,) = cursor.fetchone()
    try:
        yield free
    finally:
        if free:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [kind, job_id])


def reconnect_if_lost() -> None:
    """If it was the database that went, what follows needs another connection."""
    if connection.errors_occurred and not connection.is_usable():
        connection.close()


def kept_progress(key: str) -> Progress:
    """A progress function that keeps in the cache how far the job is."""
    last = ("", 0.0)

    def tell(step: str, done: int = 0, total: int = 0) -> None:
        nonlocal last
        now = time.monotonic()
        if step == last[0] and now - last[1] < PROGRESS_EVERY and done < total:
            return
        last = (step, now)
        cache.set(key, {"step": step, "done": done, "total": total}, PROGRESS_SECONDS)

    return tell


def progress_of(key: str) -> dict[str, Any]:
    """{"step", "done", "total"}; total 0 = unknown."""
    return cache.get(key) or {"step": "waiting for a worker", "done": 0, "total": 0}
