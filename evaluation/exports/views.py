"""The page on which admins order dumps and take them away."""

from __future__ import annotations

from functools import partial

from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)
from django_htmx.http import HttpResponseStopPolling

from accounts.roles import ADMIN, roles_required, signed_in
from annotation.models import Dataset
from evaluation.exports import jobs
from evaluation.exports.downloading import download
from evaluation.exports.forms import ExportForm
from evaluation.models import ExportJob
from evaluation.tasks import send_export
from taxonomy.errors import InputError

PAGE = 30
EXPORTS = ExportJob.objects.select_related("owner", "snapshot").defer("snapshot__arrays")


@require_http_methods(["GET", "POST"])
@roles_required(ADMIN)
def export(request: HttpRequest) -> HttpResponse:
    """The exports, and a form that orders one; ?snapshot= is chosen in it, ?page= of the list."""
    form = ExportForm(request.POST or None, request.GET.get("snapshot", "").replace("\0", ""))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        names = [dataset.name for dataset in data["datasets"]]
        try:
            job = jobs.start(data["format"], names, data["snapshot"], signed_in(request))
        except InputError as error:
            form.add_error(None, str(error))
        else:
            transaction.on_commit(partial(send_export, job.pk))
            return redirect("export")
    page = Paginator(EXPORTS.all(), PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "datasets": Dataset.objects.exists(),
        "page": page,
        "exports": [(job, None if job.ended else jobs.progress_of(job)) for job in page],
    }
    return render(request, "evaluation/export.html", context)


@require_GET
@roles_required(ADMIN)
def export_job(request: HttpRequest, export_id: int) -> HttpResponse:
    """One export of the list; asked for again and again until it has ended or is deleted."""
    job = EXPORTS.filter(pk=export_id).first()
    if job is None:
        return HttpResponseStopPolling()
    context = {"job": job, "progress": jobs.progress_of(job)}
    return render(request, "evaluation/_export.html", context)


@require_safe
@roles_required(ADMIN)
def export_file(request: HttpRequest, export_id: int) -> HttpResponseBase:
    """Its file; Range takes a part of it."""
    return download(request, signed_in(request), get_object_or_404(EXPORTS, pk=export_id))


@require_POST
@roles_required(ADMIN)
def export_delete(request: HttpRequest, export_id: int) -> HttpResponse:
    jobs.delete(get_object_or_404(EXPORTS, pk=export_id), signed_in(request))
    return redirect("export")
