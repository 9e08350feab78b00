"""Predictions in NumPy's files. Nothing is ever unpickled."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from annotation.importing.top_k import from_indices, from_scores
from taxonomy.errors import InputError

# The header of format 3 differs from that of 2 only in names of fields, which are refused.
HEADERS = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
    (3, 0): npy.read_array_header_2_0,
}
PICKLE = b"\x80"


def read_npy(path: Path, images: int, classes: int) -> np.ndarray:
    """top-k int32 [images, k] from an array file; see `_top_k` for what it may hold."""
    with path.open("rb") as file:
        shape, dtype = read_header(file, path)[:2]
        size = file.tell() + math.prod(shape) * dtype.itemsize
    _check(shape, dtype, images, classes, path)
    if (there := path.stat().st_size) < size:
        raise InputError(f"is cut short: {there:,} of {size:,} bytes", file=path)
    return _top_k(np.load(path, mmap_mode="r", allow_pickle=False), classes)


def read_npz(path: Path, images: int, classes: int) -> np.ndarray:
    """The same from an archive that holds one array."""
    with path.open("rb") as packed:
        try:
            array = _only_array(packed, images, classes, path)
        except InputError:
            raise
        except Exception as error:  # zipfile, zlib and numpy raise anything on damaged data
            raise InputError(f"is damaged or cut short: {error}", file=path) from error
    return _top_k(array, classes)


def _only_array(packed: IO[bytes], images: int, classes: int, path: Path) -> np.ndarray:
    with zipfile.ZipFile(packed) as archive:
        names = archive.namelist()
        if len(names) != 1:
            found = ", ".join(names[:5]) or "none"
            raise InputError(f"must hold one array (found: {found})", file=path)
        with archive.open(names[0]) as file:
            shape, dtype = read_header(file, path)[:2]
        _check(shape, dtype, images, classes, path)
        with archive.open(names[0]) as file:
            return npy.read_array(file, allow_pickle=False)


def read_header(file: IO[bytes], path: Path) -> tuple[tuple[int, ...], np.dtype, bool]:
    """(shape, dtype, whether columns come first) of an array; leaves the file at its first value.

    Raises InputError if it is none.
    """
    start = file.read(len(npy.MAGIC_PREFIX) + 2)
    if start.startswith(PICKLE):
        raise InputError(
            "is a pickle, which could run programs; save it with numpy.save", file=path
        )
    if not start.startswith(npy.MAGIC_PREFIX):
        raise InputError("is not a NumPy array file", file=path)
    try:
        shape, columns_first, dtype = HEADERS[tuple(start[-2:])](file)  # type: ignore[index]
    except Exception as error:  # numpy's reader raises anything on damaged headers
        raise InputError("is damaged or cut short: its header can't be read", file=path) from error
    return shape, dtype, columns_first


def _check(shape: tuple[int, ...], dtype: np.dtype, images: int, classes: int, path: Path) -> None:
    """Raise InputError if it can't be predictions, before any of them is read."""
    if dtype.hasobject:
        reason = "holds pickled Python objects, which could run programs; save it as integers"
    elif dtype.kind not in "iuf":
        reason = f"holds values of the type {dtype}, not integers or floats"
    elif len(shape) not in (1, 2) or (len(shape) == 1 and dtype.kind == "f"):
        reason = f"has the shape {list(shape)}; wanted is [images, k], or scores [images, classes]"
    elif shape[0] != images:
        reason = f"has {shape[0]:,} rows, the dataset has {images:,} images"
    elif dtype.kind == "f" and shape[1] != classes:
        reason = (
            f"has scores (floats) for {shape[1]:,} classes, the taxonomy has {classes:,} classes;"
            " class indices must be integers"
        )
    elif shape[-1] == 0 or (len(shape) == 2 and shape[1] > classes):
        reason = f"has {shape[1]:,} columns, the taxonomy has {classes:,} classes"
    else:
        return
    raise InputError(reason, file=path)


def _top_k(array: np.ndarray, classes: int) -> np.ndarray:
    """Class indices [n] or [n, k], best first, -1 = none; or scores [n, classes] if floating."""
    if array.dtype.kind == "f":
        return from_scores(array)
    return from_indices(array.reshape(len(array), -1), classes)
