"""What the pages about groups show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db.models import Count, F, Func, Q, QuerySet, TextField, Value

from taxonomy.groups import group_masks
from taxonomy.models import ClassGroup, LabelClass, Synset, Taxonomy

NODES_SHOWN = 20


def listed(taxonomy: Taxonomy) -> dict[str, list[tuple[ClassGroup, int]]]:
    """{kind: its groups in order, each with the number of its classes}; five queries."""
    counts = {name: int(mask.sum()) for name, mask in group_masks(taxonomy, None).items()}
    groups = taxonomy.groups.select_related("root", "complement_of").order_by("position")
    found: dict[str, list[tuple[ClassGroup, int]]] = {kind: [] for kind in ClassGroup.Kind.values}
    for group in groups:
        found[group.kind].append((group, counts[group.name]))
    return found


def classes_of(group: ClassGroup) -> QuerySet[LabelClass]:
    """The classes of a group with their synsets, by index."""
    mask = group_masks(group.taxonomy, None)[group.name]
    return with_synsets(group.taxonomy, np.flatnonzero(mask).tolist())


def with_synsets(taxonomy: Taxonomy, indices: Sequence[int]) -> QuerySet[LabelClass]:
    found = taxonomy.classes.filter(index__in=indices)
    return found.select_related("synset").order_by("index")


def groups_with(label_class: LabelClass) -> list[ClassGroup]:
    """The groups and families that hold a class, groups first; five queries."""
    taxonomy = label_class.taxonomy
    masks = group_masks(taxonomy, None)
    names = [name for name, mask in masks.items() if mask[label_class.index]]
    return sorted(taxonomy.groups.filter(name__in=names), key=lambda group: names.index(group.name))


def find_nodes(taxonomy: Taxonomy, text: str) -> QuerySet[Synset, Any]:
    """Nodes whose names hold the text or whose key it is, each with `class_count`.

    Those named exactly so come first, then those with the most classes at or under them.
    """
    names = Func(F("lemmas"), Value("|"), function="array_to_string", output_field=TextField())
    exactly = Q(key=text) | Q(lemmas__contains=[text])
    return (
        taxonomy.synsets.alias(names=names)
        .filter(Q(names__icontains=text) | Q(key=text))
        .annotate(class_count=Count("descendant_links__descendant__label_class"), exact=Q(exactly))
        .filter(class_count__gt=0)
        .order_by("-exact", "-class_count", "pk")[:NODES_SHOWN]
    )
