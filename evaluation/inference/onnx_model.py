"""Classifiers in ONNX files, run by ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.inference.classifier import BATCH, Classifier
from evaluation.inference.preprocessing import Preprocessing, guess
from taxonomy.errors import InputError


class OnnxClassifier(Classifier):
    """One session; on a GPU where the runtime has a provider for it."""

    def __init__(self, path: Path) -> None:
        """Raises InputError if the file is no ONNX model with one image input and one output of
        scores."""
        import onnxruntime  # slow to load, and few processes classify

        options = onnxruntime.SessionOptions()
        # Workers on one machine shall not fight.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
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
        fixed = batch if isinstance(batch, int) and batch > 0 else None
        self.is_fixed, self.batch = fixed is not None, fixed or BATCH

    def guessed(self) -> Preprocessing:
        return guess(self.input.shape, self.input.type)

    def answer(self, batch: NDArray[Any]) -> NDArray[Any]:
        (found,) = self.session.run([self.output.name], {self.input.name: batch})
        return np.asarray(found)
