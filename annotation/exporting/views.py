"""The download page for annotation dumps."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts import audit
from accounts.roles import ADMIN, roles_required, signed_in
from annotation.exporting.formats import FORMATS
from annotation.exporting.records import pick_datasets
from annotation.models import Dataset
from taxonomy.downloads import disposition, file_name
from taxonomy.errors import InputError

JSON = ("application/json", "json")
# Content type, and the suffix of the file.
FILES = {
    "json": JSON, "csv": ("text/csv; charset=utf-8", "csv"), "tfds": JSON, "real": JSON,
    "labelstudio": JSON,
}  # fmt: skip


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
        pieces = FORMATS[suffix](datasets)
        if suffix == "real":  # its one piece may not be to be had
            pieces = iter(list(pieces))
    except InputError as error:
        context = {"datasets": Dataset.objects.all(), "error": str(error)}
        return render(request, "annotation/export.html", context, status=400)
    of = names if len(names) == 1 else []
    audit.note(
        signed_in(request), audit.Action.EXPORT,
        f"{suffix} of {', '.join(one.name for one in datasets)}",
    )  # fmt: skip
    content_type, ending = FILES[suffix]
    what = "annotations" if suffix == ending else suffix
    name = file_name(what, *of, datetime.now(UTC).date().isoformat(), suffix=ending)
    return StreamingHttpResponse(
        pieces,
        content_type=content_type,
        headers={"Content-Disposition": disposition(name)},
    )
