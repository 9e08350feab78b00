"""Groups of classes that are reported on together, and families that people practise on."""

import numpy as np
from numpy.typing import NDArray

from taxonomy.models import ClassGroup, Synset, Taxonomy

# (name, what is in it): every class, those under a WordNet synset, or those not in another group.
PREDEFINED: tuple[tuple[str, dict[str, str]], ...] = (
    ("all", {}),
    ("organisms", {"root": "n00004475"}),
    ("dogs", {"root": "n02084071"}),
    ("objects", {"complement_of": "organisms"}),
    ("without-dogs", {"complement_of": "dogs"}),
)


def group_masks(
    taxonomy: Taxonomy, kind: str | None = ClassGroup.Kind.GROUP
) -> dict[str, NDArray[np.bool_]]:
    """{group name: bool [n_classes], True for the classes in it}, in the groups' order.

    `kind` chooses groups or families; None gives both, groups first. Four queries, however many
    groups and classes there are.
    """
    groups = list(taxonomy.groups.order_by("-kind", "position"))
    size = taxonomy.classes.count()
    masks = {group.pk: np.zeros(size, bool) for group in groups}
    listed = ClassGroup.members.through.objects.filter(classgroup__taxonomy=taxonomy)
    under_roots = taxonomy.groups.exclude(root=None)
    for group_id, index in (
        *listed.values_list("classgroup_id", "labelclass__index"),
        *under_roots.values_list("pk", "root__descendant_links__descendant__label_class__index"),
    ):
        if index is not None:  # a descendant that is no class
            masks[group_id][index] = True
    for group in groups:
        if group.complement_of_id:
            masks[group.pk] = ~masks[group.complement_of_id]
    return {group.name: masks[group.pk] for group in groups if kind in (None, group.kind)}


def make_predefined(taxonomy: Taxonomy) -> None:
    """Make the predefined groups whose root the taxonomy has; groups that exist stay as they are,
    but `all` takes in every class."""
    wanted = [rule["root"] for _, rule in PREDEFINED if "root" in rule]
    roots = {node.key: node for node in Synset.objects.filter(taxonomy=taxonomy, key__in=wanted)}
    made = {group.name: group for group in taxonomy.groups.all()}
    for position, (name, rule) in enumerate(PREDEFINED):
        root = roots.get(rule.get("root", ""))
        other = made.get(rule.get("complement_of", ""))
        if name not in made and (root or other or not rule):
            made[name] = taxonomy.groups.create(
                name=name, position=position, root=root, complement_of=other
            )
    made["all"].members.add(*taxonomy.classes.exclude(groups=made["all"]))
