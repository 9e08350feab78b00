"""Pages of training: the truth after an answer, one's progress, and what others answered."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.roles import ADMIN, LABELER, REVIEWER, roles_of, roles_required, signed_in
from annotation.labeling.exchange import feedback_for, training_part
from annotation.labeling.forms import possible_labelers
from annotation.labeling.training import together
from annotation.labeling.training.chart import draw_line
from annotation.labeling.training.progress import history, train_on, training_datasets
from annotation.labeling.training.statistics import (
    by_class,
    confusions,
    moving_accuracy,
    to_train_next,
)
from annotation.models import Assignment, Enrollment, LabelingTask
from annotation.review.forms import random_seed
from taxonomy.errors import InputError
from taxonomy.guide.writing import Draft, create_entry
from taxonomy.models import LabelClass, Taxonomy

EVERYBODY = (ADMIN, REVIEWER, LABELER)
WINDOW, RECENT, PROPOSED, PAIRS = 50, 200, 8, 20
TRAINING = LabelingTask.Kind.TRAINING


class RemarkForm(forms.Form):
    text = forms.CharField(max_length=2000)
    client_id = forms.UUIDField()


class EntryForm(forms.Form):
    """A guide entry about two classes, written beside an image."""

    title = forms.CharField(max_length=200)
    text = forms.CharField(max_length=20_000)
    classes = forms.RegexField(r"^\d{1,6}( \d{1,6}){0,9}$")


@require_GET
@roles_required(*EVERYBODY)
def labeling_feedback(request: HttpRequest, task_id: int, uid: UUID) -> HttpResponse:
    """A part of the labeling page: what is true of an image, once its labeler has answered it."""
    task, feedback = feedback_for(task_id, signed_in(request), uid)
    context = {"task": task, "taxonomy": task.taxonomy, "feedback": feedback}
    if not feedback.right:
        context["entry"] = _entry_about([side.label_class for side in feedback.sides])
    return render(request, "annotation/_labeling_feedback.html", context)


def _entry_about(classes: list[LabelClass]) -> dict[str, str]:
    """What the form for a guide entry about these classes begins with."""
    return {
        "title": " or ".join(one.synset.name for one in classes),
        "classes": " ".join(str(one.index) for one in classes),
    }


@require_GET
@roles_required(*EVERYBODY)
def labeling_training(request: HttpRequest) -> HttpResponse:
    """One's own training, or for admins that of ?labeler=; ?taxonomy= chooses the classes."""
    user = signed_in(request)
    labeler = _labeler(request, user)
    taxonomies = list(Taxonomy.objects.filter(labeling_tasks__kind=TRAINING).distinct())
    asked = request.GET.get("taxonomy", "")
    taxonomy = next((one for one in taxonomies if str(one.pk) == asked), None)
    taxonomy = taxonomy or next(iter(taxonomies), None)
    context: dict[str, Any] = {"taxonomies": taxonomies, "taxonomy": taxonomy, "labeler": labeler}
    if ADMIN in roles_of(user):
        context["people"] = possible_labelers()
    if taxonomy is not None:
        context |= _training_of(labeler, taxonomy) | {"own": labeler == user}
    return render(request, "annotation/labeling_training.html", context)


def _labeler(request: HttpRequest, user: User) -> User:
    asked = request.GET.get("labeler", "")
    if not asked.isdecimal() or ADMIN not in roles_of(user):
        return user
    return get_object_or_404(possible_labelers(), pk=int(asked) % 2**31)


def _training_of(labeler: User, taxonomy: Taxonomy) -> dict[str, Any]:
    past = history(labeler.pk, taxonomy)
    rows = LabelClass.objects.filter(taxonomy=taxonomy).values_list("index", "synset__lemmas")
    names = {index: lemmas[0] for index, lemmas in rows}
    tallies = sorted(by_class(past.truth, past.right), key=lambda one: (one.accuracy, one.index))
    pairs = confusions(past.truth, past.answered, past.right)[:PAIRS]
    proposed = to_train_next(past.truth, past.answered, past.right, RECENT, PROPOSED)
    return {
        "answers": len(past.right),
        "right": int(past.right.sum()),
        "line": draw_line(moving_accuracy(past.right, WINDOW)),
        "window": WINDOW,
        "tallies": [(one, names[one.index]) for one in tallies],
        "pairs": [(one, names[one.first], names[one.second]) for one in pairs],
        "proposed": [(index, names[index]) for index in proposed],
        "can_train": bool(training_datasets(taxonomy)),
    }


@require_POST
@roles_required(*EVERYBODY)
def labeling_train(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """Make a training task of the posted classes for whoever asks, and begin."""
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    classes = [int(text) for text in request.POST.getlist("classes") if text.isdecimal()]
    try:
        task = train_on(classes, taxonomy, signed_in(request), random_seed())
    except InputError as error:
        messages.error(request, str(error))
        return redirect("labeling_training")
    return redirect("labeling_task", task.pk)


@require_GET
@roles_required(*EVERYBODY)
def labeling_together(request: HttpRequest, task_id: int) -> HttpResponse:
    """One image with everybody's answers: the ?image= th of those that are answered differently, or
    with ?all= of all that one has answered oneself."""
    part = training_part(task_id, signed_in(request))
    images = together.shared_images(part)
    shows_all = "all" in request.GET
    shown = images if shows_all else [one for one in images if one.differ]
    asked = request.GET.get("image", "0")
    place = min(int(asked), len(shown) - 1) if asked.isdecimal() and len(asked) < 9 else 0
    context: dict[str, Any] = {
        "task": part.task, "taxonomy": part.task.taxonomy, "shows_all": shows_all,
        "answered": len(images), "total": len(shown), "place": place,
        "keep": "all=1&" if shows_all else "",
    }  # fmt: skip
    if shown:
        context |= _shared(part, shown[place])
    return render(request, "annotation/labeling_together.html", context)


def _shared(part: Enrollment, one: together.Shared) -> dict[str, Any]:
    indices = {*one.correct, *(index for _, index in one.answers)}
    found = LabelClass.objects.filter(taxonomy=part.task.taxonomy_id, index__in=indices)
    classes = {item.index: item for item in found.select_related("taxonomy", "synset")}
    named = list(dict.fromkeys([*one.correct, *(index for _, index in one.answers)]))
    return {
        "one": one,
        "correct": [classes[index] for index in one.correct],
        "answers": [(name, classes[index], index in one.correct) for name, index in one.answers],
        "remarks": together.remarks_on(part.task, one.image_id),
        "client_id": uuid4(),
        "entry": _entry_about([classes[index] for index in named[:3]]),
    }


@require_POST
@roles_required(*EVERYBODY)
def labeling_remark(request: HttpRequest, task_id: int, uid: UUID) -> HttpResponse:
    """Say something on an image that one has answered in a training task."""
    part = training_part(task_id, signed_in(request))
    assignment = get_object_or_404(Assignment, uid=uid, enrollment=part, class_index__isnull=False)
    form = RemarkForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        together.remark(
            part.task, assignment.image_id, signed_in(request), data["client_id"], data["text"]
        )
    else:
        messages.error(request, "A remark has 1 to 2,000 characters.")
    back = request.POST.get("back", "")
    query = back if set(back) <= set("abcdefghijklmnopqrstuvwxyz=&0123456789") else ""
    return redirect(f"{reverse('labeling_together', args=[task_id])}?{query}")


@require_POST
@roles_required(*EVERYBODY)
def labeling_entry(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """Write a guide entry without leaving the page; answers a part of it."""
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    form = EntryForm(request.POST)
    context: dict[str, Any] = {"taxonomy": taxonomy, "entry": request.POST.dict()}
    if not form.is_valid():
        context["problem"] = "An entry needs a title and a text."
        return render(request, "annotation/_labeling_entry.html", context)
    data = form.cleaned_data
    draft = Draft(data["title"], data["text"], [int(one) for one in data["classes"].split()])
    try:
        context["made"] = create_entry(taxonomy, draft, signed_in(request))
    except InputError as error:
        context["problem"] = str(error)
    return render(request, "annotation/_labeling_entry.html", context)
