"""The page on which a labeler names classes, and the JSON that it lives on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.models import User
from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required, signed_in
from annotation.fields import AnotherPerson, Malformed
from annotation.labeling import answers, exchange, items
from annotation.labeling.handing_in import hand_in
from annotation.labeling.parsing import read_pin, read_positions
from annotation.labeling.pinned import pin, pinned_of, recent_of
from annotation.models import Enrollment, LabelingTask
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
    def items_of(task_id: int, user: User, body: Any) -> dict[str, Any]:
        return {"items": exchange.items_at(task_id, user, read_positions(body))}

    return _exchange(request, task_id, items_of)


@require_POST
@roles_required(*EVERYBODY)
def labeling_submit(request: HttpRequest, task_id: int) -> JsonResponse:
    """Answers 200 only when what it lists as accepted is committed."""
    return _exchange(request, task_id, exchange.take_in)


def _exchange(
    request: HttpRequest, task_id: int, answer: Callable[[int, User, Any], dict[str, Any]]
) -> JsonResponse:
    try:
        return JsonResponse(answer(task_id, signed_in(request), _body(request)))
    except Malformed as error:
        return JsonResponse({"detail": str(error)}, status=400)
    except AnotherPerson as error:
        return JsonResponse({"detail": str(error)}, status=401)
    except answers.TaskOver as error:
        return JsonResponse({"detail": str(error)}, status=409)


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
    return exchange.picture_of(task_id, signed_in(request), uid, rendition)


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


def _body(request: HttpRequest) -> Any:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise Malformed("expected JSON") from None
