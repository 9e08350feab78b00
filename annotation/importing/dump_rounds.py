"""Rounds with what was judged in them, and rules, out of a dump."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from annotation.importing.dump_files import Dump
from annotation.importing.dump_guide import check, moment
from annotation.models import Dataset, Judgment, ReviewRound, VerdictRule
from annotation.review.consensus import judged_candidates, rule_in_force, verdicts_by
from annotation.review.rule import make_rule
from annotation.review.scope import Scope
from taxonomy.bulk import analyze, array_literal
from taxonomy.models import Taxonomy

# A turn for each reviewer and image, in the order in which they were begun. As in
# `judgment_rows.add_items`, imported judgments were given in none, and have one turn per image.
STORE_ITEMS = """
    INSERT INTO annotation_rounditem (round_id, image_id, place, slot, position, holder_id, done)
    SELECT round, image, dense_rank() OVER (PARTITION BY round ORDER BY begun),
        row_number() OVER (PARTITION BY round, image ORDER BY first),
        row_number() OVER (PARTITION BY round ORDER BY begun, first), holder, true
    FROM (
        SELECT turn.*, min(first) OVER (PARTITION BY round, image) AS begun
        FROM (
            SELECT review_round.id AS round, image.id AS image, min(judgment.number) AS first,
                CASE WHEN review_round.file_sha256 = '' THEN person.id END AS holder
            FROM incoming_judgments judgment
            JOIN incoming_people person ON person.name = judgment.reviewer
            JOIN annotation_reviewround review_round ON review_round.name = judgment.round
            JOIN annotation_image image
                ON image.key = judgment.image_id AND image.taxonomy_id = %(taxonomy)s
            GROUP BY review_round.id, image.id, holder
        ) turn
    ) turn
"""
STORE_ROUND_CANDIDATES = """
    INSERT INTO annotation_roundcandidate (round_id, candidate_id, place, gold)
    SELECT said.round_id, said.candidate_id, item.place, false
    FROM (
        SELECT DISTINCT round_id, candidate_id FROM annotation_judgment
        WHERE round_id IN (SELECT id FROM annotation_reviewround WHERE taxonomy_id = %(taxonomy)s)
    ) said
    JOIN annotation_candidate candidate ON candidate.id = said.candidate_id
    JOIN annotation_rounditem item
        ON item.round_id = said.round_id AND item.image_id = candidate.image_id AND item.slot = 1
"""
MARK_DISPUTED = """
    UPDATE annotation_candidate SET disputed = true WHERE id = ANY(%s::bigint[])
      AND image_id IN (SELECT id FROM annotation_image WHERE taxonomy_id = %s)
"""


def rounds_of(dump: Dump) -> list[dict[str, Any]]:
    """The rows of `rounds`; of an older dump the names that judgments tell, in their order."""
    return list(dump.rows("rounds")) or [
        {"round": name} for name in dump.distinct("judgments", "round")
    ]


def make_rounds(dump: Dump, taxonomy: Taxonomy) -> None:
    """Make the rounds, closed, in the order in which they were: of several, the latest counts."""
    datasets = {one.name: one for one in Dataset.objects.filter(name__in=dump.datasets)}
    for row in rounds_of(dump):
        made = ReviewRound(
            name=row["round"], taxonomy=taxonomy, seed=row.get("seed", 0),
            state=ReviewRound.State.CLOSED, file_sha256=row.get("file_sha256", ""),
            blind=row.get("blind", False), overlap=row.get("overlap", 1),
            instructions=row.get("instructions", ""), closed=moment(row.get("closed")),
        )  # fmt: skip
        made.scope = Scope(**json.loads(row.get("scope", "{}"))).as_json()
        check(made)
        made.save()
        if row.get("created"):
            ReviewRound.objects.filter(pk=made.pk).update(created=moment(row["created"]))
        made.datasets.set(datasets[name] for name in row.get("datasets", dump.datasets))


def store_items(cursor: CursorWrapper, parameters: Mapping[str, Any]) -> None:
    """Let the rounds have the images that were judged in them, each done by whoever judged it."""
    cursor.execute(STORE_ITEMS, parameters)
    analyze("annotation_rounditem")


def store_round_candidates(cursor: CursorWrapper, parameters: Mapping[str, Any]) -> None:
    cursor.execute(STORE_ROUND_CANDIDATES, parameters)
    analyze("annotation_roundcandidate")


def store_rules(dump: Dump, people: Mapping[str, int]) -> int:
    """Store the rules that were chosen; how many. None where one was chosen or judgments were given: what
    is in force here goes on."""
    if VerdictRule.objects.exists() or Judgment.objects.exists():
        return 0
    rows = list(dump.rows("rules"))
    for row in rows:
        rule = make_rule(row["method"], row["confidence"])
        rule.chosen_by_id = people[row["chosen_by"]]
        rule.save()
        VerdictRule.objects.filter(pk=rule.pk).update(created=moment(row["chosen"]))
    return len(rows)


def mark_disputed(taxonomy: Taxonomy) -> None:
    """Let what the rule in force leaves open wait for an adjudicator; verdicts stay as they are."""
    decided = verdicts_by(rule_in_force(), judged_candidates())
    with connection.cursor() as cursor:
        cursor.execute(MARK_DISPUTED, [array_literal(decided.ids[decided.disputed]), taxonomy.pk])
