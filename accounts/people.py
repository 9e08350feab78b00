"""Inviting people, and what they may do."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import Invitation, User
from accounts.roles import ADMIN, REVIEWER

VALID_FOR = timedelta(days=7)


class NotPossible(Exception):
    """The message says why."""


def invite(by: User, roles: Collection[str], note: str = "") -> str:
    """Make an invitation and return the token of its link, which is kept nowhere."""
    token = secrets.token_urlsafe(32)
    Invitation.objects.create(
        note=note,
        roles=sorted(roles),
        token_hash=_hash(token),
        created_by=by,
        expires=timezone.now() + VALID_FOR,
    )
    return token


def invite_somebody(by: User, roles: Collection[str], note: str = "") -> str:
    """`invite`, noted in the audit."""
    token = invite(by, roles, note)
    audit.note(by, audit.Action.ROLES, f"invited somebody as {', '.join(roles)}")
    return token


def open_invitations() -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_by=None, revoked=False, expires__gt=timezone.now())


def find_invitation(token: str) -> Invitation | None:
    """The invitation, if its link may still be used."""
    return open_invitations().filter(token_hash=_hash(token)).first()


@transaction.atomic
def accept(token: str, username: str, password: str) -> User:
    """Make the account that an invitation promises; its link is used up by it.

    Raises NotPossible if the link can't be used (any more).
    """
    invitation = open_invitations().select_for_update().filter(token_hash=_hash(token)).first()
    if invitation is None:
        raise NotPossible("This invitation has been used or has expired.")
    user = User.objects.create_user(username, password=password)
    user.groups.set(Group.objects.filter(name__in=invitation.roles))
    invitation.accepted_by = user
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_by", "accepted_at"])
    return user


def revoke(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk, accepted_by=None).update(revoked=True)


@transaction.atomic
def change(person: User, roles: Collection[str], active: bool) -> None:
    """Set what a person may do, and whether they may log in.

    Raises NotPossible if nobody would be left who is an admin.
    """
    _lock_admins()
    person.groups.set(Group.objects.filter(name__in=roles))
    person.is_active = active
    person.save(update_fields=["is_active"])
    if not admins().exists():
        raise NotPossible("Somebody must be an admin: this person is the last one.")


def change_person(by: User, person: User, roles: Collection[str], active: bool) -> None:
    """`change`, noted in the audit."""
    change(person, roles, active)
    locked = "" if active else ", locked out"
    audit.note(by, audit.Action.ROLES, f"{person.username}: {', '.join(roles) or 'none'}{locked}")


def from_elsewhere() -> QuerySet[User]:
    """Reviewers whose judgments were imported: accounts to which nobody can log in."""
    return User.objects.filter(is_active=False, password__startswith=UNUSABLE_PASSWORD_PREFIX)


def accounts() -> QuerySet[User]:
    """Those to which somebody can log in, or could before they were locked out."""
    return User.objects.exclude(pk__in=from_elsewhere())


@transaction.atomic
def take_in(names: Collection[str]) -> dict[str, int]:
    """Accounts of reviewers from elsewhere, made where there are none: {name: primary key}.

    A name that belongs to a person of this installation is left out: nobody's judgments are put
    into another's mouth.
    """
    there = set(User.objects.filter(username__in=names).values_list("username", flat=True))
    made = User.objects.bulk_create(
        User(username=name, password=make_password(None), is_active=False)
        for name in names
        if name not in there
    )
    membership = User.groups.through
    membership.objects.bulk_create(
        membership(user=user, group=group)
        for group in Group.objects.filter(name=REVIEWER)
        for user in made
    )
    return dict(from_elsewhere().filter(username__in=names).values_list("username", "pk"))


def admins() -> QuerySet[User]:
    return User.objects.filter(is_active=True).filter(Q(groups__name=ADMIN) | Q(is_superuser=True))


def _lock_admins() -> None:
    """Two admins who demote each other at once must wait for one another."""
    list(Group.objects.select_for_update().filter(name=ADMIN))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
