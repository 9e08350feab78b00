"""The pages on which admins import, and see what there is."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import ADMIN, roles_required, signed_in
from annotation import tasks
from annotation.importing import jobs, seen
from annotation.importing.forms import FORMS
from annotation.importing.overview import describe_datasets
from annotation.models import Dataset, ImportJob
from taxonomy.errors import InputError
from taxonomy.models import Taxonomy

JOBS_SHOWN = 20
ERRORS_SHOWN = 200
LISTED = ("excluded_classes", "damaged", "short", *seen.KEYS)  # shown below the counts


@require_GET
@roles_required(ADMIN)
def datasets(request: HttpRequest) -> HttpResponse:
    return render(request, "annotation/datasets.html", {"datasets": describe_datasets()})


@require_http_methods(["GET", "POST"])
@roles_required(ADMIN)
def imports(request: HttpRequest) -> HttpResponse:
    """?kind= chooses what to import; a POST starts it."""
    kind = request.GET.get("kind") or _first_step()
    if kind not in FORMS:
        raise Http404
    form = FORMS[kind](request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = jobs.start(kind, form.parameters(), signed_in(request))
        except InputError as error:
            form.add_error(None, str(error))
        else:
            transaction.on_commit(partial(tasks.send_import, job.pk))
            return redirect("import_job", job.pk)
    context = {
        "form": form,
        "kinds": [(name, FORMS[name].title) for name in FORMS],
        "kind": kind,
        "jobs": ImportJob.objects.select_related("owner")[:JOBS_SHOWN],
        "roots": settings.IMPORT_ROOTS,
    }
    return render(request, "annotation/imports.html", context)


@require_GET
@roles_required(ADMIN)
def import_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """How far it is; asked for again and again (as a part of the page) until it has ended."""
    job = get_object_or_404(ImportJob, pk=job_id)
    context = {
        "job": job,
        "progress": jobs.progress_of(job),
        "ended": job.state in (ImportJob.State.DONE, ImportJob.State.FAILED),
        "errors": job.errors[:ERRORS_SHOWN],
        "more": max(0, len(job.errors) - ERRORS_SHOWN),
        "result": [
            (key.replace("_", " "), ", ".join(value) if key == "files_skipped" else value)
            for key, value in job.result.items()
            if key not in LISTED
        ],
        "warnings": seen.warnings(job.result),
        "damaged": job.result.get("damaged", [])[:ERRORS_SHOWN],
    }
    name = "_import_job" if "HX-Request" in request.headers else "import_job"
    return render(request, f"annotation/{name}.html", context)


def _first_step() -> str:
    """What an admin needs to import next."""
    if not Taxonomy.objects.exists():
        return "taxonomy"
    return "predictions" if Dataset.objects.exists() else "dataset"
