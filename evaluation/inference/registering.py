"""Taking a classifier's file in: what it needs, what it gives, and whose it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from annotation.importing.predictions import NAME_LENGTH
from annotation.models import Participant
from evaluation.inference.classifier import OnnxClassifier
from evaluation.inference.label_maps import read_label_map
from evaluation.inference.preprocessing import Preprocessing, read_preprocessing
from evaluation.models import ClassifierModel
from taxonomy import stored
from taxonomy.errors import InputError
from taxonomy.lookup import class_lookup
from taxonomy.models import Taxonomy

MOST_BYTES = 4 << 30
CACHE = "models"


def read_settings(path: Path | None) -> dict[str, Any]:
    """A JSON file with fields of `Preprocessing` and perhaps `label_map`; {} without a file."""
    if path is None:
        return {}
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not JSON: {error}", file=path) from error
    if not isinstance(content, dict):
        raise InputError("is not a JSON object", file=path)
    return content


def register(
    path: Path, taxonomy: Taxonomy, asked: dict[str, Any], name: str | None = None
) -> ClassifierModel:
    """Store an ONNX file as a participant's classifier; the same file with the same settings again is
    the classifier that there is.

    asked: see `read_settings`; what it does not say is guessed from the model. name: of the
    participant, else the file's stem. Raises InputError for a file that is no such model, settings
    that don't fit it, or a name that is a person's.
    """
    if not path.is_file():
        raise InputError("no such file", file=path)
    if path.stat().st_size > MOST_BYTES:
        raise InputError("is larger than 4 GiB", file=path)
    classifier = OnnxClassifier(path)
    label_map = asked.get("label_map")
    preprocessing = read_preprocessing(
        {key: value for key, value in asked.items() if key != "label_map"}, classifier.guessed()
    )
    outputs = classifier.outputs(preprocessing)
    classes = read_label_map(label_map, outputs, class_lookup(taxonomy))
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    file = f"models/{sha256[:2]}/{sha256}.onnx"
    stored.put(file, data)
    with transaction.atomic():
        return ClassifierModel.objects.get_or_create(
            participant=_participant(name or path.stem, path), sha256=sha256, file=file,
            preprocessing=preprocessing.as_json(), label_map=classes.tolist(),
        )[0]  # fmt: skip


def _participant(name: str, path: Path) -> Participant:
    if not 0 < len(name.strip()) <= NAME_LENGTH or not name.isprintable():
        raise InputError(f"a model's name has 1 to {NAME_LENGTH} characters", file=path)
    found, _ = Participant.objects.get_or_create(name=name)
    if found.kind != Participant.Kind.MODEL:
        raise InputError(f"'{name}' is a person; give the model another name", file=path)
    return found


def preprocessing_of(model: ClassifierModel) -> Preprocessing:
    return Preprocessing(**model.preprocessing)


def local_copy(model: ClassifierModel) -> Path:
    """The model's file on this machine, fetched from the storage once."""
    path = Path(settings.HOME) / "cache" / CACHE / f"{model.sha256}.onnx"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{hashlib.sha256(str(id(model)).encode()).hexdigest()[:8]}")
        with default_storage.open(model.file) as file:
            draft.write_bytes(file.read())
        draft.replace(path)
    return path
