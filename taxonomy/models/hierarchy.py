"""Classes and the hierarchy above them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Taxonomy(models.Model):
    """A list of classes and the hierarchy above them, such as imagenet1k."""

    name = models.CharField(max_length=100, unique=True)
    # Of everything the class index and the hierarchy show; `taxonomy.classes` writes it.
    content_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "taxonomies"

    def __str__(self) -> str:
        return self.name


class Synset(models.Model):
    """A node of the hierarchy: a class or something above classes."""

    taxonomy = models.ForeignKey(Taxonomy, models.CASCADE, related_name="synsets")
    # A WordNet 3.0 id ("n02012849": part of speech and offset) or a key of its own.
    key = models.CharField(max_length=200)
    lemmas = ArrayField(models.TextField())
    definition = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["taxonomy", "key"], name="synset_key_unique"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.lemmas[0]


class SynsetEdge(models.Model):
    """child is a kind of parent, with nothing between them."""

    parent = models.ForeignKey(Synset, models.CASCADE, related_name="child_edges")
    child = models.ForeignKey(Synset, models.CASCADE, related_name="parent_edges")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "child"], name="synset_edge_unique"),
            models.CheckConstraint(condition=~Q(parent=F("child")), name="synset_edge_no_loop"),
        ]

    def __str__(self) -> str:
        return f"{self.parent_id} > {self.child_id}"


class SynsetClosure(models.Model):
    """ancestor is descendant, or above it by any number of edges."""

    ancestor = models.ForeignKey(Synset, models.CASCADE, related_name="descendant_links")
    descendant = models.ForeignKey(Synset, models.CASCADE, related_name="ancestor_links")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ancestor", "descendant"], name="synset_closure_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ancestor_id} >> {self.descendant_id}"


class LabelClass(models.Model):
    """A class that images can be labelled with; its index is what predictions hold."""

    taxonomy = models.ForeignKey(Taxonomy, models.CASCADE, related_name="classes")
    index = models.PositiveIntegerField()
    synset = models.OneToOneField(Synset, models.CASCADE, related_name="label_class")

    class Meta:
        verbose_name_plural = "label classes"
        ordering = ["taxonomy", "index"]
        constraints = [
            models.UniqueConstraint(fields=["taxonomy", "index"], name="label_class_index_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.index}"
