"""Relations between classes that their names, definitions and hierarchy suggest.

Nothing follows from a proposal until a person accepts it: crane the bird and crane the machine
share a name and nothing else.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from taxonomy.models import ClassRelation, SynsetClosure, Taxonomy
from taxonomy.relations import Kind, Source, Statement

# A name that more classes share than these tells nothing of any two of them.
MOST_SHARING = 10
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True)
class Named:
    """A class as proposals see it."""

    pk: int
    index: int
    names: list[str]
    definition: str


def propose(taxonomy: Taxonomy) -> int:
    """Store the proposals for pairs of classes of which no relation is known; how many.

    A pair that was dismissed is known, so it isn't proposed again. Four queries.
    """
    rows = taxonomy.classes.order_by("index").values_list(
        "pk", "index", "synset__lemmas", "synset__definition"
    )
    classes = {row[1]: Named(*row) for row in rows}
    ends = taxonomy.relations.values_list("first__index", "second__index")
    known = {frozenset(pair) for pair in ends}
    new = []
    for statement, reason in _all(taxonomy, classes):
        pair = frozenset((statement.first, statement.second))
        if pair in known:
            continue
        known.add(pair)
        kind, first, second = statement.pair
        new.append(
            ClassRelation(
                taxonomy=taxonomy, kind=kind, first_id=classes[first].pk,
                second_id=classes[second].pk, source=Source.WORDNET, reason=reason[:300],
            )
        )  # fmt: skip
    return len(ClassRelation.objects.bulk_create(new, ignore_conflicts=True))


def _all(taxonomy: Taxonomy, classes: dict[int, Named]) -> Iterator[tuple[Statement, str]]:
    """The proposals, those first that are most often right."""
    yield from shared_names(classes.values())
    yield from class_above(classes, _ancestors(taxonomy))
    named = list(named_in_definitions(classes.values()))
    yield from (proposal for usual, *proposal in named if usual)  # type: ignore[misc]
    yield from (proposal for usual, *proposal in named if not usual)  # type: ignore[misc]


def shared_names(classes: Iterable[Named]) -> Iterator[tuple[Statement, str]]:
    """Synonyms: two classes with a name in common, but for case and number."""
    by_name: dict[str, dict[int, str]] = defaultdict(dict)
    for one in classes:
        for name in one.names:
            for form in _forms(name):
                by_name[form].setdefault(one.index, name)
    for sharing in by_name.values():
        if len(sharing) > MOST_SHARING:
            continue
        for (first, name), (second, other) in combinations(sharing.items(), 2):
            same = name.casefold() == other.casefold()
            reason = f"Both are called '{name}'." if same else f"One is '{name}', one '{other}'."
            yield Statement(Kind.SYNONYM, first, second), reason


def _forms(name: str) -> set[str]:
    """A name without case, and what it may be the plural of."""
    plain = name.casefold()
    forms = {plain}
    if len(plain) > 4 and plain.endswith("s") and not plain.endswith("ss"):
        forms.add(plain[:-1])
        if plain.endswith("es"):
            forms.add(plain[:-2])
    return forms


def class_above(
    classes: dict[int, Named], ancestors: dict[int, set[int]]
) -> Iterator[tuple[Statement, str]]:
    """Subsets: a class and the nearest classes above it in the hierarchy."""
    for index, above in ancestors.items():
        further = set().union(*(ancestors.get(other, set()) for other in above))
        for other in sorted(above - further):
            name = classes[other].names[0]
            reason = f"'{name}' is above '{classes[index].names[0]}' in the hierarchy."
            yield Statement(Kind.SUBSET, index, other), reason


def _ancestors(taxonomy: Taxonomy) -> dict[int, set[int]]:
    """{class index: indices of the classes above it}, for those that have any."""
    links = SynsetClosure.objects.filter(
        ancestor__label_class__taxonomy=taxonomy, descendant__label_class__isnull=False
    )
    above: dict[int, set[int]] = defaultdict(set)
    ends = ("descendant__label_class__index", "ancestor__label_class__index")
    for index, other in links.values_list(*ends):
        if index != other:
            above[index].add(other)
    return above


def named_in_definitions(
    classes: Iterable[Named],
) -> Iterator[tuple[bool, Statement, str]]:
    """Subsets: a class whose definition has a name of another, whole words and without case.

    Comes with whether it is that class's usual name. If the definition has several of its names,
    the longest counts.
    """
    by_words: dict[tuple[str, ...], list[tuple[Named, str]]] = defaultdict(list)
    for one in classes:
        for name in one.names:
            by_words[_words(name)].append((one, name))
    longest = max(map(len, by_words), default=0)
    for one in classes:
        words = _words(one.definition)
        seen = set()
        for length in range(longest, 0, -1):
            for start in range(len(words) - length + 1):
                for other, name in by_words.get(words[start : start + length], []):
                    if other is one or other.index in seen:
                        continue
                    seen.add(other.index)
                    reason = f"The definition of '{one.names[0]}' names '{name}'."
                    statement = Statement(Kind.SUBSET, one.index, other.index)
                    yield name == other.names[0], statement, reason


def _words(text: str) -> tuple[str, ...]:
    return tuple(WORD.findall(text.casefold()))
