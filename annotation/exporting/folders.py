"""Dumps that are a folder: there whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taxonomy.errors import InputError


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder beside `out` to write in, which is moved there in the end.

    Raises InputError if `out` is there already, or can't be written.
    """
    if out.exists():
        raise InputError("is there already", file=out)
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        draft.mkdir(parents=True)
        yield draft
        draft.rename(out)
    except OSError as error:
        raise InputError(f"can't be written: {error.strerror}", file=out) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def folder_size(folder: Path) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
