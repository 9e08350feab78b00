"""Snapshots and reports."""

from __future__ import annotations

from rest_framework import serializers

from evaluation.models import LabelSnapshot, MetricReport


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
