"""A whole Tusker in a folder of its own, with its parts to kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

import psutil
from django.db import connection

from config import embedded

PARTS = ("web server", "worker", "PostgreSQL", "Redis")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving() -> Iterator[tuple[int, psutil.Process]]:
    """Run `config.serving` on a free port under the current TUSKER_HOME: (port, its process).

    It stops the embedded servers when it ends; they are started again for whoever goes on.
    """
    port = free_port()
    command = [sys.executable, "-m", "config.serving", "--port", str(port)]
    process = subprocess.Popen(command, cwd=embedded.BASE_DIR)
    try:
        wait_until_up(port)
        yield port, psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        connection.close()
        embedded.start()


def wait_until_up(port: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/login/", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def kill(part: str, supervisor: psutil.Process) -> None:
    """kill -9 one of PARTS."""
    if part == "PostgreSQL":
        victim = embedded.POSTGRES.process()
    elif part == "Redis":
        victim = embedded.REDIS.process()
    else:
        word = "gunicorn" if part == "web server" else "celery"
        victim = next(child for child in supervisor.children() if word in child.cmdline())
    assert victim is not None, f"{part} isn't running"
    os.kill(victim.pid, signal.SIGKILL)
