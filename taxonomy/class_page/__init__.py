"""What there is to know of one class, for its page and for the panel beside an image."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
from django.db.models import Count, Exists, F, OuterRef, QuerySet
from django.db.models.functions import Abs

from taxonomy.groups import group_masks
from taxonomy.groups.listing import groups_with
from taxonomy.guide.entries import entries_about
from taxonomy.models import ClassGroup, LabelClass, Synset, SynsetClosure, SynsetEdge
from taxonomy.reference.sheets import sheet_of
from taxonomy.relations import hints_about

MOST_WAYS = 12
MOST_RELATIVES = 24


class Node(NamedTuple):
    """A node on a way down to a class; `at` is its address in the explorer, on this very way."""

    key: str
    name: str
    at: str


class Relatives(NamedTuple):
    """Classes near one, and where they are: "under ray", "in snakes"."""

    where: str
    classes: list[LabelClass]


def of_page(label_class: LabelClass) -> dict[str, Any]:
    """What the class's page shows; at most 23 queries."""
    return of_panel(label_class) | {
        "ways": ways_up(label_class),
        "kinds": kinds_of(label_class),
        "groups": groups_with(label_class),
        "last": label_class.taxonomy.classes.count() - 1,
    }


def of_panel(label_class: LabelClass) -> dict[str, Any]:
    """What the page and the panel both show; at most fifteen queries."""
    return {
        "label_class": label_class,
        "hints": hints_about(label_class),
        "relatives": relatives_of(label_class),
        "sheet": sheet_of(label_class),
        "entries": entries_about(label_class),
    }


def ways_up(label_class: LabelClass) -> list[list[Node]]:
    """Every way from the top down to the class, which is its end; at most MOST_WAYS, one query.

    The first is the one by the first parents, as in the class index. None if nothing is above it.
    """
    edges = SynsetEdge.objects.filter(child__descendant_links__descendant=label_class.synset)
    parents: dict[int, list[int]] = defaultdict(list)
    synset = label_class.synset
    nodes = {synset.pk: (synset.key, synset.name)}
    columns = ("child", "parent", "parent__key", "parent__lemmas")
    for child, parent, key, lemmas in edges.order_by("pk").values_list(*columns):
        parents[child].append(parent)
        nodes[parent] = (key, lemmas[0])
    ways: list[list[Node]] = []
    waiting = [[synset.pk]]
    while waiting and len(ways) < MOST_WAYS:
        way = waiting.pop()
        above = parents.get(way[0], [])
        waiting += [[parent, *way] for parent in reversed(above)]
        if not above and len(way) > 1:
            ways.append(_addressed([nodes[pk] for pk in way]))
    return ways


def _addressed(way: list[tuple[str, str]]) -> list[Node]:
    """(key, name) of the nodes of a way from the top, each with the keys of the way down to it."""
    addresses = accumulate((quote(key, safe="") for key, _ in way), "{}/{}".format)
    return [Node(key, name, at) for (key, name), at in zip(way, addresses, strict=True)]


def kinds_of(label_class: LabelClass) -> QuerySet[LabelClass]:
    """The classes below the class."""
    under = label_class.taxonomy.classes.filter(
        synset__ancestor_links__ancestor=label_class.synset_id
    )
    return under.exclude(pk=label_class.pk).select_related("synset").order_by("index")


def relatives_of(label_class: LabelClass) -> Relatives:
    """The classes nearest to a class, by index; seven queries.

    They are those of its smallest family, or those under the lowest node above it that has other
    classes, whichever are fewer. At most MOST_RELATIVES: those directly under the node before
    others, then those with the nearest index.
    """
    node, node_size = _nearest_node(label_class)
    masks = group_masks(label_class.taxonomy, ClassGroup.Kind.FAMILY)
    sizes = {name: int(mask.sum()) for name, mask in masks.items() if mask[label_class.index]}
    family = min(sizes, key=lambda name: sizes[name], default="")
    others = LabelClass.objects.filter(taxonomy=label_class.taxonomy).exclude(pk=label_class.pk)
    if family and (node is None or sizes[family] < node_size):
        where = f"in {family}"
        others = others.filter(index__in=np.flatnonzero(masks[family]).tolist())
    elif node:
        where = f"under {node}"
        others = others.filter(synset__ancestor_links__ancestor=node)
    else:
        return Relatives("", [])
    directly = SynsetEdge.objects.filter(parent=node, child=OuterRef("synset"))
    found = (
        others.annotate(directly=Exists(directly), distance=Abs(F("index") - label_class.index))
        .select_related("synset")
        .order_by("-directly", "distance")[:MOST_RELATIVES]
    )
    return Relatives(where, sorted(found, key=lambda other: other.index))


def _nearest_node(label_class: LabelClass) -> tuple[Synset | None, int]:
    """The lowest node above the class that has other classes, and how many classes it has.

    The lowest is the one with the most nodes above it.
    """
    above = SynsetClosure.objects.filter(descendant=label_class.synset_id)
    others = LabelClass.objects.filter(synset__ancestor_links__ancestor=OuterRef("pk"))
    found = (
        Synset.objects.filter(
            Exists(others.exclude(pk=label_class.pk)),
            pk__in=above.exclude(ancestor=label_class.synset_id).values("ancestor"),
        )
        .annotate(depth=Count("ancestor_links"))
        .order_by("-depth", "pk")
        .first()
    )
    if found is None:
        return None, 0
    return found, LabelClass.objects.filter(synset__ancestor_links__ancestor=found).count()
