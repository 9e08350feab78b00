"""People, the audit, operations and webhooks."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts import people
from accounts.models import AuditEntry, Invitation, User
from accounts.roles import ADMIN
from api import webhooks
from api.base import Endpoint, LatestFirst, Listing, query, valid
from api.models import Webhook
from api.pages import WebhookForm
from api.serializers import administration as shown
from evaluation.models import FailedTask, InferenceRun
from evaluation.operations import failures, state
from evaluation.tasks import order_run_again


class ForAdmins(Endpoint):
    """Nothing of it is for others."""

    roles = (ADMIN,)
    scope = "admin"


class People(ForAdmins, Listing):
    """Everybody who has an account, and what they may do."""

    serializer_class = shown.PersonSerializer
    queryset = User.objects.all()

    def get_queryset(self) -> QuerySet:
        return people.accounts().prefetch_related("groups")


class OnePerson(ForAdmins):
    """Sets what a person may do, and whether they may log in."""

    @extend_schema(request=shown.PersonChangeSerializer, responses={200: shown.PersonSerializer})
    def patch(self, request: Request, person_id: int) -> Response:
        person = get_object_or_404(people.accounts(), pk=person_id)
        asked, now = self.asked(shown.PersonChangeSerializer), shown.PersonSerializer(person).data
        roles, active = (asked.get(name, now[name]) for name in ("roles", "active"))
        people.change_person(self.user, person, roles, active)
        return Response(shown.PersonSerializer(person).data)


class Invitations(ForAdmins, Listing):
    """Invitations that nobody has used yet."""

    serializer_class = shown.InvitationSerializer
    pagination_class = LatestFirst
    queryset = Invitation.objects.all()

    def get_queryset(self) -> QuerySet:
        return people.open_invitations()

    @extend_schema(request=shown.NewInvitationSerializer, responses={201: shown.LinkSerializer})
    def post(self, request: Request) -> Response:
        """Invite somebody. The link is kept nowhere, so no Idempotency-Key brings it back."""
        token = people.invite_somebody(self.user, **self.asked(shown.NewInvitationSerializer))
        link = reverse("accept_invitation", args=[token], request=request)
        return Response({"link": link}, status=201)


class OneInvitation(ForAdmins):
    """Revokes an invitation."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, invitation_id: int) -> Response:
        people.revoke(get_object_or_404(Invitation, pk=invitation_id))
        return Response(status=204)


class Audit(ForAdmins, Listing):
    """Who did what, the latest first."""

    serializer_class = shown.AuditSerializer
    pagination_class = LatestFirst
    queryset = AuditEntry.objects.select_related("user")

    def get_queryset(self) -> QuerySet:
        action = self.request.query_params.get("action")
        return super().get_queryset().filter(action=action) if action else super().get_queryset()

    @extend_schema(parameters=[query("action", "Only this kind of action.")])
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        return super().get(request, *args, **kwargs)


class Operations(ForAdmins):
    """Queues, workers, disk and database."""

    @extend_schema(responses={200: shown.OperationsSerializer})
    def get(self, request: Request) -> Response:
        found = state.workers()
        told = [
            {
                "name": worker.name,
                "tasks": [
                    {"name": name, "argument": argument, "since": since}
                    for name, argument, since in worker.tasks
                ],
            }
            for worker in found
        ]
        return Response(
            {
                "queues": state.queue_lengths(), "idle": state.idle_queues(found),
                "workers": told, "disk": state.disk(), "database": state.database()[0],
                "redis": state.memory_of_redis(),
            }
        )  # fmt: skip


class FailedTasks(ForAdmins, Listing):
    """Tasks that failed for good, the latest first."""

    serializer_class = shown.FailedTaskSerializer
    pagination_class = LatestFirst
    queryset = FailedTask.objects.all()


class TaskAgain(ForAdmins):
    """Gives a failed task to the workers once more."""

    @extend_schema(request=None, responses={202: None})
    def post(self, request: Request, failed_id: int) -> Response:
        failures.order_again(get_object_or_404(FailedTask, pk=failed_id))
        return Response(status=202)


class RunAgain(ForAdmins):
    """Lets a failed run go on."""

    scope = "runs"

    @extend_schema(request=None, responses={202: None})
    def post(self, request: Request, run_id: int) -> Response:
        order_run_again(get_object_or_404(InferenceRun, pk=run_id))
        return Response(status=202)


class Webhooks(ForAdmins, Listing):
    """Addresses that are told of events."""

    serializer_class = shown.WebhookSerializer
    queryset = Webhook.objects.all()

    @extend_schema(request=shown.WebhookSerializer, responses={201: shown.NewWebhookSerializer})
    def post(self, request: Request) -> Response:
        """Add one. The secret is not shown again, so no Idempotency-Key brings it back."""
        form = valid(WebhookForm(self.asked(shown.WebhookSerializer)))
        made = webhooks.add(**form.cleaned_data)
        return Response(shown.NewWebhookSerializer(made).data, status=201)


class OneWebhook(ForAdmins):
    """Deletes a webhook."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, hook_id: int) -> Response:
        get_object_or_404(Webhook, pk=hook_id).delete()
        return Response(status=204)
