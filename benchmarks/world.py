"""Data of the paper's size: the published predictions if they are there, else drawn ones."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from config.embedded import BASE_DIR
from taxonomy.models import LabelClass

DATASETS = ["imagenet-val-20k", "imagenetv2-threshold0.7", "imagenetv2-matched-frequency"]
SIZES = [20_000, 10_000, 10_000]
MODELS = 55


@dataclass(frozen=True)
class Source:
    """A label table and a folder of prediction files for each dataset."""

    origin: str
    tables: dict[str, Path]
    predictions: dict[str, Path]


def real_data() -> Path | None:
    """The folder of real data: TUSKER_DATA, or `../shared/data` beside the project."""
    folder = Path(os.environ.get("TUSKER_DATA") or BASE_DIR.parent / "shared" / "data")
    return folder if (folder / "predictions").is_dir() else None


def photographs(scratch: Path) -> list[Path]:
    """500 photographs in one folder, real ones or drawn into `scratch`, in the order of names."""
    if (real := real_data()) is not None:
        return sorted((real / "images").glob("*.JPEG"))
    folder = scratch / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(1)
    for number in range(500):
        pixels = rng.integers(0, 255, (38, 50, 3)).astype(np.uint8)
        Image.fromarray(pixels).resize((500, 375)).save(folder / f"p{number:03d}.jpg")
    return sorted(folder.iterdir())


def paper_scale(scratch: Path) -> Source:
    """The three datasets of the study, real or drawn into `scratch`. Needs the imagenet1k taxonomy."""
    if (real := real_data()) is not None:
        return Source(
            "published predictions",
            {name: real / "datasets" / f"{name}.csv" for name in DATASETS},
            {name: real / "predictions" / name for name in DATASETS},
        )
    rng = np.random.default_rng(1)
    wnids = LabelClass.objects.filter(taxonomy__name="imagenet1k").order_by("index")
    keys = list(wnids.values_list("synset__key", flat=True))
    tables, predictions = {}, {}
    for name, size in zip(DATASETS, SIZES, strict=True):
        targets = rng.integers(0, 1000, size)
        tables[name] = scratch / f"{name}.csv"
        lines = [f"{name}-{number:05d},{keys[target]}" for number, target in enumerate(targets)]
        tables[name].write_text("\n".join(["image_id,wnid", *lines]) + "\n")
        predictions[name] = scratch / name
        draw_predictions(predictions[name], targets, rng)
    return Source("drawn predictions", tables, predictions)


def draw_predictions(folder: Path, targets: np.ndarray, rng: np.random.Generator) -> None:
    """Top-5 of MODELS models that are wrong alike, so that pairs repeat as they do in reality."""
    folder.mkdir()
    alike = np.argsort(rng.random((len(targets), 1000), dtype=np.float32), axis=1)[:, :12]
    for number in range(MODELS):
        order = rng.permuted(np.tile(np.arange(12), (len(targets), 1)), axis=1)[:, :5]
        top = np.take_along_axis(alike, order, axis=1)
        right = rng.random(len(targets)) < 0.5 + 0.4 * number / MODELS
        top[right, 0] = targets[right]
        clash = (top[:, 1:] == top[:, :1]).any(axis=1)
        top[clash] = (targets[clash, None] + np.arange(5)) % 1000
        np.save(folder / f"model-{number:02d}.npy", top.astype(np.uint16))
