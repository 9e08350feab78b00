"""What was said of images."""

from __future__ import annotations

from rest_framework import serializers

from annotation.discussion.views import KINDS
from api.serializers.comparisons import AnswersSerializer
from api.serializers.review import LARGEST_INDEX, VERDICTS


class SaidSerializer(serializers.Serializer):
    """`who` goes by a letter that is dealt anew for each image. `former`: why it no longer counts."""

    who = serializers.CharField()
    what = serializers.CharField()
    verdict = serializers.ChoiceField(VERDICTS)
    where = serializers.CharField()
    created = serializers.DateTimeField()
    former = serializers.CharField()


class CommentSerializer(serializers.Serializer):
    who = serializers.CharField()
    text = serializers.CharField()
    created = serializers.DateTimeField()


class CandidateRecordSerializer(serializers.Serializer):
    """`origin`: what the verdict follows from; `final`: an adjudicator made it."""

    vars()["class"] = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    verdict = serializers.ChoiceField(VERDICTS)
    disputed = serializers.BooleanField()
    final = serializers.BooleanField()
    origin = serializers.CharField()
    words = SaidSerializer(many=True)
    comments = CommentSerializer(many=True)


class ProblemReportSerializer(serializers.Serializer):
    who = serializers.CharField()
    problematic = serializers.BooleanField()
    reason = serializers.CharField()
    created = serializers.DateTimeField()


class ImageRecordSerializer(serializers.Serializer):
    """How every verdict on an image came about. Nothing tells who predicted a class."""

    uid = serializers.UUIDField()
    problematic = serializers.BooleanField()
    reason = serializers.CharField()
    candidates = CandidateRecordSerializer(many=True)
    reports = ProblemReportSerializer(many=True)
    comments = CommentSerializer(many=True)


class NewCommentSerializer(serializers.Serializer):
    """On the image, or with `class` on that candidate of it."""

    text = serializers.CharField(max_length=2000)
    vars()["class"] = serializers.IntegerField(
        min_value=0, max_value=LARGEST_INDEX, allow_null=True, default=None
    )


class NewReportSerializer(serializers.Serializer):
    """That the image is unfit for evaluation, and why, or that it is fine after all."""

    problematic = serializers.BooleanField()
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class NewVerdictSerializer(serializers.Serializer):
    """`unjudged` takes the last final verdict back."""

    vars()["class"] = serializers.IntegerField(min_value=0, max_value=LARGEST_INDEX)
    verdict = serializers.ChoiceField(VERDICTS)
    reason = serializers.CharField(max_length=2000)


class CaseSerializer(serializers.Serializer):
    """A candidate, or a problematic image, with the judgments that count."""

    uid = serializers.UUIDField()
    vars()["class"] = serializers.IntegerField()
    name = serializers.CharField()
    correct = serializers.IntegerField()
    incorrect = serializers.IntegerField()
    unclear = serializers.IntegerField()
    comments = serializers.IntegerField()
    reason = serializers.CharField()


class CasesSerializer(serializers.Serializer):
    """`pages`: how many there are."""

    kind = serializers.ChoiceField(list(KINDS))
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    results = CaseSerializer(many=True)


class DatasetAnswersSerializer(AnswersSerializer):
    dataset = serializers.CharField()


class ImageAnswersSerializer(serializers.Serializer):
    datasets = DatasetAnswersSerializer(many=True)
