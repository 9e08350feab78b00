"""What classifiers of every format have in common: images in, the best classes out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.object_storage import BucketError
from evaluation.inference.label_maps import NO_CLASS
from evaluation.inference.preprocessing import Preprocessing
from taxonomy.errors import InputError
from taxonomy.pictures import PictureError

TOP = 5
BATCH = 16
DECODERS = 2
GROUP = 16  # images that are decoded in one go
AHEAD = 4  # groups that may be decoded and not yet classified
# What gives the square that the model sees of an image, by its position among those asked for.
Square = Callable[[int], NDArray[np.uint8]]
Failure = tuple[int, str]


class Classifier(ABC):
    """A model that is ready to run, used by one thread at a time.

    `batch` is how many images it takes at once; with `is_fixed` always so many. Batches begin at the
    same images whoever classifies them, so that predictions don't depend on that.
    """

    batch = BATCH
    is_fixed = False

    @abstractmethod
    def guessed(self) -> Preprocessing:
        """What the model tells of the preprocessing. Raises InputError for one that takes no images."""

    @abstractmethod
    def answer(self, batch: NDArray[Any]) -> NDArray[Any]:
        """What the model says of a batch of images; raises any kind of error."""

    def outputs(self, preprocessing: Preprocessing) -> int:
        """How many scores it gives for an image, by trying. Raises InputError if that fails."""
        shape = (preprocessing.size, preprocessing.size, 3)
        if preprocessing.layout == "NCHW":
            shape = (3, preprocessing.size, preprocessing.size)
        return self.scores(np.zeros((1, *shape), preprocessing.dtype)).shape[1]

    def scores(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """float32 [images, outputs]. Raises InputError if the model does not take the batch."""
        count = len(batch)
        if self.is_fixed and count < self.batch:
            batch = np.concatenate([batch, np.repeat(batch[-1:], self.batch - count, axis=0)])
        try:
            found = self.answer(batch)
        except Exception as error:  # runtimes raise many kinds
            raise InputError(f"the model refuses images of {batch.shape[1:]}: {error}") from error
        if found.ndim < 2 or found.shape[0] != len(batch):
            raise InputError(f"the model answers {list(found.shape)}, not scores for each image")
        return found.reshape(len(batch), -1)[:count].astype(np.float32)

    def classify(
        self,
        count: int,
        square: Square,
        preprocessing: Preprocessing,
        label_map: NDArray[np.int32],
    ) -> tuple[NDArray[np.int32], list[Failure]]:
        """The best classes of images 0 to count - 1, int32 [count, k]; -1 where there is none.

        `square` may raise OSError or PictureError: that image is reported as failed, with -1, as is
        one whose scores are not numbers. Images are decoded ahead, in other threads. A BucketError is
        no image's fault, and raised.
        """
        known = np.flatnonzero(label_map != NO_CLASS)
        top_k = np.full((count, min(TOP, len(known))), NO_CLASS, np.int32)
        failures: list[Failure] = []
        size = self.batch * max(1, GROUP // self.batch)
        for positions, ready, failed in _ahead(count, square, preprocessing, size):
            failures += failed
            if positions:
                parts = [
                    self.scores(ready[start : start + self.batch])
                    for start in range(0, len(ready), self.batch)
                ]
                scores = np.concatenate(parts)[:, known]
                failures += _rank(positions, scores, label_map[known], top_k)
        return top_k, sorted(failures)


Group = tuple[list[int], NDArray[Any], list[Failure]]


def _ahead(count: int, square: Square, preprocessing: Preprocessing, size: int) -> Iterator[Group]:
    """Groups of so many images, in order: where those are that could be decoded, what the model takes
    of them, and why the others could not."""
    with ThreadPoolExecutor(DECODERS) as pool:
        waiting: deque[Future[Group]] = deque()
        for start in range(0, count, size):
            positions = range(start, min(start + size, count))
            waiting.append(pool.submit(_group, positions, square, preprocessing))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _group(positions: range, square: Square, preprocessing: Preprocessing) -> Group:
    fine: list[int] = []
    side = preprocessing.size
    squares = np.empty((len(positions), side, side, 3), np.uint8)
    failures: list[Failure] = []
    for position in positions:
        try:
            squares[len(fine)] = square(position)
            fine.append(position)
        except PictureError as error:
            failures.append((position, str(error)))
        except BucketError:
            raise
        except OSError as error:
            failures.append((position, f"can't be read: {error.strerror or error}"))
    return fine, preprocessing.numbers(squares[: len(fine)]), failures


def _rank(
    positions: Sequence[int],
    scores: NDArray[np.float32],
    classes: NDArray[np.int32],
    top_k: NDArray[np.int32],
) -> list[Failure]:
    """Put the best classes of images into their rows; of equal scores the first output is better."""
    are_numbers = np.isfinite(scores).all(axis=1)
    rows = np.arange(len(scores))
    best = np.empty((len(scores), top_k.shape[1]), np.intp)
    for rank in range(top_k.shape[1]):  # a few times the largest is much quicker than sorting
        best[:, rank] = scores.argmax(axis=1)
        scores[rows, best[:, rank]] = -np.inf
    places = np.asarray(positions)
    top_k[places[are_numbers]] = classes[best[are_numbers]]
    return [(int(place), "the model's scores are not numbers") for place in places[~are_numbers]]
