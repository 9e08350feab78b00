"""The labeling guide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.roles import ADMIN, ROLES
from api.base import KEY, Download, LatestFirst, Listing, query
from api.idempotency import once_json
from api.serializers import classes as shown
from api.views.classes import OfTaxonomies
from taxonomy.guide import exporting, writing
from taxonomy.guide.images import add_image, check_size, markdown_of
from taxonomy.guide.searching import search
from taxonomy.guide.views import CONTENT_TYPES as FILES
from taxonomy.guide.views import export_download
from taxonomy.guide.wanted import wanted_entries
from taxonomy.guide.writing import Draft
from taxonomy.models import GuideEntry, GuideRevision, LabelClass
from taxonomy.tasks import order_guide_export


class Overtaken(APIException):
    status_code = 409


class Guiding(OfTaxonomies):
    """Everybody reads the guide, and writes it."""

    writers: ClassVar[Iterable[str]] = ROLES

    def entry(self) -> GuideEntry:
        found = GuideEntry.objects.select_related("taxonomy", "current")
        wanted = {"taxonomy": self.kwargs["taxonomy_id"], "pk": self.kwargs["entry_id"]}
        return get_object_or_404(found.prefetch_related("classes", "comments"), **wanted)


class Guide(Guiding, Listing):
    """The entries of the labeling guide."""

    serializer_class = shown.EntrySerializer
    queryset = GuideEntry.objects.prefetch_related("classes")

    def get_queryset(self) -> QuerySet:
        taxonomy, asked = self.taxonomy(), self.request.query_params
        archived = asked.get("archived") == "true"
        found = super().get_queryset().filter(taxonomy=taxonomy, archived__isnull=not archived)
        if text := asked.get("q", "").strip():
            if archived:
                raise ValidationError({"q": "What was taken out of the guide is not searched."})
            found = found.filter(pk__in=[hit.entry.pk for hit in search(taxonomy, text).hits])
        return found

    @extend_schema(
        parameters=[query("q", "Only with these words, typing errors forgiven."),
                    query("archived", "true: those that were taken out of the guide; not with q.", bool)]
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        parameters=[KEY], request=shown.DraftSerializer,
        responses={201: shown.WrittenEntrySerializer},
    )  # fmt: skip
    def post(self, request: Request, taxonomy_id: int) -> Response:
        """Write an entry."""
        draft = _draft(self.asked(shown.DraftSerializer))

        def work() -> Response:
            made = writing.create_entry(self.taxonomy(), draft, self.user)
            return Response(shown.WrittenEntrySerializer(made).data, status=201)

        return once_json(request, self.user, work)


class OneEntry(Guiding):
    """An entry of the guide with its discussion."""

    @extend_schema(responses={200: shown.WrittenEntrySerializer})
    def get(self, request: Request, taxonomy_id: int, entry_id: int) -> Response:
        return Response(shown.WrittenEntrySerializer(self.entry()).data)

    @extend_schema(request=shown.NewTextSerializer, responses={200: shown.WrittenEntrySerializer})
    def put(self, request: Request, taxonomy_id: int, entry_id: int) -> Response:
        """Write on it. If somebody was faster (409), what you sent is a revision kept aside."""
        content = self.asked(shown.NewTextSerializer)
        saved = writing.save_entry(self.entry(), _draft(content), self.user, content["base"])
        if saved.conflict is not None:
            raise Overtaken(
                f"Somebody saved revision {saved.conflict.number} first; what you sent is kept "
                f"aside as revision {saved.revision.number}."
            )
        return Response(shown.WrittenEntrySerializer(self.entry()).data)


class EntryArchive(Guiding):
    """Takes an entry out of the guide, or back into it."""

    writers = (ADMIN,)

    @extend_schema(request=shown.ArchivedSerializer, responses={200: shown.WrittenEntrySerializer})
    def put(self, request: Request, taxonomy_id: int, entry_id: int) -> Response:
        writing.set_archived(self.entry(), self.asked(shown.ArchivedSerializer)["archived"])
        return Response(shown.WrittenEntrySerializer(self.entry()).data)


class EntryComments(Guiding):
    """Adds to the discussion of an entry."""

    @extend_schema(
        parameters=[KEY], request=shown.GuideCommentSerializer,
        responses={201: shown.GuideCommentSerializer},
    )  # fmt: skip
    def post(self, request: Request, taxonomy_id: int, entry_id: int) -> Response:
        text = self.asked(shown.GuideCommentSerializer)["text"]

        def work() -> Response:
            made = writing.comment(self.entry(), text, self.user)
            return Response(shown.GuideCommentSerializer(made).data, status=201)

        return once_json(request, self.user, work)


class Revisions(Guiding, Listing):
    """The revisions of an entry, the latest first."""

    serializer_class = shown.RevisionSerializer
    pagination_class = LatestFirst
    queryset = GuideRevision.objects.all()

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(entry=self.entry())


class Restored(Guiding):
    """Makes an earlier revision, or one kept aside, the entry's text again."""

    @extend_schema(request=None, responses={200: shown.WrittenEntrySerializer})
    def post(self, request: Request, taxonomy_id: int, entry_id: int, number: int) -> Response:
        writing.restore(get_object_or_404(self.entry().revisions, number=number), self.user)
        return Response(shown.WrittenEntrySerializer(self.entry()).data)


def _draft(content: dict[str, Any]) -> Draft:
    text = content["text"].replace("\r\n", "\n")
    return Draft(content["title"], text, content["classes"], content["note"])


class WantedEntries(Guiding):
    """Classes that want an entry: somebody asked for it, or others are taken for them."""

    @extend_schema(responses={200: shown.WantedEntriesSerializer})
    def get(self, request: Request, taxonomy_id: int) -> Response:
        found = [
            {"classes": [one.index for one in row.classes], "reason": str(row.reason)}
            for section in wanted_entries(self.taxonomy())
            for row in section.rows
        ]
        return Response({"wanted": found})


class Wish(Guiding):
    """Asks for an entry about a class, or no longer."""

    @extend_schema(request=shown.WishSerializer, responses={200: shown.WishSerializer})
    def put(self, request: Request, taxonomy_id: int, index: int) -> Response:
        label_class = get_object_or_404(LabelClass, taxonomy=taxonomy_id, index=index)
        wanted = self.asked(shown.WishSerializer)["wanted"]
        writing.wish(label_class, self.user, wanted)
        return Response({"wanted": wanted})


class GuidePictures(Guiding):
    """Takes a picture for the guide."""

    parser_classes = (MultiPartParser,)

    @extend_schema(
        request={"multipart/form-data": shown.PictureSerializer},
        responses={201: shown.MarkdownSerializer},
    )
    def post(self, request: Request, taxonomy_id: int) -> Response:
        """The same picture again is the same."""
        taxonomy = self.taxonomy()
        picture = self.asked(shown.PictureSerializer)["picture"]
        check_size(picture.size or 0, str(picture.name))
        made = add_image(taxonomy, picture.read(), self.user, str(picture.name))
        return Response({"markdown": markdown_of(made)}, status=201)


class GuideExport(Download, Guiding):
    """The whole guide as one `pdf` or `html` file."""

    @extend_schema(
        responses={(200, name.partition(";")[0]): OpenApiTypes.BINARY for name in FILES.values()}
    )
    def get(self, request: Request, taxonomy_id: int, kind: str) -> HttpResponseBase:
        """The file, once a worker has made it."""
        return export_download(request._request, taxonomy_id, kind)

    @extend_schema(request=None, responses={202: shown.GuideExportSerializer})
    def post(self, request: Request, taxonomy_id: int, kind: str) -> Response:
        """Have it made of what the guide says now, unless it is there."""
        taxonomy = self.taxonomy()
        if kind not in exporting.MAKERS:
            raise Http404
        order_guide_export(taxonomy, kind)
        state = exporting.export_of(taxonomy, kind).state
        return Response({"state": state}, status=202)
