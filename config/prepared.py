"""SQL that is planned once per connection.

Answering a reviewer is a handful of small statements: composing and planning them anew each time
would take longer than executing them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.models import Field, Model

M = TypeVar("M", bound=Model)

_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
_known: list[Statement] = []


class Statement:
    """One statement with parameters $1, $2, … of the given PostgreSQL types."""

    def __init__(self, name: str, types: str, sql: str) -> None:
        self.name = f"tusker_{name}"
        self.prepare = f"PREPARE {self.name} ({types}) AS {sql}"
        marks = [f"%s::{kind.strip()}" for kind in types.split(",")]
        self.execute = f"EXECUTE {self.name} ({', '.join(marks)})"
        self.plan = f"EXPLAIN EXECUTE {self.name} ({', '.join(['NULL'] * len(marks))})"
        _known.append(self)

    def run(self, *parameters: Any) -> list[tuple[Any, ...]]:
        """Execute it on the current connection; the rows it returns, if it returns any."""
        with connection.cursor() as cursor:
            self.known_to(cursor)
            cursor.execute(self.execute, parameters)
            return cursor.fetchall() if cursor.description else []

    def then(self, *parameters: Any) -> Call:
        """Itself with parameters, for `run_all`."""
        return self, parameters

    def warm(self) -> None:
        """Have it planned on the current connection, without executing it."""
        with connection.cursor() as cursor:
            self.known_to(cursor)
            cursor.execute(self.plan)

    def known_to(self, cursor: Any) -> None:
        """See that the current connection knows it by its name."""
        known = _prepared.setdefault(connection.connection, set())
        if self.name not in known:
            cursor.execute(self.prepare)
            known.add(self.name)


Call = tuple[Statement, tuple[Any, ...]]


def run_all(calls: Sequence[Call]) -> None:
    """Execute one statement after the other, in one round trip; what they return is not fetched."""
    with connection.cursor() as cursor:
        for statement, _ in calls:
            statement.known_to(cursor)
        together = "; ".join(statement.execute for statement, _ in calls)
        cursor.execute(together, [value for _, parameters in calls for value in parameters])


def warm() -> None:
    """Connect, and plan every known statement, so that no request has to wait for it."""
    for statement in _known:
        statement.warm()


def fetch(model: type[M], key: Any) -> M | None:
    """The row of `model` whose primary key it is, or None."""
    rows = _by_key(model).run(key)
    return made_of(model, rows[0]) if rows else None


def columns_of(model: type[Model]) -> str:
    """The columns of a model's rows, for a SELECT whose rows are given to `made_of`."""
    return ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)


def made_of(model: type[M], row: Sequence[Any]) -> M:
    """The object whose values are in the row, as `columns_of` lists them."""
    fields = model._meta.concrete_fields
    values = [_converted(field, value) for field, value in zip(fields, row, strict=True)]
    return model.from_db(connection.alias, [field.attname for field in fields], values)


def _converted(field: Field[Any, Any], value: Any) -> Any:
    """What the field makes of a value from the database: JSON comes as text."""
    convert = getattr(field, "from_db_value", None)
    return convert(value, None, connection) if convert else value


@cache
def _by_key(model: type[Model]) -> Statement:
    meta = model._meta
    return Statement(
        f"fetch_{meta.db_table}",
        str(meta.pk.rel_db_type(connection)),
        f'SELECT {columns_of(model)} FROM "{meta.db_table}" WHERE "{meta.pk.column}" = $1',  # noqa: S608
    )
