"""Classes that want an entry."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from taxonomy.guide.class_names import NamedClass, class_names
from taxonomy.models import GuideEntry, GuideWish, Taxonomy

SHOWN = 15


@dataclass(frozen=True)
class Wanted:
    """Classes that one entry should be about, and what speaks for it."""

    classes: tuple[NamedClass, ...]
    reason: str


@dataclass(frozen=True)
class WantedSection:
    title: str
    rows: list[Wanted]
    more: int = 0


def wanted_entries(taxonomy: Taxonomy) -> list[WantedSection]:
    """Classes without an entry that were asked for, the most wanted first, and twins.

    Sections without rows are left out. Five queries.
    """
    classes = class_names(taxonomy).classes
    links = GuideEntry.classes.through.objects.filter(
        guideentry__taxonomy=taxonomy, guideentry__archived=None
    )
    has_entry = set(links.values_list("labelclass__index", flat=True))
    sections = [
        section("Asked for", _asked(taxonomy, classes, has_entry)),
        section("Twins: the same name", _twins(classes, has_entry)),
    ]
    return [one for one in sections if one.rows]


def section(title: str, rows: list[Wanted]) -> WantedSection:
    return WantedSection(title, rows[:SHOWN], max(0, len(rows) - SHOWN))


def _asked(taxonomy: Taxonomy, classes: list[NamedClass], has_entry: set[int]) -> list[Wanted]:
    wishes = GuideWish.objects.filter(label_class__taxonomy=taxonomy)
    count = Counter(wishes.values_list("label_class__index", flat=True))
    order = sorted(count.keys() - has_entry, key=lambda index: (-count[index], index))
    return [Wanted((classes[index],), _people(count[index])) for index in order]


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _twins(classes: list[NamedClass], has_entry: set[int]) -> list[Wanted]:
    """Classes of the same usual name, at least one of which has no entry."""
    by_name: dict[str, list[NamedClass]] = defaultdict(list)
    for one in classes:
        by_name[one.name.casefold()].append(one)
    return [
        Wanted(tuple(twins), " / ".join(one.kind or one.key for one in twins))
        for twins in by_name.values()
        if len(twins) > 1 and not {one.index for one in twins} <= has_entry
    ]
