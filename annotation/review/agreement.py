"""How far reviewers agree, over one round or all: overall, per group, per class and per pair."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db import connection
from numpy.typing import NDArray

from annotation.consensus import (
    Judgments,
    PairAgreement,
    agreement_with_others,
    cohens_kappa,
    fleiss_kappa,
    krippendorffs_alpha,
)
from taxonomy.bulk import copy_rows
from taxonomy.groups import group_masks
from taxonomy.models import Taxonomy

# Last words on candidates that more than one reviewer has judged in these rounds.
SHARED_WORDS = """
    SELECT candidate_id, reviewer_id, word.verdict, class_index FROM (
        SELECT said.*, count(*) OVER (PARTITION BY candidate_id) AS reviewers
        FROM (
            SELECT DISTINCT ON (candidate_id, reviewer_id) candidate_id, reviewer_id, verdict
            FROM annotation_judgment WHERE round_id = ANY(%s)
            ORDER BY candidate_id, reviewer_id, id DESC
        ) said WHERE verdict <> 0
    ) word JOIN annotation_candidate candidate ON candidate.id = candidate_id
    WHERE reviewers > 1
"""
LATEST = "SELECT max(id) FROM annotation_judgment WHERE round_id = ANY(%s)"
KEPT_SECONDS = 3600


@dataclass(frozen=True, eq=False)
class SharedWords:
    """What several reviewers said of the same candidates; `classes` int64 [n_candidates], and the
    primary keys of the reviewers int64 [n_reviewers]."""

    judgments: Judgments
    classes: NDArray[np.int64]
    reviewers: NDArray[np.int64]


@dataclass(frozen=True)
class Pair:
    """Two reviewers, `first` below `second` in the order of names, and Cohen's kappa over the `n`
    candidates that both judged; None if it is not defined."""

    first: int
    second: int
    n: int
    kappa: float | None


def shared_words(rounds: Collection[int]) -> SharedWords:
    """The words in the rounds with these primary keys, a reviewer's last on each candidate."""
    columns = {"candidate": ">i8", "reviewer": ">i8", "verdict": ">i2", "class_index": ">i4"}
    rows = copy_rows(SHARED_WORDS, [list(rounds)], **columns)
    ids, first, candidates = np.unique(
        rows["candidate"].astype(np.int64), return_index=True, return_inverse=True
    )
    people, reviewers = np.unique(rows["reviewer"].astype(np.int64), return_inverse=True)
    verdicts = rows["verdict"].astype(np.uint8)
    judgments = Judgments(candidates, reviewers, verdicts, len(ids), len(people))
    return SharedWords(judgments, rows["class_index"][first].astype(np.int64), people)


def agreement_of(rounds: Collection[int], taxonomy: Taxonomy) -> dict[str, Any]:
    """{overall, groups, classes, reviewers, pairs} over these rounds; computed once for as long as
    nothing is said in them."""
    with connection.cursor() as cursor:
        cursor.execute(LATEST, [list(rounds)])
        (latest,) = cursor.fetchone()
    content = f"{sorted(rounds)}:{latest}:{taxonomy.content_hash}"
    key = f"agreement-{hashlib.sha256(content.encode()).hexdigest()}"
    found: Any = cache.get_or_set(key, lambda: _compute(rounds, taxonomy), KEPT_SECONDS)
    return found


def _compute(rounds: Collection[int], taxonomy: Taxonomy) -> dict[str, Any]:
    words = shared_words(rounds)
    return {
        "overall": measure(words.judgments.votes),
        "groups": by_group(words, taxonomy),
        "classes": by_class(words, taxonomy),
        "reviewers": by_reviewer(words),
        "pairs": pairs(words),
    }


def measure(votes: NDArray[np.int64]) -> dict[str, Any]:
    """{candidates, judgments, same, fleiss, alpha} of candidates' votes, int64 [n, 3]: `same` is the
    share of candidates of which all said one thing. None is what is not defined."""
    same = np.count_nonzero(votes.max(axis=1, initial=0) == votes.sum(axis=1))
    return {
        "candidates": len(votes),
        "judgments": int(votes.sum()),
        "same": same / len(votes) if len(votes) else None,
        "fleiss": _known(fleiss_kappa(votes)),
        "alpha": _known(krippendorffs_alpha(votes)),
    }


def by_group(words: SharedWords, taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """`measure` and `name` of each group and family with candidates that several judged."""
    masks = group_masks(taxonomy, kind=None)
    votes = words.judgments.votes
    rows = [{"name": name, **measure(votes[mask[words.classes]])} for name, mask in masks.items()]
    return [row for row in rows if row["candidates"]]


def by_class(words: SharedWords, taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """`measure`, `index` and `name` of each class with candidates that several judged."""
    order = np.argsort(words.classes, kind="stable")
    votes = words.judgments.votes[order]
    indices, starts = np.unique(words.classes[order], return_index=True)
    wanted = taxonomy.classes.filter(index__in=indices.tolist())
    names = dict(wanted.values_list("index", "synset__lemmas__0"))
    return [
        {"index": index, "name": names[index], **measure(part)}
        for index, part in zip(indices.tolist(), np.split(votes, starts)[1:], strict=True)
    ]


def by_reviewer(words: SharedWords) -> dict[int, tuple[float | None, int]]:
    """{reviewer: (share of judgments that say what most others say, how many can be compared)}."""
    share = agreement_with_others(words.judgments)
    return {
        int(pk): (_known(fraction), int(n))
        for pk, fraction, n in zip(words.reviewers, share.fraction, share.n, strict=True)
    }


def pairs(words: SharedWords) -> list[Pair]:
    """Every two reviewers who judged a candidate both."""
    found: PairAgreement = cohens_kappa(words.judgments)
    return [
        Pair(int(words.reviewers[a]), int(words.reviewers[b]), int(found.n[a, b]),
             _known(found.kappa[a, b]))
        for a, b in np.argwhere(np.triu(found.n, 1))
    ]  # fmt: skip


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
