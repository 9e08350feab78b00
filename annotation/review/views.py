"""The reviewer's pages and the JSON that they live on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.roles import ADMIN, REVIEWER, roles_required
from annotation.models import Dataset, Image, ReviewRound
from annotation.review import judgments, queue, rounds
from annotation.review.forms import RoundForm
from annotation.review.items import describe
from annotation.review.serializers import NextSerializer, SubmitSerializer, read_operations
from annotation.review.statistics import own_pace
from taxonomy.classes import class_index_url
from taxonomy.errors import InputError

REASONS = ["blurry or too dark", "nothing to recognise", "not a photograph", "offensive", "duplicate"]


@require_http_methods(["GET", "POST"])
@roles_required(ADMIN, REVIEWER)
def review(request: HttpRequest) -> HttpResponse:
    """All rounds and how far they are; an admin opens a round here."""
    listed = [(item, rounds.progress(item)) for item in ReviewRound.objects.all()]
    context = {"rounds": listed, "has_datasets": Dataset.objects.exists()}
    return render(request, "annotation/rounds.html", context)


@require_http_methods(["GET", "POST"])
@roles_required(ADMIN)
def round_new(request: HttpRequest) -> HttpResponse:
    form = RoundForm(request.POST or None)
    if form.is_valid():
        try:
            opened = rounds.open_round(**form.cleaned_data)
        except InputError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Round '{opened.name}' is open.")
            return redirect("review")
    return render(request, "annotation/round_new.html", {"form": form})


@require_POST
@roles_required(ADMIN)
def round_close(request: HttpRequest, round_id: int) -> HttpResponse:
    rounds.close_round(get_object_or_404(ReviewRound, pk=round_id))
    return redirect("review")


@require_GET
@roles_required(ADMIN, REVIEWER)
def review_round(request: HttpRequest, round_id: int) -> HttpResponse:
    current = get_object_or_404(ReviewRound, pk=round_id)
    config = {
        "round": {"id": current.pk, "name": current.name},
        "reviewer": request.user.pk,
        "classes_url": class_index_url(current.taxonomy),
        "history": queue.history(current, request.user),
        "reasons": REASONS,
        "urls": {
            "next": reverse("review_next", args=[round_id]),
            "submit": reverse("review_submit", args=[round_id]),
            "progress": reverse("review_progress", args=[round_id]),
            "item": reverse("review_item", args=[round_id, UUID(int=0)]).replace(
                str(UUID(int=0)), "__uid__"
            ),
        },
    }
    return render(request, "annotation/review.html", {"round": current, "config": config})


@roles_required(ADMIN, REVIEWER)
@api_view(["POST"])
def review_next(request: Request, round_id: int) -> Response:
    wish = NextSerializer(data=request.data)
    wish.is_valid(raise_exception=True)
    current = get_object_or_404(ReviewRound, pk=round_id)
    hold = _image_ids(wish.validated_data["hold"])
    handout = queue.next_images(current, request.user, hold, wish.validated_data["want"])
    items = describe(current, request.user, handout.image_ids)
    return Response({"items": items, "state": handout.state, "leased": handout.leased})


@roles_required(ADMIN, REVIEWER)
@api_view(["GET"])
def review_item(request: Request, round_id: int, uid: UUID) -> Response:
    current = get_object_or_404(ReviewRound, pk=round_id)
    image_ids = list(_image_ids([uid]))
    if not image_ids or not queue.may_open(current, request.user, image_ids[0]):
        raise Http404
    return Response(describe(current, request.user, image_ids)[0])


@roles_required(ADMIN, REVIEWER)
@api_view(["GET"])
def review_progress(request: Request, round_id: int) -> Response:
    current = get_object_or_404(ReviewRound, pk=round_id)
    progress = rounds.progress(current)
    return Response(
        {
            "images": {"done": progress.images_done, "total": progress.images_total},
            "candidates": {
                "judged": progress.candidates_judged,
                "total": progress.candidates_total,
            },
            "mine": own_pace(current, request.user),
        }
    )


@roles_required(ADMIN, REVIEWER)
@api_view(["POST"])
def review_submit(request: Request, round_id: int) -> Response:
    body = SubmitSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    current = get_object_or_404(ReviewRound, pk=round_id)
    operations, rejected = read_operations(body.validated_data["ops"])
    try:
        outcome = judgments.submit(current, request.user, operations)
    except judgments.RoundClosed:
        return Response({"detail": "This round is closed."}, status=409)
    rejected += [{"id": str(op), "reason": reason} for op, reason in outcome.rejected]
    return Response({"accepted": list(map(str, outcome.accepted)), "rejected": rejected})


def _image_ids(uids: list[UUID]) -> set[int]:
    return set(Image.objects.filter(uid__in=uids).values_list("id", flat=True)) if uids else set()
