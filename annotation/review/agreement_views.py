"""The page that tells how far reviewers agree."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.roles import ADMIN, REVIEWER, roles_required, signed_in
from annotation.review.agreement_shown import choose, figures_for, rounds_open_to
from annotation.review.tables import Column, sort_table

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
    shown, hidden = rounds_open_to(user)
    chosen, taxonomy, rounds = choose(shown, request.GET.get("round"), request.GET.get("taxonomy"))
    context: dict[str, Any] = {
        "round": chosen,
        "taxonomy": taxonomy,
        "rounds": shown,
        "taxonomies": list(dict.fromkeys(one.taxonomy for one in shown)),
        "hidden": hidden,
        "query": request.GET.urlencode(),
    }
    if taxonomy:
        context |= _tables(figures_for(rounds, taxonomy, user), request.GET.dict())
    return render(request, "annotation/agreement.html", context)


def _tables(found: dict[str, Any], asked: dict[str, str]) -> dict[str, Any]:
    """Sorted as asked; the longer two are cut off unless `every` is asked for."""
    classes = sort_table("classes", NAMED, found["classes"], asked, "alpha")
    pairs = sort_table("pairs", PAIRS, found["pairs"], asked, "-n")
    most = None if "every" in asked else SHOWN
    return {
        "overall": found["overall"],
        "groups": sort_table("groups", GROUPS, found["groups"], asked, "-candidates"),
        "reviewers": sort_table("reviewers", REVIEWERS, found["reviewers"], asked, "-n"),
        "classes": classes,
        "class_rows": classes.rows[:most],
        "pairs": pairs,
        "pair_rows": pairs.rows[:most],
    }
