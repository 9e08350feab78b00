"""SQL that is planned once per connection.

Judging is a handful of small statements whose planning takes longer than their execution.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


class Statement:
    """One statement with parameters $1, $2, … of the given PostgreSQL types."""

    def __init__(self, name: str, types: str, sql: str) -> None:
        self.name = f"tusker_{name}"
        self.prepare = f"PREPARE {self.name} ({types}) AS {sql}"
        marks = ", ".join(f"%s::{kind.strip()}" for kind in types.split(","))
        self.execute = f"EXECUTE {self.name} ({marks})"

    def run(self, *parameters: Any) -> list[tuple[Any, ...]]:
        """Execute it on the current connection; the rows it returns, if it returns any."""
        with connection.cursor() as cursor:
            known = _prepared.setdefault(connection.connection, set())
            if self.name not in known:
                cursor.execute(self.prepare)
                known.add(self.name)
            cursor.execute(self.execute, parameters)
            return cursor.fetchall() if cursor.description else []
