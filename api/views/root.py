"""Where everything is."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.roles import ADMIN, LABELER, REVIEWER
from api.base import Endpoint

PEOPLE = (ADMIN, REVIEWER, LABELER)


class Schema(Endpoint, SpectacularAPIView):
    """The OpenAPI 3.1 description of all this."""

    roles = PEOPLE
    closed_while_blind = False
    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer]


class Root(Endpoint):
    """Where everything is: the addresses that need no more than their name."""

    roles = PEOPLE
    closed_while_blind = False

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        from api.urls import urlpatterns

        names = [
            str(one.name)
            for one in urlpatterns
            if issubclass(getattr(one.callback, "cls", object), Endpoint)
            and not one.pattern.converters
        ]
        found = {name.removeprefix("api_"): reverse(name, request=request) for name in names}
        del found["root"], found["schema"]
        return Response(found)


@extend_schema(exclude=True)
class Nowhere(Endpoint):
    """Any other address: a problem like others, not a page."""

    roles = writers = PEOPLE
    scope = "read"
    closed_while_blind = False

    def get(self, request: Request, rest: str) -> Response:
        raise Http404

    post = put = patch = delete = get
