"""Models, and runs of them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.roles import ADMIN
from api.base import KEY, Endpoint, LatestFirst, Listing, valid
from api.idempotency import once, once_json
from api.serializers import administration
from api.serializers import runs as shown
from api.views.imports import uploads_digest
from evaluation.inference.forms import NewModelForm
from evaluation.inference.label_maps import NO_CLASS
from evaluation.inference.preprocessing import Preprocessing
from evaluation.inference.preview import datasets_for, try_out
from evaluation.inference.progress import progress_of_all
from evaluation.inference.registering import (
    change_preprocessing,
    preprocessing_of,
    register_upload,
)
from evaluation.inference.runs import change_run
from evaluation.models import ClassifierModel, InferenceRun
from evaluation.tasks import order_run, send_shards


class Models(Listing):
    """Classifiers that can be run here."""

    roles = (ADMIN,)
    scope = "runs"
    parser_classes = (MultiPartParser,)
    serializer_class = shown.ModelSerializer
    queryset = ClassifierModel.objects.select_related("participant", "taxonomy")

    @extend_schema(
        parameters=[KEY], request={"multipart/form-data": administration.NewModelSerializer},
        responses={201: administration.OneModelSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Bring a model's file; how images go in is guessed from it."""
        data = self.asked(administration.NewModelSerializer)
        data["taxonomy"] = data["taxonomy"].pk
        digest = uploads_digest(request)

        def work() -> Response:
            form = valid(NewModelForm(data, request.FILES))
            return Response(_about(register_upload(**form.cleaned_data)), status=201)

        return once(request, self.user, digest, work)


class OneModel(Endpoint):
    """A classifier, and how images go into it."""

    roles = (ADMIN,)
    scope = "runs"

    @extend_schema(responses={200: administration.OneModelSerializer})
    def get(self, request: Request, model_id: int) -> Response:
        return Response(_about(_model(model_id)))

    @extend_schema(
        request=administration.PreprocessingSerializer,
        responses={200: administration.OneModelSerializer},
    )
    def put(self, request: Request, model_id: int) -> Response:
        """Correct how images go in; a model that has run stays, and another is made beside it."""
        wanted = Preprocessing(**self.asked(administration.PreprocessingSerializer))
        return Response(_about(change_preprocessing(_model(model_id), wanted)))


class ModelTries(Endpoint):
    """Tries a classifier on some images of a dataset."""

    roles = (ADMIN,)
    scope = "runs"

    @extend_schema(
        request=administration.NewTrySerializer, responses={200: administration.TriesSerializer}
    )
    def post(self, request: Request, model_id: int) -> Response:
        model, said = _model(model_id), self.asked(administration.NewTrySerializer)
        other = said.get("preprocessing")
        preprocessing = Preprocessing(**other) if other else preprocessing_of(model)
        dataset = get_object_or_404(datasets_for(model), name=said["dataset"])
        tries = [
            {
                "image_id": one.image.key, "seen": one.seen, "right": one.is_right,
                "best": [label_class.index for label_class in one.best], "problem": one.problem,
            }
            for one in try_out(model, preprocessing, dataset)
        ]  # fmt: skip
        return Response({"tries": tries})


def _model(model_id: int) -> ClassifierModel:
    found = ClassifierModel.objects.select_related("participant", "taxonomy")
    return get_object_or_404(found, pk=model_id)


def _about(model: Any) -> dict[str, Any]:
    model.outputs = len(model.label_map)
    model.classes = sum(index != NO_CLASS for index in model.label_map)
    return administration.OneModelSerializer(model).data


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
        asked = self.asked(shown.RunSerializer)

        def work() -> Response:
            run = order_run(asked["model"], asked["dataset"], asked["replace"], self.user)
            return Response(_shown(run), status=201)

        return once_json(request, self.user, work)


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
        change_run(run, self.asked(shown.RunChangeSerializer)["state"])
        send_shards(run)
        return Response(_shown(run))


def with_progress(runs: list[InferenceRun]) -> list[InferenceRun]:
    """The runs with what `RunSerializer` shows of their progress; one query."""
    for run, progress in zip(runs, progress_of_all(runs), strict=True):
        run.done, run.failed = progress.done, progress.failed  # type: ignore[attr-defined]
    return runs


def _shown(run: InferenceRun) -> dict[str, Any]:
    return shown.RunSerializer(with_progress([run])[0]).data
