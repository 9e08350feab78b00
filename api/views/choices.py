"""Subsets of images, groups of participants, and the numbers that follow."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.roles import ADMIN
from api.base import KEY, Endpoint, Listing, valid
from api.idempotency import once_json
from api.serializers import comparisons as shown
from evaluation import recomputing
from evaluation.choice_forms import ParticipantGroupForm, SubsetForm, save_choice
from evaluation.models import ParticipantGroup, Subset
from evaluation.tasks import order_numbers


class Subsets(Listing):
    """Subsets of images that reports have next to the groups of classes."""

    scope = "results"
    serializer_class = shown.SubsetSerializer
    queryset: ClassVar[QuerySet] = Subset.objects.all()

    @extend_schema(
        parameters=[KEY], request=shown.SubsetSerializer, responses={201: shown.SubsetSerializer}
    )
    def post(self, request: Request) -> Response:
        """Save a subset; the numbers are computed anew."""
        content = self.asked(shown.SubsetSerializer)
        return self.saved(lambda: SubsetForm(content))

    def saved(self, form: Any) -> Response:
        def work() -> Response:
            made: ModelForm = valid(form())
            return Response(self.get_serializer(save_choice(made)).data, status=201)

        return once_json(self.request, self.user, work)


class ParticipantGroups(Subsets):
    """Groups of participants that tables show together."""

    serializer_class = shown.ParticipantGroupSerializer
    queryset = ParticipantGroup.objects.prefetch_related("members")

    @extend_schema(
        parameters=[KEY], request=shown.ParticipantGroupSerializer,
        responses={201: shown.ParticipantGroupSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Save a group; the numbers are computed anew."""
        content = self.asked(shown.ParticipantGroupSerializer)
        members = [one.pk for one in content["members"]]
        return self.saved(lambda: ParticipantGroupForm(content | {"members": members}))


class OneSubset(Endpoint):
    """Deletes a subset; earlier reports keep it."""

    roles = (ADMIN,)
    scope = "results"
    model: type[Model] = Subset

    @extend_schema(responses={204: None})
    def delete(self, request: Request, **number: int) -> Response:
        get_object_or_404(self.model, pk=next(iter(number.values()))).delete()
        order_numbers()
        return Response(status=204)


class OneParticipantGroup(OneSubset):
    """Deletes a group of participants; earlier reports keep it."""

    model = ParticipantGroup


class Numbers(Endpoint):
    """Whether numbers are being computed, or will be."""

    scope = "results"

    @extend_schema(responses={200: shown.NumbersSerializer})
    def get(self, request: Request) -> Response:
        return Response({"state": recomputing.state()})

    @extend_schema(request=None, responses={202: shown.NumbersSerializer})
    def post(self, request: Request) -> Response:
        """Have them computed now."""
        order_numbers()
        return Response({"state": recomputing.state()}, status=202)
