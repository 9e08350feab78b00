"""Datasets, their multi-labels, and who takes part."""

from __future__ import annotations

from rest_framework import serializers

from annotation.models import Dataset, Participant


class DatasetSerializer(serializers.ModelSerializer):
    taxonomy = serializers.CharField(source="taxonomy.name")

    class Meta:
        model = Dataset
        fields = ["name", "taxonomy", "size"]


class ParticipantSerializer(serializers.ModelSerializer):
    class Meta:
        model = Participant
        fields = ["id", "name", "kind"]


class MultiLabelSerializer(serializers.Serializer):
    """An image of a dataset with its classes, as keys, by verdict."""

    image_id = serializers.CharField()
    uid = serializers.UUIDField(help_text="the image's name in addresses")
    target = serializers.CharField()
    problematic = serializers.BooleanField()
    correct = serializers.ListField(child=serializers.CharField())
    incorrect = serializers.ListField(child=serializers.CharField())
    unclear = serializers.ListField(child=serializers.CharField())
    unjudged = serializers.ListField(child=serializers.CharField())
