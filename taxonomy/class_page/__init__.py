"""What there is to know of one class, for its page and for the panel beside an image."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, OuterRef, QuerySet
from django.db.models.functions import Abs

from taxonomy.groups.listing import groups_with
from taxonomy.models import LabelClass, Synset, SynsetClosure, SynsetEdge
from taxonomy.relations import hints_about

MOST_WAYS = 12
MOST_RELATIVES = 24


class Node(NamedTuple):
    """A node on the way up."""

    key: str
    name: str


def of_page(label_class: LabelClass) -> dict[str, Any]:
    """What the class's page shows; twelve queries."""
    return of_panel(label_class) | {
        "ways": ways_up(label_class),
        "kinds": kinds_of(label_class),
        "groups": groups_with(label_class),
        "last": label_class.taxonomy.classes.count() - 1,
    }


def of_panel(label_class: LabelClass) -> dict[str, Any]:
    """What the page and the panel both show; three queries."""
    nearest, relatives = relatives_of(label_class)
    return {
        "label_class": label_class,
        "hints": hints_about(label_class),
        "nearest": nearest,
        "relatives": relatives,
        # The reference images (`sheet`) and guide entries (`entries`) of the class come here.
    }


def ways_up(label_class: LabelClass) -> list[list[Node]]:
    """Every way from the top down to a parent of the class, at most MOST_WAYS; one query.

    The first is the one by the first parents, as in the class index.
    """
    edges = SynsetEdge.objects.filter(child__descendant_links__descendant=label_class.synset)
    parents: dict[int, list[int]] = defaultdict(list)
    nodes: dict[int, Node] = {}
    columns = ("child", "parent", "parent__key", "parent__lemmas")
    for child, parent, key, lemmas in edges.order_by("pk").values_list(*columns):
        parents[child].append(parent)
        nodes[parent] = Node(key, lemmas[0])
    ways: list[list[Node]] = []
    waiting: list[tuple[int, list[Node]]] = [(label_class.synset_id, [])]
    while waiting and len(ways) < MOST_WAYS:
        node, way = waiting.pop()
        above = parents.get(node, [])
        waiting += [(parent, [nodes[parent], *way]) for parent in reversed(above)]
        if not above and way:
            ways.append(way)
    return ways


def kinds_of(label_class: LabelClass) -> QuerySet[LabelClass]:
    """The classes below the class."""
    under = label_class.taxonomy.classes.filter(
        synset__ancestor_links__ancestor=label_class.synset_id
    )
    return under.exclude(pk=label_class.pk).select_related("synset").order_by("index")


def relatives_of(label_class: LabelClass) -> tuple[Synset | None, list[LabelClass]]:
    """The nearest node above the class that has other classes, and those, by index; two queries.

    Nearest is the node with the fewest classes. At most MOST_RELATIVES classes: those directly
    under the node before others, then those with the nearest index.
    """
    above = SynsetClosure.objects.filter(descendant=label_class.synset_id)
    nearest = (
        Synset.objects.filter(
            pk__in=above.exclude(ancestor=label_class.synset_id).values("ancestor")
        )
        .annotate(class_count=Count("descendant_links__descendant__label_class"))
        .filter(class_count__gt=1)
        .order_by("class_count", "pk")
        .first()
    )
    if nearest is None:
        return None, []
    directly = SynsetEdge.objects.filter(parent=nearest, child=OuterRef("synset"))
    found = (
        LabelClass.objects.filter(synset__ancestor_links__ancestor=nearest)
        .exclude(pk=label_class.pk)
        .annotate(directly=Exists(directly), distance=Abs(F("index") - label_class.index))
        .select_related("synset")
        .order_by("-directly", "distance")[:MOST_RELATIVES]
    )
    return nearest, sorted(found, key=lambda other: other.index)
