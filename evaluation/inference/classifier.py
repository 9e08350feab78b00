"""What classifiers of every format have in common: images in, the best classes out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.inference.label_maps import NO_CLASS
from evaluation.inference.preprocessing import Preprocessing
from taxonomy.errors import InputError
from taxonomy.pictures import PictureError

TOP = 5
BATCH = 16
DECODERS = 2
# What reads an image's bytes, by its position among those asked for.
Read = Callable[[int], bytes]
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
        read: Read,
        preprocessing: Preprocessing,
        label_map: NDArray[np.int32],
    ) -> tuple[NDArray[np.int32], list[Failure]]:
        """The best classes of images 0 to count - 1, int32 [count, k]; -1 where there is none.

        `read` may raise OSError or PictureError: that image is reported as failed, with -1, as is
        one whose scores are not numbers. Images are decoded ahead, in other threads.
        """
        known = np.flatnonzero(label_map != NO_CLASS)
        k = min(TOP, len(known))
        top_k = np.full((count, k), NO_CLASS, np.int32)
        failures: list[Failure] = []

        def prepared(position: int) -> NDArray[Any] | str:
            try:
                return preprocessing.array(read(position))
            except PictureError as error:
                return str(error)
            except OSError as error:
                return f"can't be read: {error.strerror or error}"

        with ThreadPoolExecutor(DECODERS) as pool:
            arrays = pool.map(prepared, range(count))
            for start in range(0, count, self.batch):
                positions = range(start, min(start + self.batch, count))
                ready = [(at, next(arrays)) for at in positions]
                failures += [(at, one) for at, one in ready if isinstance(one, str)]
                fine = [(at, one) for at, one in ready if not isinstance(one, str)]
                if fine:
                    scores = self.scores(np.stack([one for _, one in fine]))[:, known]
                    failures += _rank([at for at, _ in fine], scores, label_map[known], top_k)
        return top_k, sorted(failures)


def _rank(
    positions: Sequence[int],
    scores: NDArray[np.float32],
    classes: NDArray[np.int32],
    top_k: NDArray[np.int32],
) -> list[Failure]:
    """Put the best classes of images into their rows; of equal scores the first output is better."""
    failures = []
    order = np.argsort(-scores, axis=1, kind="stable")[:, : top_k.shape[1]]
    for position, row, best in zip(positions, scores, order, strict=True):
        if np.isfinite(row).all():
            top_k[position] = classes[best]
        else:
            failures.append((position, "the model's scores are not numbers"))
    return failures
