"""Datasets, their multi-labels, and who takes part."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework.generics import RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from annotation.discussion.closed import open_images
from annotation.models import Candidate, Dataset, DatasetImage, Participant, Verdict
from api.base import Endpoint, Listing, Pages
from api.serializers import datasets as shown


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
        return self.get_paginated_response(_multi_labels(dataset, list(links), self.user))


def _multi_labels(
    dataset: Dataset, links: list[DatasetImage], reader: User
) -> list[dict[str, Any]]:
    """Three queries, however many images. Of those that are closed to the reader nothing is told."""
    keys = dict(dataset.taxonomy.classes.values_list("index", "synset__key"))
    images = {link.image_id: link.image for link in links}
    found: dict[int, dict[str, list[str]]] = {
        pk: {verdict.label: [] for verdict in Verdict} for pk in images
    }
    visible = open_images(list(images), reader)
    candidates = Candidate.objects.active().filter(image__in=visible).order_by("class_index")
    for pk, index, verdict in candidates.values_list("image", "class_index", "verdict"):
        found[pk][Verdict(verdict).label].append(keys[index])
    return [
        {"image_id": images[pk].key, "uid": images[pk].uid, "closed": pk not in visible,
         "target": keys[images[pk].target] if pk in visible else None,
         "problematic": images[pk].problematic, **found[pk]}
        for pk in images
    ]  # fmt: skip


class Participants(Listing):
    """Models and people."""

    serializer_class = shown.ParticipantSerializer
    queryset = Participant.objects.all()
