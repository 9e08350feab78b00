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
    """An image of a dataset with its classes, as keys, by verdict. Of one that is closed, because a round
    may ask the reader about it, they are not told."""

    image_id = serializers.CharField()
    uid = serializers.UUIDField(help_text="the image's name in addresses")
    closed = serializers.BooleanField()
    target = serializers.CharField(allow_null=True)
    problematic = serializers.BooleanField()
    correct = serializers.ListField(child=serializers.CharField())
    incorrect = serializers.ListField(child=serializers.CharField())
    unclear = serializers.ListField(child=serializers.CharField())
    unjudged = serializers.ListField(child=serializers.CharField())
