"""The endpoints of exports: order one, ask how far it is, take it away."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.roles import ADMIN
from api.base import KEY, Download, Endpoint, LatestFirst, Listing
from api.idempotency import once_json
from api.serializers import exports as shown
from evaluation.exports import jobs
from evaluation.exports.downloading import ZIP, download
from evaluation.models import ExportJob
from evaluation.tasks import send_export

EXPORTS = ExportJob.objects.select_related("snapshot").defer("snapshot__arrays")
RANGE = OpenApiParameter(
    "Range", str, OpenApiParameter.HEADER,
    description="`bytes=1000-` goes on after 1,000 bytes; one part at a time.",
)  # fmt: skip


class Exports(Listing):
    """Dumps, the latest first."""

    roles = (ADMIN,)
    scope = "exports"
    closed_while_blind = False  # as the page
    serializer_class = shown.ExportSerializer
    pagination_class = LatestFirst
    queryset = EXPORTS

    @extend_schema(
        parameters=[KEY], request=shown.NewExportSerializer, responses={201: shown.ExportSerializer}
    )
    def post(self, request: Request) -> Response:
        """Order a dump as one zip file; a worker makes it."""
        data = self.asked(shown.NewExportSerializer)

        def work() -> Response:
            job = jobs.start(data["format"], data["datasets"], data["snapshot"], self.user)
            transaction.on_commit(partial(send_export, job.pk))
            return Response(self.get_serializer(job).data, status=201)

        return once_json(request, self.user, work)


class OneExport(Endpoint):
    """How far an export is."""

    roles = (ADMIN,)
    scope = "exports"
    closed_while_blind = False
    serializer_class = shown.ExportSerializer
    queryset = EXPORTS

    def get(self, request: Request, export_id: int) -> Response:
        return Response(self.get_serializer(self._export(export_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, export_id: int) -> Response:
        """Delete it, and its file."""
        jobs.delete(self._export(export_id), self.user)
        return Response(status=204)

    def _export(self, export_id: int) -> ExportJob:
        found: ExportJob = get_object_or_404(self.get_queryset(), pk=export_id)
        return found


class NoSuchPart(APIException):
    status_code = 416
    default_detail = "The file is not so long."

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__()
        self.headers = {name: headers[name] for name in ("Content-Range", "Accept-Ranges", "ETag")}


class ExportFile(Download):
    """The zip file of an export. The ETag is its SHA-256; Range and If-Range resume it."""

    roles = (ADMIN,)
    closed_while_blind = False

    @extend_schema(
        parameters=[RANGE],
        responses={(200, ZIP): OpenApiTypes.BINARY, (206, ZIP): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, export_id: int) -> HttpResponseBase:
        answer = download(request, self.user, get_object_or_404(EXPORTS, pk=export_id))
        if answer.status_code == NoSuchPart.status_code:
            raise NoSuchPart(dict(answer.items()))
        return answer
