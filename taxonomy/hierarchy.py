"""The hierarchy of a taxonomy as the explorer draws it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Count, Min

from taxonomy.models import Synset, SynsetClosure, SynsetEdge, Taxonomy
from taxonomy.versioned import VersionedJson


class Below(NamedTuple):
    """The distinct classes at or below a synset: how many, and the smallest class index."""

    classes: int
    first: int


def _folded(taxonomy: Taxonomy) -> dict[str, Any]:
    """Everything that the explorer draws, by three queries, however large the taxonomy is::

        {"nodes": [{"key": "n02084071", "names": ["dog", …], "definition": "a member …",
                    "index": null,                  the class index, if it is a class
                    "count": 118,                   distinct classes at or below it
                    "children": [[1, 5], [7]]}, …], see below
         "root": [0]}

    A node that is no class and has a single child says nothing of its own, so such chains are
    folded: an entry of `children`, and `root`, is a chain of positions in `nodes` from the child
    down to the first node that is a class or has several children. That last one is shown for
    all of them, and only it has `children` of its own. Children with children come first, then
    those without, both in the order of their smallest class index. Nodes without a class below
    are left out. If there are several roots, they are the children of an artificial node with an
    empty key, named after the taxonomy.
    """
    below = _below(taxonomy)
    children = _children(taxonomy, below)
    synsets = (
        Synset.objects.filter(taxonomy=taxonomy, pk__in=below)
        .order_by("pk")
        .values_list("pk", "key", "lemmas", "definition", "label_class__index")
    )
    rows = {pk: row for pk, *row in synsets}
    place = {pk: position for position, pk in enumerate(rows)}
    through = {pk for pk, row in rows.items() if row[3] is None and len(children[pk]) == 1}

    def chain(pk: int) -> list[int]:
        passed = [pk]
        while passed[-1] in through:
            passed += children[passed[-1]]
        return passed

    def entries(found: Iterable[int]) -> list[list[int]]:
        chains = sorted((chain(pk) for pk in found), key=lambda passed: not children[passed[-1]])
        return [[place[pk] for pk in passed] for passed in chains]

    nodes = [
        {
            "key": key,
            "names": names,
            "definition": definition,
            "index": index,
            "count": below[pk].classes,
            "children": [] if pk in through else entries(children[pk]),
        }
        for pk, (key, names, definition, index) in rows.items()
    ]
    lower = {child for found in children.values() for child in found}
    roots = entries(sorted(rows.keys() - lower, key=lambda pk: below[pk].first))
    root = roots[0] if len(roots) == 1 else [len(nodes)]
    if len(roots) != 1:
        nodes.append(_artificial_root(taxonomy, roots, nodes))
    return {"nodes": nodes, "root": root}


def _artificial_root(
    taxonomy: Taxonomy, children: list[list[int]], nodes: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "key": "",
        "names": [taxonomy.name],
        "definition": "",
        "index": None,
        "count": sum(node["index"] is not None for node in nodes),
        "children": children,
    }


def _below(taxonomy: Taxonomy) -> dict[int, Below]:
    """{synset: what is below it}, for those that have a class at or below them."""
    links = SynsetClosure.objects.filter(
        ancestor__taxonomy=taxonomy, descendant__label_class__isnull=False
    )
    found = links.values("ancestor").annotate(
        classes=Count("descendant"), first=Min("descendant__label_class__index")
    )
    return {
        pk: Below(classes, first)
        for pk, classes, first in found.values_list("ancestor", "classes", "first")
    }


def _children(taxonomy: Taxonomy, below: dict[int, Below]) -> dict[int, list[int]]:
    """{synset: its children among those in `below`, by smallest class index}"""
    children: dict[int, list[int]] = defaultdict(list)
    edges = SynsetEdge.objects.filter(child__taxonomy=taxonomy).order_by("pk")
    for parent, child in edges.values_list("parent", "child"):
        if child in below:
            children[parent].append(child)
    for found in children.values():
        found.sort(key=lambda pk: below[pk].first)
    return children


HIERARCHY = VersionedJson("hierarchy", 1, _folded)
hierarchy, hierarchy_url = HIERARCHY.read, HIERARCHY.url
