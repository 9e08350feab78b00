"""Which program runs a model file."""

from __future__ import annotations

from pathlib import Path

from evaluation.inference.classifier import Classifier
from evaluation.inference.onnx_model import OnnxClassifier
from evaluation.inference.torch_model import TorchClassifier
from taxonomy.errors import InputError

# How a model's file ends in the storage, by how the file that was brought ends.
SUFFIXES = {
    ".onnx": ".onnx",
    ".pt": ".pt", ".ts": ".pt", ".torchscript": ".pt", ".pth": ".pt",
    ".pt2": ".pt2",
    ".safetensors": ".safetensors",
}  # fmt: skip
TIMM = "timm:"


def load_classifier(path: Path, suffix: str, architecture: str = "") -> Classifier:
    """The model in a file, whatever it is called. suffix: one that SUFFIXES gives.

    Raises InputError if the file can't be loaded, or if this machine lacks what it takes.
    """
    if suffix == ".onnx":
        return OnnxClassifier(path)
    return TorchClassifier(path, suffix, architecture)


def kind_of(path: Path) -> str:
    """The ending of SUFFIXES that a file is stored with. Raises InputError for others."""
    suffix = SUFFIXES.get(path.suffix.lower())
    if suffix is None:
        known = ", ".join(SUFFIXES)
        raise InputError(f"models are files that end in {known}", file=path)
    if suffix == ".safetensors":
        raise InputError(
            "holds weights alone; name timm's architecture as the model and this as its weights",
            file=path,
        )
    return suffix
