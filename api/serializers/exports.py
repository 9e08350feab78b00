"""What exports look like from outside."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from evaluation.exports import jobs
from evaluation.exports.formats import ABOUT
from evaluation.models import ExportJob


class NewExportSerializer(serializers.Serializer):
    format = serializers.ChoiceField(list(ABOUT))
    datasets = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, default=list,
        help_text="Names; none: all, or all of the snapshot.",
    )  # fmt: skip
    snapshot = serializers.CharField(
        required=False, default="", max_length=64, allow_blank=True,
        help_text="The beginning of a hash; empty: what is held when it is made.",
    )  # fmt: skip


class ProgressSerializer(serializers.Serializer):
    """total 0: unknown."""

    step = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class ExportSerializer(serializers.ModelSerializer):
    """`progress` is null once it has ended; `bytes` and `sha256` are of the file, null before."""

    datasets = serializers.ListField(child=serializers.CharField())
    snapshot = serializers.CharField(source="snapshot.hash", allow_null=True, default=None)
    sha256 = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    file = serializers.SerializerMethodField(help_text="its address; null if it is not done")

    class Meta:
        model = ExportJob
        fields = [
            "id", "format", "datasets", "snapshot", "state", "error", "progress", "bytes",
            "sha256", "file", "created", "finished",
        ]  # fmt: skip
        read_only_fields = fields

    def get_sha256(self, job: ExportJob) -> str | None:
        return job.sha256 or None

    @extend_schema_field(ProgressSerializer(allow_null=True))
    def get_progress(self, job: ExportJob) -> dict[str, Any] | None:
        return None if job.ended else jobs.progress_of(job)

    def get_file(self, job: ExportJob) -> str | None:
        if job.state != ExportJob.State.DONE:
            return None
        return reverse("api_export_file", [job.pk], request=self.context["request"])
