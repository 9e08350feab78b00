"""Imports of files, as the page starts them."""

from __future__ import annotations

import hashlib
from functools import partial

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.roles import ADMIN
from annotation.importing import jobs
from annotation.importing.forms import FORMS
from annotation.models import ImportJob
from annotation.tasks import send_import
from api.base import KEY, Endpoint, LatestFirst, Listing, valid
from api.idempotency import once
from api.serializers import administration as shown
from evaluation.operations.failures import import_again


class Imports(Listing):
    """Imports that were started here or in the browser, the latest first."""

    roles = (ADMIN,)
    scope = "imports"
    serializer_class = shown.ImportSerializer
    pagination_class = LatestFirst
    parser_classes = (MultiPartParser,)
    queryset = ImportJob.objects.all()

    @extend_schema(
        parameters=[KEY], request={"multipart/form-data": shown.NewImportSerializer},
        responses={201: shown.ImportSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Start an import; a worker does it. Ask its address how far it is."""
        kind = request.data.get("kind", "")
        if kind not in FORMS:
            raise ValidationError({"kind": f"One of {', '.join(FORMS)}."})
        digest = uploads_digest(request)

        def work() -> Response:
            form = valid(FORMS[kind](request.POST, request.FILES))
            job = jobs.start(kind, form.parameters(), self.user)
            transaction.on_commit(partial(send_import, job.pk))
            return Response(shown.ImportSerializer(job).data, status=201)

        return once(request, self.user, digest, work)


def uploads_digest(request: Request) -> str:
    """Of the fields of a form and what its files hold, whatever stands between them."""
    found = hashlib.sha256(repr(sorted(request.POST.lists())).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            found.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                found.update(chunk)
            file.seek(0)
    return found.hexdigest()


class OneImport(Endpoint):
    """How far an import is, what it brought, or why it failed."""

    roles = (ADMIN,)

    @extend_schema(responses={200: shown.ImportSerializer})
    def get(self, request: Request, job_id: int) -> Response:
        return Response(shown.ImportSerializer(get_object_or_404(ImportJob, pk=job_id)).data)


class ImportAgain(Endpoint):
    """Starts a failed import again."""

    roles = (ADMIN,)
    scope = "imports"

    @extend_schema(request=None, responses={202: shown.ImportSerializer})
    def post(self, request: Request, job_id: int) -> Response:
        job = get_object_or_404(ImportJob, pk=job_id)
        import_again(job)
        return Response(shown.ImportSerializer(job).data, status=202)
