"""Taking a classifier's file in: what it needs, what it gives, and whose it is."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from annotation.importing.predictions import NAME_LENGTH
from annotation.models import Participant
from evaluation.inference.classifier import Classifier
from evaluation.inference.label_maps import read_label_map
from evaluation.inference.loading import TIMM, kind_of, load_classifier
from evaluation.inference.preprocessing import Preprocessing, read_preprocessing
from evaluation.inference.torch_model import timm_weights
from evaluation.models import ClassifierModel
from taxonomy import stored
from taxonomy.errors import InputError
from taxonomy.lookup import class_lookup
from taxonomy.models import Taxonomy

MOST_BYTES = 4 << 30
CACHE = "models"
CHUNK = 1 << 20


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
    source: str | Path,
    taxonomy: Taxonomy,
    asked: dict[str, Any],
    name: str | None = None,
    weights: Path | None = None,
) -> ClassifierModel:
    """Store a model file as a participant's classifier; the same file with the same settings again is
    the classifier that there is.

    source: a file of `loading.SUFFIXES`, or `timm:` and the name of an architecture, whose weights
    come from the file `weights` or else from timm's hub. asked: see `read_settings`; what it does
    not say is guessed from the model. name: of the participant, else the file's stem or the
    architecture.

    Raises InputError for a file that is no such model, settings that don't fit it, or a name that is
    a person's.
    """
    with _model_file(source, weights) as (path, suffix, architecture):
        classifier = load_classifier(path, suffix, architecture)
        preprocessing = read_preprocessing(
            {key: value for key, value in asked.items() if key != "label_map"},
            classifier.guessed(),
        )
        classes = read_label_map(
            asked.get("label_map"), classifier.outputs(preprocessing), class_lookup(taxonomy)
        )
        with path.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
            content.seek(0)
            file = f"models/{sha256[:2]}/{sha256}{suffix}"
            stored.put(file, iter(lambda: content.read(CHUNK), b""))
    with transaction.atomic():
        return ClassifierModel.objects.get_or_create(
            participant=_participant(name or architecture or path.stem, path), sha256=sha256,
            file=file, architecture=architecture, preprocessing=preprocessing.as_json(),
            label_map=classes.tolist(), taxonomy=taxonomy,
        )[0]  # fmt: skip


def register_upload(
    file: UploadedFile, taxonomy: Taxonomy, label_map: Any = None, name: str = ""
) -> ClassifierModel:
    """`register` a file that somebody sends; an empty name: as the file is called."""
    asked = {"label_map": label_map} if label_map is not None else {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(file.name or "model").name
        with path.open("wb") as copy:
            for chunk in file.chunks():
                copy.write(chunk)
        return register(path, taxonomy, asked, name or None)


@contextmanager
def _model_file(source: str | Path, weights: Path | None) -> Iterator[tuple[Path, str, str]]:
    """A file with the model, the ending that it is stored with, and timm's architecture, if it is one
    of those, whose weights then are the file."""
    if str(source).startswith(TIMM):
        architecture = str(source)[len(TIMM) :]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{architecture}.safetensors"
            path.write_bytes(timm_weights(architecture, weights))
            yield path, path.suffix, architecture
        return
    path = Path(source)
    suffix = kind_of(path)
    if not path.is_file():
        raise InputError("no such file", file=path)
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"is larger than {MOST_BYTES >> 30} GiB", file=path)
    yield path, suffix, ""


def _participant(name: str, path: Path) -> Participant:
    if not 0 < len(name.strip()) <= NAME_LENGTH or not name.isprintable():
        raise InputError(f"a model's name has 1 to {NAME_LENGTH} characters", file=path)
    found, _ = Participant.objects.get_or_create(name=name)
    if found.kind != Participant.Kind.MODEL:
        raise InputError(f"'{name}' is a person; give the model another name", file=path)
    return found


def change_preprocessing(model: ClassifierModel, wanted: Preprocessing) -> ClassifierModel:
    """Give a model other preprocessing; one that has run stays, and another is made beside it.

    Raises InputError if the model refuses such images.
    """
    classifier_of(model).outputs(wanted)
    if wanted == preprocessing_of(model):
        return model
    if model.runs.exists():
        return ClassifierModel.objects.get_or_create(
            participant=model.participant, sha256=model.sha256, file=model.file,
            architecture=model.architecture, taxonomy=model.taxonomy, label_map=model.label_map,
            preprocessing=wanted.as_json(),
        )[0]  # fmt: skip
    model.preprocessing = wanted.as_json()
    model.save(update_fields=["preprocessing"])
    return model


def preprocessing_of(model: ClassifierModel) -> Preprocessing:
    return Preprocessing(**model.preprocessing)


def local_copy(model: ClassifierModel) -> Path:
    """The model's file on this machine, fetched from the storage once."""
    path = Path(settings.HOME) / "cache" / CACHE / Path(model.file).name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{secrets.token_hex(8)}")
        with default_storage.open(model.file) as file, draft.open("wb") as copy:
            shutil.copyfileobj(file, copy, CHUNK)
        draft.replace(path)
    return path


def classifier_of(model: ClassifierModel) -> Classifier:
    """The model, ready to run. Raises InputError if this machine lacks what it takes."""
    path = local_copy(model)
    return load_classifier(path, path.suffix, model.architecture)
