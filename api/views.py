"""The endpoints. Each parses, calls the function that the page or command calls too, and answers."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import Serializer

from accounts import audit
from accounts.roles import ADMIN, LABELER, REVIEWER, roles_of
from annotation.importing.judgments import import_judgments
from annotation.importing.predictions import import_predictions
from annotation.models import Candidate, Dataset, DatasetImage, Participant, PredictionSet, Verdict
from api import serializers as shown
from api.base import Endpoint, Pages
from api.idempotency import HEADER, once
from api.parsers import CSV, NDJSON, PARQUET, Body, CsvParser, NdjsonParser, ParquetParser
from evaluation.inference.runs import change_run, open_shards, start_run
from evaluation.models import ClassifierModel, InferenceRun, LabelSnapshot, MetricReport
from evaluation.reports import latest_report
from evaluation.tasks import infer_shard
from taxonomy.downloads import disposition, file_name

PROBLEM = OpenApiResponse(shown.ProblemSerializer, description="A problem (RFC 9457).")
PROBLEMS = dict.fromkeys([400, 401, 403, 404, 409, 413, 422, 429], PROBLEM)
KEY = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER,
    description="Sent again with the same key, the request is answered as the first time.",
)  # fmt: skip
BINARY = {(PARQUET): OpenApiTypes.BINARY, (NDJSON): OpenApiTypes.BINARY, (CSV): OpenApiTypes.BINARY}


def query(name: str, about: str, kind: Any = str, many: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=about, many=many)


CURSOR = [query("cursor", "Where the page begins; from `next` or `previous`."),
          query("page_size", "Of 1 to 1,000; 100 if not said.", int)]  # fmt: skip


class Root(Endpoint):
    """Where everything is."""

    roles = (ADMIN, REVIEWER, LABELER)
    closed_while_blind = False

    @extend_schema(responses={200: OpenApiTypes.OBJECT, **PROBLEMS})
    def get(self, request: Request) -> Response:
        names = ["datasets", "participants", "predictions", "judgments", "snapshots", "reports",
                 "models", "runs"]  # fmt: skip
        return Response({name: reverse(f"api_{name}", request=request) for name in names})


class Listing(Endpoint):
    """A list in pages."""

    serializer: type[Serializer]

    def rows(self) -> QuerySet:
        raise NotImplementedError

    def listed(self, request: Request) -> Response:
        pages = Pages()
        page = pages.paginate_queryset(self.rows(), request, view=self)
        return pages.get_paginated_response(self.serializer(page, many=True).data)


class Datasets(Listing):
    """The datasets."""

    serializer = shown.DatasetSerializer

    def rows(self) -> QuerySet:
        return Dataset.objects.select_related("taxonomy")

    @extend_schema(
        parameters=CURSOR, responses={200: shown.DatasetSerializer(many=True), **PROBLEMS}
    )
    def get(self, request: Request) -> Response:
        return self.listed(request)


class OneDataset(Endpoint):
    """One dataset."""

    @extend_schema(responses={200: shown.DatasetSerializer, **PROBLEMS})
    def get(self, request: Request, name: str) -> Response:
        dataset = get_object_or_404(Dataset.objects.select_related("taxonomy"), name=name)
        return Response(shown.DatasetSerializer(dataset).data)


class MultiLabels(Listing):
    """The images of a dataset in its order, each with its classes by verdict."""

    serializer = shown.MultiLabelSerializer

    @extend_schema(
        parameters=CURSOR, responses={200: shown.MultiLabelSerializer(many=True), **PROBLEMS}
    )
    def get(self, request: Request, name: str) -> Response:
        dataset = get_object_or_404(Dataset, name=name)
        pages = Pages()
        links = DatasetImage.objects.filter(dataset=dataset).select_related("image")
        pages.ordering = "position"
        page: list[DatasetImage] = pages.paginate_queryset(links, request, view=self) or []
        return pages.get_paginated_response(_multi_labels(dataset, page))


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

    serializer = shown.ParticipantSerializer

    def rows(self) -> QuerySet:
        return Participant.objects.all()

    @extend_schema(
        parameters=CURSOR, responses={200: shown.ParticipantSerializer(many=True), **PROBLEMS}
    )
    def get(self, request: Request) -> Response:
        return self.listed(request)


class Predictions(Listing):
    """The current predictions: who predicted what dataset."""

    serializer = shown.PredictionSetSerializer
    parser_classes = (NdjsonParser, ParquetParser, CsvParser)
    scope = "predictions"

    def rows(self) -> QuerySet:
        found = PredictionSet.objects.current().select_related("participant", "dataset")
        found = found.defer("top_k", "seconds")
        for name in ("dataset", "participant"):
            if value := self.request.query_params.get(name):
                found = found.filter(**{f"{name}__name": value})
        return found

    @extend_schema(
        parameters=[*CURSOR, query("dataset", "Only of this dataset."),
                    query("participant", "Only of this participant.")],
        responses={200: shown.PredictionSetSerializer(many=True), **PROBLEMS},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return self.listed(request)

    @extend_schema(
        parameters=[
            KEY, OpenApiParameter("dataset", str, required=True, description="Of which dataset."),
            OpenApiParameter("model", str, required=True, description="Whose predictions."),
            query("replace", "true: in the place of other predictions of the model.", bool),
        ],
        request=BINARY,
        responses={201: shown.ImportedPredictionsSerializer, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Bring a model's predictions of a dataset, as `import_predictions` reads them: for each
        image `image_id` with `top_k`, class indices or keys, best first, or `scores`.
        """
        _admin_only(self)
        asked = {name: _required(request, name) for name in ("dataset", "model")}
        body = _body(request)
        replace = request.query_params.get("replace") == "true"

        def work() -> Response:
            result = import_predictions(
                asked["dataset"], [body.content], asked["model"], replace=replace
            )
            about = f"predictions of {asked['model']} for {asked['dataset']}"
            audit.note(self.user, audit.Action.IMPORT, about)
            kept = {name: result[name] for name in shown.ImportedPredictionsSerializer().fields}
            return Response(kept, status=201)

        return once(request, self.user, body.sha256, work)


class PredictionFile(Endpoint):
    """A prediction set as Parquet: `image_id` and `top_k`, class indices, best first."""

    @extend_schema(responses={(200, PARQUET): OpenApiTypes.BINARY, **PROBLEMS})
    def get(self, request: Request, set_id: int) -> HttpResponseBase:
        found = get_object_or_404(
            PredictionSet.objects.select_related("participant", "dataset"), pk=set_id
        )
        top_k = np.frombuffer(found.top_k, "<i4").reshape(found.size, found.k)
        keys = DatasetImage.objects.filter(dataset=found.dataset, position__lt=found.size)
        table = pa.table(
            {
                "image_id": list(keys.order_by("position").values_list("image__key", flat=True)),
                "top_k": pa.FixedSizeListArray.from_arrays(
                    pa.array(np.ascontiguousarray(top_k).reshape(-1)), found.k
                ),
            }
        )
        out = io.BytesIO()
        pq.write_table(table, out, compression="zstd")
        name = file_name(found.participant.name, found.dataset.name, suffix="parquet")
        return HttpResponse(
            out.getvalue(), content_type=PARQUET,
            headers={"Content-Disposition": disposition(name), "ETag": f'"{found.sha256[:32]}"'},
        )  # fmt: skip


class Judgments(Endpoint):
    """Judgments in bulk."""

    roles = (ADMIN,)
    scope = "judgments"
    parser_classes = (NdjsonParser, CsvParser)

    @extend_schema(
        parameters=[
            KEY, OpenApiParameter("name", str, required=True, description="Of the round they become."),
            query("dataset", "Look for the images here (repeatable).", many=True),
            query("skip_unknown", "true: leave out judgments of images that are not there.", bool),
        ],
        request={NDJSON: OpenApiTypes.BINARY, CSV: OpenApiTypes.BINARY},
        responses={201: shown.ImportedJudgmentsSerializer, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Bring judgments of many reviewers, as `import_judgments` reads them."""
        name = _required(request, "name")
        body = _body(request)
        if "/" in name or len(name) > 80 or not name.isprintable():
            raise ValidationError({"name": "1 to 80 characters that a file's name may have"})

        def work() -> Response:
            result = import_judgments(
                body.named(f"{name}{body.content.suffix}"),
                datasets=request.query_params.getlist("dataset"),
                skip_unknown=request.query_params.get("skip_unknown") == "true",
            )
            audit.note(self.user, audit.Action.IMPORT, f"judgments as {name}")
            kept = {field: result[field] for field in shown.ImportedJudgmentsSerializer().fields}
            return Response(kept, status=201)

        return once(request, self.user, body.sha256, work)


class Snapshots(Listing):
    """All verdicts at one moment, the latest first."""

    serializer = shown.SnapshotSerializer

    def rows(self) -> QuerySet:
        return LabelSnapshot.objects.defer("arrays")

    @extend_schema(
        parameters=CURSOR, responses={200: shown.SnapshotSerializer(many=True), **PROBLEMS}
    )
    def get(self, request: Request) -> Response:
        return self.listed(request)


class Reports(Listing):
    """What was computed from snapshots."""

    serializer = shown.ReportSerializer

    def rows(self) -> QuerySet:
        found = MetricReport.objects.select_related("snapshot")
        return found.defer("snapshot__arrays", "rows")

    @extend_schema(
        parameters=CURSOR, responses={200: shown.ReportSerializer(many=True), **PROBLEMS}
    )
    def get(self, request: Request) -> Response:
        return self.listed(request)


class ReportRows(Endpoint):
    """The accuracies of a report, as `compute_metrics --json` prints them; `latest` is one too."""

    @extend_schema(
        parameters=[query(name, f"Only this {name} (repeatable).", many=True)
                    for name in ("dataset", "group", "participant")],
        responses={200: shown.RowsSerializer, **PROBLEMS},
    )  # fmt: skip
    def get(self, request: Request, report: str) -> Response:
        found = latest_report() if report == "latest" else _report(report)
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
    serializer = shown.ModelSerializer

    def rows(self) -> QuerySet:
        return ClassifierModel.objects.select_related("participant", "taxonomy")

    @extend_schema(parameters=CURSOR, responses={200: shown.ModelSerializer(many=True), **PROBLEMS})
    def get(self, request: Request) -> Response:
        return self.listed(request)


class Runs(Listing):
    """Runs of models over datasets."""

    roles = (ADMIN,)
    scope = "runs"
    serializer = shown.RunSerializer

    def rows(self) -> QuerySet:
        return InferenceRun.objects.select_related("dataset")

    @extend_schema(parameters=CURSOR, responses={200: shown.RunSerializer(many=True), **PROBLEMS})
    def get(self, request: Request) -> Response:
        return self.listed(request)

    @extend_schema(
        parameters=[KEY], request=shown.RunSerializer,
        responses={201: shown.RunSerializer, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Start a run."""
        asked = shown.RunSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data

        def work() -> Response:
            run = start_run(data["model"], data["dataset"], data["replace"], self.user)
            about = f"{data['model'].participant} on {data['dataset']}"
            audit.note(self.user, audit.Action.RUN, about)
            for shard in open_shards(run):
                infer_shard.delay(shard)
            return Response(shown.RunSerializer(run).data, status=201)

        return once(request, self.user, repr(sorted(request.data.items())), work)


class OneRun(Endpoint):
    """How far a run is."""

    roles = (ADMIN,)
    scope = "runs"

    @extend_schema(responses={200: shown.RunSerializer, **PROBLEMS})
    def get(self, request: Request, run_id: int) -> Response:
        return Response(shown.RunSerializer(get_object_or_404(InferenceRun, pk=run_id)).data)

    @extend_schema(
        request=shown.RunChangeSerializer, responses={200: shown.RunSerializer, **PROBLEMS}
    )
    def patch(self, request: Request, run_id: int) -> Response:
        """Pause it, let it go on, or cancel it."""
        run = get_object_or_404(InferenceRun, pk=run_id)
        asked = shown.RunChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        change_run(run, asked.validated_data["state"])
        if run.state == InferenceRun.State.RUNNING:
            for shard in open_shards(run):
                infer_shard.delay(shard)
        return Response(shown.RunSerializer(run).data)


def _report(text: str) -> MetricReport:
    if not text.isdecimal() or len(text) > 18:
        raise Http404
    reports = MetricReport.objects.select_related("snapshot").defer("snapshot__arrays")
    return get_object_or_404(reports, pk=text)


def _required(request: Request, name: str) -> str:
    value = request.query_params.get(name, "")
    if not value or "\0" in value:
        raise ValidationError({name: "is needed in the address"})
    return value


def _body(request: Request) -> Body:
    body = request.data
    if not isinstance(body, Body):
        raise ValidationError({"": "a file is needed as content"})
    return body


def _admin_only(view: Endpoint) -> None:
    if ADMIN not in roles_of(view.user):
        raise PermissionDenied("Only admins bring predictions.")
