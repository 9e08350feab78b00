"""What is brought many at once."""

from __future__ import annotations

from rest_framework import serializers

from annotation.models import PredictionSet


class PredictionSetSerializer(serializers.ModelSerializer):
    participant = serializers.CharField(source="participant.name")
    kind = serializers.CharField(source="participant.kind")
    dataset = serializers.CharField(source="dataset.name")

    class Meta:
        model = PredictionSet
        fields = ["id", "participant", "kind", "dataset", "k", "size", "sha256", "created"]


class ImportedPredictionsSerializer(serializers.Serializer):
    models = serializers.IntegerField(help_text="files read")
    predictions = serializers.IntegerField()
    candidates_new = serializers.IntegerField()
    candidates_total = serializers.IntegerField()


class ImportedJudgmentsSerializer(serializers.Serializer):
    round = serializers.CharField()
    judgments = serializers.IntegerField()
    judgments_new = serializers.IntegerField()
    skipped = serializers.IntegerField()
    reviewers = serializers.IntegerField()
    candidates_new = serializers.IntegerField()
    verdicts_changed = serializers.IntegerField()
