"""What follows from a report: figures, tables, and participants beside each other."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotation.models import Participant
from api.serializers.results import RowSerializer
from evaluation.comparison import METRICS
from evaluation.figure_choice import KINDS
from evaluation.galleries import Answered
from evaluation.metrics.changes import Change
from evaluation.models import ParticipantGroup, Subset

FIGURES = list(KINDS)
FRACTION: dict[str, Any] = {"allow_null": True}


class FigureKindSerializer(serializers.Serializer):
    """`pickers`: which parameters of its address it heeds."""

    name = serializers.ChoiceField(FIGURES)
    title = serializers.CharField()
    note = serializers.CharField()
    pickers = serializers.ListField(child=serializers.CharField())


class FigureKindsSerializer(serializers.Serializer):
    figures = FigureKindSerializer(many=True)


class FigureDataSerializer(serializers.Serializer):
    """`points`: what the figure draws, accuracies as fractions."""

    snapshot = serializers.CharField()
    figure = serializers.ChoiceField(FIGURES)
    points = serializers.ListField(child=serializers.DictField())


class TableColumnSerializer(serializers.Serializer):
    group = serializers.CharField()
    dataset = serializers.CharField(help_text="or gap: from the first dataset to the second")


class TableCellSerializer(serializers.Serializer):
    """All null where there is nothing; `n` is null of a gap."""

    value = serializers.FloatField(**FRACTION)
    low = serializers.FloatField(**FRACTION)
    high = serializers.FloatField(**FRACTION)
    n = serializers.IntegerField(allow_null=True)
    best = serializers.BooleanField()


class TableLineSerializer(serializers.Serializer):
    """A participant, with a cell per column."""

    name = serializers.CharField()
    kind = serializers.CharField()
    section = serializers.CharField()
    cells = TableCellSerializer(many=True)


class TableSerializer(serializers.Serializer):
    snapshot = serializers.CharField()
    metric = serializers.ChoiceField(list(METRICS))
    columns = TableColumnSerializer(many=True)
    lines = TableLineSerializer(many=True)


class GivenSerializer(serializers.Serializer):
    vars()["class"] = serializers.IntegerField()
    participants = serializers.ListField(child=serializers.CharField())
    right = serializers.BooleanField()


class AnswersSerializer(serializers.Serializer):
    """What was answered on an image, the most frequent answer first. Classes are indices."""

    target = serializers.IntegerField()
    correct = serializers.ListField(child=serializers.IntegerField())
    answers = GivenSerializer(many=True)


def answers_told(one: Answered) -> dict[str, Any]:
    return {
        "target": one.target.index, "correct": [label_class.index for label_class in one.correct],
        "answers": [
            {"class": label_class.index, "participants": who, "right": right}
            for label_class, who, right in one.answers
        ],
    }  # fmt: skip


class AnsweredSerializer(AnswersSerializer):
    """An image with what was answered, the most frequent answer first. Classes are indices."""

    image_id = serializers.CharField()
    uid = serializers.UUIDField()


class AboutSerializer(serializers.Serializer):
    snapshot = serializers.CharField()
    dataset = serializers.CharField()
    group = serializers.CharField()


class MissedSerializer(AboutSerializer):
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    count = serializers.IntegerField()
    results = AnsweredSerializer(many=True)


class PairTestSerializer(serializers.Serializer):
    """Of the `n` images that count for both, how many both, one alone and neither got right; McNemar's
    exact p-value, the statistic and the p-value with continuity correction; `needed`: images that it
    takes to find so large a difference with probability 0.8."""

    n = serializers.IntegerField()
    both = serializers.IntegerField()
    first = serializers.IntegerField()
    second = serializers.IntegerField()
    neither = serializers.IntegerField()
    difference = serializers.FloatField(**FRACTION)
    low = serializers.FloatField(**FRACTION)
    high = serializers.FloatField(**FRACTION)
    exact = serializers.FloatField(**FRACTION)
    statistic = serializers.FloatField(**FRACTION)
    corrected = serializers.FloatField(**FRACTION)
    needed = serializers.IntegerField(allow_null=True)


class PairSerializer(MissedSerializer):
    """`pair` is null if no image counts for both; `results` are images on which they differ."""

    first = serializers.CharField()
    second = serializers.CharField()
    pair = PairTestSerializer(allow_null=True)


class RankSerializer(RowSerializer):
    """A row of the report, with the rank by multi-label accuracy among `of` participants."""

    rank = serializers.IntegerField(allow_null=True)
    of = serializers.IntegerField()


class ClassResultSerializer(serializers.Serializer):
    """`others`: the mean accuracy of all others on the class."""

    index = serializers.IntegerField()
    correct = serializers.IntegerField()
    n = serializers.IntegerField()
    others = serializers.FloatField()


class ConfusionSerializer(serializers.Serializer):
    target = serializers.IntegerField()
    predicted = serializers.IntegerField()
    count = serializers.IntegerField()


class RivalSerializer(serializers.Serializer):
    """How much less accurate another is, with its interval and McNemar's p, also by Holm's method."""

    name = serializers.CharField()
    kind = serializers.CharField()
    difference = serializers.FloatField(**FRACTION)
    low = serializers.FloatField(**FRACTION)
    high = serializers.FloatField(**FRACTION)
    p = serializers.FloatField(**FRACTION)
    corrected = serializers.FloatField(**FRACTION)


class ProfileSerializer(AboutSerializer):
    participant = serializers.CharField()
    ranks = RankSerializer(many=True)
    strong = ClassResultSerializer(many=True)
    weak = ClassResultSerializer(many=True)
    confusions = ConfusionSerializer(many=True)
    rivals = RivalSerializer(many=True)


class AccuracyChangeSerializer(serializers.Serializer):
    participant = serializers.CharField()
    dataset = serializers.CharField()
    before = serializers.FloatField()
    after = serializers.FloatField()
    gain = serializers.FloatField()


class ChangedImageSerializer(serializers.Serializer):
    image_id = serializers.CharField()
    uid = serializers.UUIDField()
    gained = serializers.ListField(child=serializers.IntegerField())
    lost = serializers.ListField(child=serializers.IntegerField())


class ChangesSerializer(serializers.Serializer):
    """What changed between two snapshots; `results` are the images that changed in one way."""

    before = serializers.CharField()
    after = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    accuracies = AccuracyChangeSerializer(many=True)
    kind = serializers.ChoiceField([one.name.lower() for one in Change])
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    results = ChangedImageSerializer(many=True)


class SubsetSerializer(serializers.ModelSerializer):
    """Images that fulfil all that is set; `within` and `without` name groups of classes."""

    name = serializers.RegexField(r"^[-a-zA-Z0-9_]+$", max_length=50)

    class Meta:
        model = Subset
        fields = [
            "id", "name", "within", "without", "least_labels", "most_labels", "least_agreement",
            "most_agreement", "most_seconds", "problematic",
        ]  # fmt: skip


class ParticipantGroupSerializer(serializers.ModelSerializer):
    """With `votes`, their majority is a participant as well."""

    name = serializers.CharField(max_length=150)  # that it is free is for the form to see
    members = serializers.SlugRelatedField(
        "name", many=True, allow_empty=False,
        queryset=Participant.objects.all(),
    )  # fmt: skip

    class Meta:
        model = ParticipantGroup
        fields = ["id", "name", "members", "votes"]


class NumbersSerializer(serializers.Serializer):
    state = serializers.ChoiceField(["computing", "asked", "pending", "quiet"])


class RangePointSerializer(serializers.Serializer):
    """The range that an accuracy could still take when so many candidates were judged."""

    participant = serializers.CharField()
    kind = serializers.CharField()
    judged = serializers.IntegerField()
    range_low = serializers.FloatField()
    range_high = serializers.FloatField()


class RangesSerializer(AboutSerializer):
    points = RangePointSerializer(many=True)
