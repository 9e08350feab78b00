"""Tables that a click on a column's title sorts, by the address alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """`key` is that of the rows; numbers come largest first, texts (`text`) in their order."""

    key: str
    title: str
    help: str = ""
    text: bool = False


@dataclass(frozen=True)
class Table:
    """Sorted rows, and for each column {key, title, help, text, direction, query}: `query` is the
    query string that a click asks for."""

    name: str
    header: list[dict[str, Any]]
    rows: list[Row]


def sort_table(
    name: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    asked: Mapping[str, str],
    default: str,
) -> Table:
    """Sort by asked[name]: a column's key, after a minus in falling order; None comes last."""
    keys = {column.key: column for column in columns}
    sort = asked.get(name, default)
    if sort.removeprefix("-") not in keys:
        sort = default
    falling, column = sort.startswith("-"), keys[sort.removeprefix("-")]
    known = [row for row in rows if row[column.key] is not None]
    unknown = [row for row in rows if row[column.key] is None]
    known.sort(key=lambda row: _value(row[column.key]), reverse=falling)
    header = []
    for one in columns:
        first, second = (one.key, f"-{one.key}") if one.text else (f"-{one.key}", one.key)
        direction = ("descending" if falling else "ascending") if one is column else ""
        following = second if sort == first else first
        query = urlencode({**asked, name: following})
        header.append({**vars(one), "direction": direction, "query": query})
    return Table(name, header, known + unknown)


def _value(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
