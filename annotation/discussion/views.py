"""Pages on which reviewers settle what judging alone did not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import ADMIN, REVIEWER, roles_of, roles_required, signed_in
from annotation.discussion import lists, records, settling
from annotation.models import Candidate, Image, Mention, Verdict
from taxonomy.errors import InputError

KINDS = {
    "disputed": "Disputed",
    "unclear": "Unclear",
    "missing": "Missing classes",
    "problematic": "Problematic images",
}


@require_safe
@roles_required(ADMIN, REVIEWER)
def cases(request: HttpRequest) -> HttpResponse:
    """One of the lists; `?kind=`, `?class=` and `?page=` choose."""
    kind = request.GET.get("kind", "disputed")
    if kind not in KINDS:
        raise Http404
    user = signed_in(request)
    admin = ADMIN in roles_of(user)
    found, total = lists.cases(
        kind, admin, _number(request, "class"), _number(request, "page") or 1
    )
    pages = Paginator(range(total), lists.PAGE)
    context = {
        "kinds": [(name, title, count) for (name, title), count in zip(
            KINDS.items(), lists.counts(admin).values(), strict=True
        )],
        "kind": kind,
        "cases": found,
        "total": total,
        "page": pages.get_page(request.GET.get("page")),
        "chosen": _number(request, "class"),
        "mentions": records.mentions_of(user),
    }  # fmt: skip
    return render(request, "annotation/cases.html", context)


@require_safe
@roles_required(ADMIN, REVIEWER)
def image_record(request: HttpRequest, uid: UUID) -> HttpResponse:
    """How every verdict on an image came about, with the discussion; `?class=` is marked."""
    image = _image(request, uid)
    user = signed_in(request)
    Mention.objects.filter(user=user, comment__image=image).update(seen=True)
    context = {
        "record": records.image_record(image, user),
        "image": image,
        "marked": _number(request, "class"),
        "may_decide": ADMIN in roles_of(user),
        "choices": [verdict for verdict in Verdict if verdict != Verdict.UNJUDGED],
    }
    return render(request, "annotation/image_record.html", context)


@require_POST
@roles_required(ADMIN)
def adjudicate(request: HttpRequest, uid: UUID, index: int) -> HttpResponse:
    candidate = _candidate(_image(request, uid), index)
    try:
        verdict = Verdict[request.POST.get("verdict", "").upper()]
    except KeyError:
        raise Http404 from None
    return _after(
        request, candidate.image, index, settling.adjudicate, candidate, signed_in(request), verdict,
        request.POST.get("reason", ""),
    )  # fmt: skip


@require_POST
@roles_required(ADMIN, REVIEWER)
def image_comment(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A comment on the image, or with `class` on that candidate of it."""
    image = _image(request, uid)
    index = request.POST.get("class", "")
    candidate = _candidate(image, int(index)) if index.isdecimal() else None
    return _after(
        request, image, candidate.class_index if candidate else None, settling.comment_on, image,
        signed_in(request), request.POST.get("text", ""), candidate,
    )  # fmt: skip


def _after(
    request: HttpRequest, image: Image, index: int | None, work: Any, *arguments: Any
) -> HttpResponse:
    """Do it, and show the image's page again."""
    try:
        work(*arguments)
    except InputError as error:
        messages.error(request, str(error))
    address = reverse("image_record", args=[image.uid])
    return redirect(address if index is None else f"{address}?class={index}#class-{index}")


def _image(request: HttpRequest, uid: UUID) -> Image:
    image = get_object_or_404(Image.objects.select_related("taxonomy"), uid=uid)
    if records.is_hidden(image, signed_in(request)):
        raise PermissionDenied("This image is in a blind round that is not over yet.")
    return image


def _candidate(image: Image, index: int) -> Candidate:
    return get_object_or_404(
        Candidate.objects.select_related("image"), image=image, class_index=index
    )


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
