"""The votes of ReaL's raters (Beyer et al. 2020, google-research/reassessed-imagenet)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from annotation.importing.arrays import read_header
from annotation.importing.judgment_files import NO_TIME, NOT_KNOWN, JudgmentFile, Known
from annotation.models import Verdict
from taxonomy.errors import InputError, InputErrors
from taxonomy.progress import Progress

VERDICTS = np.array([Verdict.INCORRECT, Verdict.UNCLEAR, Verdict.CORRECT])  # no, maybe, yes


def read_real_raters(path: Path, known: Known, progress: Progress) -> JudgmentFile:
    """An archive of `tensor` [raters, pairs, 3], `info` [pairs, 2] and `ids` [raters].

    tensor is 1 where a rater answers no, maybe, yes about a pair, of any numeric type; three zeros
    are no answer. info holds file name and class index as text. Rater 183 becomes the reviewer
    `real-rater-183`. No means incorrect, yes correct, maybe unclear.

    The tensor is read rater by rater: it takes 15 times as much memory as its judgments.

    Raises InputError for another or a damaged file, InputErrors with every unknown image or class;
    rows are pairs, from 1 on.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, path, known, progress)
    except InputError:
        raise
    except Exception as error:  # zipfile, zlib and numpy raise anything on damaged data
        raise InputError(f"is damaged or cut short: {error}", file=path) from error


def _read(archive: zipfile.ZipFile, path: Path, known: Known, progress: Progress) -> JudgmentFile:
    info, ids = _array(archive, "info", "U", path), _array(archive, "ids", "iu", path)
    if info.ndim != 2 or info.shape[1] != 2 or ids.ndim != 1:
        raise InputError("needs the arrays info [pairs, 2] and ids [raters]", file=path)
    if len(np.unique(ids)) < len(ids):
        raise InputError("has two raters of one id", file=path)
    images, classes = _pairs(info, path, known)
    pairs, raters, verdicts = _votes(archive, path, (len(ids), len(info)), progress)
    numbers = pairs * len(ids) + raters
    kept = images[pairs] >= 0
    # The judgments of a candidate side by side, as they will be asked for.
    order = np.flatnonzero(kept)[np.argsort(pairs[kept], kind="stable")]
    pairs, raters = pairs[order], raters[order]
    return JudgmentFile(
        numbers=numbers[order], rows=pairs + 1, images=images[pairs], classes=classes[pairs],
        reviewers=raters, verdicts=verdicts[order],
        milliseconds=np.full(len(order), NOT_KNOWN), times=np.full(len(order), NO_TIME),
        names=[f"real-rater-{rater}" for rater in ids.tolist()], comments={},
        skipped=len(kept) - len(order),
    )  # fmt: skip


def _array(archive: zipfile.ZipFile, name: str, kinds: str, path: Path) -> NDArray[Any]:
    with _opened(archive, name, path) as file:
        _, dtype, _ = read_header(file, path)
    if dtype.kind not in kinds:
        raise InputError(f"'{name}' holds values of the type {dtype}", file=path)
    with _opened(archive, name, path) as file:
        return npy.read_array(file, allow_pickle=False)


def _opened(archive: zipfile.ZipFile, name: str, path: Path) -> IO[bytes]:
    if f"{name}.npy" not in archive.namelist():
        found = ", ".join(archive.namelist()[:5]) or "none"
        raise InputError(f"has no array '{name}' (found: {found})", file=path)
    return archive.open(f"{name}.npy")


def _pairs(
    info: NDArray[Any], path: Path, known: Known
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(position of the image, -1 if it is left out; class index) of each pair, int64 [pairs]."""
    images = np.full(len(info), -1, np.int64)
    classes = np.zeros(len(info), np.int64)
    problems = []
    for number, (image_id, index) in enumerate(info.tolist()):
        try:
            position = known.position(image_id)
            classes[number] = known.readers["class_index"](index)
        except ValueError as error:
            problems.append((number + 1, str(error)))
        else:
            images[number] = -1 if position is None else position
    if problems:
        raise InputErrors(path, problems)
    return images, classes


def _votes(
    archive: zipfile.ZipFile, path: Path, size: tuple[int, int], progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(pair, rater, verdict) of every answer, rater by rater."""
    found = []
    with _opened(archive, "tensor", path) as file:
        shape, dtype, columns_first = read_header(file, path)
        if shape != (*size, 3) or dtype.kind not in "biuf":
            wanted = f"{[*size, 3]} numbers, as info and ids tell"
            reason = f"'tensor' holds {list(shape)} values of the type {dtype}; wanted are {wanted}"
            raise InputError(reason, file=path)
        for rater, answers in enumerate(_per_rater(file, shape, dtype, columns_first)):
            progress("reading judgments", rater, size[0])
            found.append(_answers(answers, rater, path))
    pairs, raters, verdicts = np.concatenate([np.zeros((3, 0), np.int64), *found], axis=1)
    return pairs, raters, verdicts


def _answers(answers: NDArray[Any], rater: int, path: Path) -> NDArray[np.int64]:
    """(pair, rater, verdict), int64 [3, answers], of one rater's [pairs, 3]."""
    pairs, kinds = np.nonzero(answers)
    if (answers[pairs, kinds] != 1).any() or (pairs[1:] == pairs[:-1]).any():
        reason = f"rater {rater + 1} of 'tensor' has values that are no answer (one 1 per pair)"
        raise InputError(reason, file=path)
    return np.stack([pairs, np.full(len(pairs), rater), VERDICTS[kinds]])


def _per_rater(
    file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype, columns_first: bool
) -> Iterator[NDArray[Any]]:
    """The array's parts along its first axis; raises ValueError if the file ends before."""
    size = dtype.itemsize * shape[1] * shape[2]
    if columns_first:  # then no part lies in one piece
        whole = np.frombuffer(file.read(), dtype)
        yield from whole.reshape(shape[::-1]).T
        return
    for _ in range(shape[0]):
        yield np.frombuffer(file.read(size), dtype).reshape(shape[1:])
    if file.read(1):  # only at the end are checksums compared
        raise ValueError("'tensor' is longer than it tells")
