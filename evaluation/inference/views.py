"""Classifiers, their runs, and what an admin does with a run."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import ADMIN, roles_required, signed_in
from annotation.models import Dataset
from evaluation.inference.runs import change_run, failures_of, open_shards, progress_of, start_run
from evaluation.models import ClassifierModel, InferenceRun
from evaluation.tasks import infer_shard
from taxonomy.errors import InputError

LISTED = 30
CHANGES = {
    "pause": InferenceRun.State.PAUSED,
    "resume": InferenceRun.State.RUNNING,
    "cancel": InferenceRun.State.CANCELLED,
}


class ModelField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.participant.name} ({obj.sha256[:8]})"


class RunForm(forms.Form):
    model = ModelField(ClassifierModel.objects.select_related("participant"))
    dataset = forms.ModelChoiceField(Dataset.objects.all(), to_field_name="name")
    replace = forms.BooleanField(
        required=False, label="In the place of what the model predicted there before"
    )


@require_http_methods(["GET", "POST"])
@roles_required(ADMIN)
def models(request: HttpRequest) -> HttpResponse:
    """The latest runs, and a form that starts one with a classifier that is there."""
    form = RunForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            run = start_run(data["model"], data["dataset"], data["replace"], signed_in(request))
        except InputError as error:
            form.add_error(None, str(error))
        else:
            _send(run)
            return redirect("inference_run", run.pk)
    runs = InferenceRun.objects.select_related("model__participant", "dataset")[:LISTED]
    context = {
        "form": form,
        "runs": runs,
        "has_models": ClassifierModel.objects.exists(),
    }
    return render(request, "evaluation/models.html", context)


@require_GET
@roles_required(ADMIN)
def inference_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """How far a run is; the page asks for itself again while it goes on."""
    runs = InferenceRun.objects.select_related("model__participant", "dataset__taxonomy")
    run = get_object_or_404(runs, pk=run_id)
    context = {
        "run": run,
        "progress": progress_of(run),
        "failures": failures_of(run),
        "preprocessing": run.model.preprocessing,
    }
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
        if run.state == InferenceRun.State.RUNNING:
            _send(run)
    return redirect("inference_run", run_id)


def _send(run: InferenceRun) -> None:
    for shard in open_shards(run):
        infer_shard.delay(shard)
