"""The whole guide, in the order in which it is exported."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from taxonomy.guide.class_names import ClassNames, NamedClass, class_names
from taxonomy.guide.entries import Section, by_group, entries_of
from taxonomy.guide.markdown import images_in, parse
from taxonomy.models import GuideEntry, GuideImage, Taxonomy

# Raise when the look of exports changes.
EDITION = 1


@dataclass(frozen=True)
class WholeGuide:
    """Entries (with `current` and classes) by group, and the pictures that they show."""

    taxonomy: Taxonomy
    sections: list[Section]
    names: ClassNames
    pictures: list[GuideImage]

    @property
    def entries(self) -> list[GuideEntry]:
        return [entry for section in self.sections for entry in section.entries]

    @property
    def version(self) -> str:
        return _version(self.taxonomy, (entry.current_id for entry in self.entries))

    @cached_property
    def index(self) -> list[tuple[NamedClass, list[GuideEntry]]]:
        """(class, the entries about it) in alphabetical order."""
        about: dict[int, list[GuideEntry]] = defaultdict(list)
        for entry in self.entries:
            for one in entry.classes.all():
                about[one.index].append(entry)
        rows = [(self.names.classes[index], entries) for index, entries in about.items()]
        return sorted(rows, key=lambda row: (row[0].name.casefold(), row[0].index))


def current_version(taxonomy: Taxonomy) -> str:
    """Changes with everything that an export shows; one query."""
    entries = GuideEntry.objects.filter(taxonomy=taxonomy, archived=None)
    return _version(taxonomy, entries.values_list("current", flat=True))


def _version(taxonomy: Taxonomy, revisions: Iterable[int | None]) -> str:
    content = f"{EDITION}:{taxonomy.content_hash}:{sorted(filter(None, revisions))}"
    return hashlib.sha256(content.encode()).hexdigest()


def whole_guide(taxonomy: Taxonomy) -> WholeGuide:
    entries = list(entries_of(taxonomy).select_related("current"))
    uids = set().union(
        *(images_in(parse(entry.current.text)) for entry in entries if entry.current)
    )
    return WholeGuide(
        taxonomy,
        by_group(taxonomy, entries),
        class_names(taxonomy),
        list(GuideImage.objects.filter(taxonomy=taxonomy, uid__in=uids)),
    )
