"""Pages on which reviewers settle what judging alone did not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import ADMIN, REVIEWER, roles_of, roles_required, signed_in
from annotation.discussion import lists, records, settling
from annotation.discussion.closed import closed_by
from annotation.discussion.mentions import mentions_of
from annotation.models import Candidate, Image, Mention, Verdict
from annotation.review.judgments import REASONS

KINDS = {
    "disputed": "Disputed",
    "unclear": "Unclear",
    "missing": "Missing classes",
    "wrong": "Wrong labels",
    "problematic": "Problematic images",
}
CHOICES = [verdict for verdict in Verdict if verdict != Verdict.UNJUDGED]


class CommentForm(forms.Form):
    text = forms.CharField(max_length=2000, error_messages={"required": "A comment needs a text."})


class VerdictForm(forms.Form):
    verdict = forms.ChoiceField(choices=[(one.label, one.label) for one in Verdict])
    reason = forms.CharField(
        max_length=2000, error_messages={"required": "A final verdict needs its reason."}
    )


class ReportForm(forms.Form):
    problematic = forms.BooleanField(required=False)
    reason = forms.CharField(max_length=500, required=False)


@require_safe
@roles_required(ADMIN, REVIEWER)
def cases(request: HttpRequest) -> HttpResponse:
    """One of the lists; `?kind=`, `?class=` and `?page=` choose."""
    kind, chosen = request.GET.get("kind", "disputed"), _number(request, "class")
    if kind not in KINDS:
        raise Http404
    user = signed_in(request)
    counts = lists.counts(user, chosen)
    page = Paginator(range(counts[kind]), lists.PAGE).get_page(request.GET.get("page"))
    found = lists.cases(kind, user, chosen, page.number)
    context = {
        "kinds": [(name, title, counts[name]) for name, title in KINDS.items()],
        "kind": kind,
        "cases": found,
        "total": counts[kind],
        "page": page,
        "chosen": chosen,
        "chosen_name": found[0].class_name if found else chosen,
        "mentions": mentions_of(user),
    }
    return render(request, "annotation/cases.html", context)


@require_safe
@roles_required(ADMIN, REVIEWER)
def image_record(request: HttpRequest, uid: UUID) -> HttpResponse:
    """How every verdict on an image came about, with the discussion; `?class=` is marked, and
    `?kind=` tells the list that is being worked through."""
    user, image = signed_in(request), _image(uid)
    if closed := closed_by(image, user):
        context: dict[str, Any] = {"rounds": closed}
        return render(request, "annotation/image_closed.html", context, status=403)
    Mention.objects.filter(user=user, comment__image=image).update(seen=True)
    kind, index = request.GET.get("kind", ""), _number(request, "class")
    context = {
        "record": records.image_record(image, user),
        "image": image,
        "index": index,
        "marked": None if kind == "problematic" else index,
        "may_decide": ADMIN in roles_of(user),
        "choices": CHOICES,
        "reasons": REASONS,
    }
    if kind in KINDS and index is not None:
        following = lists.next_case(kind, user, uid, index)
        context |= {
            "kind": kind,
            "kind_title": KINDS[kind],
            "next_url": _address(*following, kind) if following else "",
        }
    return render(request, "annotation/image_record.html", context)


@require_POST
@roles_required(ADMIN)
def adjudicate(request: HttpRequest, uid: UUID, index: int) -> HttpResponse:
    candidate = _candidate(_image(uid), index)

    def decide(said: dict[str, Any]) -> None:
        verdict = Verdict[said["verdict"].upper()]
        settling.adjudicate(candidate, signed_in(request), verdict, said["reason"])

    return _take_in(request, VerdictForm(request.POST), decide, uid)


@require_POST
@roles_required(ADMIN, REVIEWER)
def image_comment(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A comment on the image, or with `class` on that candidate of it."""
    image, index = _image(uid), request.POST.get("class", "")
    candidate = _candidate(image, int(index)) if index.isdecimal() else None

    def comment(said: dict[str, Any]) -> None:
        settling.comment_on(image, signed_in(request), said["text"], candidate)

    return _take_in(request, CommentForm(request.POST), comment, uid)


@require_POST
@roles_required(ADMIN, REVIEWER)
def image_report(request: HttpRequest, uid: UUID) -> HttpResponse:
    """That the image is `problematic`, for a `reason`, or without that, that it is fine."""
    image = _image(uid)

    def report(said: dict[str, Any]) -> None:
        settling.report(image, signed_in(request), said["problematic"], said["reason"])

    return _take_in(request, ReportForm(request.POST), report, uid)


def _take_in(
    request: HttpRequest, form: forms.Form, work: Callable[[dict[str, Any]], None], uid: UUID
) -> HttpResponse:
    """Do what a valid form asks, or say what is wrong with it; then the image's page again."""
    if closed_by(_image(uid), signed_in(request)):
        return redirect("image_record", uid)
    if form.is_valid():
        work(form.cleaned_data)
    else:
        messages.error(request, str(next(iter(form.errors.values()))[0]))
    index, kind = request.POST.get("class", ""), request.POST.get("kind", "")
    return redirect(_address(uid, int(index) if index.isdecimal() else None, kind))


def _address(uid: UUID, index: int | None, kind: str) -> str:
    """Of an image's page, with the class marked and the list remembered."""
    asked = {"class": index, "kind": kind}
    query = urlencode({name: value for name, value in asked.items() if value not in (None, "")})
    mark = "#about-image" if kind == "problematic" or index is None else f"#class-{index}"
    return f"{reverse('image_record', args=[uid])}{'?' if query else ''}{query}{mark}"


def _image(uid: UUID) -> Image:
    return get_object_or_404(Image.objects.select_related("taxonomy"), uid=uid)


def _candidate(image: Image, index: int) -> Candidate:
    return get_object_or_404(Candidate, image=image, class_index=index)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
