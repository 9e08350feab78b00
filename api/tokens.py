"""Tokens: made, shown once, recognised, revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import User
from api.models import Token
from taxonomy.errors import InputError

PREFIX = "tusker_"
SCOPES = {
    "read": "read everything that its owner may read",
    "predictions": "bring predictions",
    "judgments": "bring judgments",
    "runs": "bring models, start and stop runs",
    "exports": "order and delete exports",
    "imports": "start imports of files",
    "admin": "invite and change people, webhooks, failed tasks; so it allows everything: it can invite an admin",
    "classes": "write the guide and relations; for admins also groups",
    "labeling": "answer labeling tasks; for admins also making and changing them",
    "results": "save subsets and groups of participants, have numbers computed",
    "review": "judge and discuss; for admins also rounds, the rule and final verdicts",
}
LONGEST_DAYS = 366


def make_token(user: User, name: str, scopes: Sequence[str], days: int) -> tuple[Token, str]:
    """A new token and its text, which is never to be had again.

    Raises InputError for unknown scopes, none, or more than LONGEST_DAYS.
    """
    if not scopes or not set(scopes) <= set(SCOPES):
        raise InputError(f"a token has some of the scopes {', '.join(SCOPES)}")
    if not 1 <= days <= LONGEST_DAYS:
        raise InputError(f"a token lasts 1 to {LONGEST_DAYS} days")
    text = PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        user=user, name=name, start=text[: len(PREFIX) + 5], hash=_hash(text),
        scopes=sorted(set(scopes)), expires=timezone.now() + timedelta(days=days),
    )  # fmt: skip
    return token, text


def find(text: str) -> Token | None:
    """The token with that text if it holds: not expired or revoked, its owner active."""
    found = Token.objects.select_related("user").filter(
        hash=_hash(text), revoked=None, expires__gt=timezone.now(), user__is_active=True
    )
    return found.first()


def note_use(token: Token) -> None:
    """Remember that it was used; at most one write an hour."""
    now = timezone.now()
    Token.objects.filter(pk=token.pk).filter(
        Q(used=None) | Q(used__lt=now - timedelta(hours=1))
    ).update(used=now)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer tusker_…`."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        token = find(words[1].decode("latin-1")) if len(words) == 2 else None
        if token is None:
            raise AuthenticationFailed("The token is unknown, has expired or was revoked.")
        note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token made in the app."}
