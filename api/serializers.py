"""What things look like from outside."""

from __future__ import annotations

from rest_framework import serializers

from annotation.models import Dataset, Participant, PredictionSet
from evaluation.models import ClassifierModel, InferenceRun, LabelSnapshot, MetricReport


class DatasetSerializer(serializers.ModelSerializer):
    taxonomy = serializers.CharField(source="taxonomy.name")

    class Meta:
        model = Dataset
        fields = ["name", "taxonomy", "size"]


class ParticipantSerializer(serializers.ModelSerializer):
    class Meta:
        model = Participant
        fields = ["id", "name", "kind"]


class PredictionSetSerializer(serializers.ModelSerializer):
    participant = serializers.CharField(source="participant.name")
    kind = serializers.CharField(source="participant.kind")
    dataset = serializers.CharField(source="dataset.name")

    class Meta:
        model = PredictionSet
        fields = ["id", "participant", "kind", "dataset", "k", "size", "sha256", "created"]


class MultiLabelSerializer(serializers.Serializer):
    """An image of a dataset with its classes, as keys, by verdict."""

    image_id = serializers.CharField()
    target = serializers.CharField()
    problematic = serializers.BooleanField()
    correct = serializers.ListField(child=serializers.CharField())
    incorrect = serializers.ListField(child=serializers.CharField())
    unclear = serializers.ListField(child=serializers.CharField())
    unjudged = serializers.ListField(child=serializers.CharField())


class SnapshotSerializer(serializers.ModelSerializer):
    class Meta:
        model = LabelSnapshot
        fields = ["hash", "datasets", "counts", "created"]


class ReportSerializer(serializers.ModelSerializer):
    snapshot = serializers.CharField(source="snapshot.hash")
    datasets = serializers.SerializerMethodField()
    groups = serializers.SerializerMethodField()

    class Meta:
        model = MetricReport
        fields = ["id", "snapshot", "hash", "complete", "datasets", "groups", "created"]

    def get_datasets(self, report: MetricReport) -> list[str]:
        return report.parameters["datasets"]

    def get_groups(self, report: MetricReport) -> list[str]:
        return report.parameters["groups"]


class AccuracySerializer(serializers.Serializer):
    """Fractions with a 95 % Clopper-Pearson interval; null where n is 0."""

    correct = serializers.IntegerField()
    n = serializers.IntegerField()
    accuracy = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class MultiLabelAccuracySerializer(AccuracySerializer):
    range_low = serializers.FloatField(allow_null=True)
    range_high = serializers.FloatField(allow_null=True)


class RowSerializer(serializers.Serializer):
    participant = serializers.CharField()
    kind = serializers.CharField()
    dataset = serializers.CharField()
    group = serializers.CharField()
    n = serializers.IntegerField()
    top1 = AccuracySerializer()
    top5 = AccuracySerializer(allow_null=True)
    multi_label = MultiLabelAccuracySerializer()


class RowsSerializer(serializers.Serializer):
    snapshot = serializers.CharField()
    rows = RowSerializer(many=True)


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
