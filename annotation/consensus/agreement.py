"""How far reviewers agree: with one another, with all the others, with known answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.consensus.judgments import CORRECT, UNJUDGED, VERDICTS, Judgments


@dataclass(frozen=True, eq=False)
class PairAgreement:
    """Agreement of every two reviewers; both arrays are [n_reviewers, n_reviewers], symmetric.

    kappa   float64, -1 to 1; nan where it is not defined
    n       int64, the candidates that both judged
    """

    kappa: NDArray[np.float64]
    n: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Share:
    """How many of each reviewer's `n` comparable judgments agreed, both int64 [n_reviewers]."""

    agreed: NDArray[np.int64]
    n: NDArray[np.int64]

    @property
    def fraction(self) -> NDArray[np.float64]:
        """agreed / n, float64, nan where n is 0."""
        return np.where(self.n > 0, self.agreed / np.maximum(self.n, 1), np.nan)


def cohens_kappa(judgments: Judgments) -> PairAgreement:
    """Cohen's kappa of every pair of reviewers, over the candidates that both have judged.

        kappa = (o - e) / (1 - e)

    o is the share of these candidates on which both gave the same of the three verdicts, e the
    share that would agree by chance: the sum over verdicts of the product of how often each of the
    two gave it (on these candidates). kappa is nan for two who judged nothing together, and for two
    who both always gave one and the same verdict (e = 1).

    One sparse product counts every pair's 3 x 3 table; memory is 72 n_reviewers² bytes.

    Source: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
    Measurement 20 (1960), 37-46.

    >>> judgments = Judgments(
    ...     candidates=np.array([0, 1, 2, 3, 0, 1, 2, 3]), reviewers=np.repeat([0, 1], 4),
    ...     verdicts=np.array([1, 1, 2, 2, 1, 2, 2, 2]), n_candidates=4, n_reviewers=2,
    ... )
    >>> cohens_kappa(judgments).kappa
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    reviewers = judgments.n_reviewers
    # tables[a, v, b, w]: candidates that reviewer a judged v and reviewer b judged w.
    tables = (judgments.answers.T @ judgments.answers).toarray()
    tables = tables.reshape(reviewers, VERDICTS, reviewers, VERDICTS)
    given = tables.sum(axis=3)  # [a, v, b]: how often a said v where b judged too
    n = given.sum(axis=1)
    same = np.einsum("avbv->ab", tables)
    by_chance = np.einsum("avb,bva->ab", given, given)
    # (o - e) / (1 - e) with both sides times n², so that all but the last step is exact.
    rest = n * n - by_chance
    kappa = np.where(rest > 0, (n * same - by_chance) / np.maximum(rest, 1), np.nan)
    return PairAgreement(kappa, n)


def fleiss_kappa(votes: NDArray[np.integer]) -> float:
    """Fleiss' kappa of candidates' votes, integer [n_candidates, verdicts]; nan if undefined.

        kappa = (mean of o[i] - e) / (1 - e)
        o[i] = sum over v of n[i, v] (n[i, v] - 1) / (n[i] (n[i] - 1))
        e    = sum over v of (mean over i of n[i, v] / n[i])²

    n[i, v] of the n[i] judgments on candidate i say v. Fleiss has the same number of judgments on
    every candidate. Where they vary, candidates with fewer than two are left out, for nobody can
    agree there, and all others weigh alike, in o as in e. Which reviewer gave which verdict makes no
    difference. Undefined if nothing is left, or if only one
    verdict occurs. For a subset of candidates give their rows.

    Source: J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological
    Bulletin 76 (1971), 378-382.

    >>> round(fleiss_kappa(np.array([[3, 0, 0], [2, 1, 0], [0, 3, 0], [0, 1, 2]])), 4)
    0.4667
    """
    votes = votes[votes.sum(axis=1) > 1].astype(np.float64)
    if not len(votes):
        return float("nan")
    given = votes.sum(axis=1)
    observed = ((votes * (votes - 1)).sum(axis=1) / (given * (given - 1))).mean()
    share = (votes / given[:, None]).mean(axis=0)
    if np.count_nonzero(share) < 2:
        return float("nan")
    by_chance = (share**2).sum()
    return float((observed - by_chance) / (1 - by_chance))


def krippendorffs_alpha(votes: NDArray[np.integer]) -> float:
    """Krippendorff's alpha (nominal) of candidates' votes, integer [n_candidates, verdicts].

        alpha = 1 - observed / expected disagreement, over the coincidences
        o[v, w] = sum over i of n[i, v] (n[i, w] - [v = w]) / (n[i] - 1)
        alpha = 1 - (n - 1) · sum over v ≠ w of o[v, w] / sum over v ≠ w of n[v] n[w]

    n[v] = sum over w of o[v, w], and n is their sum: the judgments on candidates with two or more.
    Unlike `fleiss_kappa` it gives each judgment the same weight, however many a candidate has, and
    corrects for small samples. nan if fewer than two verdicts occur. For a subset give its rows.

    Source: K. Krippendorff, "Computing Krippendorff's alpha-reliability" (2011).

    >>> round(krippendorffs_alpha(np.array([[3, 0, 0], [2, 1, 0], [0, 3, 0], [0, 1, 2]])), 4)
    0.5111
    """
    votes = votes[votes.sum(axis=1) > 1].astype(np.float64)
    given = votes.sum(axis=1)
    totals = votes.sum(axis=0)
    expected = totals.sum() ** 2 - (totals**2).sum()
    if expected == 0:
        return float("nan")
    disagreeing = ((given**2 - (votes**2).sum(axis=1)) / (given - 1)).sum()
    return float(1 - (totals.sum() - 1) * disagreeing / expected)


def agreement_with_others(judgments: Judgments) -> Share:
    """How often each reviewer says what most of the others say of the same candidate.

    Each judgment is held against the most frequent verdict among the candidate's other judgments
    (its own left out, or it would agree with itself); where these tie or are none it doesn't count.
    """
    own = judgments.verdicts - CORRECT
    others = judgments.votes[judgments.candidates]
    others[np.arange(len(own)), own] -= 1
    most = others.max(axis=1)
    comparable = np.count_nonzero(others == most[:, None], axis=1) == 1
    return _share(judgments, comparable, others.argmax(axis=1) == own)


def agreement_with(judgments: Judgments, known: NDArray[np.integer]) -> Share:
    """How often each reviewer says what is known: a verdict per candidate, integer [n_candidates].

    Candidates that are UNJUDGED in `known` don't count. It may be gold, or a rule's verdicts (which
    the reviewer's own judgments took part in: see `agreement_with_others`).
    """
    answer = known[judgments.candidates]
    return _share(judgments, answer != UNJUDGED, answer == judgments.verdicts)


def _share(judgments: Judgments, comparable: NDArray[np.bool_], agrees: NDArray[np.bool_]) -> Share:
    def count(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(judgments.reviewers[which], minlength=judgments.n_reviewers)

    return Share(agreed=count(comparable & agrees), n=count(comparable))
