"""A classifier in an ONNX file, ready to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.inference.label_maps import NO_CLASS
from evaluation.inference.preprocessing import Preprocessing, guess
from taxonomy.errors import InputError
from taxonomy.pictures import PictureError

TOP = 5
BATCH = 16
DECODERS = 2
# What reads an image's bytes, by its position among those asked for.
Read = Callable[[int], bytes]
Failure = tuple[int, str]


class OnnxClassifier:
    """One session, used by one thread at a time.

    A batch is as many images as the model's input is made for, or BATCH if that is free. Batches
    begin at the same images whoever classifies them, so that predictions don't depend on that.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Raises InputError if the file is no ONNX model with one image input and one output of
        scores."""
        import onnxruntime  # slow to load, and few processes classify

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        options.log_severity_level = 4
        try:
            self.session = onnxruntime.InferenceSession(
                str(path), options, providers=onnxruntime.get_available_providers()
            )
        except Exception as error:  # the runtime raises many kinds
            raise InputError("is not an ONNX model that can be loaded", file=path) from error
        inputs, outputs = self.session.get_inputs(), self.session.get_outputs()
        if len(inputs) != 1:
            raise InputError(f"the model has {len(inputs)} inputs; an image is one", file=path)
        self.input, self.output = inputs[0], outputs[0]
        batch = self.input.shape[0] if self.input.shape else None
        self.batch = batch if isinstance(batch, int) and batch > 0 else BATCH
        self.is_fixed = isinstance(batch, int) and batch > 0

    def guessed(self) -> Preprocessing:
        """What the input tells of the preprocessing. Raises InputError for one that is no image."""
        return guess(self.input.shape, self.input.type)

    def outputs(self, preprocessing: Preprocessing) -> int:
        """How many scores it gives for an image, by trying. Raises InputError if that fails."""
        shape = (preprocessing.size, preprocessing.size, 3)
        if preprocessing.layout == "NCHW":
            shape = (3, preprocessing.size, preprocessing.size)
        scores = self._scores(np.zeros((1, *shape), preprocessing.dtype))
        return scores.shape[1]

    def _scores(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """float32 [images, outputs]. Raises InputError if the model does not take the batch."""
        count = len(batch)
        if self.is_fixed and count < self.batch:
            batch = np.concatenate([batch, np.repeat(batch[-1:], self.batch - count, axis=0)])
        try:
            (found,) = self.session.run([self.output.name], {self.input.name: batch})
        except Exception as error:
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
                    scores = self._scores(np.stack([one for _, one in fine]))[:, known]
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
