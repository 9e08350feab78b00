"""Taxonomies: classes, groups, relations, and the labeling guide."""

from __future__ import annotations

from rest_framework import serializers

from api.serializers.review import LARGEST_INDEX
from taxonomy.groups.forms import RULES
from taxonomy.guide.writing import COMMENT_LENGTH, TEXT_LENGTH
from taxonomy.models import (
    ClassGroup,
    ClassRelation,
    GuideEntry,
    GuideRevision,
    LabelClass,
    Taxonomy,
)
from taxonomy.models.guide import NOTE_LENGTH, TITLE_LENGTH
from taxonomy.relations import CONDITION_LENGTH


class IndicesField(serializers.ListField):
    child = serializers.IntegerField(min_value=0, max_value=LARGEST_INDEX)


class TaxonomySerializer(serializers.ModelSerializer):
    class Meta:
        model = Taxonomy
        fields = ["id", "name", "content_hash"]


class ClassSerializer(serializers.ModelSerializer):
    key = serializers.CharField(source="synset.key")
    lemmas = serializers.ListField(source="synset.lemmas", child=serializers.CharField())
    definition = serializers.CharField(source="synset.definition")

    class Meta:
        model = LabelClass
        fields = ["index", "key", "lemmas", "definition"]


class NodeSerializer(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()


class KnownClassSerializer(ClassSerializer):
    """`ways`: every way from the top down to the class; `kinds`: the classes below it; `entries`: the
    ids of the guide's entries about it."""

    ways = serializers.ListField(child=NodeSerializer(many=True))
    kinds = serializers.ListField(child=serializers.IntegerField())
    groups = serializers.ListField(child=serializers.CharField())
    hints = serializers.ListField(child=serializers.CharField())
    entries = serializers.ListField(child=serializers.IntegerField())

    class Meta:
        model = LabelClass
        fields = [
            *ClassSerializer.Meta.fields, "ways", "kinds", "groups", "hints", "entries",
        ]  # fmt: skip


class GroupSerializer(serializers.ModelSerializer):
    """All classes under `root`, or all that are not in another group, or else a list."""

    root = serializers.CharField(source="root.key", allow_null=True, default=None)
    complement_of = serializers.CharField(
        source="complement_of.name", allow_null=True, default=None
    )

    class Meta:
        model = ClassGroup
        fields = ["id", "name", "kind", "description", "root", "complement_of"]


class GroupClassesSerializer(GroupSerializer):
    classes = serializers.ListField(child=serializers.IntegerField())

    class Meta:
        model = ClassGroup
        fields = [*GroupSerializer.Meta.fields, "classes"]


class GroupContentSerializer(serializers.Serializer):
    """Of `root` (a node's key), `members` (class indices) and `complement_of` (a group's name) only
    the one that `rule` names is used."""

    name = serializers.RegexField(r"^[-a-zA-Z0-9_]+$", max_length=50)
    kind = serializers.ChoiceField(ClassGroup.Kind.values, default="group")
    description = serializers.CharField(max_length=300, allow_blank=True, default="")
    rule = serializers.ChoiceField([name for name, _ in RULES])
    root = serializers.CharField(max_length=200, allow_blank=True, default="")
    members = IndicesField(default=list)
    complement_of = serializers.CharField(max_length=50, allow_blank=True, default="")


class RelationSerializer(serializers.ModelSerializer):
    """synonym: each is correct wherever the other is; subset: wherever the first is, the second is."""

    first = serializers.IntegerField(source="first.index")
    second = serializers.IntegerField(source="second.index")

    class Meta:
        model = ClassRelation
        fields = ["id", "kind", "first", "second", "condition", "state", "source", "reason"]


class StatementSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(ClassRelation.Kind.values)
    first = serializers.CharField(max_length=200, help_text="key, index or name of a class")
    second = serializers.CharField(max_length=200)
    condition = serializers.CharField(max_length=CONDITION_LENGTH, allow_blank=True, default="")


class RelationStateSerializer(serializers.Serializer):
    state = serializers.ChoiceField(ClassRelation.State.values)


class ProposedSerializer(serializers.Serializer):
    proposed = serializers.IntegerField()


class EntrySerializer(serializers.ModelSerializer):
    classes = serializers.SlugRelatedField("index", many=True, read_only=True)

    class Meta:
        model = GuideEntry
        fields = ["id", "title", "classes", "archived", "created", "updated"]


class RevisionSerializer(serializers.ModelSerializer):
    """`aside`: somebody else was faster; it was never the entry's text."""

    classes = serializers.ListField(source="class_indices", child=serializers.IntegerField())

    class Meta:
        model = GuideRevision
        fields = ["number", "title", "text", "classes", "note", "aside", "created"]


class GuideCommentSerializer(serializers.Serializer):
    text = serializers.CharField(max_length=COMMENT_LENGTH)
    created = serializers.DateTimeField(read_only=True)


class WrittenEntrySerializer(EntrySerializer):
    """`number` is that of the current revision: send it as `base` with a new text."""

    number = serializers.IntegerField(source="current.number")
    text = serializers.CharField(source="current.text")
    comments = GuideCommentSerializer(many=True)

    class Meta:
        model = GuideEntry
        fields = [*EntrySerializer.Meta.fields, "number", "text", "comments"]


class DraftSerializer(serializers.Serializer):
    title = serializers.CharField(max_length=TITLE_LENGTH)
    text = serializers.CharField(
        max_length=TEXT_LENGTH, allow_blank=True, trim_whitespace=False, help_text="Markdown"
    )
    classes = IndicesField(default=list)
    note = serializers.CharField(max_length=NOTE_LENGTH, allow_blank=True, default="")


class NewTextSerializer(DraftSerializer):
    base = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="number of the revision that it was begun from"
    )


class ArchivedSerializer(serializers.Serializer):
    archived = serializers.BooleanField()


class ImportedRelationsSerializer(serializers.Serializer):
    relations = serializers.IntegerField()
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()


class WishSerializer(serializers.Serializer):
    wanted = serializers.BooleanField()


class WantedEntrySerializer(serializers.Serializer):
    """Classes that one entry should be about, and what speaks for it."""

    classes = serializers.ListField(child=serializers.IntegerField())
    reason = serializers.CharField()


class WantedEntriesSerializer(serializers.Serializer):
    wanted = WantedEntrySerializer(many=True)


class PictureSerializer(serializers.Serializer):
    picture = serializers.FileField()


class MarkdownSerializer(serializers.Serializer):
    markdown = serializers.CharField(help_text="what shows the picture in an entry")


class ConfusionOfClassesSerializer(serializers.Serializer):
    """On how many images one of two classes was correct and the other was not."""

    first = serializers.IntegerField()
    second = serializers.IntegerField()
    images = serializers.IntegerField()


class ClassEvidenceSerializer(serializers.Serializer):
    """`counts`: candidates of the class by verdict; `confused`: what images with it were wrongly taken
    for; `taken_for`: what is there where it was wrong."""

    counts = serializers.DictField(child=serializers.IntegerField())
    confused = ConfusionOfClassesSerializer(many=True)
    taken_for = ConfusionOfClassesSerializer(many=True)


class ConfusionsOfClassesSerializer(serializers.Serializer):
    confusions = ConfusionOfClassesSerializer(many=True)


class ReferenceSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    large = serializers.CharField(help_text="address of the picture")
    original = serializers.CharField()


class GuideExportSerializer(serializers.Serializer):
    state = serializers.CharField(help_text="ready, or how far it is")
