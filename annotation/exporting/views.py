"""The download page for annotation dumps."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.roles import ADMIN, roles_required
from annotation.exporting.formats import FORMATS
from annotation.exporting.records import pick_datasets
from annotation.models import Dataset
from taxonomy.downloads import disposition, file_name
from taxonomy.errors import InputError

CONTENT_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


@require_GET
@roles_required(ADMIN)
def export(request: HttpRequest) -> HttpResponse:
    return render(request, "annotation/export.html", {"datasets": Dataset.objects.all()})


@require_GET
@roles_required(ADMIN)
def export_download(request: HttpRequest, suffix: str) -> HttpResponse | StreamingHttpResponse:
    """Stream a dump of the datasets named in ?dataset=…, or of all."""
    if suffix not in FORMATS:
        raise Http404
    names = request.GET.getlist("dataset")
    try:
        datasets = pick_datasets(names)
    except InputError as error:
        context = {"datasets": Dataset.objects.all(), "error": str(error)}
        return render(request, "annotation/export.html", context, status=400)
    of = names if len(names) == 1 else []
    name = file_name("annotations", *of, datetime.now(UTC).date().isoformat(), suffix=suffix)
    return StreamingHttpResponse(
        FORMATS[suffix](datasets),
        content_type=CONTENT_TYPES[suffix],
        headers={"Content-Disposition": disposition(name)},
    )
