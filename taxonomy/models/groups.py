"""Classes that belong together."""

from django.db import models
from django.db.models import Q

from taxonomy.models.hierarchy import LabelClass, Synset, Taxonomy


class ClassGroup(models.Model):
    """Classes reported on together: those under a root, those not in another group, or a list.

    The list is `members`, used when neither `root` nor `complement_of` is set. A complement is
    never taken of a complement.
    """

    taxonomy = models.ForeignKey(Taxonomy, models.CASCADE, related_name="groups")
    name = models.SlugField(max_length=50)
    position = models.PositiveIntegerField()
    root = models.ForeignKey(Synset, models.CASCADE, null=True, blank=True, related_name="+")
    complement_of = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="complements"
    )
    members = models.ManyToManyField(LabelClass, blank=True, related_name="groups")

    class Meta:
        ordering = ["taxonomy", "position"]
        constraints = [
            models.UniqueConstraint(fields=["taxonomy", "name"], name="class_group_name_unique"),
            models.CheckConstraint(
                condition=Q(root__isnull=True) | Q(complement_of__isnull=True),
                name="class_group_one_rule",
            ),
        ]

    def __str__(self) -> str:
        return self.name
