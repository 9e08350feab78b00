"""What tests of relations share."""

from __future__ import annotations

from taxonomy.models import ClassRelation, Taxonomy
from taxonomy.relations import State


def said(taxonomy: Taxonomy, state: str = State.ACCEPTED) -> set[tuple[str, int, int, str]]:
    """(kind, first index, second index, condition) of the relations in that state."""
    found = ClassRelation.objects.filter(taxonomy=taxonomy, state=state)
    return set(found.values_list("kind", "first__index", "second__index", "condition"))
