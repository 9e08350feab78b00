"""The page on which a labeler names classes, and the JSON that it lives on."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required, signed_in
from annotation.fields import Malformed
from annotation.images import picture
from annotation.labeling import answers, items
from annotation.labeling.embargo import note_sighting
from annotation.labeling.handing_in import hand_in
from annotation.labeling.parsing import read_operations, read_pin, read_positions
from annotation.labeling.pinned import pin, pinned_of, recent_of
from annotation.models import Assignment, Enrollment, LabelingTask
from taxonomy.classes import class_index_url
from taxonomy.errors import InputError
from taxonomy.hierarchy import hierarchy_url
from taxonomy.reference.sheets import thumbs_of

EVERYBODY = (ADMIN, REVIEWER, LABELER)


@require_GET
@roles_required(*EVERYBODY)
def labeling_task(request: HttpRequest, task_id: int) -> HttpResponse:
    """The labeling page, of people who take part and have not handed in."""
    user = signed_in(request)
    part = get_object_or_404(
        Enrollment.objects.select_related("task__taxonomy"), task=task_id, labeler=user
    )
    task = part.task
    if task.state == LabelingTask.State.PLANNED:
        raise Http404
    over = part.handed_in or task.state != LabelingTask.State.OPEN
    context = {"task": task, "part": part, "thumbs": thumbs_of(task.taxonomy)}
    if over:
        return render(request, "annotation/labeling_over.html", context)
    config = {
        "task": task.pk,
        "kind": task.kind,
        "labeler": user.pk,
        "overview": items.overview(part.pk),
        "classes_url": class_index_url(task.taxonomy),
        "hierarchy_url": hierarchy_url(task.taxonomy),
        "pinned": pinned_of(user, task.taxonomy),
        "recent": recent_of(part),
        "urls": {
            "items": reverse("labeling_items", args=[task.pk]),
            "submit": reverse("labeling_submit", args=[task.pk]),
            "pin": reverse("labeling_pin", args=[task.pk]),
            "panel": reverse("class_panel", args=[task.taxonomy_id, 0]).replace(
                "/0/", "/__class__/"
            ),
            "guide": reverse("guide", args=[task.taxonomy_id]),
            "feedback": reverse("labeling_feedback", args=[task.pk, UUID(int=0)]).replace(
                str(UUID(int=0)), "__item__"
            ),
        },
    }
    return render(request, "annotation/labeling.html", {**context, "config": config})


@require_POST
@roles_required(*EVERYBODY)
def labeling_items(request: HttpRequest, task_id: int) -> JsonResponse:
    try:
        positions = read_positions(_body(request))
    except Malformed as error:
        return JsonResponse({"detail": str(error)}, status=400)
    part = _part(task_id, request)
    if over := _why_over(part):
        return JsonResponse({"detail": over}, status=409)
    return JsonResponse({"items": items.describe(task_id, part[0], positions)})


@require_POST
@roles_required(*EVERYBODY)
def labeling_submit(request: HttpRequest, task_id: int) -> JsonResponse:
    """Answers 200 only when what it lists as accepted is committed."""
    user = signed_in(request)
    try:
        labeler, operations, rejected = read_operations(_body(request))
    except Malformed as error:
        return JsonResponse({"detail": str(error)}, status=400)
    if labeler not in (None, user.pk):
        # Somebody else logged in in this browser meanwhile: the words of one are not the other's.
        return JsonResponse({"detail": "These are another person's answers."}, status=401)
    try:
        outcome = answers.submit(task_id, user, operations)
    except answers.TaskOver as error:
        return JsonResponse({"detail": str(error)}, status=409)
    if outcome is None:
        raise Http404
    rejected += [{"id": str(op), "reason": reason} for op, reason in outcome.rejected]
    answer = {"accepted": list(map(str, outcome.accepted)), "rejected": rejected}
    if outcome.changed:
        answer["overview"] = items.overview(_part(task_id, request)[0])
    return JsonResponse(answer)


@require_POST
@roles_required(*EVERYBODY)
def labeling_pin(request: HttpRequest, task_id: int) -> JsonResponse:
    """`{"class": index, "pinned": bool}`: keep a class at hand, or no longer."""
    try:
        index, pinned = read_pin(_body(request))
    except Malformed as error:
        return JsonResponse({"detail": str(error)}, status=400)
    user = signed_in(request)
    part = get_object_or_404(
        Enrollment.objects.select_related("task__taxonomy"), task=task_id, labeler=user
    )
    if not pin(user, part.task.taxonomy, index, pinned):
        return JsonResponse({"detail": "class: no such class"}, status=400)
    return JsonResponse({"pinned": pinned_of(user, part.task.taxonomy)})


@require_safe
@roles_required(*EVERYBODY)
def labeling_image(
    request: HttpRequest, task_id: int, uid: UUID, rendition: str
) -> HttpResponseBase:
    """A picture under the name of the labeler's assignment, which nobody else has."""
    assignment = get_object_or_404(
        Assignment.objects.select_related("image", "enrollment__task"),
        uid=uid, enrollment__task=task_id, enrollment__labeler=request.user,
    )  # fmt: skip
    if assignment.enrollment.handed_in and not assignment.enrollment.task.revealed:
        raise Http404
    note_sighting(signed_in(request), assignment.image.uid)
    return picture(assignment.image.content_hash, assignment.image.file, rendition)


@require_POST
@roles_required(*EVERYBODY)
def labeling_hand_in(request: HttpRequest, task_id: int) -> HttpResponse:
    task = get_object_or_404(LabelingTask, pk=task_id)
    try:
        hand_in(task, signed_in(request))
    except Enrollment.DoesNotExist:
        raise Http404 from None
    except InputError as error:
        messages.error(request, str(error))
    return redirect("labeling_task", task_id)


def _part(task_id: int, request: HttpRequest) -> tuple[int, bool, str, str]:
    rows = items.PART.run(task_id, signed_in(request).pk)
    if not rows or rows[0][2] == LabelingTask.State.PLANNED:
        raise Http404
    return rows[0]


def _why_over(part: tuple[int, bool, str, str]) -> str:
    _, handed_in, state, _ = part
    if handed_in:
        return "You have handed this task in."
    return "" if state == LabelingTask.State.OPEN else "This task is not open."


def _body(request: HttpRequest) -> Any:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise Malformed("expected JSON") from None
