"""What a model sees of some images, and what it says of them, before a run over thousands."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
import PIL.Image
from django.db.models import QuerySet

from annotation.models import Dataset, Image
from evaluation.inference.preprocessing import Preprocessing
from evaluation.inference.registering import classifier_of
from evaluation.inference.squares import square_of
from evaluation.models import ClassifierModel
from taxonomy.models import LabelClass
from taxonomy.pictures import PictureError

SHOWN = 6
BEST = 3


@dataclass(frozen=True)
class Try:
    """An image, what the model sees of it as the address of a PNG, and its best classes; or why that
    failed. `is_right`: whether the first of them is the class that the image came with."""

    image: Image
    seen: str = ""
    best: tuple[LabelClass, ...] = ()
    is_right: bool = False
    problem: str = ""


def datasets_for(model: ClassifierModel) -> QuerySet[Dataset]:
    """Those whose classes are the model's, by name."""
    found = Dataset.objects.order_by("name")
    return found.filter(taxonomy=model.taxonomy) if model.taxonomy else found


def try_out(model: ClassifierModel, preprocessing: Preprocessing, dataset: Dataset) -> list[Try]:
    """The model on images spread evenly over a dataset.

    Raises InputError if the model can't be loaded or refuses such images.
    """
    places = np.unique(np.linspace(0, max(0, dataset.size - 1), SHOWN).astype(int)).tolist()
    images = list(
        Image.objects.filter(datasetimage__dataset=dataset, datasetimage__position__in=places)
        .exclude(file="")
        .order_by("datasetimage__position")
    )
    top_k, failures = classifier_of(model).classify(
        len(images), lambda place: square_of(images[place].file, preprocessing), preprocessing,
        np.array(model.label_map, np.int32),
    )  # fmt: skip
    reasons = dict(failures)
    classes = {
        one.index: one
        for one in LabelClass.objects.filter(
            taxonomy=dataset.taxonomy_id, index__in=np.unique(top_k[:, :BEST]).tolist()
        ).select_related("synset")
    }
    return [
        Try(image, _seen(preprocessing, image.file), problem=reasons[row])
        if row in reasons
        else Try(
            image, _seen(preprocessing, image.file),
            tuple(classes[index] for index in top_k[row, :BEST].tolist()),
            bool(top_k[row, 0] == image.target),
        )
        for row, image in enumerate(images)
    ]  # fmt: skip


def _seen(preprocessing: Preprocessing, file: str) -> str:
    out = io.BytesIO()
    try:
        PIL.Image.fromarray(square_of(file, preprocessing)).save(out, "PNG")
    except (OSError, PictureError):
        return ""
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
