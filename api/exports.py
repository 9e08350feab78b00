"""The endpoints of exports: order one, ask how far it is, take it away."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.roles import ADMIN
from api.base import Endpoint, LatestFirst, Listing
from api.idempotency import once
from api.views import KEY
from evaluation.exports import jobs
from evaluation.exports.downloading import ZIP, download
from evaluation.exports.formats import formats
from evaluation.models import ExportJob
from evaluation.tasks import send_export

EXPORTS = ExportJob.objects.select_related("snapshot").defer("snapshot__arrays")
RANGE = OpenApiParameter(
    "Range", str, OpenApiParameter.HEADER,
    description="`bytes=1000-` goes on after 1,000 bytes; one part at a time.",
)  # fmt: skip


class NewExportSerializer(serializers.Serializer):
    format = serializers.ChoiceField(list(formats()))
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


class Exports(Listing):
    """Dumps, the latest first."""

    roles = (ADMIN,)
    scope = "exports"
    closed_while_blind = False  # as the page
    serializer_class = ExportSerializer
    pagination_class = LatestFirst
    queryset = EXPORTS

    @extend_schema(parameters=[KEY], request=NewExportSerializer, responses={201: ExportSerializer})
    def post(self, request: Request) -> Response:
        """Order a dump as one zip file; a worker makes it."""
        asked = NewExportSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data: dict[str, Any] = asked.validated_data

        def work() -> Response:
            job = jobs.start(data["format"], data["datasets"], data["snapshot"], self.user)
            transaction.on_commit(partial(send_export, job.pk))
            return Response(self.get_serializer(job).data, status=201)

        return once(request, self.user, repr(sorted(data.items())), work)


class OneExport(Endpoint):
    """How far an export is."""

    roles = (ADMIN,)
    scope = "exports"
    closed_while_blind = False
    serializer_class = ExportSerializer
    queryset = EXPORTS

    def get(self, request: Request, export_id: int) -> Response:
        return Response(self.get_serializer(self._export(export_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, export_id: int) -> Response:
        """Delete it, and its file."""
        jobs.delete(self._export(export_id))
        return Response(status=204)

    def _export(self, export_id: int) -> ExportJob:
        found: ExportJob = get_object_or_404(self.get_queryset(), pk=export_id)
        return found


class ExportFile(Endpoint):
    """The zip file of an export. The ETag is its SHA-256; Range and If-Range resume it."""

    roles = (ADMIN,)
    closed_while_blind = False

    @extend_schema(
        parameters=[RANGE],
        responses={(200, ZIP): OpenApiTypes.BINARY, (206, ZIP): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, export_id: int) -> HttpResponseBase:
        return download(request, self.user, get_object_or_404(EXPORTS, pk=export_id))
