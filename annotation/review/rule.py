"""Choosing the rule by which verdicts follow from judgments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db import connection, transaction
from numpy.typing import NDArray

from accounts.models import User
from annotation.models import Verdict, VerdictRule
from annotation.review.consensus import (
    Verdicts,
    apply_verdicts,
    judged_candidates,
    present_verdicts,
    rule_in_force,
    verdicts_by,
)
from taxonomy.bulk import array_literal, copy_rows
from taxonomy.errors import InputError

PREVIEW_SECONDS = 3600

# Judgments are only ever added: as long as their number is the same, nothing was said.
SAID = """
    SELECT candidate_id, count(*) FROM annotation_judgment
    WHERE candidate_id = ANY(%s::bigint[]) GROUP BY candidate_id ORDER BY candidate_id
"""

# In the order of keys, as a reviewer's submit does.
LOCK_IMAGES = """
    SELECT count(*) FROM (
        SELECT FROM annotation_image WHERE id IN (
            SELECT image_id FROM annotation_candidate WHERE id = ANY(%s::bigint[]))
        ORDER BY id FOR NO KEY UPDATE
    ) locked
"""


@dataclass(frozen=True)
class Preview:
    """What a rule would change.

    moves[before][after]: how many judged candidates would go from one verdict to another, by the
    verdicts' names; disputed: how many are disputed now, and would be.
    """

    judged: int
    moves: dict[str, dict[str, int]]
    disputed: tuple[int, int]

    @property
    def changed(self) -> int:
        return sum(
            count for before, row in self.moves.items() for after, count in row.items()
            if before != after
        )  # fmt: skip


def make_rule(method: str, confidence: float, user: User | None = None) -> VerdictRule:
    """A rule that is not stored yet. Raises InputError for values that make no rule."""
    if method not in VerdictRule.Method.values:
        raise InputError(f"There is no rule '{method}'.")
    if not 0.5 <= confidence <= 1:
        raise InputError("A confidence is between 0.5 and 1.")
    return VerdictRule(method=method, confidence=confidence, chosen_by=user)


def preview(rule: VerdictRule) -> Preview:
    """What would change if the rule were in force."""
    ids = judged_candidates()
    there, then = present_verdicts(ids), verdicts_by(rule, ids)
    pairs = there.verdicts.astype(np.int64) * len(Verdict) + then.verdicts
    table = np.bincount(pairs, minlength=len(Verdict) ** 2).reshape(len(Verdict), len(Verdict))
    moves = {
        before.label: {after.label: int(table[before, after]) for after in Verdict}
        for before in Verdict
    }
    return Preview(len(ids), moves, (int(there.disputed.sum()), int(then.disputed.sum())))


def decide_anew() -> int:
    """Bring all verdicts in line with the rule in force; how many candidates changed.

    Reviewers go on meanwhile: what somebody says something of while this computes is left as that
    word decided it.
    """
    rule, ids = rule_in_force(), judged_candidates()
    said = _said(ids)
    decided = verdicts_by(rule, ids)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK_IMAGES, [array_literal(ids)])
        same = said == _said(ids)
        return apply_verdicts(Verdicts(ids[same], decided.verdicts[same], decided.disputed[same]))


def _said(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many judgments each candidate has; ids ascending."""
    rows = copy_rows(SAID, [array_literal(ids)], id=">i8", count=">i8")
    counts = np.zeros(len(ids), np.int64)
    counts[np.searchsorted(ids, rows["id"])] = rows["count"]
    return counts


def is_computed_at_once() -> bool:
    """Whether the rule in force needs all judgments at once, so that new ones change old verdicts."""
    return rule_in_force().method == VerdictRule.Method.DAWID_SKENE


def remember_preview(rule: VerdictRule) -> None:
    cache.set(_key(rule), preview(rule), PREVIEW_SECONDS)


def remembered_preview(rule: VerdictRule) -> Any:
    """The preview that a worker computed, or None while it has not."""
    return cache.get(_key(rule))


def forget_preview(rule: VerdictRule) -> None:
    cache.delete(_key(rule))


def _key(rule: VerdictRule) -> str:
    return f"verdict-rule:{rule.method}:{rule.confidence}"
