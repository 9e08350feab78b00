"""The page on which a reviewer judges, and the JSON that it lives on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.roles import ADMIN, REVIEWER, roles_required, signed_in
from annotation.fields import AnotherPerson, Malformed
from annotation.models import ReviewRound
from annotation.review import exchange, judgments, queue
from annotation.review.access import round_to_judge
from annotation.review.round_page import instructions_of
from annotation.review.scope import pair_of
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
    return _exchange(request, round_id, exchange.next_items)


@require_GET
@roles_required(ADMIN, REVIEWER)
def review_item(request: HttpRequest, round_id: int, uid: UUID) -> JsonResponse:
    return JsonResponse(exchange.item_again(round_id, signed_in(request), uid))


@require_GET
@roles_required(ADMIN, REVIEWER)
def review_page(request: HttpRequest, round_id: int, turn_id: int) -> JsonResponse:
    return JsonResponse(exchange.page_again(round_id, signed_in(request), turn_id))


@require_GET
@roles_required(ADMIN, REVIEWER)
def review_progress(request: HttpRequest, round_id: int) -> JsonResponse:
    return JsonResponse(exchange.progress_for(round_id, signed_in(request)))


@require_POST
@roles_required(ADMIN, REVIEWER)
def review_submit(request: HttpRequest, round_id: int) -> JsonResponse:
    """Answers 200 only when what it lists as accepted is committed."""
    return _exchange(request, round_id, exchange.take_in)


def _exchange(
    request: HttpRequest, round_id: int, answer: Callable[[int, User, Any], dict[str, Any]]
) -> JsonResponse:
    try:
        return JsonResponse(answer(round_id, signed_in(request), _body(request)))
    except Malformed as error:
        return JsonResponse({"detail": str(error)}, status=400)
    except AnotherPerson as error:
        return JsonResponse({"detail": str(error)}, status=401)
    except judgments.RoundClosed as error:
        return JsonResponse({"detail": str(error)}, status=409)


def _body(request: HttpRequest) -> Any:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise Malformed("expected JSON") from None
