"""Relations between classes and the labeling guide, out of a dump."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Model

from annotation.importing.dump_files import Dump
from taxonomy.errors import InputError
from taxonomy.guide.class_names import class_names
from taxonomy.guide.writing import for_search
from taxonomy.models import ClassRelation, GuideEntry, GuideRevision, Taxonomy


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def check(made: Model) -> None:
    """Raise InputError for what is not among the choices of its field, ValidationError for what else no
    field of this kind holds."""
    for field in made._meta.concrete_fields:
        value = getattr(made, field.attname)
        if field.choices and value not in dict(field.flatchoices):
            raise InputError(f"'{value}' is no {field.name} of a {made._meta.verbose_name}")
        field.run_validators(value)


def store_relations(dump: Dump, taxonomy: Taxonomy, people: Mapping[str, int]) -> int:
    """Store what the dump says of pairs of classes, in the place of what is said here; how many."""
    ids = dict(taxonomy.classes.values_list("synset__key", "pk"))
    made = [
        ClassRelation(
            taxonomy=taxonomy, kind=row["kind"], first_id=ids[row["first"]],
            second_id=ids[row["second"]], condition=row["condition"], state=row["state"],
            source=row["source"], reason=row["reason"], decided=moment(row["decided"]),
            decided_by_id=people[row["decided_by"]] if row["decided_by"] else None,
        )
        for row in dump.rows("relations")
    ]  # fmt: skip
    for relation in made:
        check(relation)
    ClassRelation.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["kind", "first", "second"],
        update_fields=["condition", "state", "source", "reason", "decided", "decided_by"],
    )  # fmt: skip
    return len(made)


def store_guide(dump: Dump, taxonomy: Taxonomy, people: Mapping[str, int]) -> int:
    """Store entries with all their revisions; how many entries. Raises InputError if there is a guide."""
    rows = list(dump.rows("guide"))
    if rows and taxonomy.guide_entries.exists():
        raise InputError(f"there is a guide to '{taxonomy}' already")
    shown = {row["entry"]: row for row in rows if row["current"]}
    entries = {
        number: GuideEntry(taxonomy=taxonomy, title=row["title"], archived=moment(row["archived"]))
        for number, row in shown.items()
    }
    GuideEntry.objects.bulk_create(entries.values())
    revisions = _store_revisions(rows, entries, taxonomy, people)
    created: dict[int, datetime | None] = {}
    for row in rows:
        created.setdefault(row["entry"], moment(row["created"]))
    for number, entry in entries.items():
        entry.current = revisions[number, shown[number]["revision"]]
        GuideEntry.objects.filter(pk=entry.pk).update(
            current=entry.current, created=created[number], updated=entry.current.created
        )
        entry.classes.set(taxonomy.classes.filter(index__in=entry.current.class_indices))
    return len(entries)


def _store_revisions(
    rows: list[dict],
    entries: Mapping[int, GuideEntry],
    taxonomy: Taxonomy,
    people: Mapping[str, int],
) -> dict[tuple[int, int], GuideRevision]:
    """{(entry, number): revision}"""
    places = dict(taxonomy.classes.values_list("synset__key", "index"))
    names = class_names(taxonomy)
    made: dict[tuple[int, int], GuideRevision] = {}
    for row in rows:
        indices = sorted(places[key] for key in row["classes"])
        made[row["entry"], row["revision"]] = GuideRevision(
            entry=entries[row["entry"]], number=row["revision"], title=row["title"],
            text=row["text"], class_indices=indices, author_id=people[row["author"]],
            note=row["note"], aside=row["aside"], **for_search(names, row["text"], indices),
        )  # fmt: skip
    GuideRevision.objects.bulk_create(made.values(), batch_size=500)
    for row in rows:
        revision = made[row["entry"], row["revision"]]
        revision.created = datetime.fromisoformat(row["created"])
        revision.restored_from = made.get((row["entry"], row["restored_from"]))
    GuideRevision.objects.bulk_update(made.values(), ["created", "restored_from"], batch_size=500)
    return made
