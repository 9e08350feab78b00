"""Models, what they see, their runs, and what an admin does with a run."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import ADMIN, roles_required, signed_in
from evaluation.inference.forms import NewModelForm, PreprocessingForm, RunForm
from evaluation.inference.label_maps import NO_CLASS
from evaluation.inference.preview import datasets_for, try_out
from evaluation.inference.progress import failures_of, progress_of
from evaluation.inference.registering import change_preprocessing, preprocessing_of, register_upload
from evaluation.inference.runs import change_run
from evaluation.models import ClassifierModel, InferenceRun
from evaluation.tasks import order_run, send_shards
from taxonomy.errors import InputError

LISTED = 30
CHANGES = {
    "pause": InferenceRun.State.PAUSED,
    "resume": InferenceRun.State.RUNNING,
    "cancel": InferenceRun.State.CANCELLED,
}


@require_http_methods(["GET", "POST"])
@roles_required(ADMIN)
def models(request: HttpRequest) -> HttpResponse:
    """The models and the latest runs, and a form that starts one."""
    form = RunForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            run = order_run(data["model"], data["dataset"], data["replace"], signed_in(request))
        except InputError as error:
            form.add_error(None, str(error))
        else:
            return redirect("inference_run", run.pk)
    runs = InferenceRun.objects.select_related("model__participant", "dataset")[:LISTED]
    known = ClassifierModel.objects.select_related("participant", "taxonomy")
    context = {"form": form, "runs": runs, "models": known.annotate(run_count=Count("runs"))}
    return render(request, "evaluation/models.html", context)


@require_http_methods(["GET", "POST"])
@roles_required(ADMIN)
def model_new(request: HttpRequest) -> HttpResponse:
    """Takes a model's file in."""
    form = NewModelForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            model = register_upload(**form.cleaned_data)
        except InputError as error:
            form.add_error("label_map" if "label map" in str(error) else "file", str(error))
        else:
            return redirect("model_page", model.pk)
    return render(request, "evaluation/model_new.html", {"form": form})


@require_http_methods(["GET", "POST"])
@roles_required(ADMIN)
def model_page(request: HttpRequest, model_id: int) -> HttpResponse:
    """How images go into a model, to be tried and corrected."""
    model = _model(model_id)
    form = PreprocessingForm(request.POST or None, preprocessing_of(model))
    if form.is_valid():
        try:
            changed = change_preprocessing(model, form.preprocessing)
        except InputError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Saved.")
            return redirect("model_page", changed.pk)
    outputs = model.label_map
    mapped = sum(index != NO_CLASS for index in outputs)
    context = {
        "model": model,
        "form": form,
        "outputs": len(outputs),
        "mapped": mapped,
        "dropped": len(outputs) - mapped,
        "datasets": datasets_for(model),
        "runs": model.runs.select_related("dataset"),
    }
    return render(request, "evaluation/model_page.html", context)


@require_POST
@roles_required(ADMIN)
def model_preview(request: HttpRequest, model_id: int) -> HttpResponse:
    """What the model would see and say with the form's settings, for the model's page."""
    model = _model(model_id)
    form = PreprocessingForm(request.POST, preprocessing_of(model))
    dataset = get_object_or_404(datasets_for(model), name=request.POST.get("dataset", ""))
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        try:
            context["tries"] = try_out(model, form.preprocessing, dataset)
        except InputError as error:
            context["problem"] = str(error)
    return render(request, "evaluation/_model_preview.html", context)


def _model(model_id: int) -> ClassifierModel:
    found = ClassifierModel.objects.select_related("participant", "taxonomy")
    return get_object_or_404(found, pk=model_id)


@require_GET
@roles_required(ADMIN)
def inference_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """How far a run is; the page asks for itself again while it goes on."""
    runs = InferenceRun.objects.select_related("model__participant", "dataset__taxonomy")
    run = get_object_or_404(runs, pk=run_id)
    context = {"run": run, "progress": progress_of(run), "failures": failures_of(run)}
    return render(request, "evaluation/inference_run.html", context)


@require_POST
@roles_required(ADMIN)
def inference_change(request: HttpRequest, run_id: int, change: str) -> HttpResponse:
    run = get_object_or_404(InferenceRun, pk=run_id)
    if change not in CHANGES:
        raise Http404
    try:
        change_run(run, CHANGES[change])
    except InputError as error:
        messages.error(request, str(error))
    else:
        send_shards(run)
    return redirect("inference_run", run_id)
