"""Judgments as arrays, which is what every rule and every measure of agreement takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

# The numbers of `annotation.models.Verdict`, which this package cannot import: it knows no Django.
UNJUDGED, CORRECT, INCORRECT, UNCLEAR = range(4)
VERDICTS = 3  # that a judgment can have; the columns of a table of votes, in the order above


@dataclass(frozen=True, eq=False)
class Judgments:
    """What reviewers said of candidates; both are numbered from 0 on.

    A reviewer has one word on a candidate. Judgments come in any order; candidates and reviewers
    without any are allowed. Raises ValueError where lengths disagree, a value is out of range or a
    reviewer judges a candidate twice.

    candidates    integer [n_judgments], each below n_candidates
    reviewers     integer [n_judgments], each below n_reviewers
    verdicts      integer [n_judgments], each CORRECT, INCORRECT or UNCLEAR
    """

    candidates: NDArray[np.integer]
    reviewers: NDArray[np.integer]
    verdicts: NDArray[np.integer]
    n_candidates: int
    n_reviewers: int

    def __post_init__(self) -> None:
        lengths = {len(self.candidates), len(self.reviewers), len(self.verdicts)}
        if len(lengths) > 1:
            raise ValueError(f"arrays of different lengths: {sorted(lengths)}")
        _check_range("candidates", self.candidates, 0, self.n_candidates)
        _check_range("reviewers", self.reviewers, 0, self.n_reviewers)
        _check_range("verdicts", self.verdicts, CORRECT, UNCLEAR + 1)
        keys = np.sort(self.candidates.astype(np.int64) * self.n_reviewers + self.reviewers)
        if len(twice := np.flatnonzero(keys[1:] == keys[:-1])):
            candidate, reviewer = divmod(int(keys[twice[0]]), self.n_reviewers)
            raise ValueError(f"reviewer {reviewer} judges candidate {candidate} twice")

    def __len__(self) -> int:
        return len(self.verdicts)

    @cached_property
    def votes(self) -> NDArray[np.int64]:
        """How many judged each candidate correct, incorrect, unclear: int64 [n_candidates, 3]."""
        cells = self.candidates.astype(np.int64) * VERDICTS + self.verdicts - CORRECT
        counts = np.bincount(cells, minlength=self.n_candidates * VERDICTS)
        return counts.reshape(self.n_candidates, VERDICTS)

    @cached_property
    def answers(self) -> csr_array:
        """1 where a reviewer gave a verdict: sparse int64 [n_candidates, 3 n_reviewers].

        The column is 3 x reviewer + verdict - 1.
        """
        columns = self.reviewers.astype(np.int64) * VERDICTS + self.verdicts - CORRECT
        ones = np.ones(len(self), dtype=np.int64)
        shape = (self.n_candidates, self.n_reviewers * VERDICTS)
        return csr_array((ones, (self.candidates, columns)), shape=shape)

    def among(self, candidates: NDArray[np.bool_]) -> Judgments:
        """The judgments of the candidates where bool [n_candidates] is True; numbers stay."""
        kept = candidates[self.candidates]
        return Judgments(
            self.candidates[kept], self.reviewers[kept], self.verdicts[kept],
            self.n_candidates, self.n_reviewers,
        )  # fmt: skip


def _check_range(name: str, values: NDArray[np.integer], low: int, stop: int) -> None:
    if values.size and (values.min() < low or values.max() >= stop):
        place = int(np.flatnonzero((values < low) | (values >= stop))[0])
        raise ValueError(f"{name}[{place}]: {values[place]} is not in {low}..{stop - 1}")
