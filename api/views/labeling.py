"""Labeling tasks: making them, and naming classes in them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.roles import ADMIN, ROLES, roles_of
from annotation.fields import Malformed
from annotation.labeling import exchange, tasks
from annotation.labeling.changes import change_task
from annotation.labeling.exchange import training_part
from annotation.labeling.export import FORMATS, answers_file
from annotation.labeling.handing_in import hand_in
from annotation.labeling.parsing import read_positions
from annotation.labeling.results import answers_of
from annotation.labeling.sampling import draw_sample
from annotation.labeling.statistics import labeler_rows, progress_of
from annotation.labeling.training.progress import history, train_on
from annotation.labeling.training.statistics import by_class, confusions, to_train_next
from annotation.labeling.training.together import remark, remarks_on, shared_images
from annotation.labeling.training.views import PROPOSED, RECENT
from annotation.models import Enrollment, LabelingTask
from annotation.review.forms import random_seed
from api.base import KEY, Download, Endpoint, LatestFirst, Listing, query, valid
from api.idempotency import once_json
from api.serializers import labeling as shown
from api.views.files import files
from taxonomy.models import Taxonomy


class Labeling(Endpoint):
    """What labelers are at is theirs, whoever they are and whatever else they are at."""

    roles = writers = ROLES
    scope = "labeling"
    closed_while_blind = False


class Tasks(Listing):
    """The labeling tasks, the latest first; for others than admins those that they take part in."""

    roles = ROLES
    scope = "labeling"
    closed_while_blind = False
    serializer_class = shown.TaskSerializer
    pagination_class = LatestFirst
    queryset = LabelingTask.objects.all()

    def get_queryset(self) -> QuerySet:
        return _visible(self)

    def paginate_queryset(self, queryset: QuerySet) -> list[LabelingTask] | None:
        page = super().paginate_queryset(queryset)
        return page if page is None else _with_progress(page, self)

    @extend_schema(
        parameters=[KEY], request=shown.NewTaskSerializer, responses={201: shown.TaskSerializer}
    )
    def post(self, request: Request) -> Response:
        """Draw the images of a task, and open or plan it."""
        said = self.asked(shown.NewTaskSerializer)

        def work() -> Response:
            form = valid(shown.NewTaskSerializer.form(said))
            made, _ = tasks.create_task(
                said["name"], said["kind"], form.sample, said["seed"], labelers=said["labelers"],
                by=self.user, state=said["state"], **form.settings,
            )  # fmt: skip
            return Response(_shown(made, self), status=201)

        return once_json(request, self.user, work)


def _visible(view: Endpoint) -> QuerySet:
    found = LabelingTask.objects.select_related("taxonomy")
    if ADMIN in roles_of(view.user):
        return found
    return found.filter(enrollments__labeler=view.user.pk).exclude(state=LabelingTask.State.PLANNED)


def _with_progress(found: list[LabelingTask], view: Endpoint) -> list[LabelingTask]:
    """The tasks with what `TaskSerializer` shows of their progress; one query."""
    counted = progress_of(found, None if ADMIN in roles_of(view.user) else view.user.pk)
    for task in found:
        for name in ("answered", "later", "total"):
            setattr(task, name, getattr(counted[task.pk], name))
    return found


def _shown(task: LabelingTask, view: Endpoint) -> dict[str, Any]:
    return shown.TaskSerializer(_with_progress([task], view)[0]).data


class OneTask(Endpoint):
    """A labeling task."""

    roles = ROLES
    scope = "labeling"
    closed_while_blind = False

    @extend_schema(responses={200: shown.TaskSerializer})
    def get(self, request: Request, task_id: int) -> Response:
        return Response(_shown(get_object_or_404(_visible(self), pk=task_id), self))

    @extend_schema(request=shown.TaskChangeSerializer, responses={200: shown.TaskSerializer})
    def patch(self, request: Request, task_id: int) -> Response:
        """Open, pause, close or reveal it, or leave out what labelers had seen before."""
        task = get_object_or_404(_visible(self), pk=task_id)
        change_task(task, self.asked(shown.TaskChangeSerializer)["change"], self.user)
        return Response(_shown(task, self))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, task_id: int) -> Response:
        """Forget a planned task."""
        tasks.delete_task(get_object_or_404(LabelingTask, pk=task_id))
        return Response(status=204)


class TaskLabelers(Endpoint):
    """Who takes part in a task, and how far they are."""

    roles = (ADMIN,)
    scope = "labeling"

    @extend_schema(responses={200: shown.LabelersSerializer})
    def get(self, request: Request, task_id: int) -> Response:
        return Response(self._rows(get_object_or_404(LabelingTask, pk=task_id)))

    @extend_schema(request=shown.EnrollSerializer, responses={200: shown.LabelersSerializer})
    def post(self, request: Request, task_id: int) -> Response:
        """Let others take part too."""
        task = get_object_or_404(LabelingTask, pk=task_id)
        tasks.enroll(task, self.asked(shown.EnrollSerializer)["labelers"])
        return Response(self._rows(task))

    def _rows(self, task: LabelingTask) -> dict[str, Any]:
        return shown.LabelersSerializer({"labelers": labeler_rows(task)}).data


class TaskItems(Labeling):
    """One's images in a task, at some positions."""

    @extend_schema(
        parameters=[OpenApiParameter("position", int, many=True, required=True,
                                     description="From 0; up to 20 (repeatable).")],
        responses={200: shown.ItemsSerializer},
    )  # fmt: skip
    def get(self, request: Request, task_id: int) -> Response:
        found = exchange.items_at(task_id, self.user, _positions(request))
        items = [_addressed(one, task_id, request) for one in found]
        return Response({"overview": exchange.overview_of(task_id, self.user), "items": items})


def _positions(request: Request) -> list[int]:
    texts = request.query_params.getlist("position")
    if not all(text.isascii() and text.isdecimal() and len(text) < 12 for text in texts):
        raise Malformed("position: expected an integer")
    return read_positions({"positions": [int(text) for text in texts]})


def _addressed(item: dict[str, Any], task_id: int, request: Request) -> dict[str, Any]:
    """The item with the addresses of pictures that a token opens."""
    return item | {
        field: reverse("api_task_image", args=[task_id, item["uid"], rendition], request=request)
        for field, rendition in (("src", "large"), ("original", "original"))
        if item[field]
    }


class TaskImage(Download, Labeling):
    """A picture of a task: `large`, `small` or `original`."""

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(self, request: Request, task_id: int, uid: UUID, rendition: str) -> HttpResponseBase:
        return exchange.picture_of(task_id, self.user, uid, rendition)


class TaskAnswers(Labeling):
    """What a labeler says in a task, stored exactly once."""

    @extend_schema(request=shown.LabelingOpsSerializer, responses={200: shown.StoredSerializer})
    def post(self, request: Request, task_id: int) -> Response:
        return Response(exchange.take_in(task_id, self.user, request.data))


class TaskFeedback(Labeling):
    """What is true of an image of a training, once one has answered it."""

    @extend_schema(responses={200: shown.FeedbackSerializer})
    def get(self, request: Request, task_id: int, uid: UUID) -> Response:
        _, found = exchange.feedback_for(task_id, self.user, uid)
        correct, hints = [one.index for one in found.correct], [one.text for one in found.hints]
        told = {"right": found.right, "judged": found.judged, "answer": found.answer.index}
        return Response({**told, "correct": correct, "hints": hints})


class HandIn(Labeling):
    """Ends one's part in a task."""

    @extend_schema(request=None, responses={200: shown.HandedInSerializer})
    def post(self, request: Request, task_id: int) -> Response:
        task = get_object_or_404(LabelingTask, pk=task_id)
        try:
            return Response(shown.HandedInSerializer(hand_in(task, self.user)).data)
        except Enrollment.DoesNotExist:
            raise Http404 from None


class TaskResults(Labeling):
    """One's own answers beside what is held correct, once the task is revealed."""

    @extend_schema(responses={200: shown.TaskResultsSerializer})
    def get(self, request: Request, task_id: int) -> Response:
        part = get_object_or_404(
            Enrollment.objects.select_related("task__taxonomy"),
            task=task_id, labeler=self.user, task__revealed__isnull=False,
        )  # fmt: skip
        found = answers_of(part)
        rows = [
            {**vars(one), "answer": one.answer and one.answer[0],
             "correct": [index for index, _ in one.correct]}
            for one in found
        ]  # fmt: skip
        closed = part.assignments.count() - len(found)
        return Response(shown.TaskResultsSerializer({"closed": closed, "answers": rows}).data)


class TaskExport(Download):
    """All answers to a task with their times: `json` or `csv`."""

    roles = (ADMIN,)

    @extend_schema(responses=files(kind for kind, _ in FORMATS.values()))
    def get(self, request: Request, task_id: int, suffix: str) -> HttpResponseBase:
        return answers_file(get_object_or_404(LabelingTask, pk=task_id), self.user, suffix)


class TaskPreview(Endpoint):
    """What a task would draw, before it is made."""

    roles = (ADMIN,)
    scope = "labeling"

    @extend_schema(request=shown.NewTaskSerializer, responses={200: shown.DrawnSerializer})
    def post(self, request: Request) -> Response:
        said = self.asked(shown.NewTaskSerializer)
        form = valid(shown.NewTaskSerializer.form(said))
        drawn = draw_sample(form.sample, said["kind"], said["seed"])
        counts = drawn.per_class.values()
        told = {"datasets": drawn.datasets, "left_out": drawn.left_out}
        return Response({**told, "fewest": min(counts), "most": max(counts)})


class Training(Labeling):
    """One's own training in the classes of a taxonomy."""

    @extend_schema(
        parameters=[query("taxonomy", "Its name.", required=True)],
        responses={200: shown.TrainingSerializer},
    )
    def get(self, request: Request) -> Response:
        name = request.query_params.get("taxonomy", "")
        past = history(self.user.pk, get_object_or_404(Taxonomy, name=name))
        told = {
            "answers": len(past.right), "right": int(past.right.sum()),
            "classes": by_class(past.truth, past.right),
            "confusions": confusions(past.truth, past.answered, past.right),
            "proposed": to_train_next(past.truth, past.answered, past.right, RECENT, PROPOSED),
        }  # fmt: skip
        return Response(shown.TrainingSerializer(told).data)

    @extend_schema(
        parameters=[KEY], request=shown.NewTrainingSerializer, responses={201: shown.TaskSerializer}
    )
    def post(self, request: Request) -> Response:
        """Open a training task of some classes, with images that trainings have shown."""
        said = self.asked(shown.NewTrainingSerializer)

        def work() -> Response:
            made = train_on(said["classes"], said["taxonomy"], self.user, random_seed())
            return Response(_shown(made, self), status=201)

        return once_json(request, self.user, work)


class TaskTogether(Labeling):
    """The images of a training that one has answered, with everybody's answers."""

    @extend_schema(responses={200: shown.SharedImagesSerializer})
    def get(self, request: Request, task_id: int) -> Response:
        part = training_part(task_id, self.user)
        images = [
            {**vars(one), "item": one.uid,
             "answers": [{"labeler": name, "class": index} for name, index in one.answers]}
            for one in shared_images(part)
        ]  # fmt: skip
        return Response(shown.SharedImagesSerializer({"images": images}).data)


class TaskRemarks(Labeling):
    """Says something on an image that one has answered in a training."""

    @extend_schema(
        request=shown.RemarkOnItemSerializer, responses={200: shown.TaskRemarksSerializer}
    )
    def post(self, request: Request, task_id: int) -> Response:
        """Answers with all that was said on it."""
        part, said = training_part(task_id, self.user), self.asked(shown.RemarkOnItemSerializer)
        item = get_object_or_404(part.assignments, uid=said["item"], class_index__isnull=False)
        remark(part.task, item.image_id, self.user, said["id"], said["text"])
        found = remarks_on(part.task, item.image_id)
        return Response(shown.TaskRemarksSerializer({"remarks": found}).data)
