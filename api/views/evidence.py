"""What classes look like, and what reviewers found of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from annotation import class_evidence as evidence
from api.base import Download, Endpoint, Listing
from api.serializers import classes as shown
from api.views.classes import OfTaxonomies
from taxonomy.models import LabelClass, ReferenceImage, Taxonomy
from taxonomy.reference.views import reference_image


class ClassEvidence(Endpoint):
    """What reviewers found of a class."""

    @extend_schema(responses={200: shown.ClassEvidenceSerializer})
    def get(self, request: Request, taxonomy_id: int, index: int) -> Response:
        rows = LabelClass.objects.select_related("taxonomy", "synset")
        found = get_object_or_404(rows, taxonomy=taxonomy_id, index=index)
        return Response(
            {
                "counts": evidence.verdict_counts(found),
                "confused": _indices(evidence.confused_with(found)),
                "taken_for": _indices(evidence.taken_for(found)),
            }
        )


class ClassConfusions(Endpoint):
    """The pairs of classes that are confused most often."""

    @extend_schema(responses={200: shown.ConfusionsOfClassesSerializer})
    def get(self, request: Request, taxonomy_id: int) -> Response:
        taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
        return Response({"confusions": _indices(evidence.most_confused(taxonomy))})


def _indices(found: Iterable[evidence.Confusion]) -> list[dict[str, Any]]:
    return [
        {"first": one.first.index, "second": one.second.index, "images": one.images}
        for one in found
    ]


class References(OfTaxonomies, Listing):
    """The reference images of a class."""

    serializer_class = shown.ReferenceSerializer
    queryset = ReferenceImage.objects.all()

    def get_queryset(self) -> QuerySet:
        wanted = {"taxonomy": self.kwargs["taxonomy_id"], "index": self.kwargs["index"]}
        return super().get_queryset().filter(label_class=get_object_or_404(LabelClass, **wanted))

    def paginate_queryset(self, queryset: QuerySet) -> list[dict[str, Any]] | None:
        def address(image: ReferenceImage, rendition: str) -> str:
            args = [self.kwargs["taxonomy_id"], image.pk, rendition]
            return reverse("api_reference_file", args=args, request=self.request)

        return [
            {"id": one.pk, **{name: address(one, name) for name in ("large", "original")}}
            for one in super().paginate_queryset(queryset) or []
        ]


class ReferenceFile(Download, OfTaxonomies):
    """A reference image: `large` or `original`."""

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(
        self, request: Request, taxonomy_id: int, image_id: int, rendition: str
    ) -> HttpResponseBase:
        return reference_image(request._request, taxonomy_id, image_id, rendition)
