"""Images: what they show, and what was said of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.roles import ADMIN, REVIEWER
from annotation.discussion import lists, settling
from annotation.discussion.closed import closed_by
from annotation.discussion.records import CandidateRecord, image_record
from annotation.discussion.views import KINDS
from annotation.images import picture_for
from annotation.models import Candidate, Comment, Image, Verdict
from api.base import KEY, Download, Endpoint, query
from api.idempotency import once_json
from api.serializers import images as shown
from api.serializers.comparisons import answers_told
from evaluation.galleries import answers_on
from evaluation.reports import latest_report


def open_image(uid: UUID, user: User) -> Image:
    """The image. Raises Http404; PermissionDenied while the user may be asked about it."""
    image = get_object_or_404(Image.objects.select_related("taxonomy"), uid=uid)
    if closed := closed_by(image, user):
        names = ", ".join(f"'{name}'" for name, _ in closed)
        raise PermissionDenied(f"Closed as long as {names} may ask about it.")
    return image


class ImageFile(Download):
    """A picture: `large`, `small` or `original`."""

    closed_while_blind = False

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(self, request: Request, uid: UUID, rendition: str) -> HttpResponseBase:
        return picture_for(self.user, uid, rendition)


class ImageRecord(Endpoint):
    """How every verdict on an image came about, with the discussion."""

    closed_while_blind = False

    @extend_schema(responses={200: shown.ImageRecordSerializer})
    def get(self, request: Request, uid: UUID) -> Response:
        return Response(_record(open_image(uid, self.user), self.user))


class Saying(Endpoint):
    """Takes something that is said of an image, and answers with its record."""

    writers: ClassVar[Iterable[str]] = (ADMIN, REVIEWER)
    scope = "review"
    closed_while_blind = False

    def said(self, uid: UUID, work: Callable[[Image], None]) -> Response:
        image = open_image(uid, self.user)

        def answer() -> Response:
            work(image)
            image.refresh_from_db()
            return Response(_record(image, self.user), status=201)

        return once_json(self.request, self.user, answer)


class ImageComments(Saying):
    """Adds to the discussion of an image; who is named, as @name, is told."""

    @extend_schema(
        parameters=[KEY], request=shown.NewCommentSerializer,
        responses={201: shown.ImageRecordSerializer},
    )  # fmt: skip
    def post(self, request: Request, uid: UUID) -> Response:
        said = self.asked(shown.NewCommentSerializer)

        def comment(image: Image) -> None:
            candidate = None if said["class"] is None else _candidate(image, said["class"])
            settling.comment_on(image, self.user, said["text"], candidate)

        return self.said(uid, comment)


class ImageReports(Saying):
    """Says that an image is unfit for evaluation, or fine after all."""

    @extend_schema(
        parameters=[KEY], request=shown.NewReportSerializer,
        responses={201: shown.ImageRecordSerializer},
    )  # fmt: skip
    def post(self, request: Request, uid: UUID) -> Response:
        said = self.asked(shown.NewReportSerializer)
        return self.said(uid, lambda image: settling.report(image, self.user, **said))


class ImageVerdicts(Saying):
    """Decides a candidate for good."""

    writers = (ADMIN,)

    @extend_schema(
        parameters=[KEY], request=shown.NewVerdictSerializer,
        responses={201: shown.ImageRecordSerializer},
    )  # fmt: skip
    def post(self, request: Request, uid: UUID) -> Response:
        said = self.asked(shown.NewVerdictSerializer)
        verdict = Verdict[said["verdict"].upper()]

        def decide(image: Image) -> None:
            candidate = _candidate(image, said["class"])
            settling.adjudicate(candidate, self.user, verdict, said["reason"])

        return self.said(uid, decide)


class ImageAnswers(Endpoint):
    """What everybody answered on an image, by the latest report."""

    @extend_schema(responses={200: shown.ImageAnswersSerializer})
    def get(self, request: Request, uid: UUID) -> Response:
        found = answers_on(latest_report(), open_image(uid, self.user), self.user)
        datasets = [{"dataset": name, **answers_told(one)} for name, one in found]
        return Response({"datasets": datasets})


class Cases(Endpoint):
    """What a group of reviewers has to work through together, in numbered pages."""

    closed_while_blind = False

    @extend_schema(
        parameters=[query("kind", f"One of {', '.join(KINDS)}."),
                    query("class", "Only of this class.", int), query("page", "From 1.", int)],
        responses={200: shown.CasesSerializer},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        kind = request.query_params.get("kind", "disputed")
        if kind not in KINDS:
            raise Http404("There is no such list.")
        index = request.query_params.get("class")
        if index is not None and not (index.isascii() and index.isdecimal() and len(index) < 9):
            raise ValidationError({"class": "expected the index of a class"})
        chosen = None if index is None else int(index)
        total = lists.counts(self.user, chosen)[kind]
        page = Paginator(range(total), lists.PAGE).get_page(request.query_params.get("page"))
        found = lists.cases(kind, self.user, chosen, page.number)
        rows = [{**vars(one), "class": one.class_index, "name": one.class_name} for one in found]
        told = {"kind": kind, "page": page.number, "pages": page.paginator.num_pages}
        return Response(shown.CasesSerializer({**told, "results": rows}).data)


def _candidate(image: Image, index: int) -> Candidate:
    return get_object_or_404(Candidate, image=image, class_index=index)


def _record(image: Image, user: User) -> dict[str, Any]:
    record = image_record(image, user)
    found = {
        "uid": image.uid, "problematic": image.problematic, "reason": image.problem_reason,
        "candidates": [_candidate_record(one) for one in record.candidates],
        "reports": [{**vars(one), "who": who} for who, one in record.reports],
        "comments": _comments(record.comments),
    }  # fmt: skip
    return shown.ImageRecordSerializer(found).data


def _candidate_record(record: CandidateRecord) -> dict[str, Any]:
    synset = record.label_class.synset
    return {
        "class": record.candidate.class_index, "key": synset.key, "name": synset.name,
        "verdict": record.verdict.label, "disputed": record.candidate.disputed,
        "final": record.is_final, "origin": record.origin,
        "words": [{**vars(one), "verdict": one.verdict.label} for one in record.words],
        "comments": _comments(record.comments),
    }  # fmt: skip


def _comments(said: list[tuple[str, Comment]]) -> list[dict[str, Any]]:
    return [{"who": who, "text": one.text, "created": one.created} for who, one in said]
