"""A taxonomy as a file: classes, what is above them, and what can be wrong with it."""

import re
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from taxonomy.errors import InputError, InputErrors
from taxonomy.tables import Row, read_table

# Column names understood -> the name used here.
COLUMNS = {
    "class_index": "index",
    "wnid": "key",
    "name": "names",
    "parent": "parents",
    "description": "definition",
}
KEY_LENGTH = 200
Problem = tuple[int, str]


@dataclass(frozen=True)
class Node:
    """A row of the file. `index` is None for a node that is only a parent of classes."""

    line: int
    key: str
    names: tuple[str, ...]
    definition: str
    parents: tuple[str, ...]
    index: int | None


@dataclass(frozen=True)
class ClassList:
    """A taxonomy that is free of contradictions: see `read_class_list`."""

    file: str
    nodes: dict[str, Node]

    @property
    def classes(self) -> list[Node]:
        """The classes in the order of their indices, which run from 0 without a gap."""
        found = [(node.index, node) for node in self.nodes.values() if node.index is not None]
        return [node for _, node in sorted(found, key=lambda pair: pair[0])]

    @property
    def edges(self) -> list[tuple[str, str]]:
        """(parent's key, child's key)"""
        return [(parent, node.key) for node in self.nodes.values() for parent in node.parents]

    def with_definitions(self, definitions: dict[str, str]) -> "ClassList":
        """The same with the definitions given, by key, in place of empty ones."""
        nodes = {
            key: replace(node, definition=node.definition or definitions.get(key, ""))
            for key, node in self.nodes.items()
        }
        return replace(self, nodes=nodes)


def read_class_list(path: str | Path, name: str | None = None) -> ClassList:
    """Read a table (see `read_table`) with one row per class.

    Columns, only `name` being necessary; several names or parents stand between | or ;

    =============== ===========================================================================
    `name(s)`       what the class is called, the usual name first
    `key`, `wnid`   what files call it (default: its first name)
    `index`         its place in predictions, from 0 without gaps (default: the order of the
                    rows); empty in a row that is no class, only a parent
    `parent(s)`     keys of what it is a kind of. In a file without keys a parent needs no row
    `definition`    what tells it from others
    =============== ===========================================================================

    Raises InputError or InputErrors for an unreadable table, a missing or repeated name, key or
    index, an index that leaves a gap, a parent without row, two rows that nothing tells apart,
    and parents that run in a circle.
    """
    file = name or str(path)
    rows = _renamed(read_table(path, any_of=("name", "names"), name=file), file)
    by_order = "index" not in rows[0].values
    parsed = [_node(row, number if by_order else None) for number, row in enumerate(rows)]
    _refuse(file, [(node.line, problem) for node, problem in parsed if problem])
    nodes = [node for node, _ in parsed]
    _refuse(file, _repeated(nodes))
    named = "key" in rows[0].values
    by_key = {node.key: node for node in nodes}
    if not named:
        by_key |= _implied_parents(by_key)
    _refuse(file, _orphans(by_key))
    _check_indices(nodes, file)
    _check_circles(by_key, file)
    return ClassList(file, by_key)


def _refuse(file: str, problems: list[Problem]) -> None:
    if problems:
        raise InputErrors(file, sorted(problems))


def _renamed(rows: list[Row], file: str) -> list[Row]:
    """The rows under the column names used here."""
    columns = [COLUMNS.get(column, column) for column in rows[0].values]
    for column in columns:
        if columns.count(column) > 1:
            raise InputError(f"column '{column}' occurs twice under two names", file=file, row=1)
    return [Row(line, dict(zip(columns, values.values(), strict=True))) for line, values in rows]


def _split(text: str) -> tuple[str, ...]:
    """The parts between | or ;, each once."""
    return tuple(dict.fromkeys(part.strip() for part in re.split("[|;]", text) if part.strip()))


def _node(row: Row, number: int | None) -> tuple[Node, str]:
    """A row as a node, and what is wrong with it or ""; `number` is its index if no column is."""
    values = row.values
    names = _split(values["names"])
    parents = _split(values.get("parents", ""))
    key = values.get("key", names[0] if names else "")
    index = number
    problem = ""
    if not names:
        problem = "has no name"
    elif not key:
        problem = f"'{names[0]}' has no key"
    elif long := [text for text in (key, *parents) if len(text) > KEY_LENGTH]:
        problem = f"key '{long[0][:20]}…' is longer than {KEY_LENGTH} characters"
    elif text := values.get("index"):
        if text.isascii() and text.isdecimal() and len(text) < 10:
            index = int(text)
        else:
            problem = f"index '{text[:20]}' is not a whole number from 0 on"
    return Node(row.line, key, names, values.get("definition", ""), parents, index), problem


def _repeated(nodes: list[Node]) -> list[Problem]:
    """Rows with a key or an index seen before, and classes that nothing tells from earlier ones."""
    first: dict[object, int] = {}
    problems = []
    for node in nodes:
        for text, mark in _marks(node):
            if first.setdefault(mark, node.line) != node.line:
                problems.append((node.line, f"{text} (first in row {first[mark]})"))
                break
    return problems


def _marks(node: Node) -> list[tuple[str, object]]:
    """(what is wrong if two rows share it, what they must not share)"""
    marks: list[tuple[str, object]] = [(f"key '{node.key}' occurs twice", node.key)]
    if node.index is not None:
        looks = (frozenset(node.names), node.definition, frozenset(node.parents))
        same = f"'{node.names[0]}' has the names, definition and parents of another class"
        marks += [(f"index {node.index} occurs twice", node.index), (same, looks)]
    return marks


def _implied_parents(nodes: dict[str, Node]) -> dict[str, Node]:
    """Parents that have no row, each a node of that name above what names it."""
    return {
        parent: Node(node.line, parent, (parent,), "", (), None)
        for node in nodes.values()
        for parent in node.parents
        if parent not in nodes
    }


def _orphans(nodes: dict[str, Node]) -> list[Problem]:
    return [
        (node.line, f"parent '{parent}' of '{node.key}' has no row")
        for node in nodes.values()
        for parent in node.parents
        if parent not in nodes
    ]


def _check_indices(nodes: list[Node], file: str) -> None:
    given = {node.index for node in nodes if node.index is not None}
    if not given:
        raise InputError("has no classes: every index is empty", file=file)
    if missing := set(range(len(given))) - given:
        reason = f"index {min(missing)} is missing: {len(given)} classes need 0 to {len(given) - 1}"
        raise InputError(reason, file=file)


def _check_circles(nodes: dict[str, Node], file: str) -> None:
    try:
        TopologicalSorter({key: node.parents for key, node in nodes.items()}).prepare()
    except CycleError as error:
        circle = error.args[1]
        shown = " > ".join(circle if len(circle) < 8 else [*circle[:6], "…"])
        reason = f"parents run in a circle: {shown}"
        raise InputError(reason, file=file, row=nodes[circle[0]].line) from error
