"""The whole guide, in the order in which it is exported."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from taxonomy.guide.class_names import ClassNames, NamedClass, class_names
from taxonomy.guide.comparisons import compared_in
from taxonomy.guide.entries import Section, by_group, entries_of
from taxonomy.guide.markdown import images_in, parse
from taxonomy.models import GuideEntry, GuideImage, Taxonomy
from taxonomy.reference.sheets import sheets_version

# Raise when the look of exports changes.
EDITION = 2


@dataclass(frozen=True)
class WholeGuide:
    """Entries (with `current` and classes) by group, and the pictures that they show.

    `compared` are the indices of the classes whose reference images they show, `images` the
    version of those.
    """

    taxonomy: Taxonomy
    sections: list[Section]
    names: ClassNames
    pictures: list[GuideImage]
    compared: set[int]
    images: str

    @property
    def entries(self) -> list[GuideEntry]:
        return [entry for section in self.sections for entry in section.entries]

    @property
    def version(self) -> str:
        revisions = (entry.current_id for entry in self.entries)
        return _version(self.taxonomy, self.images, revisions)

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
    """Changes with everything that an export shows; two queries."""
    entries = GuideEntry.objects.filter(taxonomy=taxonomy, archived=None)
    revisions = entries.values_list("current", flat=True)
    return _version(taxonomy, sheets_version(taxonomy), revisions)


def _version(taxonomy: Taxonomy, images: str, revisions: Iterable[int | None]) -> str:
    content = f"{EDITION}:{taxonomy.content_hash}:{images}:{sorted(filter(None, revisions))}"
    return hashlib.sha256(content.encode()).hexdigest()


def whole_guide(taxonomy: Taxonomy) -> WholeGuide:
    images = sheets_version(taxonomy)
    entries = list(entries_of(taxonomy).select_related("current"))
    names = class_names(taxonomy)
    uids: set[UUID] = set()
    compared: set[int] = set()
    for revision in (entry.current for entry in entries if entry.current):
        tokens = parse(revision.text)
        uids |= images_in(tokens)
        compared |= compared_in(tokens, names, revision.class_indices)
    return WholeGuide(
        taxonomy,
        by_group(taxonomy, entries),
        names,
        list(GuideImage.objects.filter(taxonomy=taxonomy, uid__in=uids)),
        compared,
        images,
    )
