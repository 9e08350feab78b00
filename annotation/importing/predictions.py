"""Importing predictions: files of top-k classes or scores, one per model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models.functions import Now

from annotation.candidates import add_candidates
from annotation.importing.alone import one_at_a_time
from annotation.importing.arrays import read_npy, read_npz
from annotation.importing.parquet_tables import read_parquet
from annotation.importing.picking import Members, members, pick_dataset
from annotation.importing.tables import read_answers
from annotation.importing.text_tables import read_csv, read_json, read_jsonl
from annotation.importing.top_k import MISSING, BadRows
from annotation.models import Candidate, Dataset, Participant, PredictionSet
from annotation.review.rounds import extend_rounds
from taxonomy.errors import InputError, InputErrors, writable
from taxonomy.lookup import ClassLookup, class_lookup
from taxonomy.progress import Progress, quiet

NAME_LENGTH = 150
STORED_AT_ONCE = 20

Array = Callable[[Path, int, int], np.ndarray]
ARRAYS: dict[str, Array] = {".npy": read_npy, ".npz": read_npz}
TABLES = {
    ".csv": partial(read_answers, read_csv),
    ".json": partial(read_answers, read_json),
    ".jsonl": partial(read_answers, read_jsonl),
    ".parquet": partial(read_answers, read_parquet),
}
SUFFIXES = (*ARRAYS, *TABLES)


@dataclass(frozen=True)
class ModelFile:
    """What one file says: top-k int32 [images, k], and the SHA-256 of it in little-endian bytes; of
    people perhaps how many seconds they worked at each image, float32 [images]."""

    path: Path
    top_k: np.ndarray
    sha256: str
    seconds: np.ndarray | None = None


def model_file(path: Path, top_k: np.ndarray, seconds: np.ndarray | None = None) -> ModelFile:
    return ModelFile(path, top_k, hashlib.sha256(_bytes(top_k)).hexdigest(), seconds)


def import_predictions(
    dataset: str,
    paths: Sequence[Path],
    model: str | None = None,
    replace: bool = False,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Import one prediction file per model; of a folder every file that is one. Beside files of other
    kinds `.json` files are taken for notes on these, such as a model's configuration, and passed over.

    A model is called after its file's stem, or `model` if there is but one file. Importing the
    same predictions again changes nothing. Every distinct top-1 class of an image becomes a
    candidate; candidates stay when predictions are replaced.

    Returns {"dataset", "models": files read, "models_new", "models_replaced", "predictions":
    images that the files have a top-1 class for, "candidates_new", "candidates_total": of all
    images that share the taxonomy}, and if files were passed over, "files_skipped": their names.

    Raises InputError, with nothing changed, if there is no such dataset or file, two files are
    for one model, a file is no predictions for the dataset (see `arrays`, `text_tables` and
    `parquet_tables`), or a model has other predictions already and `replace` is not set.
    """
    with one_at_a_time():
        found = pick_dataset(dataset)
        files, skipped = find_files(paths, model)
        images = members(found)
        lookup = class_lookup(found.taxonomy)
        read: dict[str, ModelFile] = {}
        for number, (name, path) in enumerate(files.items()):
            progress("reading predictions", number, len(files))
            read[name] = read_file(path, images, lookup)
        progress("reading predictions", len(files), len(files))
        result = store_predictions(found, images, read, replace, progress)
        return result | ({"files_skipped": skipped} if skipped else {})


def find_files(
    paths: Iterable[Path], model: str | None = None
) -> tuple[dict[str, Path], list[str]]:
    """{model: file}, and names of files that were passed over. Raises InputError if there is none, or
    two for one model."""
    expanded = [_expand(Path(path)) for path in paths]
    files = [file for taken, _ in expanded for file in taken]
    skipped = [writable(file.name) for _, notes in expanded for file in notes]
    if model is not None:
        if len(files) != 1:
            raise InputError(f"one model name goes with one file, not with {len(files)}")
        return {_checked_name(model, files[0]): files[0]}, skipped
    found: dict[str, Path] = {}
    for file in files:
        name = _checked_name(file.stem, file)
        if name in found:
            raise InputError(f"there is {found[name].name} too, for the same model", file=file)
        found[name] = file
    return found, skipped


def _checked_name(name: str, file: Path) -> str:
    if not 0 < len(name.strip()) <= NAME_LENGTH:
        raise InputError(f"a model's name has 1 to {NAME_LENGTH} characters", file=file)
    if not name.isprintable():
        raise InputError("a model's name is text that can be shown", file=file)
    return name


def _expand(path: Path) -> tuple[list[Path], list[Path]]:
    """The file itself, or the prediction files in the folder by name; and notes on these."""
    if not path.is_dir():
        if not path.exists():
            raise InputError("no such file or folder", file=path)
        if path.suffix.lower() not in SUFFIXES:
            raise InputError(f"is none of {', '.join(SUFFIXES)}", file=path)
        return [path], []
    files = sorted(
        file for file in path.iterdir()
        if file.suffix.lower() in SUFFIXES and file.is_file() and not file.name.startswith(".")
    )  # fmt: skip
    if not files:
        raise InputError(f"holds no file that is one of {', '.join(SUFFIXES)}", file=path)
    notes = [file for file in files if file.suffix.lower() == ".json"]
    others = [file for file in files if file not in notes]
    return (others, notes) if others else (files, [])


def read_file(path: Path, images: Members, lookup: ClassLookup) -> ModelFile:
    """Read a file of any format. Raises InputError."""
    suffix = path.suffix.lower()
    try:
        if suffix in ARRAYS:
            top_k = ARRAYS[suffix](path, len(images), len(lookup.keys))
        else:
            top_k = TABLES[suffix](path, images, lookup)
    except BadRows as error:
        raise InputErrors(path, _with_images(error, images)) from error
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error
    if (top_k[:, 0] == MISSING).all():
        raise InputError("predicts nothing: no image has a class, all are -1 or empty", file=path)
    return model_file(path, top_k)


def _with_images(error: BadRows, images: Members) -> list[tuple[int, str]]:
    """Rows of an array counted from 1, and which image each is."""
    return [(row + 1, f"{text} (image {images.keys[row]})") for row, text in error.problems]


def _bytes(top_k: np.ndarray) -> bytes:
    return top_k.astype("<i4").tobytes()


@transaction.atomic
def store_predictions(
    dataset: Dataset,
    images: Members,
    files: Mapping[str, ModelFile],
    replace: bool,
    progress: Progress,
    kind: str = Participant.Kind.MODEL,
) -> dict[str, Any]:
    """See `import_predictions`; of participants of the kind, while no other import runs."""
    sets = PredictionSet.objects.current().filter(dataset=dataset, participant__name__in=files)
    there = dict(sets.values_list("participant__name", "sha256"))
    changed = {name: file for name, file in files.items() if there.get(name) != file.sha256}
    replaced = [name for name in changed if name in there]
    if replaced and not replace:
        raise InputError(
            f"'{replaced[0]}' has other predictions for '{dataset}' already; --replace puts these"
            " in their place",
            file=files[replaced[0]].path,
        )
    sets.filter(participant__name__in=replaced).update(replaced=Now())
    _store_sets(dataset, changed, progress, kind)
    new = _add_candidates(images, [file.top_k for file in changed.values()])
    extend_rounds()
    progress("storing", len(changed), len(changed))
    return {
        "dataset": dataset.name,
        "models": len(files),
        "models_new": len(changed) - len(replaced),
        "models_replaced": len(replaced),
        "predictions": sum(int((file.top_k[:, 0] != MISSING).sum()) for file in files.values()),
        "candidates_new": new,
        "candidates_total": Candidate.objects.active()
        .filter(image__taxonomy=dataset.taxonomy_id)
        .count(),
    }


def _store_sets(
    dataset: Dataset, files: Mapping[str, ModelFile], progress: Progress, kind: str
) -> None:
    participants = _participants(files, kind)
    names = list(files)
    for start in range(0, len(names), STORED_AT_ONCE):
        progress("storing", start, len(names))
        PredictionSet.objects.bulk_create(
            [
                PredictionSet(
                    participant=participants[name], dataset=dataset, k=files[name].top_k.shape[1],
                    size=len(files[name].top_k), top_k=_bytes(files[name].top_k),
                    sha256=files[name].sha256, seconds=_seconds(files[name]),
                )
                for name in names[start : start + STORED_AT_ONCE]
            ]
        )  # fmt: skip


def _seconds(file: ModelFile) -> bytes | None:
    return None if file.seconds is None else file.seconds.astype("<f4").tobytes()


def _participants(files: Mapping[str, ModelFile], kind: str) -> dict[str, Participant]:
    """The participants of these names, made where there are none; InputError if one is of another
    kind."""
    Participant.objects.bulk_create(
        [Participant(name=name, kind=kind) for name in files], ignore_conflicts=True
    )
    found = {one.name: one for one in Participant.objects.filter(name__in=files)}
    for name, file in files.items():
        if found[name].kind != kind:
            what = {Participant.Kind.MODEL: "model", Participant.Kind.HUMAN: "person"}
            there, wanted = what[Participant.Kind(found[name].kind)], what[Participant.Kind(kind)]
            raise InputError(
                f"'{name}' is a {there}; give the {wanted} another name", file=file.path
            )
    return found


def _add_candidates(images: Members, answers: Sequence[np.ndarray]) -> int:
    """Make candidates of the distinct top-1 classes of each image; how many were new."""
    if not answers:
        return 0
    top1 = np.stack([top_k[:, 0] for top_k in answers], axis=1).astype(np.int64)
    classes = int(top1.max()) + 2
    codes = np.unique(top1 + 1 + classes * np.arange(len(top1))[:, None])
    positions, indices = np.divmod(codes, classes)
    given = indices > 0
    return add_candidates(images.ids[positions[given]], (indices[given] - 1).astype(np.int32))
