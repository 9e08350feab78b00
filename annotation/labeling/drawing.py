"""Drawing a sample of images: balanced over classes, and the same for a seed on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class TooFew(ValueError):
    """A class, or all together (`class_index` is None), has fewer images than are wanted."""

    def __init__(self, class_index: int | None, wanted: int, there: int) -> None:
        super().__init__(f"{there} images, {wanted} wanted")
        self.class_index, self.wanted, self.there = class_index, wanted, there


def ranks(keys: Sequence[str], seed: int) -> NDArray[np.int64]:
    """A random rank of each of n distinct keys: int64 [n], a permutation.

    The order of the BLAKE2b digests of seed and key: it depends on nothing else, and the rank of
    two keys among each other not on which others there are.
    """
    digests = [hashlib.blake2b(f"{seed}:{key}".encode(), digest_size=16).digest() for key in keys]
    order = sorted(range(len(keys)), key=digests.__getitem__)
    found = np.empty(len(keys), np.int64)
    found[order] = np.arange(len(keys))
    return found


def draw(
    keys: Sequence[str], classes: NDArray[np.int64], count: int, seed: int, *, balanced: bool
) -> NDArray[np.int64]:
    """Draw `count` of n images without replacement; their positions, in a random order.

    keys: n distinct names; classes: int64 [n], the class of each. Balanced, every class that occurs
    gets `count // classes` images or one more; which get one more is drawn among those that have
    it. Returns int64 [count].

    Raises TooFew if there are not so many images, or a class has not its share.
    """
    if count > len(keys):
        raise TooFew(None, count, len(keys))
    rank = ranks(keys, seed)
    if not balanced:
        return np.argsort(rank)[:count]
    occurring, inverse, sizes = np.unique(classes, return_inverse=True, return_counts=True)
    share = _shares(occurring, sizes, count, seed)
    by_class = np.lexsort((rank, inverse))
    place = np.arange(len(keys)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    drawn = by_class[place < share[inverse[by_class]]]
    return drawn[np.argsort(rank[drawn])]


def _shares(
    classes: NDArray[np.int64], sizes: NDArray[np.int64], count: int, seed: int
) -> NDArray[np.int64]:
    """How many images each class gets."""
    each, more = divmod(count, len(classes)) if len(classes) else (0, 0)
    if (short := np.flatnonzero(sizes < each)).size:
        raise TooFew(int(classes[short[0]]), each, int(sizes[short[0]]))
    order = np.argsort(ranks([f"class {index}" for index in classes], seed))
    able = order[sizes[order] > each]
    if len(able) < more:
        scarce = int(np.flatnonzero(sizes == each)[0])
        raise TooFew(int(classes[scarce]), each + 1, each)
    share = np.full(len(classes), each, np.int64)
    share[able[:more]] += 1
    return share
