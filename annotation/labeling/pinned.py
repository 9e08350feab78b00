"""Classes that a labeler keeps at hand."""

from __future__ import annotations

from accounts.models import User
from annotation.models import Enrollment, PinnedClass
from taxonomy.models import LabelClass, Taxonomy

RECENT = 12


def pin(labeler: User, taxonomy: Taxonomy, class_index: int, pinned: bool) -> bool:
    """Keep a class at hand, or no longer; False if there is no such class."""
    if not LabelClass.objects.filter(taxonomy=taxonomy, index=class_index).exists():
        return False
    if pinned:
        PinnedClass.objects.get_or_create(
            labeler=labeler, taxonomy=taxonomy, class_index=class_index
        )
    else:
        PinnedClass.objects.filter(
            labeler=labeler, taxonomy=taxonomy, class_index=class_index
        ).delete()
    return True


def pinned_of(labeler: User, taxonomy: Taxonomy) -> list[int]:
    """Class indices, in the order in which they were pinned."""
    pinned = PinnedClass.objects.filter(labeler=labeler, taxonomy=taxonomy).order_by("pk")
    return list(pinned.values_list("class_index", flat=True))


def recent_of(part: Enrollment) -> list[int]:
    """The classes that the labeler named last in a task, each once, the latest first."""
    answered = part.assignments.filter(class_index__isnull=False).order_by("-answered")
    latest = answered.values_list("class_index", flat=True)[: RECENT * 10]
    return list(dict.fromkeys(index for index in latest if index is not None))[:RECENT]
