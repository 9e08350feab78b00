"""Runs everything a Tusker machine needs: database, Redis, web server, Celery worker.

`python -m config.serving [--host 127.0.0.1] [--port 8000] [--workers N]`. Whatever dies is
started again; Ctrl-C stops it all.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

from config import embedded

CHECK_SECONDS = 0.5
STOP_SECONDS = 15


@dataclass
class Child:
    """A program that is started again whenever it ends, each time a little later."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def keep_running(self) -> None:
        if self.process is not None and self.process.poll() is None:
            return
        now = time.monotonic()
        self.starts = [start for start in self.starts if now - start < 60]
        if self.starts and now - self.starts[-1] < len(self.starts):
            return
        if self.process is not None:
            say(f"{self.name} ended ({self.process.returncode}); starting it again")
            self.end_orphans()
        self.starts.append(now)
        self.process = subprocess.Popen(self.command, cwd=embedded.BASE_DIR, start_new_session=True)

    def stop(self) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        self.end_orphans()

    def end_orphans(self) -> None:
        """Processes that it started outlive it when it is killed; all are of one group."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


def say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def port_is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def children(host: str, port: int, workers: int) -> list[Child]:
    web = [
        sys.executable, "-m", "gunicorn", "config.wsgi",
        "--config", "python:config.webserver", "--bind", f"{host}:{port}",
        "--worker-class", "gthread", "--workers", str(workers), "--threads", "2",
        "--keep-alive", "75", "--timeout", "60", "--log-level", "warning", "--preload",
    ]  # fmt: skip
    return [
        Child("web server", web),
        Child("worker", worker("default", 1, "--beat")),
        Child("bulk worker", worker("bulk", 2)),
        Child("inference worker", worker("inference", 1)),
    ]


def worker(queue: str, concurrency: int, *more: str) -> list[str]:
    """The command of a Celery worker for one of settings.QUEUES."""
    return [
        sys.executable, "-m", "celery", "--app", "config", "--quiet", "worker",
        "--queues", queue, "--concurrency", str(concurrency), "--hostname", f"{queue}@%h",
        "--loglevel", "warning", "--pidfile", "", *more,
    ]  # fmt: skip


def serve(host: str, port: int, workers: int) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP; then stop everything that was started here."""
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: over.set())
    running = children(host, port, workers)
    try:
        while not over.wait(CHECK_SECONDS):
            try:
                embedded.start()
            except embedded.ServerError as error:
                say(f"Error: {error}")
                continue
            for child in running:
                child.keep_running()
    finally:
        say("Stopping …")
        for child in running:
            child.stop()
        embedded.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=max(2, os.cpu_count() or 2))
    options = parser.parse_args()
    if not port_is_free(options.host, options.port):
        sys.exit(f"Error: port {options.port} is taken; choose another with PORT=…")
    serve(options.host, options.port, options.workers)


if __name__ == "__main__":
    main()
