"""Classifiers of PyTorch: TorchScript, torch.export, and timm's architectures with their weights.

None of these files can run code here: TorchScript and exported programs hold operations of PyTorch
and numbers, weights are read as numbers only. Pickled modules are refused.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.inference.classifier import BATCH, Classifier
from evaluation.inference.preprocessing import FILTERS, Preprocessing
from taxonomy.errors import InputError

# Exported programs hold tensors; PyTorch shall read them as nothing else, whatever it would try.
SAFE = {"TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1"}
EXTRA = "needs PyTorch on the machine that runs it: pip install '.[torch]'"


class TorchClassifier(Classifier):
    """A module of PyTorch on the GPU if there is one, else on one thread of the processor."""

    def __init__(self, path: Path, suffix: str, architecture: str = "") -> None:
        """suffix: .pt (TorchScript), .pt2 (torch.export) or .safetensors (weights of timm's
        `architecture`). Raises InputError if it can't be loaded, or for want of PyTorch or timm."""
        torch = _torch(path)
        torch.set_num_threads(1)  # workers on one machine shall not fight
        self.torch = torch
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            self.module, self.settings, batch = _load(
                torch, path, suffix, architecture, self.device
            )
        except InputError:
            raise
        except Exception as error:  # PyTorch raises many kinds
            kind = {".pt": "TorchScript", ".pt2": "an exported program"}.get(suffix, "weights")
            raise InputError(
                f"can't be loaded as {kind}; pickled modules are not read, as they could run anything:"
                f" {str(error).splitlines()[0][:200]}",
                file=path,
            ) from error
        self.is_fixed = batch is not None
        self.batch = batch or BATCH

    def guessed(self) -> Preprocessing:
        return Preprocessing(**{"size": 224, **self.settings})

    def answer(self, batch: NDArray[Any]) -> NDArray[Any]:
        with self.torch.inference_mode():
            found = self.module(self.torch.from_numpy(batch).to(self.device))
        return np.asarray(found.float().cpu().numpy())


def timm_weights(architecture: str, weights: Path | None) -> bytes:
    """The weights of one of timm's architectures as .safetensors: from a file (.safetensors, or
    PyTorch's with nothing but tensors), else those that timm's hub has.

    Raises InputError for an unknown architecture, or weights that don't belong to it.
    """
    path = weights or Path(architecture)
    torch, timm = _torch(path), _timm(path)
    if architecture not in timm.list_models():
        raise InputError(f"timm has no model '{architecture}'", file=path)
    from safetensors.torch import load_file, save

    try:
        if weights is None:
            state = timm.create_model(architecture, pretrained=True).state_dict()
        elif weights.suffix == ".safetensors":
            state = load_file(weights)
        else:
            state = torch.load(weights, map_location="cpu", weights_only=True)
        state = state.get("state_dict", state)
        return save({name: tensor.contiguous() for name, tensor in state.items()})
    except Exception as error:  # PyTorch and the hub raise many kinds
        raise InputError(f"no weights: {str(error).splitlines()[0][:200]}", file=path) from error


def _load(
    torch: Any, path: Path, suffix: str, architecture: str, device: str
) -> tuple[Any, Mapping[str, Any], int | None]:
    """The module, what it says of its preprocessing, and the batch that it asks for, if it does."""
    if suffix == ".pt":
        return torch.jit.load(str(path), map_location=device).eval(), {}, None
    if suffix == ".pt2":
        program = torch.export.load(str(path))
        return program.module().to(device), *_exported_input(program, path)
    from safetensors.torch import load_file

    timm = _timm(path)
    state = load_file(path)
    module = timm.create_model(architecture, num_classes=_outputs(timm, architecture, state))
    module.load_state_dict(state)
    return module.to(device).eval(), _timm_settings(timm, module), None


def _outputs(timm: Any, architecture: str, state: Mapping[str, Any]) -> int:
    """How many classes the weights are for."""
    head = timm.create_model(architecture).pretrained_cfg.get("classifier", "")
    names = [head] if isinstance(head, str) else list(head)
    for name in names:
        if f"{name}.weight" in state:
            return int(state[f"{name}.weight"].shape[0])
    return 1000


def _timm_settings(timm: Any, module: Any) -> dict[str, Any]:
    found = timm.data.resolve_data_config(model=module)
    filters = found["interpolation"] if found["interpolation"] in FILTERS else "bilinear"
    stretched = found.get("crop_mode") == "squash"
    return {
        "size": int(found["input_size"][1]), "interpolation": filters,
        "crop": float(found["crop_pct"]), "resize": "stretch" if stretched else "short-side",
        "mean": [float(value) for value in found["mean"]],
        "std": [float(value) for value in found["std"]],
    }  # fmt: skip


def _exported_input(program: Any, path: Path) -> tuple[dict[str, Any], int | None]:
    """What the one image input of an exported program asks for: settings, and the batch."""
    names = program.graph_signature.user_inputs
    if len(names) != 1:
        raise InputError(f"the program has {len(names)} inputs; an image is one", file=path)
    (node,) = [one for one in program.graph.nodes if one.name == names[0]]
    shape = [int(side) if str(side).isdigit() else None for side in node.meta["val"].shape]
    layout = "NHWC" if shape[-1] == 3 else "NCHW"
    side = shape[1] if layout == "NHWC" else shape[-1]
    return {"layout": layout} | ({"size": side} if side else {}), shape[0]


def _torch(path: Path) -> Any:
    os.environ |= SAFE
    try:
        import torch
    except ImportError:
        raise InputError(EXTRA, file=path) from None
    return torch


def _timm(path: Path) -> Any:
    try:
        import timm
    except ImportError:
        raise InputError(
            "needs timm on the machine that runs it: pip install '.[timm]'", file=path
        ) from None
    return timm
