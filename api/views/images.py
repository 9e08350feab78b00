"""Images: what they show, and what was said of them."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from annotation.images import picture_for
from api.base import Endpoint


class ImageFile(Endpoint):
    """A picture: `large`, `small` or `original`."""

    closed_while_blind = False

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(self, request: Request, uid: UUID, rendition: str) -> HttpResponseBase:
        return picture_for(self.user, uid, rendition)
