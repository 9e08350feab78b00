"""The page that tells how far reviewers agree."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.roles import ADMIN, REVIEWER, roles_of, roles_required, signed_in
from annotation.models import ReviewRound
from annotation.review.access import blind_rounds_of, visible_rounds
from annotation.review.agreement import Pair, agreement_of
from annotation.review.tables import Column, Row, sort_table
from taxonomy.models import Taxonomy

State = ReviewRound.State
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
    bound = set(blind_rounds_of(user).values_list("pk", flat=True))
    there = list(visible_rounds(user).exclude(state=State.PLANNED).select_related("taxonomy"))
    shown = [one for one in there if one.pk not in bound]
    chosen, taxonomy, rounds = _choose(request, shown)
    context: dict[str, Any] = {
        "round": chosen,
        "taxonomy": taxonomy,
        "rounds": shown,
        "taxonomies": list(dict.fromkeys(one.taxonomy for one in shown)),
        "hidden": [one for one in there if one.pk in bound],
        "query": request.GET.urlencode(),
    }
    if taxonomy:
        found = agreement_of([one.pk for one in rounds], taxonomy)
        context |= _figures(found, user, request.GET.dict())
    return render(request, "annotation/agreement.html", context)


def _figures(found: dict[str, Any], user: User, asked: dict[str, str]) -> dict[str, Any]:
    """The tables, of which the longer two are cut off unless `every` is asked for."""
    sees_all = ADMIN in roles_of(user)
    names = _names(found["reviewers"], user, sees_all)
    people = _reviewers(found["reviewers"], names, user, sees_all)
    classes = sort_table("classes", NAMED, found["classes"], asked, "alpha")
    pairs = sort_table("pairs", PAIRS, _pairs(found["pairs"], names, user, sees_all), asked, "-n")
    most = None if "every" in asked else SHOWN
    return {
        "overall": found["overall"],
        "groups": sort_table("groups", GROUPS, found["groups"], asked, "-candidates"),
        "reviewers": sort_table("reviewers", REVIEWERS, people, asked, "-n"),
        "classes": classes,
        "class_rows": classes.rows[:most],
        "pairs": pairs,
        "pair_rows": pairs.rows[:most],
    }


def _choose(
    request: HttpRequest, open_to_reader: Sequence[ReviewRound]
) -> tuple[ReviewRound | None, Taxonomy | None, list[ReviewRound]]:
    """(the one round that was asked for, the taxonomy, the rounds)."""
    if asked := request.GET.get("round"):
        for one in open_to_reader:
            if str(one.pk) == asked:
                return one, one.taxonomy, [one]
        raise PermissionDenied
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
