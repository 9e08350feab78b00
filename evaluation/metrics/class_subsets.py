"""Is what one subset of the classes changes more than any subset as large would change?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.intervals import tail_of
from evaluation.metrics.proportion import Proportion


@dataclass(frozen=True, eq=False)
class SubsetChange:
    """What a subset changes, float64 [n_participants] each, in fractions; nan where not defined.

    all     the value on all classes
    subset  the value on the subset
    low     where the central share of the values on random subsets begins
    high    where it ends
    p       how often a random subset's value lies as far out, two-sided
    """

    all: NDArray[np.float64]
    subset: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    p: NDArray[np.float64]

    @property
    def change(self) -> NDArray[np.float64]:
        """The value on the subset minus that on all classes."""
        return self.subset - self.all


def draw_class_subsets(
    available: NDArray[np.bool_], size: int, draws: int = 1000, seed: int = 0
) -> NDArray[np.bool_]:
    """Random subsets of `size` classes, all equally likely: bool [draws, n_classes].

    available: bool [n_classes], the classes to draw from. The same seed gives the same subsets.
    Raises ValueError unless 0 <= size <= the number of available classes.

    >>> draw_class_subsets(np.array([True, True, False]), 1, draws=4).sum(axis=1)
    array([1, 1, 1, 1])
    """
    there_are = int(np.count_nonzero(available))
    if not 0 <= size <= there_are:
        raise ValueError(f"cannot draw {size} classes from the {there_are} that there are")
    subsets = np.zeros((draws, len(available)), dtype=bool)
    if size:
        keys = np.random.default_rng(seed).random((draws, there_are))
        # The classes with the smallest keys; keys of 53 random bits do not tie.
        subsets[:, available] = keys <= np.partition(keys, size - 1, axis=1)[:, size - 1 : size]
    return subsets


def subset_change(
    by_class: Proportion,
    subset: NDArray[np.bool_],
    drawn: NDArray[np.bool_],
    minus: Proportion | None = None,
    confidence: float = 0.95,
) -> SubsetChange:
    """Compare a subset of the classes with random subsets of as many classes.

    The value is the accuracy on the images of the subset's classes; with `minus`, its difference
    from another: multi-label minus top-1 accuracy, one dataset minus another. Both proportions are
    of [n_participants, n_classes] (`Outcomes.by_class`); subset is bool [n_classes], drawn bool
    [draws, n_classes] from `draw_class_subsets`.

    With d draws, a of them with values <= that of the subset and b with values >= it:

        p = min(1, 2 (1 + min(a, b)) / (1 + d))

    Draws in which a participant has no image do not count for it. Raises ValueError if shapes
    disagree, or a drawn subset is of another size than the subset, and unless 0 < confidence < 1.

    Sources: V. Shankar et al., "Evaluating Machine Accuracy on ImageNet", ICML 2020 (1,000 draws of
    882 and of 590 of 1,000 classes); B. Phipson and G. K. Smyth, "Permutation p-values should never
    be zero", Statistical Applications in Genetics and Molecular Biology 9 (2010).
    """
    terms = [by_class] if minus is None else [by_class, minus]
    for term in terms:
        if term.n.shape != by_class.n.shape or term.n.shape[1:] != subset.shape:
            raise ValueError(f"classes: {term.n.shape} and {subset.shape} do not fit together")
    if np.any(drawn.sum(axis=1) != np.count_nonzero(subset)):
        raise ValueError(
            f"drawn subsets must have {np.count_nonzero(subset)} classes as the subset"
        )
    tail = tail_of(confidence)
    chosen = np.concatenate([np.ones_like(subset)[None], subset[None], drawn])
    values = _accuracies(by_class, chosen)
    if minus is not None:
        values = values - _accuracies(minus, chosen)
    everything, observed, chance = values[:, 0], values[:, 1], values[:, 2:]
    known = ~np.isnan(observed) & ~np.isnan(chance).all(axis=1)
    low, high, p = (np.full(len(values), np.nan) for _ in range(3))
    low[known], high[known] = _quantiles(chance[known], tail)
    p[known] = _two_sided(chance[known], observed[known])
    return SubsetChange(everything, observed, low, high, p)


def _accuracies(by_class: Proportion, subsets: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The accuracy of each participant on each subset of classes, [n_participants, n_subsets].

    Sums of whole numbers below 2**24 are exact in float32, below 2**53 in float64, on any number of
    threads.
    """
    counts = np.concatenate([by_class.correct, by_class.n])
    small = by_class.n.sum(axis=1).max(initial=0) < 1 << 24
    kind = np.float32 if small else np.float64
    correct, n = np.split((counts.astype(kind) @ subsets.T.astype(kind)).astype(np.int64), 2)
    return Proportion(correct, n).fraction


def _quantiles(
    values: NDArray[np.float64], tail: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    of = np.nanquantile if np.isnan(values).any() else np.quantile
    low, high = of(values, [tail, 1 - tail], axis=1)
    return low, high


def _two_sided(chance: NDArray[np.float64], observed: NDArray[np.float64]) -> NDArray[np.float64]:
    draws = np.count_nonzero(~np.isnan(chance), axis=1)
    below, above = (
        np.count_nonzero(outside, axis=1)
        for outside in (chance <= observed[:, None], chance >= observed[:, None])
    )
    return np.minimum(2 * (1 + np.minimum(below, above)) / (1 + draws), 1)
