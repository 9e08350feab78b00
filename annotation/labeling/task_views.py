"""The list of labeling tasks, a task's page, and what an admin does with a task."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.roles import ADMIN, LABELER, REVIEWER, roles_of, roles_required, signed_in
from annotation.labeling import changes, statistics, tasks
from annotation.labeling.embargo import seen_by
from annotation.labeling.examinations import must_not_know
from annotation.labeling.export import answers_file
from annotation.labeling.forms import TaskForm, possible_labelers
from annotation.labeling.results import answers_of
from annotation.labeling.sampling import draw_sample
from annotation.labeling.timeline import timeline
from annotation.models import Dataset, Enrollment, LabelingTask
from annotation.review.tables import Column, sort_table
from taxonomy.classes import class_index_url
from taxonomy.errors import InputError
from taxonomy.forms import shown_classes
from taxonomy.hierarchy import hierarchy_url
from taxonomy.models import LabelClass, Taxonomy
from taxonomy.reference.sheets import thumbs_of

EVERYBODY = (ADMIN, REVIEWER, LABELER)
CLASSES_SHOWN = 25
ANSWERS_SHOWN = 120
LABELERS = [
    Column("username", "Labeler", text=True),
    Column("answered", "Answered"),
    Column("later", "For later"),
    Column("exposed", "Seen before", "images that they had seen within the embargo"),
    Column("median", "Median time", "active seconds at an image, between the quartiles"),
    Column("hours", "Active hours"),
    Column("per_day", "Per day", "over the last week, or since the first answer in it"),
    Column("end", "Expected end"),
]
CLASSES = [
    Column("name", "Class", text=True),
    Column("answers", "Answers"),
    Column("median", "Median time", "active seconds at an image, between the quartiles"),
    Column("hours", "Active hours"),
    Column("as_target", "As the label it came with", "share of the answers"),
]


@require_GET
@roles_required(*EVERYBODY)
def labeling(request: HttpRequest) -> HttpResponse:
    """What one takes part in; for admins all tasks, and the phases of the study."""
    user = signed_in(request)
    parts = statistics.own_parts(user.pk)
    progress = statistics.progress_of([part.task for part in parts], user.pk)
    context: dict[str, Any] = {"parts": [(part, progress[part.task_id]) for part in parts]}
    if ADMIN in roles_of(user):
        every = list(LabelingTask.objects.select_related("taxonomy"))
        counted = statistics.progress_of(every)
        context |= {
            "tasks": [(task, counted[task.pk]) for task in every],
            "timeline": timeline(),
            "has_datasets": Dataset.objects.exists(),
        }
    return render(request, "annotation/labeling_tasks.html", context)


@require_http_methods(["GET", "POST"])
@roles_required(ADMIN)
def labeling_new(request: HttpRequest) -> HttpResponse:
    """A form for a task over datasets of ?taxonomy=; the button says whether it opens at once."""
    taxonomies = list(Taxonomy.objects.exclude(datasets=None).order_by("name"))
    asked = request.GET.get("taxonomy", "")
    taxonomy = next((one for one in taxonomies if str(one.pk) == asked), None)
    taxonomy = taxonomy or next(iter(taxonomies), None)
    if taxonomy is None:
        return redirect("labeling")
    form = TaskForm(taxonomy, request.POST or None)
    if form.is_valid():
        planned = request.POST.get("state") == LabelingTask.State.PLANNED
        state = LabelingTask.State.PLANNED if planned else LabelingTask.State.OPEN
        data = form.cleaned_data
        try:
            made, _ = tasks.create_task(
                data["name"], data["kind"], form.sample, data["seed"], labelers=data["labelers"],
                by=signed_in(request), state=state, **form.settings,
            )  # fmt: skip
        except InputError as error:
            form.add_error(None, str(error))
        else:
            return redirect("labeling_about", made.pk)
    context = {
        "form": form,
        "taxonomy": taxonomy,
        "taxonomies": taxonomies,
        "classes_url": class_index_url(taxonomy),
        "hierarchy_url": hierarchy_url(taxonomy),
        "thumbs": thumbs_of(taxonomy),
        "classes": shown_classes(taxonomy, form["classes"]),
    }
    return render(request, "annotation/labeling_new.html", context)


@require_POST
@roles_required(ADMIN)
def labeling_preview(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """What the task in the form would draw, or what is still wrong with the form."""
    form = TaskForm(get_object_or_404(Taxonomy, pk=taxonomy_id), request.POST)
    form.fields["name"].required = False
    if not form.is_valid():
        name, texts = next(iter(form.errors.items()))
        problem = f"{form[name].label}: {texts[0]}" if name in form.fields else texts[0]
        return render(request, "annotation/_labeling_preview.html", {"problem": problem})
    context: dict[str, Any] = {"labelers": len(form.cleaned_data["labelers"])}
    try:
        drawn = draw_sample(form.sample, form.cleaned_data["kind"], form.cleaned_data["seed"])
    except InputError as error:
        context["problem"] = str(error)
    else:
        counts = drawn.per_class.values()
        people, days = form.cleaned_data["labelers"], form.cleaned_data["embargo_days"]
        context |= {
            "drawn": drawn, "fewest": min(counts), "most": max(counts),
            "seen": seen_by(people, drawn.image_ids, days),
            "marks": form.cleaned_data["exposed"] == LabelingTask.Exposed.MARK,
        }  # fmt: skip
    return render(request, "annotation/_labeling_preview.html", context)


@require_GET
@roles_required(ADMIN)
def labeling_about(request: HttpRequest, task_id: int) -> HttpResponse:
    """?labelers= and ?classes= sort the tables; with ?every= all classes are listed."""
    task = get_object_or_404(LabelingTask.objects.select_related("taxonomy"), pk=task_id)
    rows = statistics.labeler_rows(task)
    asked = request.GET.dict()
    per_class = statistics.class_rows(task, _names(task.taxonomy))
    classes = sort_table("classes", CLASSES, per_class, asked, "-median")
    taking_part = {row["username"] for row in rows}
    context = {
        "task": task,
        "closed_to_reader": must_not_know(signed_in(request), task),
        "sample": tasks.sample_of(task),
        "images": task.task_images.count(),
        "progress": statistics.progress_of([task])[task.pk],
        "labelers": sort_table("labelers", LABELERS, rows, asked, "username"),
        "classes": classes,
        "class_rows": classes.rows if "every" in asked else classes.rows[:CLASSES_SHOWN],
        "hours": sum(row["hours"] for row in rows),
        "blockers": statistics.blockers(task, rows),
        "exposed": sum(row["exposed"] for row in rows),
        "others": [one for one in possible_labelers() if one.username not in taking_part],
        "query": request.GET.urlencode(),
    }
    return render(request, "annotation/labeling_about.html", context)


def _names(taxonomy: Taxonomy) -> dict[int, str]:
    rows = LabelClass.objects.filter(taxonomy=taxonomy)
    return {index: lemmas[0] for index, lemmas in rows.values_list("index", "synset__lemmas")}


@require_POST
@roles_required(ADMIN)
def labeling_change(request: HttpRequest, task_id: int, change: str) -> HttpResponse:
    """Do what one of the buttons on the task's page says, or tell why that can't be."""
    task = get_object_or_404(LabelingTask, pk=task_id)
    if change == "delete":
        return _delete(request, task)
    if change not in changes.CHANGES:
        raise Http404
    try:
        changes.change_task(task, change, signed_in(request))
    except InputError as error:
        messages.error(request, str(error))
    return redirect("labeling_about", task_id)


def _delete(request: HttpRequest, task: LabelingTask) -> HttpResponse:
    pk = task.pk
    try:
        tasks.delete_task(task)
    except InputError as error:
        messages.error(request, str(error))
        return redirect("labeling_about", pk)
    return redirect("labeling")


@require_POST
@roles_required(ADMIN)
def labeling_enroll(request: HttpRequest, task_id: int) -> HttpResponse:
    task = get_object_or_404(LabelingTask, pk=task_id)
    chosen = [pk for pk in request.POST.getlist("labelers") if pk.isdecimal()]
    people = list(User.objects.filter(pk__in=chosen[:1000]).order_by("username"))
    try:
        added = tasks.enroll(task, people)
    except InputError as error:
        messages.error(request, str(error))
    else:
        if not added:
            messages.error(request, "Choose who takes part.")
    return redirect("labeling_about", task_id)


@require_GET
@roles_required(ADMIN)
def labeling_answers(request: HttpRequest, task_id: int, suffix: str) -> HttpResponseBase:
    """The answers with their times, as a file; not for an admin who is examined with the others."""
    task = get_object_or_404(LabelingTask, pk=task_id)
    try:
        return answers_file(task, signed_in(request), suffix)
    except PermissionDenied as error:
        messages.error(request, str(error))
        return redirect("labeling_about", task_id)


@require_GET
@roles_required(*EVERYBODY)
def labeling_results(request: HttpRequest, task_id: int) -> HttpResponse:
    """One's own answers in a task that is revealed; ?only=wrong shows those alone, ?page= goes on."""
    part = get_object_or_404(
        Enrollment.objects.select_related("task__taxonomy"),
        task=task_id, labeler=request.user, task__revealed__isnull=False,
    )  # fmt: skip
    answers = answers_of(part)
    only = request.GET.get("only") == "wrong"
    shown = [one for one in answers if not only or one.right is False]
    context = {
        "task": part.task,
        "page": Paginator(shown, ANSWERS_SHOWN).get_page(request.GET.get("page")),
        "right": sum(bool(one.right) for one in answers),
        "judged": sum(one.right is not None for one in answers),
        "closed": part.assignments.count() - len(answers),
        "only": only,
    }
    return render(request, "annotation/labeling_results.html", context)
