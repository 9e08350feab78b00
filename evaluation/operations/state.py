"""Looking at queues, workers, disk and database."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from config.celery import app

# Redis keeps a list per queue and priority; see kombu's transport (priority_steps).
PRIORITIES = ["", "\x06\x163", "\x06\x166", "\x06\x169"]
ANSWER_SECONDS = 0.6

DATABASE = "SELECT pg_database_size(current_database())"
TABLES = """
    SELECT relname, pg_total_relation_size(oid), greatest(reltuples, 0)::bigint
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    ORDER BY 2 DESC LIMIT 8
"""


@dataclass(frozen=True)
class Worker:
    """name: queue@host; tasks: (name, argument, running since) of what it does now."""

    name: str
    tasks: list[tuple[str, str, datetime]]


def queue_lengths() -> dict[str, int]:
    """How many tasks wait in each of settings.QUEUES."""
    with app.connection_for_read() as broker:
        client = broker.default_channel.client
        return {
            name: sum(client.llen(f"{name}{priority}") for priority in PRIORITIES)
            for name in settings.QUEUES
        }


def workers() -> list[Worker]:
    """Those that answer within ANSWER_SECONDS, by name."""
    active = app.control.inspect(timeout=ANSWER_SECONDS).active() or {}
    return [
        Worker(name, [(one["name"], _argument(one), _since(one)) for one in tasks])
        for name, tasks in sorted(active.items())
    ]


def _argument(task: dict) -> str:
    return ", ".join(str(one)[:60] for one in task.get("args") or [])


def _since(task: dict) -> datetime:
    started = task.get("time_start") or time.time()
    return timezone.now() - timedelta(seconds=max(0, time.time() - started))


def idle_queues(found: list[Worker]) -> list[str]:
    """The queues that no worker takes from."""
    served = {one.name.partition("@")[0] for one in found}
    return [name for name in settings.QUEUES if name not in served]


def disk() -> dict[str, int]:
    """Bytes {total, free, taken} of the disk with TUSKER_HOME; what only root may use is taken."""
    found = shutil.disk_usage(settings.HOME)
    return {"total": found.total, "free": found.free, "taken": found.total - found.free}


def database() -> tuple[int, list[tuple[str, int, int]]]:
    """Bytes of the database, and (name, bytes, rows as estimated) of its largest tables."""
    with connection.cursor() as cursor:
        cursor.execute(DATABASE)
        size = cursor.fetchone()[0]
        cursor.execute(TABLES)
        return size, cursor.fetchall()


def memory_of_redis() -> int:
    """Bytes that Redis uses."""
    with app.connection_for_read() as broker:
        return int(broker.default_channel.client.info("memory")["used_memory"])
