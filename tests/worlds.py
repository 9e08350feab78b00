"""Worlds that tests bring in as an admin would, through the importers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from annotation.importing.datasets import import_dataset
from annotation.importing.predictions import import_predictions
from annotation.models import Dataset, ReviewRound
from annotation.review.rounds import open_round
from taxonomy.loading import load_csv

CLASSES = """index,key,name,definition,parents
0,a,crane,large long-necked wading bird of marshes,animal
1,b,crane,lifts and moves heavy objects,thing
2,c,tusker,any mammal with prominent tusks,animal
3,d,African elephant,an elephant native to Africa,animal
4,e,sunglass,a convex lens that focuses the rays of the sun,thing
5,f,sunglasses,spectacles that are darkened,thing
,animal,animal,,
,thing,thing,,
"""
PALETTE = ["#c0392b", "#2980b9", "#27ae60", "#8e44ad", "#f39c12", "#16a085", "#7f8c8d", "#2c3e50"]


def draw(path: Path, number: int, size: tuple[int, int] = (640, 480)) -> None:
    picture = Image.new("RGB", size, PALETTE[number % len(PALETTE)])
    ImageDraw.Draw(picture).text((40, 40), f"image {number}", fill="white", font_size=60)
    picture.save(path)


def picture_round(
    folder: Path,
    images: int = 6,
    predictions: Sequence[Sequence[int]] | None = None,
    **settings: object,
) -> ReviewRound:
    """Images of six classes in turn, with the predictions of two models, and an open round.

    Each image has two or three candidates unless other predictions are given, a row per model.
    `settings` are the round's.
    """
    (folder / "classes.csv").write_text(CLASSES)
    load_csv(folder / "classes.csv", "six")
    (folder / "images").mkdir()
    rows = ["image_id,class_index"]
    for number in range(images):
        draw(folder / "images" / f"photo-{number}.jpg", number)
        rows.append(f"photo-{number},{number % 6}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    import_dataset("photos", folder / "labels.csv", folder / "images", "six")
    own = [[(n + 1) % 6 for n in range(images)], [(n + 2 * (n % 2)) % 6 for n in range(images)]]
    for model, row in enumerate(predictions or own):
        np.save(folder / f"model-{model}.npy", np.array(row, np.int32)[:, None])
        import_predictions("photos", [folder / f"model-{model}.npy"])
    photos = Dataset.objects.filter(name="photos")
    return open_round("First round", photos, seed=7, **settings)
