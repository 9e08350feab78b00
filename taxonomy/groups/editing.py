"""Making, changing and deleting groups in the app."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.db import transaction
from django.db.models import Max

from taxonomy.classes import refresh_content_hash
from taxonomy.errors import InputError
from taxonomy.groups import PREDEFINED, group_masks
from taxonomy.models import ClassGroup, LabelClass, Taxonomy

Rule = Literal["root", "members", "complement"]


@dataclass(frozen=True)
class GroupContent:
    """What a group is to be. Of `root` (a node's key), `members` (class indices) and
    `complement_of` (a group's name) only the one that `rule` names is used.
    """

    name: str
    kind: str
    description: str
    rule: Rule
    root: str = ""
    members: Sequence[int] = ()
    complement_of: str = ""


def is_predefined(group: ClassGroup) -> bool:
    return group.name in dict(PREDEFINED)


def reason_to_keep(group: ClassGroup) -> str:
    """Why the group can't be deleted, or ""; one query."""
    if is_predefined(group):
        return f"Every report has '{group.name}', and loading the taxonomy would make it again."
    if others := ", ".join(f"'{other.name}'" for other in group.complements.order_by("name")):
        return f"It is needed by {others}: everything that is not in '{group.name}'."
    return ""


@transaction.atomic
def delete_group(group: ClassGroup) -> None:
    """Raises InputError, with the reason, if the group is used."""
    if reason := reason_to_keep(group):
        raise InputError(f"'{group.name}' can't be deleted. {reason}")
    taxonomy = group.taxonomy
    group.delete()
    refresh_content_hash(taxonomy)


@transaction.atomic
def save_group(taxonomy: Taxonomy, group: ClassGroup | None, content: GroupContent) -> ClassGroup:
    """Make a group (`group` None), or give one new content.

    Raises InputError for a predefined group, a name that is taken, an unknown root or class, a
    group without classes, or a complement of what can have none.
    """
    taxonomy = Taxonomy.objects.select_for_update().get(pk=taxonomy.pk)
    if group is None:
        group = ClassGroup(taxonomy=taxonomy, position=_next_position(taxonomy))
    elif is_predefined(group):
        raise InputError(f"'{group.name}' is predefined: reports are compared by it.")
    if taxonomy.groups.filter(name=content.name).exclude(pk=group.pk).exists():
        raise InputError(f"There is a group or family '{content.name}' already.")
    group.name, group.kind, group.description = content.name, content.kind, content.description
    group.root = group.complement_of = None
    members: list[LabelClass] = []
    if content.rule == "root":
        group.root = taxonomy.synsets.filter(key=content.root).first()
        if group.root is None:
            raise InputError("Choose a node of the hierarchy.")
    elif content.rule == "complement":
        group.complement_of = _base(taxonomy, group, content.complement_of)
    else:
        members = _members(taxonomy, content.members)
    group.save()
    group.members.set(members)
    if not group_masks(taxonomy, kind=None)[group.name].any():
        raise InputError("No class would be in it.")
    refresh_content_hash(taxonomy)
    return group


def _next_position(taxonomy: Taxonomy) -> int:
    last = taxonomy.groups.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def _base(taxonomy: Taxonomy, group: ClassGroup, name: str) -> ClassGroup:
    """The group of this name, of which `group` can be the complement."""
    base = taxonomy.groups.filter(name=name).first()
    if base is None or base == group:
        raise InputError("Choose another group, of which this is the rest.")
    if base.complement_of_id:
        raise InputError(f"'{name}' is itself the rest of a group; choose that one by its root.")
    if group.pk and group.complements.exists():
        raise InputError(f"'{group.name}' has a complement, so it can't be one.")
    return base


def _members(taxonomy: Taxonomy, indices: Sequence[int]) -> list[LabelClass]:
    if not indices:
        raise InputError("Choose at least one class.")
    found = {one.index: one for one in taxonomy.classes.filter(index__in=indices)}
    if unknown := set(indices) - set(found):
        raise InputError(f"There is no class {min(unknown)}.")
    return list(found.values())
