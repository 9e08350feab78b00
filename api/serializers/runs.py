"""Models and their runs."""

from __future__ import annotations

from rest_framework import serializers

from annotation.models import Dataset
from evaluation.models import ClassifierModel, InferenceRun


class ModelSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="participant.name")
    taxonomy = serializers.CharField(source="taxonomy.name", allow_null=True, default=None)

    class Meta:
        model = ClassifierModel
        fields = ["id", "name", "taxonomy", "sha256", "architecture", "preprocessing", "created"]


class RunSerializer(serializers.ModelSerializer):
    """A run of a model over a dataset. Start one by the model's id and the dataset's name."""

    model = serializers.PrimaryKeyRelatedField(queryset=ClassifierModel.objects.all())
    dataset = serializers.SlugRelatedField("name", queryset=Dataset.objects.all())
    replace = serializers.BooleanField(default=False)
    done = serializers.IntegerField(read_only=True)
    failed = serializers.IntegerField(read_only=True)

    class Meta:
        model = InferenceRun
        fields = [
            "id", "model", "dataset", "replace", "state", "error", "done", "failed", "created",
            "finished",
        ]  # fmt: skip
        read_only_fields = ["state", "error", "created", "finished"]


class RunChangeSerializer(serializers.Serializer):
    state = serializers.ChoiceField(["running", "paused", "cancelled"])
