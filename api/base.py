"""What every endpoint has: who may use it, the token's scope, an ETag."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_not_required
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.roles import ADMIN, REVIEWER, roles_of
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
        scope = "read" if request.method in SAFE else view.scope
        if isinstance(request.auth, Token) and scope not in request.auth.scopes:
            raise PermissionDenied(f"The token lacks the scope '{scope}'.")
        if not roles_of(request.user) & set(view.roles):
            raise PermissionDenied("This is not for you.")
        if view.closed_while_blind and what_blinds(request.user):
            raise PermissionDenied("Closed as long as you are at a blind round or an evaluation.")
        return True


class Endpoint(APIView):
    """roles: who may use it; scope: what a token needs for other methods than reading."""

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = (Allowed,)
    roles: ClassVar[Iterable[str]] = (ADMIN, REVIEWER)
    scope: ClassVar[str] = ""
    closed_while_blind: ClassVar[bool] = True

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Answers to GET carry an ETag, and 304 if that is the one that is known."""
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ["Authorization", "Cookie"])
        response.setdefault("Cache-Control", "private, no-cache")
        if (
            request.method == "GET"
            and response.status_code == 200
            and isinstance(response, Response)
        ):
            response.add_post_render_callback(lambda done: _tag(request, done))
        return response


def _tag(request: Request, response: Response) -> None:
    tag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = tag
    known = [
        one.strip().removeprefix("W/")
        for one in request.headers.get("If-None-Match", "").split(",")
    ]
    if tag in known or "*" in known:
        response.status_code = 304
        response.content = b""


def endpoint(view: type[Endpoint]) -> Callable[..., HttpResponseBase]:
    """The view as a function that states its roles, as those of pages do."""
    function = login_not_required(view.as_view())
    function.roles = frozenset(view.roles)
    return function


class Pages(CursorPagination):
    """By primary key, so that pages never overlap though rows come in meanwhile."""

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering = "pk"
