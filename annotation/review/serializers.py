"""The shape of what the review page sends."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotation.models import Verdict
from annotation.review.judgments import Judge, Op, Problem, Remark, Skip
from annotation.review.queue import MOST_AT_ONCE

DAY = 24 * 3600 * 1000


class NextSerializer(serializers.Serializer):
    hold = serializers.ListField(child=serializers.UUIDField(), max_length=100, default=list)
    want = serializers.IntegerField(min_value=1, max_value=MOST_AT_ONCE, default=4)


class OpSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    image = serializers.UUIDField()


class JudgeSerializer(OpSerializer):
    vars()["class"] = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    verdict = serializers.ChoiceField(choices=Verdict.labels)
    ms = serializers.IntegerField(min_value=0)

    def operation(self, add: bool = False) -> Op:
        data = self.validated_data
        verdict = Verdict.values[Verdict.labels.index(data["verdict"])]
        milliseconds = min(data["ms"], DAY)
        return Judge(
            data["id"], data["image"], data["class"], Verdict(verdict), milliseconds, add
        )  # fmt: skip


class AddSerializer(JudgeSerializer):
    def operation(self, add: bool = True) -> Op:
        return super().operation(add)


class ProblemSerializer(OpSerializer):
    problematic = serializers.BooleanField()
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")

    def operation(self) -> Op:
        return Problem(**self.validated_data)


class SkipSerializer(OpSerializer):
    def operation(self) -> Op:
        return Skip(**self.validated_data)


class CommentSerializer(OpSerializer):
    text = serializers.CharField(max_length=2000)

    def operation(self) -> Op:
        return Remark(**self.validated_data)


OPERATIONS = {
    "judge": JudgeSerializer,
    "add": AddSerializer,
    "problem": ProblemSerializer,
    "skip": SkipSerializer,
    "comment": CommentSerializer,
}


class SubmitSerializer(serializers.Serializer):
    ops = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=200)


def read_operations(items: list[dict[str, Any]]) -> tuple[list[Op], list[dict[str, Any]]]:
    """Parse what can be parsed; the rest comes back as `{id, reason}`."""
    operations, rejected = [], []
    for item in items:
        shape = OPERATIONS.get(str(item.get("type")))
        if shape is None:
            rejected.append({"id": item.get("id"), "reason": "unknown type of operation"})
            continue
        parsed = shape(data=item)
        if parsed.is_valid():
            operations.append(parsed.operation())
        else:
            field, problems = next(iter(parsed.errors.items()))
            rejected.append({"id": item.get("id"), "reason": f"{field}: {problems[0]}"})
    return operations, rejected
