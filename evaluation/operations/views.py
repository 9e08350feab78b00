"""The operations page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import ADMIN, roles_required
from annotation.importing.jobs import progress_of
from annotation.models import ImportJob
from evaluation.exports import jobs as exporting
from evaluation.inference.progress import progress_of_all
from evaluation.models import ExportJob, FailedTask, InferenceRun
from evaluation.operations import failures, state
from evaluation.tasks import order_run_again
from taxonomy.errors import InputError

LISTED = 20
GOING_ON = [ImportJob.State.WAITING, ImportJob.State.RUNNING]


@require_GET
@roles_required(ADMIN)
def operations(request: HttpRequest) -> HttpResponse:
    """Queues, workers, jobs, disk and database; the page asks for itself again."""
    workers = state.workers()
    size, tables = state.database()
    imports = ImportJob.objects.select_related("owner")
    exports = ExportJob.objects.select_related("snapshot").defer("snapshot__arrays")
    runs = InferenceRun.objects.select_related("model__participant", "dataset")
    running = list(runs.filter(state=InferenceRun.State.RUNNING))
    context = {
        "queues": state.queue_lengths(),
        "workers": workers,
        "idle": state.idle_queues(workers),
        "imports": [(one, progress_of(one)) for one in imports.filter(state__in=GOING_ON)],
        "runs": list(zip(running, progress_of_all(running), strict=True)),
        "exports": [
            (one, exporting.progress_of(one)) for one in exports.filter(state__in=GOING_ON)
        ],
        "failed_exports": exports.filter(state=ExportJob.State.FAILED)[:LISTED],
        "failed_imports": imports.filter(state=ImportJob.State.FAILED)[:LISTED],
        "failed_runs": runs.filter(state=InferenceRun.State.FAILED)[:LISTED],
        "failed_tasks": FailedTask.objects.all()[:LISTED],
        "disk": state.disk(),
        "database": size,
        "tables": tables,
        "redis": state.memory_of_redis(),
    }
    return render(request, "evaluation/operations.html", context)


@require_POST
@roles_required(ADMIN)
def retry_import(request: HttpRequest, job_id: int) -> HttpResponse:
    return _again(request, ImportJob, job_id, failures.import_again)


@require_POST
@roles_required(ADMIN)
def retry_run(request: HttpRequest, run_id: int) -> HttpResponse:
    return _again(request, InferenceRun, run_id, order_run_again)


@require_POST
@roles_required(ADMIN)
def retry_task(request: HttpRequest, failed_id: int) -> HttpResponse:
    return _again(request, FailedTask, failed_id, failures.order_again)


def _again(
    request: HttpRequest, model: type[Model], pk: int, order: Callable[[Any], None]
) -> HttpResponse:
    try:
        order(get_object_or_404(model, pk=pk))
    except InputError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Ordered again.")
    return redirect("operations")
