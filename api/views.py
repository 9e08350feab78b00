"""The endpoints. Each parses, calls the function that the page or command calls too, and answers."""

from __future__ import annotations

import io
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import quote_etag
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import RetrieveAPIView
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts import audit
from accounts.roles import ADMIN, LABELER, REVIEWER
from annotation.importing.alone import wait_for_imports
from annotation.importing.judgments import import_judgments
from annotation.importing.predictions import import_predictions
from annotation.models import Candidate, Dataset, DatasetImage, Participant, PredictionSet, Verdict
from api import serializers as shown
from api.base import Endpoint, LatestFirst, Listing, Pages
from api.idempotency import HEADER, once
from api.parsers import CSV, NDJSON, PARQUET, Body, CsvParser, NdjsonParser, ParquetParser
from evaluation.addressed import addressed_report
from evaluation.inference.progress import progress_of_all
from evaluation.inference.runs import change_run, start_run
from evaluation.models import ClassifierModel, InferenceRun, LabelSnapshot, MetricReport
from evaluation.tasks import send_shards
from taxonomy.downloads import disposition, file_name

KEY = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER,
    description="Sent again with the same key, the request is answered as the first time.",
)  # fmt: skip
MOST_NAME = 80


def query(
    name: str, about: str, kind: Any = str, many: bool = False, required: bool = False
) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=about, many=many, required=required)


class Root(Endpoint):
    """Where everything is."""

    roles = (ADMIN, REVIEWER, LABELER)
    closed_while_blind = False

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        names = ["datasets", "participants", "predictions", "judgments", "snapshots", "reports",
                 "models", "runs", "exports"]  # fmt: skip
        return Response({name: reverse(f"api_{name}", request=request) for name in names})


class Datasets(Listing):
    """The datasets."""

    serializer_class = shown.DatasetSerializer
    queryset = Dataset.objects.select_related("taxonomy")


class OneDataset(Endpoint, RetrieveAPIView):
    """One dataset."""

    serializer_class = shown.DatasetSerializer
    queryset = Dataset.objects.select_related("taxonomy")
    lookup_field = "name"


class InOrder(Pages):
    ordering = "position"


class MultiLabels(Listing):
    """The images of a dataset in its order, each with its classes by verdict."""

    serializer_class = shown.MultiLabelSerializer
    pagination_class = InOrder
    queryset = DatasetImage.objects.select_related("image")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        dataset = get_object_or_404(Dataset, name=kwargs["name"])
        links = self.paginate_queryset(self.get_queryset().filter(dataset=dataset)) or []
        return self.get_paginated_response(_multi_labels(dataset, list(links)))


def _multi_labels(dataset: Dataset, links: list[DatasetImage]) -> list[dict[str, Any]]:
    """Two queries, however many images."""
    keys = dict(dataset.taxonomy.classes.values_list("index", "synset__key"))
    images = {link.image_id: link.image for link in links}
    found: dict[int, dict[str, list[str]]] = {
        pk: {verdict.label: [] for verdict in Verdict} for pk in images
    }
    candidates = Candidate.objects.active().filter(image__in=images).order_by("class_index")
    for pk, index, verdict in candidates.values_list("image", "class_index", "verdict"):
        found[pk][Verdict(verdict).label].append(keys[index])
    return [
        {"image_id": images[pk].key, "target": keys[images[pk].target],
         "problematic": images[pk].problematic, **found[pk]}
        for pk in images
    ]  # fmt: skip


class Participants(Listing):
    """Models and people."""

    serializer_class = shown.ParticipantSerializer
    queryset = Participant.objects.all()


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
        if not value or "\0" in value:
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
                found = found.filter(**{f"{name}__name": value.replace("\0", "")})
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


class PredictionFile(Endpoint):
    """A prediction set as Parquet: `image_id` and `top_k`, class indices, best first."""

    @extend_schema(responses={(200, PARQUET): OpenApiTypes.BINARY})
    def get(self, request: Request, set_id: int) -> HttpResponseBase:
        found = get_object_or_404(
            PredictionSet.objects.select_related("participant", "dataset"), pk=set_id
        )
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
        if "/" in name or len(name) > MOST_NAME or not name.isprintable():
            reason = f"1 to {MOST_NAME} characters that a file's name may have"
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


class Snapshots(Listing):
    """All verdicts at one moment, the latest first."""

    serializer_class = shown.SnapshotSerializer
    pagination_class = LatestFirst
    queryset = LabelSnapshot.objects.defer("arrays")


class Reports(Listing):
    """What was computed from snapshots, the latest first."""

    serializer_class = shown.ReportSerializer
    pagination_class = LatestFirst
    queryset = MetricReport.objects.select_related("snapshot").defer("snapshot__arrays", "rows")


class ReportRows(Endpoint):
    """The accuracies of a report, as `compute_metrics --json` prints them; `latest` is one too."""

    @extend_schema(
        parameters=[query(name, f"Only this {name} (repeatable).", many=True)
                    for name in ("dataset", "group", "participant")],
        responses={200: shown.RowsSerializer},
    )  # fmt: skip
    def get(self, request: Request, report: str) -> Response:
        found = addressed_report("" if report == "latest" else report)
        if found is None:
            raise Http404("Nothing was computed yet.")
        wanted = {
            name: set(request.query_params.getlist(name))
            for name in ("dataset", "group", "participant")
        }
        rows = [
            row
            for row in found.rows
            if all(not values or row[name] in values for name, values in wanted.items())
        ]
        return Response({"snapshot": found.snapshot.hash, "rows": rows})


class Models(Listing):
    """Classifiers that can be run here."""

    roles = (ADMIN,)
    serializer_class = shown.ModelSerializer
    queryset = ClassifierModel.objects.select_related("participant", "taxonomy")


class Runs(Listing):
    """Runs of models over datasets, the latest first."""

    roles = (ADMIN,)
    scope = "runs"
    serializer_class = shown.RunSerializer
    pagination_class = LatestFirst
    queryset = InferenceRun.objects.select_related("dataset")

    def paginate_queryset(self, queryset: QuerySet) -> list[InferenceRun] | None:
        page = super().paginate_queryset(queryset)
        return page if page is None else with_progress(page)

    @extend_schema(
        parameters=[KEY], request=shown.RunSerializer, responses={201: shown.RunSerializer}
    )
    def post(self, request: Request) -> Response:
        """Start a run."""
        asked = shown.RunSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        model, dataset = asked.validated_data["model"], asked.validated_data["dataset"]

        def work() -> Response:
            run = start_run(model, dataset, asked.validated_data["replace"], self.user)
            audit.note(self.user, audit.Action.RUN, f"{model.participant} on {dataset}")
            transaction.on_commit(lambda: send_shards(run))
            return Response(_shown(run), status=201)

        return once(request, self.user, repr(sorted(request.data.items())), work)


class OneRun(Endpoint):
    """How far a run is."""

    roles = (ADMIN,)
    scope = "runs"

    @extend_schema(responses={200: shown.RunSerializer})
    def get(self, request: Request, run_id: int) -> Response:
        return Response(_shown(get_object_or_404(InferenceRun, pk=run_id)))

    @extend_schema(request=shown.RunChangeSerializer, responses={200: shown.RunSerializer})
    def patch(self, request: Request, run_id: int) -> Response:
        """Pause it, let it go on, or cancel it."""
        run = get_object_or_404(InferenceRun, pk=run_id)
        asked = shown.RunChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        change_run(run, asked.validated_data["state"])
        send_shards(run)
        return Response(_shown(run))


def with_progress(runs: list[InferenceRun]) -> list[InferenceRun]:
    """The runs with what `RunSerializer` shows of their progress; one query."""
    for run, progress in zip(runs, progress_of_all(runs), strict=True):
        run.done, run.failed = progress.done, progress.failed  # type: ignore[attr-defined]
    return runs


def _shown(run: InferenceRun) -> dict[str, Any]:
    return shown.RunSerializer(with_progress([run])[0]).data
