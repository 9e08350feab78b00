"""Verdicts from judgments of reviewers who differ in how they err."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from annotation.consensus.judgments import CORRECT, INCORRECT, UNJUDGED, VERDICTS, Judgments
from annotation.consensus.voting import Decision

STATES = 2  # what a candidate truly is, correct or incorrect; columns in that order
RIGHT = 4.0
OTHER = 1.0
TOLERANCE = 1e-4
MOST_ITERATIONS = 500


@dataclass(frozen=True, eq=False)
class DawidSkene:
    """What `dawid_skene` estimates. States are correct, incorrect; verdicts correct, incorrect,
    unclear.

    posterior   float64 [n_candidates, 2], how probable each state is given all judgments; where
                nobody judged, the prior
    confusion   float64 [n_reviewers, 2, 3], how often a reviewer gives each verdict in each state
    prior       float64 [2], how frequent the states are
    objective   float64 [iterations], what EM climbs; never falls
    converged   whether no posterior moved by more than the tolerance in the end
    judged      bool [n_candidates], whether anybody judged the candidate
    """

    posterior: NDArray[np.float64]
    confusion: NDArray[np.float64]
    prior: NDArray[np.float64]
    objective: NDArray[np.float64]
    converged: bool
    judged: NDArray[np.bool_]

    @property
    def iterations(self) -> int:
        return len(self.objective)

    def decide(self, least: float = 0.5) -> Decision:
        """The more probable state, if its probability is at least `least`; never unclear.

        The confidence is that probability, 0 where nobody judged. At exactly one half, or below
        `least`, nothing is decided.
        """
        correct, incorrect = self.posterior.T
        sure = self.judged & (correct != incorrect) & (self.posterior.max(axis=1) >= least)
        likely = np.where(correct > incorrect, np.uint8(CORRECT), np.uint8(INCORRECT))
        return Decision(
            verdicts=np.where(sure, likely, np.uint8(UNJUDGED)),
            confidence=np.where(self.judged, self.posterior.max(axis=1), 0.0),
        )


def dawid_skene(
    judgments: Judgments,
    right: float = RIGHT,
    other: float = OTHER,
    tolerance: float = TOLERANCE,
    most_iterations: int = MOST_ITERATIONS,
) -> DawidSkene:
    """Estimate what each candidate is, together with how each reviewer errs, by EM.

    A candidate i is in a state t (correct or incorrect) with probability p[t]; reviewer r then
    gives the verdict v with probability c[r, t, v], independently of the others. In turn, until no
    posterior moves by more than `tolerance`:

        M:  p[t]       = (sum over i of q[i, t] + a) / (n + 2 a)   (i judged by several)
            c[r, t, v] = (sum over i that r judged v of q[i, t] + a[t, v])
                         / (sum over i that r judged of q[i, t] + sum over w of a[t, w])
        E:  q[i, t]    ∝ p[t] · product over i's judgments (r, v) of c[r, t, v]

    a[t, v] is `right` where v says t, else `other`, and a is `other`: counts as if each reviewer
    had judged some candidates before, more of them rightly than not (a Dirichlet prior with
    parameters a + 1). With few judgments they keep a reviewer from being taken for perfect or
    hopeless, and all candidates from falling into one state against what everybody says; with
    many they make no difference. The climb begins with q = the share of votes for each state, an
    unclear one counting half for either. `objective` is the logarithm of the judgments' likelihood
    plus the sum of a times the logarithm of p or c over all their entries; EM never lowers it.
    Only the n candidates that several reviewers judged enter p, c and the likelihood. What somebody
    judged alone tells nothing of how they err: with it, EM may end where all that they called
    incorrect is correct, which explains single words as well.

    Two states and three verdicts: unclear says something about what a reviewer could make out, and
    for each reviewer it may speak for the one or the other state; it is no third thing a candidate
    could be. (With a third state many pairs of ReaL's raters fall to it, while the experts called
    none of theirs unclear.) So this rule never says unclear; it is unsure.

    Time per iteration and memory are linear in judgments. Raises ValueError unless `right` and
    `other` are above 0.

    Source: A. P. Dawid and A. M. Skene, "Maximum likelihood estimation of observer error-rates
    using the EM algorithm", Applied Statistics 28 (1979), 20-28, equations 2.3-2.5.

    >>> judgments = Judgments(
    ...     candidates=np.repeat(np.arange(4), 3), reviewers=np.tile(np.arange(3), 4),
    ...     verdicts=np.array([1, 1, 2, 2, 2, 2, 1, 1, 3, 2, 2, 2]), n_candidates=4, n_reviewers=3,
    ... )
    >>> dawid_skene(judgments).decide().verdicts
    array([1, 2, 1, 2], dtype=uint8)
    """
    if min(right, other) <= 0:
        raise ValueError(f"counts must be above 0, not {right} and {other}")
    before_any = np.full((STATES, VERDICTS), float(other))
    np.fill_diagonal(before_any, right)
    answers = judgments.answers.astype(np.float64)
    by_answer = answers.T.tocsr()
    words = judgments.votes.sum(axis=1)
    judged, shared = words > 0, words > 1
    posterior = _first_guess(judgments.votes)
    objective: list[float] = []
    moved = np.inf
    while moved > tolerance and len(objective) < most_iterations:
        told = posterior * shared[:, None]
        prior = _normalized(told.sum(axis=0) + other)
        counts = (by_answer @ told).reshape(-1, VERDICTS, STATES).transpose(0, 2, 1)
        confusion = _normalized(counts + before_any)
        last, (posterior, likelihood) = posterior, _expect(answers, prior, confusion)
        moved = float(np.abs(posterior - last).max(initial=0.0))
        penalty = other * np.log(prior).sum() + (before_any * np.log(confusion)).sum()
        objective.append(float(likelihood[shared].sum() + penalty))
    return DawidSkene(posterior, confusion, prior, np.array(objective), moved <= tolerance, judged)


def _first_guess(votes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share of votes for each state; one half for both where there are none."""
    correct, _, unclear = votes.T
    total = np.maximum(votes.sum(axis=1), 1)
    share = np.where(votes.any(axis=1), (correct + unclear / 2) / total, 0.5)
    return np.stack([share, 1 - share], axis=1)


def _expect(
    answers: csr_array, prior: NDArray[np.float64], confusion: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Posterior [n_candidates, 2], and the logarithm of each candidate's likelihood."""
    per_answer = np.log(confusion).transpose(0, 2, 1).reshape(-1, STATES)
    joint = answers @ per_answer + np.log(prior)
    likelihood = np.logaddexp(joint[:, 0], joint[:, 1])
    return np.exp(joint - likelihood[:, None]), likelihood


def _normalized(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    return counts / counts.sum(axis=-1, keepdims=True)
