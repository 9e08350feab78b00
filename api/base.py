"""What every endpoint has: who may use it, the token's scope, an ETag."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import OpenApiParameter
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated, PermissionDenied, ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from accounts.roles import ADMIN, REVIEWER, roles_of
from api.idempotency import HEADER
from api.models import Token
from api.tokens import TokenAuthentication
from evaluation.blindness import what_blinds

SAFE = ("GET", "HEAD", "OPTIONS")


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


class Endpoint(GenericAPIView):
    """roles: who may read; writers: who may do the rest, for which a token needs `scope`."""

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = (Allowed,)
    roles: ClassVar[Iterable[str]] = (ADMIN, REVIEWER)
    writers: ClassVar[Iterable[str]] = (ADMIN,)
    scope: ClassVar[str] = ""
    closed_while_blind: ClassVar[bool] = True

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """PostgreSQL has no NUL: nothing is called so."""
        super().initial(request, *args, **kwargs)
        if any("\0" in str(value) for value in kwargs.values()):
            raise Http404
        for name, values in request.query_params.lists():
            if any("\0" in value for value in values):
                raise ValidationError({name: "has a NUL"})

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ["Authorization", "Cookie"])
        response.setdefault("Cache-Control", "private, no-cache")
        return response


class Pages(CursorPagination):
    """By primary key, so that pages never overlap though rows come in meanwhile."""

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering = "pk"


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
