"""Pairs of classes of which one is correct wherever the other is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from taxonomy.errors import InputError
from taxonomy.models import ClassRelation, LabelClass, Taxonomy

Kind, State, Source = ClassRelation.Kind, ClassRelation.State, ClassRelation.Source
CONDITION_LENGTH = 200


@dataclass(frozen=True)
class Statement:
    """What is said of two classes, by their indices; see `ClassRelation`."""

    kind: str
    first: int
    second: int
    condition: str = ""

    @property
    def pair(self) -> tuple[str, int, int]:
        """What identifies it; a synonym's classes come in the order of their indices."""
        if self.kind == Kind.SYNONYM and self.first > self.second:
            return (self.kind, self.second, self.first)
        return (self.kind, self.first, self.second)


@dataclass(frozen=True)
class Hint:
    """What an accepted relation says where one class is judged: about the class of index `other`,
    in a sentence that has its name between `before` and `after`.
    """

    other: int
    before: str
    name: str
    after: str

    @property
    def text(self) -> str:
        return f"{self.before} {self.name} {self.after}"


def tidy_condition(text: str) -> str:
    """The condition as it stands after "if": no such word before it, no full stop after it.

    Raises ValueError if it is too long.
    """
    condition = " ".join(text.split()).rstrip(".").removeprefix("if ")
    if len(condition) > CONDITION_LENGTH:
        raise ValueError(f"a condition has at most {CONDITION_LENGTH} characters")
    return condition


def enter(taxonomy: Taxonomy, statement: Statement, user: User) -> ClassRelation:
    """Accept what a person says of two classes, proposed before or not.

    Raises InputError if both classes are the same or one is unknown.
    """
    kind, first, second = _classes(taxonomy, statement)
    content = {
        "taxonomy": taxonomy, "condition": statement.condition,
        "state": State.ACCEPTED, "decided_by": user, "decided": timezone.now(),
    }  # fmt: skip
    relation, _ = ClassRelation.objects.update_or_create(
        kind=kind, first=first, second=second,
        defaults=content, create_defaults=content | {"source": Source.HAND},
    )  # fmt: skip
    return relation


def revise(relation: ClassRelation, statement: Statement) -> None:
    """Let a relation say something else, with its state as it is.

    Raises InputError for what `enter` refuses, and if another relation says so already.
    """
    kind, first, second = _classes(relation.taxonomy, statement)
    same = ClassRelation.objects.filter(kind=kind, first=first, second=second)
    if other := same.exclude(pk=relation.pk).first():
        raise InputError(f"There is such a relation already; it is {other.state}.")
    relation.kind, relation.first, relation.second = kind, first, second
    relation.condition = statement.condition
    relation.save(update_fields=["kind", "first", "second", "condition"])


def swap(relation: ClassRelation) -> None:
    """Turn a subset round; raises InputError if it is none, or is there the other way round."""
    if relation.kind != Kind.SUBSET:
        raise InputError("Synonyms have no direction.")
    first, second = relation.first.index, relation.second.index
    revise(relation, Statement(relation.kind, second, first, relation.condition))


def decide(relation: ClassRelation, state: str, user: User) -> None:
    """Accept or dismiss a relation, or leave it open again."""
    relation.state = state
    is_open = state == State.PROPOSED
    relation.decided_by = None if is_open else user
    relation.decided = None if is_open else timezone.now()
    relation.save(update_fields=["state", "decided_by", "decided"])


def hints_of(taxonomy: Taxonomy) -> dict[int, list[str]]:
    """{class index: what reviewers are told of it}, by one query.

    Such as "Also correct wherever African elephant is, if tusks are visible."
    """
    found = _hints(ClassRelation.objects.filter(taxonomy=taxonomy))
    return {index: [hint.text for hint in hints] for index, hints in found.items()}


def hints_about(label_class: LabelClass) -> list[Hint]:
    """The accepted relations of one class, by one query."""
    relations = ClassRelation.objects.filter(Q(first=label_class) | Q(second=label_class))
    return _hints(relations).get(label_class.index, [])


def matching(taxonomy: Taxonomy, text: str) -> QuerySet[ClassRelation]:
    """The relations of classes that have the text in a name or as their key."""
    found = ClassRelation.objects.filter(taxonomy=taxonomy)
    if not text:
        return found
    named = Q(synset__lemmas__icontains=text) | Q(synset__key=text)
    classes = list(taxonomy.classes.filter(named).values_list("pk", flat=True))
    return found.filter(Q(first__in=classes) | Q(second__in=classes))


def with_classes(found: QuerySet[ClassRelation]) -> QuerySet[ClassRelation]:
    """With all that a row shows; proposals in the order in which they were made."""
    return found.select_related(
        "taxonomy", "first__synset", "second__synset", "decided_by"
    ).order_by("pk")


def _classes(taxonomy: Taxonomy, statement: Statement) -> tuple[str, LabelClass, LabelClass]:
    kind, first, second = statement.pair
    if first == second:
        raise InputError("A relation is between two classes.")
    found = {one.index: one for one in taxonomy.classes.filter(index__in=[first, second])}
    if missing := {first, second} - set(found):
        raise InputError(f"There is no class {min(missing)}.")
    return kind, found[first], found[second]


def _hints(relations: QuerySet[ClassRelation]) -> dict[int, list[Hint]]:
    hints: dict[int, list[Hint]] = defaultdict(list)
    sides = [f"{side}__{name}" for side in ("first", "second") for name in COLUMNS]
    rows = relations.filter(state=State.ACCEPTED).order_by("first__index", "second__index")
    for kind, condition, *ends in rows.values_list("kind", "condition", *sides):
        (first, *one), (second, *other) = ends[:3], ends[3:]
        first_name, second_name = _names(*one, *other)
        only = f", if {condition}." if condition else "."
        also = ("Also correct wherever", f"is{only}")
        too = ("Where it is correct,", f"is correct too{only}")
        back = also if kind == Kind.SYNONYM else too
        hints[second].append(Hint(first, also[0], first_name, also[1]))
        hints[first].append(Hint(second, back[0], second_name, back[1]))
    return dict(hints)


COLUMNS = ("index", "synset__key", "synset__lemmas")


def _names(key: str, lemmas: list[str], other_key: str, other_lemmas: list[str]) -> tuple[str, str]:
    """What two classes are called where they are told apart: by their keys if names don't."""
    if lemmas[0] != other_lemmas[0]:
        return lemmas[0], other_lemmas[0]
    return f"{lemmas[0]} ({key})", f"{other_lemmas[0]} ({other_key})"
