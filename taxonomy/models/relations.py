"""What the names of classes have to do with one another beside the hierarchy."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from taxonomy.models.hierarchy import LabelClass, Taxonomy


class ClassRelation(models.Model):
    """A pair of classes of which one is correct wherever the other is.

    synonym: each is correct wherever the other is; `first` has the smaller index.
    subset: wherever `first` is correct, `second` is correct too, not the other way round.
    Either may hold only if `condition` does: "tusks are visible". Reviewers are told of accepted
    relations; dismissed ones are kept, so that nothing proposes them again.
    """

    class Kind(models.TextChoices):
        SYNONYM = "synonym"
        SUBSET = "subset"

    class State(models.TextChoices):
        PROPOSED = "proposed"
        ACCEPTED = "accepted"
        DISMISSED = "dismissed"

    class Source(models.TextChoices):
        HAND = "hand", "by hand"
        FILE = "file", "from a file"
        WORDNET = "wordnet", "from WordNet"

    taxonomy = models.ForeignKey(Taxonomy, models.CASCADE, related_name="relations")
    kind = models.CharField(max_length=10, choices=Kind)
    first = models.ForeignKey(LabelClass, models.CASCADE, related_name="relations_as_first")
    second = models.ForeignKey(LabelClass, models.CASCADE, related_name="relations_as_second")
    condition = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    source = models.CharField(max_length=10, choices=Source)
    reason = models.CharField(max_length=300, blank=True, help_text="why it is proposed")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decided = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "first", "second"], name="relation_unique"),
            models.CheckConstraint(condition=~Q(first=F("second")), name="relation_of_two"),
        ]
        indexes = [models.Index(fields=["taxonomy", "state"], name="relation_state")]

    def __str__(self) -> str:
        return f"{self.first_id} {self.kind} {self.second_id}"

    @property
    def classes(self) -> tuple[LabelClass, LabelClass]:
        return self.first, self.second
