"""The page that tells how far reviewers agree."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.roles import ADMIN, REVIEWER, roles_of, roles_required, signed_in
from annotation.models import ReviewRound
from annotation.review.access import blind_rounds_of, visible_rounds
from annotation.review.agreement import Pair, agreement_of
from annotation.review.tables import Column, Row, sort_table
from taxonomy.models import Taxonomy

SHOWN = 25
MEASURES = [
    Column("candidates", "Candidates", "that several reviewers judged"),
    Column("same", "All say one thing"),
    Column("fleiss", "Fleiss' κ"),
    Column("alpha", "Krippendorff's α"),
]
NAMED = [Column("name", "Class", text=True), *MEASURES]
GROUPS = [Column("name", "Group", text=True), *MEASURES]
REVIEWERS = [
    Column("name", "Reviewer", text=True),
    Column(
        "n", "Judgments", "that can be compared: others judged the candidate, most of them alike"
    ),
    Column("share", "Agrees with the others"),
]
PAIRS = [
    Column("first", "Reviewer", text=True),
    Column("second", "and", text=True),
    Column("n", "Candidates", "that both judged"),
    Column("kappa", "Cohen's κ"),
]


@require_GET
@roles_required(ADMIN, REVIEWER)
def agreement(request: HttpRequest) -> HttpResponse:
    """Of ?round=, or of all rounds of ?taxonomy= (default: that of the latest round).

    An admin sees everybody by name, a reviewer their own figures, and what is said of all together;
    nothing of blind rounds that are not over.
    """
    user = signed_in(request)
    hidden = set(blind_rounds_of(user).values_list("pk", flat=True))
    there = [
        one for one in visible_rounds(user).select_related("taxonomy") if one.state != "planned"
    ]
    chosen, taxonomy, rounds = _choose(request, [one for one in there if one.pk not in hidden])
    if request.GET.get("round", "").isdecimal() and chosen is None:
        raise PermissionDenied
    context: dict[str, Any] = {
        "round": chosen,
        "taxonomy": taxonomy,
        "rounds": [one for one in there if one.pk not in hidden],
        "taxonomies": list(dict.fromkeys(one.taxonomy for one in there)),
        "hidden": [one for one in there if one.pk in hidden],
    }
    if taxonomy:
        found = agreement_of([one.pk for one in rounds], taxonomy)
        asked, every = request.GET.dict(), "every" in request.GET
        sees_all = ADMIN in roles_of(user)
        people = _names(found["reviewers"], user, sees_all)
        classes = sort_table("classes", NAMED, found["classes"], asked, "alpha")
        pairs = sort_table(
            "pairs", PAIRS, _pairs(found["pairs"], people, user, sees_all), asked, "-n"
        )
        own = _reviewers(found["reviewers"], people, user, sees_all)
        context |= {
            "overall": found["overall"],
            "groups": sort_table("groups", GROUPS, found["groups"], asked, "-candidates"),
            "reviewers": sort_table("reviewers", REVIEWERS, own, asked, "-n"),
            "classes": classes,
            "class_rows": classes.rows if every else classes.rows[:SHOWN],
            "pairs": pairs,
            "pair_rows": pairs.rows if every else pairs.rows[:SHOWN],
            "query": request.GET.urlencode(),
        }
    return render(request, "annotation/agreement.html", context)


def _choose(
    request: HttpRequest, open_to_reader: Sequence[ReviewRound]
) -> tuple[ReviewRound | None, Taxonomy | None, list[ReviewRound]]:
    """(the one round that was asked for, the taxonomy, the rounds)."""
    for one in open_to_reader:
        if str(one.pk) == request.GET.get("round"):
            return one, one.taxonomy, [one]
    taxonomies = {str(one.taxonomy_id): one.taxonomy for one in reversed(open_to_reader)}
    latest = next(reversed(taxonomies.values()), None)
    taxonomy = taxonomies.get(request.GET.get("taxonomy", ""), latest)
    return None, taxonomy, [one for one in open_to_reader if one.taxonomy == taxonomy]


def _names(people: Collection[int], user: User, sees_all: bool) -> dict[int, str]:
    """What the reader calls each reviewer: by name, or "you" and by numbers dealt for them alone."""
    if sees_all:
        return dict(User.objects.filter(pk__in=people).values_list("pk", "username"))
    others = sorted(
        set(people) - {user.pk},
        key=lambda other: hashlib.sha256(f"{user.pk}:{other}".encode()).digest(),
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
