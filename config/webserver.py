"""What gunicorn does beyond its command line."""

from __future__ import annotations

import sys
import threading
from typing import Any

from django.db import Error

from config.prepared import warm


def post_worker_init(worker: Any) -> None:
    """Connect every thread to the database before the first request comes."""
    sys.setswitchinterval(0.0005)
    threads = worker.cfg.threads
    # Each thread waits for the others, or the first would do it for all of them.
    together = threading.Barrier(threads)
    for _ in range(threads):
        worker.tpool.submit(_warm, together, worker.log)


def _warm(together: threading.Barrier, log: Any) -> None:
    together.wait(10)
    try:
        warm()
    except Error as error:  # an empty database, or one that starts later
        log.info("not warmed: %s", error)
