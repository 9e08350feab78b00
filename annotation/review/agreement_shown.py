"""What a reader may know of how far reviewers agree."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.crypto import salted_hmac

from accounts.models import User
from accounts.roles import ADMIN, roles_of
from annotation.models import ReviewRound
from annotation.review.access import blind_rounds_of, visible_rounds
from annotation.review.agreement import Pair, agreement_of
from annotation.review.tables import Row
from taxonomy.models import Taxonomy

State = ReviewRound.State


def rounds_open_to(user: User) -> tuple[list[ReviewRound], list[ReviewRound]]:
    """(the rounds whose agreement the user may see, blind ones that must be over first)."""
    bound = set(blind_rounds_of(user).values_list("pk", flat=True))
    there = list(visible_rounds(user).exclude(state=State.PLANNED).select_related("taxonomy"))
    return [one for one in there if one.pk not in bound], [one for one in there if one.pk in bound]


def choose(
    open_to_reader: Sequence[ReviewRound], asked: str | None, taxonomy_id: str | None
) -> tuple[ReviewRound | None, Taxonomy | None, list[ReviewRound]]:
    """(the one round that was asked for, the taxonomy, the rounds): of one round, or of all of a
    taxonomy (default: that of the latest round). Raises PermissionDenied for another round."""
    if asked:
        for one in open_to_reader:
            if str(one.pk) == asked:
                return one, one.taxonomy, [one]
        raise PermissionDenied
    taxonomies = {str(one.taxonomy_id): one.taxonomy for one in reversed(open_to_reader)}
    latest = next(reversed(taxonomies.values()), None)
    taxonomy = taxonomies.get(taxonomy_id or "", latest)
    return None, taxonomy, [one for one in open_to_reader if one.taxonomy == taxonomy]


def figures_for(rounds: Sequence[ReviewRound], taxonomy: Taxonomy, user: User) -> dict[str, Any]:
    """{overall, groups, classes, reviewers, pairs} of the rounds; see `agreement_of`.

    An admin sees everybody by name, a reviewer their own figures, and what is said of all together.
    """
    found = agreement_of([one.pk for one in rounds], taxonomy)
    sees_all = ADMIN in roles_of(user)
    names = _names(found["reviewers"], user, sees_all)
    people = _reviewers(found["reviewers"], names, user, sees_all)
    return found | {
        "reviewers": people, "pairs": _pairs(found["pairs"], names, user, sees_all)
    }  # fmt: skip


def _names(people: Collection[int], user: User, sees_all: bool) -> dict[int, str]:
    """What the reader calls each reviewer: by name, or "you" and by numbers dealt for them alone."""
    if sees_all:
        return dict(User.objects.filter(pk__in=people).values_list("pk", "username"))
    others = sorted(
        set(people) - {user.pk},
        key=lambda other: salted_hmac("pseudonym", f"{user.pk}:{other}").digest(),
    )
    return {other: f"reviewer {place}" for place, other in enumerate(others, 1)} | {user.pk: "You"}


def _reviewers(
    found: dict[int, tuple[float | None, int]], names: dict[int, str], user: User, sees_all: bool
) -> list[Row]:
    return [
        {"name": names[pk], "n": n, "share": share}
        for pk, (share, n) in found.items()
        if sees_all or pk == user.pk
    ]


def _pairs(found: list[Pair], names: dict[int, str], user: User, sees_all: bool) -> list[Row]:
    rows = []
    for pair in found:
        mine = user.pk in (pair.first, pair.second)
        if sees_all:
            first, second = sorted((names[pair.first], names[pair.second]))
        elif mine:
            first, second = "You", names[pair.second if pair.first == user.pk else pair.first]
        else:
            continue
        rows.append({"first": first, "second": second, "n": pair.n, "kappa": pair.kappa})
    return rows
