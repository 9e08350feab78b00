"""The families that come with ImageNet.

The study trained its labelers on one family of classes at a time: terriers, monkeys, electric
rays and sting rays, marmots and beavers (Shankar et al., "Evaluating Machine Accuracy on
ImageNet", ICML 2020). Its lists are not published; those in `data/imagenet1k-families.csv` were
made from the hierarchy, so that every organism and nearly every object is in at least one.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from taxonomy.models import ClassGroup, SynsetClosure, Taxonomy
from taxonomy.tables import Row, read_table

IMAGENET1K_FAMILIES = Path(__file__).parents[1] / "data" / "imagenet1k-families.csv"


def make_families(taxonomy: Taxonomy, path: Path = IMAGENET1K_FAMILIES) -> int:
    """Make the families of a file that the taxonomy has no group of that name for; how many.

    The columns: `name`; `root`, a node whose classes are the family, or `members`, several nodes
    or classes between |; `description`.
    """
    rows = read_table(path, required=("name", "root", "members", "description"))
    there = set(taxonomy.groups.values_list("name", flat=True))
    new = [row for row in rows if row.values["name"] not in there]
    if not new:
        return 0
    roots = dict(
        taxonomy.synsets.filter(key__in=[row.values["root"] for row in new]).values_list(
            "key", "pk"
        )
    )
    families = ClassGroup.objects.bulk_create(
        ClassGroup(
            taxonomy=taxonomy,
            name=row.values["name"],
            kind=ClassGroup.Kind.FAMILY,
            description=row.values["description"],
            position=row.line,
            root_id=roots[row.values["root"]] if row.values["root"] else None,
        )
        for row in new
    )
    nodes = [_nodes(row) for row in new]
    classes = _classes_under(taxonomy, {key for keys in nodes for key in keys})
    membership = ClassGroup.members.through
    membership.objects.bulk_create(
        membership(classgroup_id=family.pk, labelclass_id=label_class)
        for family, keys in zip(families, nodes, strict=True)
        for label_class in sorted(set().union(*(classes[key] for key in keys)))
    )
    return len(families)


def _nodes(row: Row) -> list[str]:
    return row.values["members"].split("|") if row.values["members"] else []


def _classes_under(taxonomy: Taxonomy, keys: set[str]) -> dict[str, set[int]]:
    """{key of a node: primary keys of the classes at or under it}"""
    under: dict[str, set[int]] = defaultdict(set)
    links = SynsetClosure.objects.filter(
        ancestor__taxonomy=taxonomy,
        ancestor__key__in=keys,
        descendant__label_class__isnull=False,
    )
    for key, label_class in links.values_list("ancestor__key", "descendant__label_class"):
        under[key].add(label_class)
    return under
