"""The guide's entries, for readers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from taxonomy.groups import group_masks
from taxonomy.guide.reading import Text, html_of
from taxonomy.models import GuideEntry, LabelClass, Taxonomy

SEVERAL = "in several groups"
ALL = "all classes"
NO_CLASS = "about no class"


@dataclass(frozen=True)
class Section:
    """A letter or a group, and its entries in alphabetical order."""

    title: str
    entries: list[GuideEntry]


@dataclass(frozen=True)
class Rendered:
    entry: GuideEntry
    html: SafeString


@dataclass(frozen=True)
class EntriesAbout:
    """What the guide says about a class."""

    label_class: LabelClass
    shown: list[Rendered]


def entries_of(taxonomy: Taxonomy) -> QuerySet[GuideEntry]:
    """Those that are not archived, each with its classes; three queries."""
    found = GuideEntry.objects.filter(taxonomy=taxonomy, archived=None)
    return found.prefetch_related("classes__synset").order_by("title", "pk")


def entries_about(label_class: LabelClass) -> EntriesAbout:
    """The entries about a class, rendered to stand under a heading of the third rank.

    One query if the cache has them, else at most five.
    """
    entries = list(
        label_class.guide_entries.filter(archived=None)
        .select_related("current")
        .order_by("title", "pk")
    )
    return EntriesAbout(label_class, rendered(label_class.taxonomy, entries, heading=4))


def rendered(taxonomy: Taxonomy, entries: Sequence[GuideEntry], heading: int = 2) -> list[Rendered]:
    """Entries (with `current` selected) and their HTML."""
    texts = [
        Text(entry.current.text, tuple(entry.current.class_indices))
        for entry in entries
        if entry.current
    ]
    html = html_of(taxonomy, texts, heading)
    return [Rendered(entry, shown) for entry, shown in zip(entries, html, strict=True)]


def by_alphabet(entries: Iterable[GuideEntry]) -> list[Section]:
    """A section per first letter; what begins with none comes first, under #."""
    sections: dict[str, list[GuideEntry]] = defaultdict(list)
    for entry in _sorted(entries):
        first = entry.title[0].upper()
        sections[first if first.isalpha() else "#"].append(entry)
    return [Section(letter, sections[letter]) for letter in sorted(sections)]


def by_group(taxonomy: Taxonomy, entries: Iterable[GuideEntry]) -> list[Section]:
    """A section per class group, in the groups' order.

    An entry stands under the smallest group that holds all of its classes, so that it is listed
    once. What no group but that of all classes holds comes last; without other groups, that is all.
    """
    masks = group_masks(taxonomy)
    wanted = {name: mask for name, mask in masks.items() if not mask.all()}
    smallest = sorted(wanted, key=lambda name: wanted[name].sum())
    rest = SEVERAL if wanted else ALL
    sections: dict[str, list[GuideEntry]] = {name: [] for name in [*wanted, rest, NO_CLASS]}
    for entry in _sorted(entries):
        indices = [one.index for one in entry.classes.all()]
        fitting = (name for name in smallest if wanted[name][indices].all())
        sections[next(fitting, rest) if indices else NO_CLASS].append(entry)
    return [Section(name, entries) for name, entries in sections.items() if entries]


def _sorted(entries: Iterable[GuideEntry]) -> list[GuideEntry]:
    return sorted(entries, key=lambda entry: (entry.title.casefold(), entry.pk))
