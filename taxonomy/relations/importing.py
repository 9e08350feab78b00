"""Relations from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from taxonomy.errors import InputError, InputErrors
from taxonomy.lookup import ClassLookup, class_lookup
from taxonomy.models import ClassRelation, Taxonomy
from taxonomy.relations import Kind, Source, State, Statement, tidy_condition
from taxonomy.tables import Row, read_table


class Imported(TypedDict):
    """How many relations of the file are new, say something new now, or were there just so."""

    taxonomy: str
    relations: int
    new: int
    changed: int
    unchanged: int


def taxonomy_named(name: str | None) -> Taxonomy:
    """The taxonomy of that name; without a name the only one. Raises InputError."""
    found = list(Taxonomy.objects.filter(**({"name": name} if name else {})).order_by("name"))
    if len(found) == 1:
        return found[0]
    if name:
        raise InputError(f"there is no taxonomy '{name}'")
    if not found:
        raise InputError("there is no taxonomy; load one first")
    names = ", ".join(taxonomy.name for taxonomy in found)
    raise InputError(f"there are several taxonomies ({names}): say which")


@transaction.atomic
def import_relations(
    path: str | Path, taxonomy: Taxonomy, user: User | None = None, name: str | None = None
) -> Imported:
    """Accept every relation of a CSV file, or none of them.

    Columns: `kind` (synonym or subset), `first`, `second` (each a key, an index or a name) and
    optionally `condition`; see `ClassRelation` for what they mean. `name` is the file's in
    messages. A relation that was proposed or dismissed before is accepted now.

    Raises InputErrors with every bad row; InputError for what `read_table` refuses.
    """
    file = name or str(path)
    rows = read_table(path, required=("kind", "first", "second"), name=file)
    statements = _statements(rows, class_lookup(taxonomy), file)
    ids = dict(taxonomy.classes.values_list("index", "pk"))
    stored = {
        (one.kind, one.first_id, one.second_id): one
        for one in taxonomy.relations.select_for_update()
    }
    now = timezone.now()
    new: list[ClassRelation] = []
    changed: list[ClassRelation] = []
    for statement in statements:
        kind, first, second = statement.pair
        key = (kind, ids[first], ids[second])
        relation = stored.get(key) or ClassRelation(
            taxonomy=taxonomy, kind=kind, first_id=key[1], second_id=key[2], source=Source.FILE
        )
        wanted = (State.ACCEPTED, statement.condition)
        if (relation.state, relation.condition) == wanted:
            continue
        relation.state, relation.condition = wanted
        relation.decided_by, relation.decided = user, now
        (changed if relation.pk else new).append(relation)
    ClassRelation.objects.bulk_create(new)
    ClassRelation.objects.bulk_update(changed, ["state", "condition", "decided_by", "decided"])
    unchanged = len(statements) - len(new) - len(changed)
    return Imported(
        taxonomy=taxonomy.name, relations=len(statements), new=len(new), changed=len(changed),
        unchanged=unchanged,
    )  # fmt: skip


def _statements(rows: list[Row], lookup: ClassLookup, file: str) -> list[Statement]:
    problems: list[tuple[int, str]] = []
    lines: dict[tuple[str, int, int], int] = {}
    statements = []
    for row in rows:
        try:
            statement = _statement(row, lookup)
            line = lines.setdefault(statement.pair, row.line)
            if line != row.line:
                raise ValueError(f"says the same as row {line}")
        except ValueError as error:
            problems.append((row.line, str(error)))
        else:
            statements.append(statement)
    if problems:
        raise InputErrors(file, problems)
    return statements


def _statement(row: Row, lookup: ClassLookup) -> Statement:
    values = row.values
    kind = values["kind"].casefold()
    if kind not in Kind.values:
        raise ValueError(f"kind '{values['kind'][:20]}' is neither 'synonym' nor 'subset'")
    first, second = lookup.by_any(values["first"]), lookup.by_any(values["second"])
    if first == second:
        raise ValueError(f"relates class {first} to itself")
    return Statement(kind, first, second, tidy_condition(values.get("condition", "")))
