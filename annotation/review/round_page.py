"""What the page about a round shows, to its admins and to each of its reviewers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.cache import cache
from django.utils.safestring import SafeString

from accounts.models import User
from annotation.models import ReviewRound
from annotation.review.chart import draw_bars
from annotation.review.rounds import progress
from annotation.review.statistics import class_rows, pace_of, reviewer_rows
from annotation.review.tables import Column, Row, sort_table
from taxonomy.guide.reading import Text, html_of

FIGURES_SECONDS = 10
CLASSES_SHOWN = 25
State = ReviewRound.State

REVIEWERS = [
    Column("name", "Reviewer", text=True),
    Column("judged", "Judgments"),
    Column("seconds", "Median time"),
    Column("agreement", "Agrees with the others", "with what most others say of the candidate"),
    Column(
        "verdict_agreement", "Agrees with the verdict", "where others or an adjudicator had a say"
    ),
    Column("gold_agreement", "Right on known answers"),
]
CLASSES = [
    Column("name", "Class", text=True),
    Column("candidates", "Candidates"),
    Column("judgments", "Judgments"),
    Column("share", "Done", "of the judgments that are wanted"),
    Column("correct", "Said to be correct", "share of the judgments"),
]


def instructions_of(review_round: ReviewRound) -> SafeString:
    """The round's instructions as HTML, "" if it has none."""
    if not review_round.instructions.strip():
        return SafeString("")
    return html_of(review_round.taxonomy, [Text(review_round.instructions)], heading=3)[0]


def figures_of(
    review_round: ReviewRound, user: User, sees_all: bool, asked: Mapping[str, str]
) -> dict[str, Any]:
    """Progress, pace and the tables `reviewers` and `classes`, sorted as `asked` says.

    Who does not see all sees only their own row among the reviewers, and of a blind round that is
    not over only what they said themselves of the classes. Agreement would tell them what others
    said there; on known answers it would tell in any round which candidates are gold. Both wait for
    the end.

    At most FIGURES_SECONDS old.
    """
    over = review_round.state == State.CLOSED
    own = not sees_all and review_round.blind and not over
    shown: Any = cache.get_or_set(
        f"round-figures-{review_round.pk}-{review_round.state}-{user.pk if own else 'all'}",
        lambda: _count(review_round, user if own else None),
        FIGURES_SECONDS,
    )
    people = shown["reviewers"]
    if not sees_all:
        people = [_own_row(row, over, own) for row in people if row["reviewer"] == user.pk]
    listed = sort_table("classes", CLASSES, shown["classes"], asked, "name")
    every = "every" in asked
    return {
        "progress": progress(review_round),
        "pace": shown["pace"],
        "chart": draw_bars(shown["pace"].counts),
        "reviewers": sort_table("reviewers", REVIEWERS, people, asked, "-judged"),
        "classes": listed,
        "class_rows": listed.rows if every else listed.rows[:CLASSES_SHOWN],
        "only_own": own,
        "over": over,
    }


def _count(review_round: ReviewRound, user: User | None) -> dict[str, Any]:
    return {
        "pace": pace_of(review_round, progress(review_round)),
        "reviewers": reviewer_rows(review_round),
        "classes": class_rows(review_round, user),
    }


def _own_row(row: Row, over: bool, own: bool) -> Row:
    hidden = ["compared", "agreement", "settled", "verdict_agreement"] if own else []
    if not over:
        hidden += ["gold", "gold_agreement"]
    return row | dict.fromkeys(hidden) | {"name": "You"}
