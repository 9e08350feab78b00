"""The class index: the classes of a taxonomy as the browser searches them."""

import hashlib
from collections import defaultdict
from typing import Any

import numpy as np

from taxonomy.groups import group_masks
from taxonomy.hierarchy import HIERARCHY
from taxonomy.models import LabelClass, Synset, SynsetClosure, SynsetEdge, Taxonomy
from taxonomy.versioned import VersionedJson


def _index(taxonomy: Taxonomy) -> dict[str, Any]:
    """Everything that class search needs::

    {"ancestors": [["terrier"], …],      names of every node above a class
     "groups": ["all", …],
     "classes": [{"key": "n02012849", "names": ["crane"], "definition": "large …",
                  "path": [7, 12],       positions in `ancestors`, nearest first: one way up
                  "also": [3],           those on other ways up
                  "groups": [0, 1]}, …], position in the list = class index
     "thumbs": null or {                 small pictures, many on a sheet
         "url": "/…/{sheet}.webp", "tile": 64, "columns": 20, "per_sheet": 400,
         "has": [0, 1, 5, …]}}           class indices
    """
    from taxonomy.reference.sheets import thumbs_of  # which refreshes this index in its turn

    above = _ancestors(taxonomy)
    table = {synset: place for place, synset in enumerate(sorted(set().union(*above.values())))}
    names = dict(Synset.objects.filter(pk__in=table).values_list("pk", "lemmas"))
    parents = _first_parents(taxonomy)
    masks = group_masks(taxonomy)
    member = np.array(list(masks.values()), bool).reshape(len(masks), -1)
    rows = (
        LabelClass.objects.filter(taxonomy=taxonomy)
        .order_by("index")
        .values_list("index", "synset", "synset__key", "synset__lemmas", "synset__definition")
    )
    classes = []
    for index, synset, key, lemmas, definition in rows:
        path = _way_up(synset, parents)
        classes.append(
            {
                "key": key,
                "names": lemmas,
                "definition": definition,
                "path": [table[node] for node in path],
                "also": sorted(table[node] for node in above[synset] - set(path)),
                "groups": np.flatnonzero(member[:, index]).tolist(),
            }
        )
    return {
        "ancestors": [names[synset] for synset in table],
        "groups": list(masks),
        "classes": classes,
        "thumbs": thumbs_of(taxonomy),
    }


def _ancestors(taxonomy: Taxonomy) -> dict[int, set[int]]:
    """{synset of a class: the synsets above it}"""
    above: dict[int, set[int]] = defaultdict(set)
    links = SynsetClosure.objects.filter(descendant__label_class__taxonomy=taxonomy)
    for ancestor, descendant in links.values_list("ancestor", "descendant"):
        above[descendant].add(ancestor)
        above[descendant].discard(descendant)
    return above


def _first_parents(taxonomy: Taxonomy) -> dict[int, int]:
    """{synset: the first parent that it was loaded with}"""
    edges = SynsetEdge.objects.filter(child__taxonomy=taxonomy).order_by("-pk")
    return dict(edges.values_list("child", "parent"))


def _way_up(synset: int, parents: dict[int, int]) -> list[int]:
    path = []
    while synset in parents:
        synset = parents[synset]
        path.append(synset)
    return path


CLASS_INDEX = VersionedJson("class_index", 2, _index)
class_index, class_index_url = CLASS_INDEX.read, CLASS_INDEX.url


def refresh_content_hash(taxonomy: Taxonomy) -> None:
    """To be called by whatever changes a taxonomy, in the same transaction."""
    shown = CLASS_INDEX.encode(taxonomy) + HIERARCHY.encode(taxonomy)
    content_hash = hashlib.sha256(shown).hexdigest()
    if content_hash != taxonomy.content_hash:
        taxonomy.content_hash = content_hash
        taxonomy.save(update_fields=["content_hash"])
