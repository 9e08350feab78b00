"""The page on which a reviewer judges, and the JSON that it lives on."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import ADMIN, REVIEWER, roles_required, signed_in
from annotation.fields import Malformed
from annotation.models import Image, ReviewRound
from annotation.review import judgments, queue, rounds
from annotation.review.access import round_to_judge, round_to_see
from annotation.review.items import describe
from annotation.review.pages import describe_pages
from annotation.review.parsing import read_next, read_operations
from annotation.review.round_page import instructions_of
from annotation.review.scope import pair_of
from annotation.review.statistics import own_pace
from taxonomy.classes import class_index_url
from taxonomy.hierarchy import hierarchy_url
from taxonomy.reference.sheets import thumbs_of
from taxonomy.relations import hints_of


@require_GET
@roles_required(ADMIN, REVIEWER)
def review_round(request: HttpRequest, round_id: int) -> HttpResponse:
    current = round_to_judge(round_id, signed_in(request))
    item = reverse("review_item", args=[round_id, UUID(int=0)])
    config = {
        "round": {"id": current.pk, "name": current.name},
        "reviewer": request.user.pk,
        "classes_url": class_index_url(current.taxonomy),
        "hierarchy_url": hierarchy_url(current.taxonomy),
        "hints": hints_of(current.taxonomy),
        "history": queue.history(current, signed_in(request)),
        "reasons": judgments.REASONS,
        "lease_seconds": settings.LEASE_SECONDS,
        "pair": pair_of(current),
        "urls": {
            "next": reverse("review_next", args=[round_id]),
            "submit": reverse("review_submit", args=[round_id]),
            "progress": reverse("review_progress", args=[round_id]),
            "panel": reverse("class_panel", args=[current.taxonomy_id, 0]).replace(
                "/0/", "/__class__/"
            ),
            "item": item.replace(str(UUID(int=0)), "__name__"),
            "page": reverse("review_page", args=[round_id, 0]).replace("/0/", "/__name__/"),
        },
    }
    name = "review_by_class" if current.unit == ReviewRound.Unit.CLASS else "review"
    context = {
        "round": current,
        "config": config,
        "instructions": instructions_of(current),
        "thumbs": thumbs_of(current.taxonomy),
    }
    return render(request, f"annotation/{name}.html", context)


@require_POST
@roles_required(ADMIN, REVIEWER)
def review_next(request: HttpRequest, round_id: int) -> JsonResponse:
    try:
        hold, want = read_next(_body(request))
    except Malformed as error:
        return JsonResponse({"detail": str(error)}, status=400)
    user = signed_in(request)
    current = round_to_judge(round_id, user)
    if current.state == ReviewRound.State.CLOSED:
        return _closed()
    handout = queue.next_turns(current, user, hold, want)
    by_class = current.unit == ReviewRound.Unit.CLASS
    items = (describe_pages if by_class else describe)(current, user, handout.turns)
    return JsonResponse({"items": items, "state": handout.state, "leased": handout.leased})


@require_GET
@roles_required(ADMIN, REVIEWER)
def review_item(request: HttpRequest, round_id: int, uid: UUID) -> JsonResponse:
    user = signed_in(request)
    current = round_to_judge(round_id, user)
    image = get_object_or_404(Image, uid=uid)
    if (turn := queue.turn_of(current, user, image.pk)) is None:
        raise Http404
    return JsonResponse(describe(current, user, [turn])[0])


@require_GET
@roles_required(ADMIN, REVIEWER)
def review_page(request: HttpRequest, round_id: int, turn_id: int) -> JsonResponse:
    user = signed_in(request)
    current = round_to_judge(round_id, user)
    if (turn := queue.page_of(current, user, turn_id)) is None:
        raise Http404
    return JsonResponse(describe_pages(current, user, [turn])[0])


@require_GET
@roles_required(ADMIN, REVIEWER)
def review_progress(request: HttpRequest, round_id: int) -> JsonResponse:
    current, _ = round_to_see(round_id, signed_in(request))
    progress = rounds.progress(current)
    return JsonResponse(
        {
            "turns": {"done": progress.turns_done, "total": progress.turns_total},
            "judgments": {
                "done": progress.judgments_done,
                "total": progress.judgments_total,
            },
            "mine": own_pace(current, signed_in(request)),
        }
    )


@require_POST
@roles_required(ADMIN, REVIEWER)
def review_submit(request: HttpRequest, round_id: int) -> JsonResponse:
    """Answers 200 only when what it lists as accepted is committed."""
    user = signed_in(request)
    try:
        reviewer, operations, rejected = read_operations(_body(request))
    except Malformed as error:
        return JsonResponse({"detail": str(error)}, status=400)
    if reviewer not in (None, user.pk):
        # Somebody else logged in in this browser meanwhile: the words of one are not the other's.
        return JsonResponse({"detail": "These are another person's judgments."}, status=401)
    current = round_to_judge(round_id, user)
    try:
        outcome = judgments.submit(current, user, operations)
    except judgments.RoundClosed:
        return _closed()
    rejected += [{"id": str(op), "reason": reason} for op, reason in outcome.rejected]
    return JsonResponse({"accepted": list(map(str, outcome.accepted)), "rejected": rejected})


def _closed() -> JsonResponse:
    return JsonResponse({"detail": "This round is closed."}, status=409)


def _body(request: HttpRequest) -> Any:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise Malformed("expected JSON") from None
