"""Predictions and judgments, many at once."""

from __future__ import annotations

import io
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import quote_etag
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.roles import ADMIN
from annotation.importing.alone import wait_for_imports
from annotation.importing.judgments import import_judgments
from annotation.importing.predictions import import_predictions
from annotation.labeling.examinations import secret_participants
from annotation.models import DatasetImage, PredictionSet
from api.base import KEY, Download, Endpoint, Listing, query
from api.idempotency import once
from api.parsers import CSV, NDJSON, PARQUET, Body, CsvParser, NdjsonParser, ParquetParser
from api.serializers import bulk as shown
from taxonomy.downloads import disposition, file_name

MOST_NAME, MOST_BYTES = 80, 240


class Bulk(Endpoint):
    """Takes a file as the content of a POST."""

    suffixes: ClassVar[tuple[type[BaseParser], ...]] = ()

    def get_parsers(self) -> list[BaseParser]:
        return [parser() for parser in self.suffixes]

    def body(self) -> Body:
        body = self.request.data
        if not isinstance(body, Body):
            raise ValidationError({"": "a file is needed as content"})
        return body

    def required(self, name: str) -> str:
        value = self.request.query_params.get(name, "")
        if not value:
            raise ValidationError({name: "is needed in the address"})
        return value


class Predictions(Bulk, Listing):
    """The current predictions: who predicted what dataset."""

    serializer_class = shown.PredictionSetSerializer
    queryset = PredictionSet.objects.current().select_related("participant", "dataset")
    suffixes = (NdjsonParser, ParquetParser, CsvParser)
    scope = "predictions"

    def get_queryset(self) -> QuerySet:
        found = super().get_queryset().defer("top_k", "seconds")
        for name in ("dataset", "participant"):
            if value := self.request.query_params.get(name):
                found = found.filter(**{f"{name}__name": value})
        return found

    @extend_schema(
        parameters=[query("dataset", "Only of this dataset."),
                    query("participant", "Only of this participant.")]
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        parameters=[
            KEY, query("dataset", "Of which dataset.", required=True),
            query("model", "Whose predictions.", required=True),
            query("replace", "true: in the place of other predictions of the model.", bool),
        ],
        request=dict.fromkeys([NDJSON, PARQUET, CSV], OpenApiTypes.BINARY),
        responses={201: shown.ImportedPredictionsSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Bring a model's predictions of a dataset, as `import_predictions` reads them: for each
        image `image_id` with `top_k`, class indices or keys, best first, or `scores`.
        """
        dataset, model, body = self.required("dataset"), self.required("model"), self.body()
        replace = request.query_params.get("replace") == "true"

        def work() -> Response:
            wait_for_imports()
            result = import_predictions(dataset, [body.content], model, replace=replace)
            audit.note(self.user, audit.Action.IMPORT, f"predictions of {model} for {dataset}")
            return Response(shown.ImportedPredictionsSerializer(result).data, status=201)

        return once(request, self.user, body.sha256, work)


class PredictionFile(Download):
    """A prediction set as Parquet: `image_id` and `top_k`, class indices, best first."""

    @extend_schema(responses={(200, PARQUET): OpenApiTypes.BINARY})
    def get(self, request: Request, set_id: int) -> HttpResponseBase:
        found = get_object_or_404(
            PredictionSet.objects.select_related("participant", "dataset"), pk=set_id
        )
        if found.participant_id in secret_participants([self.user]):
            raise PermissionDenied("You take part in the evaluation, which is not revealed.")
        top_k = np.frombuffer(found.top_k, "<i4")
        keys = DatasetImage.objects.filter(dataset=found.dataset, position__lt=found.size)
        table = pa.table(
            {
                "image_id": list(keys.order_by("position").values_list("image__key", flat=True)),
                "top_k": pa.FixedSizeListArray.from_arrays(pa.array(top_k), found.k),
            }
        )
        out = io.BytesIO()
        pq.write_table(table, out, compression="zstd")
        name = file_name(found.participant.name, found.dataset.name, suffix="parquet")
        headers = {"Content-Disposition": disposition(name), "ETag": quote_etag(found.sha256)}
        return HttpResponse(out.getvalue(), content_type=PARQUET, headers=headers)


class Judgments(Bulk):
    """Judgments in bulk."""

    roles = (ADMIN,)
    scope = "judgments"
    suffixes = (NdjsonParser, CsvParser)

    @extend_schema(
        parameters=[
            KEY, query("name", "Of the round they become.", required=True),
            query("dataset", "Look for the images here (repeatable).", many=True),
            query("skip_unknown", "true: leave out judgments of images that are not there.", bool),
        ],
        request=dict.fromkeys([NDJSON, CSV], OpenApiTypes.BINARY),
        responses={201: shown.ImportedJudgmentsSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Bring judgments of many reviewers, as `import_judgments` reads them."""
        name, body = self.required("name"), self.body()
        too_long = len(name) > MOST_NAME or len(name.encode()) > MOST_BYTES
        if "/" in name or too_long or not name.isprintable():
            reason = f"1 to {MOST_NAME} characters ({MOST_BYTES} bytes) that a file's name may have"
            raise ValidationError({"name": reason})

        def work() -> Response:
            wait_for_imports()
            result = import_judgments(
                body.named(f"{name}{body.content.suffix}"),
                datasets=request.query_params.getlist("dataset"),
                skip_unknown=request.query_params.get("skip_unknown") == "true",
            )
            audit.note(self.user, audit.Action.IMPORT, f"judgments as {name}")
            return Response(shown.ImportedJudgmentsSerializer(result).data, status=201)

        return once(request, self.user, body.sha256, work)
