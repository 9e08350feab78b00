"""Models, and runs of them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.roles import ADMIN
from api.base import KEY, Endpoint, LatestFirst, Listing
from api.idempotency import once_json
from api.serializers import runs as shown
from evaluation.inference.progress import progress_of_all
from evaluation.inference.runs import change_run, start_run
from evaluation.models import ClassifierModel, InferenceRun
from evaluation.tasks import send_shards


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
        asked = self.asked(shown.RunSerializer)
        model, dataset = asked["model"], asked["dataset"]

        def work() -> Response:
            run = start_run(model, dataset, asked["replace"], self.user)
            audit.note(self.user, audit.Action.RUN, f"{model.participant} on {dataset}")
            transaction.on_commit(lambda: send_shards(run))
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
