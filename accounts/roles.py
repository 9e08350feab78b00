"""Who may do what: every view states the roles that may open it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from config.prepared import Statement

ADMIN = "admin"
REVIEWER = "reviewer"
LABELER = "labeler"
ROLES = (ADMIN, REVIEWER, LABELER)

View = Callable[..., HttpResponseBase]

NAMES_OF_ROLES = """
    SELECT name FROM auth_group JOIN accounts_user_groups link ON link.group_id = auth_group.id
    WHERE link.user_id = $1
"""
ROLES_OF_USER = Statement("roles_of_user", "bigint", NAMES_OF_ROLES)


def roles_of(user: Any) -> frozenset[str]:
    """The user's roles, read at most once per request; a superuser is an admin too."""
    if not user.is_authenticated:
        return frozenset()
    if not hasattr(user, "_roles"):
        keep_roles(user, [name for (name,) in ROLES_OF_USER.run(user.pk)])
    return user._roles


def keep_roles(user: Any, groups: Iterable[str]) -> None:
    """Let `roles_of` know the names of the user's groups, once somebody has read them."""
    names = set(groups) & set(ROLES)
    user._roles = frozenset(names | {ADMIN} if user.is_superuser else names)


def signed_in(request: HttpRequest) -> User:
    """The person behind a request that `roles_required` let in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def roles_required(*roles: str) -> Callable[[View], View]:
    """Let in people who have one of the roles; `view.roles` tells tests which they are.

    Others get 403; who isn't logged in gets the login page, or 401 as JSON under an /api/ path.
    """
    allowed = frozenset(roles)

    def decorate(view: View) -> View:
        @login_not_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _login(request)
            if not roles_of(request.user) & allowed:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.roles = allowed  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(view: View) -> View:
    """Let everyone in, logged in or not."""
    view.roles = None  # type: ignore[attr-defined]
    return login_not_required(view)


def context(request: HttpRequest) -> dict[str, Any]:
    """`roles` for templates; asks the database only if the template looks."""
    return {"roles": SimpleLazyObject(lambda: roles_of(request.user))}


def _login(request: HttpRequest) -> HttpResponse:
    if "/api/" in request.path:
        return JsonResponse({"detail": "Log in first."}, status=401)
    return redirect_to_login(request.get_full_path())
