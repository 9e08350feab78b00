"""Celery workers of tests, each on a queue of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from celery.contrib.testing.worker import start_worker

from config.celery import app


@contextmanager
def own_worker(queue: str) -> Iterator[None]:
    """Whatever is ordered inside goes to the queue, and a worker in a thread takes it from there."""
    usual, routes = app.conf.task_default_queue, app.conf.task_routes
    _route(queue, {})
    try:
        with start_worker(app, perform_ping_check=False, queues=[queue], pool="solo"):
            yield
    finally:
        _route(usual, routes)


def _route(queue: str, routes: dict) -> None:
    app.conf.task_default_queue, app.conf.task_routes = queue, routes
    app.amqp.flush_routes()
    app.amqp.router = app.amqp.Router()
