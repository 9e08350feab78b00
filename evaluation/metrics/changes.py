"""How the multi-labels of images changed between two moments."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Change(IntEnum):
    """What became of an image's multi-label, its set of correct classes.

    ADDED: it has all it had, and more. REMOVED: nothing new, and less. MODIFIED: both. The study
    (Shankar et al. 2020, section 3.4) counts images in this way after its final review.
    """

    UNCHANGED = 0
    ADDED = 1
    MODIFIED = 2
    REMOVED = 3


@dataclass(frozen=True, eq=False)
class LabelChanges:
    """kinds: a `Change` per image, uint8 [n_images]; gained and lost: (image, class) pairs, each
    int64 [n, 2], by image and class.
    """

    kinds: NDArray[np.uint8]
    gained: NDArray[np.int64]
    lost: NDArray[np.int64]

    def counts(self) -> dict[str, int]:
        """How many images changed in which way, by the way's name in small letters."""
        found = np.bincount(self.kinds, minlength=len(Change))
        return {change.name.lower(): int(found[change]) for change in Change}


def label_changes(
    before: NDArray[np.integer], after: NDArray[np.integer], n_images: int
) -> LabelChanges:
    """Compare two sets of correct (image, class) pairs.

    before, after: integer [n, 2], an image's row (below n_images) and a class index in each row.
    Raises ValueError for a row that is no image, or a negative class.

    >>> before, after = np.array([[0, 5], [1, 5], [2, 5]]), np.array([[0, 5], [1, 5], [1, 6], [2, 7]])
    >>> label_changes(before, after, 4).counts()
    {'unchanged': 2, 'added': 1, 'modified': 1, 'removed': 0}
    """
    for name, pairs in (("before", before), ("after", after)):
        if pairs.size and (pairs.min() < 0 or pairs[:, 0].max() >= n_images):
            raise ValueError(f"{name}: an image is not in 0..{n_images - 1}, or a class negative")
    width = 1 + max((int(pairs[:, 1].max()) for pairs in (before, after) if pairs.size), default=0)
    codes = [
        np.unique(pairs[:, 0].astype(np.int64) * width + pairs[:, 1]) for pairs in (before, after)
    ]
    gained = np.setdiff1d(codes[1], codes[0], assume_unique=True)
    lost = np.setdiff1d(codes[0], codes[1], assume_unique=True)
    has_gained, has_lost = (
        np.bincount(found // width, minlength=n_images) > 0 for found in (gained, lost)
    )
    kinds = np.select(
        [has_gained & has_lost, has_gained, has_lost],
        [Change.MODIFIED, Change.ADDED, Change.REMOVED],
        Change.UNCHANGED,
    )
    return LabelChanges(
        kinds.astype(np.uint8),
        np.stack(np.divmod(gained, width), axis=1),
        np.stack(np.divmod(lost, width), axis=1),
    )
