"""Class indices by what files write: keys (wnids), indices or names."""

from collections import defaultdict
from dataclasses import dataclass

from taxonomy.models import Taxonomy

SHOWN = 30


@dataclass(frozen=True)
class ClassLookup:
    """The methods take a file's text and return a class index, or raise ValueError with the
    reason, fit for an InputError.

    `keys` is {key: index}. `names` holds {name: indices} three times, from narrow to wide: usual
    names, all names, all names without case; the first that has a name decides.
    """

    keys: dict[str, int]
    names: tuple[dict[str, list[int]], dict[str, list[int]], dict[str, list[int]]]

    def by_key(self, text: str) -> int:
        if text not in self.keys:
            raise ValueError(f"unknown wnid '{_short(text)}'")
        return self.keys[text]

    def by_index(self, text: str) -> int:
        if not (text.isascii() and text.isdecimal()):
            raise ValueError(f"class index '{_short(text)}' is not a whole number from 0 on")
        if len(text) > 9 or int(text) >= len(self.keys):
            raise ValueError(f"class index {_short(text)} is not among 0 to {len(self.keys) - 1}")
        return int(text)

    def by_name(self, text: str) -> int:
        plain = text.replace("_", " ")
        usual, exact, folded = self.names
        found = usual.get(plain) or exact.get(plain) or folded.get(plain.casefold(), [])
        if not found:
            raise ValueError(f"unknown class name '{_short(text)}'")
        if len(found) > 1:
            raise ValueError(
                f"class name '{_short(text)}' means any of the classes {found}; use the wnid"
            )
        return found[0]

    def by_any(self, text: str) -> int:
        """By key if it is one, else by index if it is a number, else by name."""
        if text in self.keys:
            return self.keys[text]
        return self.by_index(text) if text.isdecimal() else self.by_name(text)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def class_lookup(taxonomy: Taxonomy) -> ClassLookup:
    """The lookup of a taxonomy; one query."""
    keys: dict[str, int] = {}
    usual: dict[str, list[int]] = defaultdict(list)
    exact: dict[str, list[int]] = defaultdict(list)
    folded: dict[str, list[int]] = defaultdict(list)
    rows = taxonomy.classes.order_by("index")
    for index, key, lemmas in rows.values_list("index", "synset__key", "synset__lemmas"):
        keys[key] = index
        usual[lemmas[0]].append(index)
        if len(lemmas) > 1:  # as timm and Hugging Face name ImageNet's classes
            exact[", ".join(lemmas)].append(index)
        for lemma in lemmas:
            exact[lemma].append(index)
        for lemma in {lemma.casefold() for lemma in lemmas}:
            folded[lemma].append(index)
    return ClassLookup(keys, (dict(usual), dict(exact), dict(folded)))
