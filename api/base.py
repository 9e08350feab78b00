"""What every endpoint has: who may use it, the token's scope, an ETag."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.forms import Form
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers, set_response_etag
from django.utils.http import parse_etags
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import OpenApiParameter
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import (
    APIException,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    ValidationError,
)
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts.models import User
from accounts.roles import ADMIN, REVIEWER, roles_of
from annotation.review.access import LARGEST_KEY
from api.idempotency import HEADER
from api.models import Token
from api.tokens import TokenAuthentication
from evaluation.blindness import what_blinds

F = TypeVar("F", bound=Form)
LOCK = "SELECT pg_advisory_lock(hashtextextended(%s, 0))"
UNLOCK = "SELECT pg_advisory_unlock(hashtextextended(%s, 0))"
SAFE = ("GET", "HEAD")


class Allowed(BasePermission):
    """One of the view's roles; of a token also the scope that the method needs. Where the pages are
    closed to people who review blind or are examined, so is the endpoint."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        assert isinstance(view, Endpoint)
        if not request.user.is_authenticated:
            raise NotAuthenticated
        if request.method not in view.allowed_methods:
            return True  # to be told so
        reads = request.method in SAFE
        scope = "read" if reads else view.scope
        if isinstance(request.auth, Token) and scope not in request.auth.scopes:
            raise PermissionDenied(f"The token lacks the scope '{scope}'.")
        if not roles_of(request.user) & set(view.roles if reads else view.writers):
            raise PermissionDenied("This is not for you.")
        if view.closed_while_blind and what_blinds(request.user):
            raise PermissionDenied("Closed as long as you are at a blind round or an evaluation.")
        return True


class Changed(APIException):
    status_code = 412
    default_detail = "It is not any more what If-Match says: get it again."


@contextmanager
def one_at_a_time(address: str) -> Iterator[None]:
    """Let two changes of what is at an address, both with If-Match, not look before either acts."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [address])
        try:
            yield
        finally:
            cursor.execute(UNLOCK, [address])


class Endpoint(GenericAPIView):
    """roles: who may read; writers: who may do the rest, for which a token needs `scope`."""

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = (Allowed,)
    http_method_names = ("get", "head", "post", "put", "patch", "delete")
    roles: ClassVar[Iterable[str]] = (ADMIN, REVIEWER)
    writers: ClassVar[Iterable[str]] = (ADMIN,)
    scope: ClassVar[str] = ""
    closed_while_blind: ClassVar[bool] = True

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def asked(self, shape: type[Serializer], **context: Any) -> dict[str, Any]:
        """The content as the serializer reads it. Raises ValidationError."""
        read = shape(data=self.request.data, context=context)
        read.is_valid(raise_exception=True)
        return read.validated_data

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with one_at_a_time(quote(request.path)) if self._is_conditional(request) else nullcontext():
            return super().dispatch(request, *args, **kwargs)

    def _is_conditional(self, request: Any) -> bool:
        changes = request.method in ("PUT", "PATCH", "DELETE")
        return changes and "If-Match" in request.headers and hasattr(self, "get")

    def _check_unchanged(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises Changed if GET would not answer with an ETag that If-Match names."""
        answer = self.get(request, *args, **kwargs)
        shown: Any = self.finalize_response(request, answer, *args, **kwargs)
        known = parse_etags(request.headers["If-Match"])
        etag = set_response_etag(shown.render())["ETag"]
        if known != ["*"] and etag not in [one.removeprefix("W/") for one in known]:
            raise Changed

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nothing is called what PostgreSQL doesn't take."""
        super().initial(request, *args, **kwargs)
        if any(_is_no_name(value) for value in kwargs.values()):
            raise Http404
        for name, values in request.query_params.lists():
            if any("\0" in value for value in values):
                raise ValidationError({name: "has a NUL"})
        if request.method in self.allowed_methods and self._is_conditional(request):
            self._check_unchanged(request, *args, **kwargs)

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ["Authorization", "Cookie"])
        if "X-Accel-Redirect" not in response:
            response.setdefault("Cache-Control", "private, no-cache")
        return response


def is_key(text: str) -> bool:
    """Whether the text is a number as keys are."""
    return text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= LARGEST_KEY


def _is_no_name(value: Any) -> bool:
    return (
        "\0" in value if isinstance(value, str) else isinstance(value, int) and value > LARGEST_KEY
    )


def valid(form: F) -> F:
    """The form of a page, if its fields are as they must be. Raises ValidationError."""
    if form.is_valid():
        return form
    raise ValidationError(
        {name.removeprefix("__all__"): list(said) for name, said in form.errors.items()}
    )


class Download(Endpoint):
    """Answers GET with a file, whatever the client says that it accepts."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        return super().perform_content_negotiation(request, force=True)


class Pages(CursorPagination):
    """By primary key, so that pages never overlap though rows come in meanwhile."""

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering = "pk"

    def decode_cursor(self, request: Request) -> Any:
        """Raises NotFound for a cursor that no page gave out: positions are numbers."""
        found = super().decode_cursor(request)
        if found and found.position is not None and not is_key(found.position):
            raise NotFound(self.invalid_cursor_message)
        return found

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """As OpenAPI 3.1 has it, which knows no `nullable`."""
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": address, "previous": address, "results": schema},
        }


class LatestFirst(Pages):
    ordering = "-pk"


class Listing(Endpoint, ListAPIView):
    """A list in pages."""

    pagination_class = Pages


def endpoint(view: type[Endpoint]) -> Callable[..., HttpResponseBase]:
    """The view as a function that states its roles, as those of pages do. Its answers to GET carry an
    ETag, and are 304 if that is the one that is known."""
    function = login_not_required(conditional_page(view.as_view()))
    function.roles = frozenset(view.roles)
    return function


KEY = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER,
    description="Sent again with the same key, the request is answered as the first time.",
)  # fmt: skip


def query(
    name: str, about: str, kind: Any = str, many: bool = False, required: bool = False
) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=about, many=many, required=required)
