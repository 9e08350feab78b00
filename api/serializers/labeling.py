"""Labeling tasks, what they hand out, and what was answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from annotation.labeling.answers import CONFIDENCES
from annotation.labeling.changes import CHANGES
from annotation.labeling.forms import TaskForm, possible_labelers
from annotation.labeling.parsing import MOST_OPS, NOTE_LENGTH
from annotation.labeling.tasks import LARGEST_SEED, LONGEST_EMBARGO
from annotation.models import Dataset, LabelingTask
from annotation.review.forms import random_seed
from api.serializers.review import FIRST_STATES, LARGEST_INDEX, RejectedSerializer
from taxonomy.models import Taxonomy


class TaskSerializer(serializers.ModelSerializer):
    """`answered`, `later` and `total` count images, one's own or for admins those of everybody."""

    taxonomy = serializers.CharField(source="taxonomy.name")
    answered = serializers.IntegerField()
    later = serializers.IntegerField()
    total = serializers.IntegerField()

    class Meta:
        model = LabelingTask
        fields = [
            "id", "name", "kind", "state", "taxonomy", "instructions", "answered", "later", "total",
            "created", "opened", "closed", "revealed",
        ]  # fmt: skip


class NewTaskSerializer(serializers.Serializer):
    """As in the form of the page; `datasets` says how many images of which are drawn."""

    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(LabelingTask.Kind.values, default="evaluation")
    datasets = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=10**9), allow_empty=False
    )
    balanced = serializers.BooleanField(default=True)
    groups = serializers.ListField(child=serializers.CharField(), default=list)
    classes = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=LARGEST_INDEX), default=list
    )
    seed = serializers.IntegerField(min_value=0, max_value=LARGEST_SEED, default=random_seed)
    labelers = serializers.SlugRelatedField(
        "username", many=True, default=list, queryset=possible_labelers()
    )
    embargo_days = serializers.IntegerField(min_value=0, max_value=LONGEST_EMBARGO, default=180)
    exposed = serializers.ChoiceField(LabelingTask.Exposed.values, default="leave-out")
    instructions = serializers.CharField(max_length=5000, default="", allow_blank=True)
    state = serializers.ChoiceField(FIRST_STATES, default="open")

    @staticmethod
    def form(said: dict[str, Any]) -> TaskForm:
        """The page's form, filled in. Raises ValidationError for an unknown dataset."""
        there = {one.name: one for one in Dataset.objects.select_related("taxonomy")}
        if unknown := [name for name in said["datasets"] if name not in there]:
            raise ValidationError({"datasets": f"There is no dataset '{unknown[0]}'."})
        counts = {f"count_{there[name].pk}": n for name, n in said["datasets"].items()}
        labelers = [one.pk for one in said["labelers"]]
        taxonomies = {there[name].taxonomy for name in said["datasets"]}
        if len(taxonomies) > 1:
            raise ValidationError({"datasets": "The datasets of a task must share one taxonomy."})
        return TaskForm(taxonomies.pop(), said | counts | {"labelers": labelers})


class TaskChangeSerializer(serializers.Serializer):
    change = serializers.ChoiceField(list(CHANGES))


class EnrollSerializer(serializers.Serializer):
    labelers = serializers.SlugRelatedField(
        "username", many=True, allow_empty=False, queryset=possible_labelers()
    )


class LabelerSerializer(serializers.Serializer):
    """How far a labeler is. Times are active seconds at an image, median between quartiles."""

    username = serializers.CharField()
    participant = serializers.CharField(allow_null=True)
    handed_in = serializers.DateTimeField(allow_null=True)
    total = serializers.IntegerField()
    answered = serializers.IntegerField()
    later = serializers.IntegerField()
    exposed = serializers.IntegerField()
    low = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    hours = serializers.FloatField()
    per_day = serializers.FloatField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)


class LabelersSerializer(serializers.Serializer):
    labelers = LabelerSerializer(many=True)


class ItemSerializer(serializers.Serializer):
    """An image and what one has said of it; neither its key nor its label."""

    position = serializers.IntegerField()
    uid = serializers.UUIDField()
    src = serializers.CharField(help_text="address of the picture, or nothing")
    original = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    vars()["class"] = serializers.IntegerField(allow_null=True)
    confidence = serializers.IntegerField(allow_null=True)
    later = serializers.BooleanField()
    note = serializers.CharField()


class ItemsSerializer(serializers.Serializer):
    """`overview`: a character per image, "a" answered, "l" for later, "." not yet."""

    overview = serializers.CharField()
    items = ItemSerializer(many=True)


class LabelingOpSerializer(serializers.Serializer):
    """`say`: all that is said of an image now. `work`: a stretch of time at it. Its `id`, a new UUID,
    makes it count once, however often it is sent."""

    id = serializers.UUIDField()
    type = serializers.ChoiceField(["say", "work"])
    item = serializers.UUIDField()
    vars()["class"] = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    confidence = serializers.ChoiceField(CONFIDENCES, required=False, allow_null=True)
    later = serializers.BooleanField(required=False)
    note = serializers.CharField(required=False, max_length=NOTE_LENGTH, allow_blank=True)
    wall_ms = serializers.IntegerField(required=False, min_value=0)
    active_ms = serializers.IntegerField(required=False, min_value=0)


class LabelingOpsSerializer(serializers.Serializer):
    ops = LabelingOpSerializer(many=True, max_length=MOST_OPS, allow_empty=False)


class StoredSerializer(serializers.Serializer):
    """The ids of what is stored for good, and what never will be; `overview` if it changed."""

    accepted = serializers.ListField(child=serializers.UUIDField())
    rejected = RejectedSerializer(many=True)
    overview = serializers.CharField(required=False)


class HandedInSerializer(serializers.Serializer):
    handed_in = serializers.DateTimeField()


class ResultSerializer(serializers.Serializer):
    """`correct` are the classes that are there, `judged`: reviewers said so; `right` is null of what
    was not answered and of problematic images."""

    position = serializers.IntegerField()
    uid = serializers.UUIDField()
    answer = serializers.IntegerField(allow_null=True)
    correct = serializers.ListField(child=serializers.IntegerField())
    judged = serializers.BooleanField()
    right = serializers.BooleanField(allow_null=True)
    seconds = serializers.FloatField()
    note = serializers.CharField()


class TaskResultsSerializer(serializers.Serializer):
    """`closed`: images of which nothing is told, since a round may ask about them."""

    closed = serializers.IntegerField()
    answers = ResultSerializer(many=True)


class FeedbackSerializer(serializers.Serializer):
    right = serializers.BooleanField()
    judged = serializers.BooleanField()
    answer = serializers.IntegerField()
    correct = serializers.ListField(child=serializers.IntegerField())
    hints = serializers.ListField(child=serializers.CharField())


class DrawnSerializer(serializers.Serializer):
    """What a task would draw: images of each dataset, of each class the fewest and the most, and what
    would be left out of each dataset and why."""

    datasets = serializers.DictField(child=serializers.IntegerField())
    fewest = serializers.IntegerField()
    most = serializers.IntegerField()
    left_out = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))


class NewTrainingSerializer(serializers.Serializer):
    taxonomy = serializers.SlugRelatedField("name", queryset=Taxonomy.objects.all())
    classes = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=LARGEST_INDEX)
    )


class TallySerializer(serializers.Serializer):
    index = serializers.IntegerField()
    answers = serializers.IntegerField()
    right = serializers.IntegerField()


class TakenForSerializer(serializers.Serializer):
    first = serializers.IntegerField()
    second = serializers.IntegerField()
    count = serializers.IntegerField()


class TrainingSerializer(serializers.Serializer):
    """What one has learned of a taxonomy: `proposed` are classes to train next."""

    answers = serializers.IntegerField()
    right = serializers.IntegerField()
    classes = TallySerializer(many=True)
    confusions = TakenForSerializer(many=True)
    proposed = serializers.ListField(child=serializers.IntegerField())


class PersonsAnswerSerializer(serializers.Serializer):
    labeler = serializers.CharField()
    vars()["class"] = serializers.IntegerField()


class SharedImageSerializer(serializers.Serializer):
    """An image that one has answered, with what everybody answered first. `remarks`: how many."""

    item = serializers.UUIDField()
    correct = serializers.ListField(child=serializers.IntegerField())
    judged = serializers.BooleanField()
    answers = PersonsAnswerSerializer(many=True)
    differ = serializers.BooleanField()
    remarks = serializers.IntegerField()


class SharedImagesSerializer(serializers.Serializer):
    images = SharedImageSerializer(many=True)


class RemarkOnItemSerializer(serializers.Serializer):
    """Its `id`, a new UUID, makes it count once, however often it is sent."""

    id = serializers.UUIDField()
    item = serializers.UUIDField()
    text = serializers.CharField(max_length=2000)


class TaskRemarkSerializer(serializers.Serializer):
    author = serializers.CharField(source="author.username")
    text = serializers.CharField()
    created = serializers.DateTimeField()


class TaskRemarksSerializer(serializers.Serializer):
    remarks = TaskRemarkSerializer(many=True)
