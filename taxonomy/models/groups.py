"""Classes that belong together."""

from django.db import models
from django.db.models import Q

from taxonomy.models.hierarchy import LabelClass, Synset, Taxonomy


class ClassGroup(models.Model):
    """Classes under a root, those not in another group, or a list.

    The list is `members`, used when neither `root` nor `complement_of` is set. A complement is
    never taken of a complement.
    """

    class Kind(models.TextChoices):
        """Groups are reported on; families are what people practise on."""

        GROUP = "group"
        FAMILY = "family"

    taxonomy = models.ForeignKey(Taxonomy, models.CASCADE, related_name="groups")
    name = models.SlugField(max_length=50)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GROUP)
    description = models.CharField(max_length=300, blank=True)
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
