"""Classes by what people write in the guide, and how the guide names them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from taxonomy.lookup import ClassLookup, class_lookup
from taxonomy.models import SynsetEdge, Taxonomy


@dataclass(frozen=True)
class NamedClass:
    """`kind` is the usual name of the first thing above it, or ""."""

    index: int
    key: str
    names: tuple[str, ...]
    definition: str
    kind: str

    @property
    def name(self) -> str:
        return self.names[0]


@dataclass(frozen=True)
class ClassNames:
    """The classes of a taxonomy in the order of their indices, and how they are found."""

    classes: list[NamedClass]
    lookup: ClassLookup

    def find(self, text: str, near: Collection[int] = ()) -> list[NamedClass]:
        """The classes meant by a key, a name or a class index: none, one, or twins.

        Of twins only the one among the class indices `near`, if just one is.
        """
        text = text.strip()
        if text in self.lookup.keys:
            return [self.classes[self.lookup.keys[text]]]
        plain = text.replace("_", " ")
        usual, exact, folded = self.lookup.names
        found = usual.get(plain) or exact.get(plain) or folded.get(plain.casefold(), [])
        if not found and text.isascii() and text.isdecimal() and len(text) < 9:
            found = [int(text)] if int(text) < len(self.classes) else []
        close = [index for index in found if index in near]
        return [self.classes[index] for index in (close if len(close) == 1 else found)]


def class_names(taxonomy: Taxonomy) -> ClassNames:
    """Three queries, however many classes there are."""
    edges = SynsetEdge.objects.filter(child__label_class__taxonomy=taxonomy).order_by("-pk")
    kinds = dict(edges.values_list("child", "parent__lemmas__0"))
    rows = taxonomy.classes.order_by("index").values_list(
        "index", "synset__key", "synset__lemmas", "synset__definition", "synset"
    )
    classes = [
        NamedClass(index, key, tuple(names), definition, kinds.get(synset, ""))
        for index, key, names, definition, synset in rows
    ]
    return ClassNames(classes, class_lookup(taxonomy))
