"""Dumps as files, folders and zips: there whole, or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from accounts.models import User
from annotation.exporting.formats import FILES, FOLDERS, MORE
from annotation.exporting.packages import finish, zip_folder
from annotation.exporting.records import Frozen, Selection
from annotation.models import Dataset
from taxonomy.bulk import one_moment
from taxonomy.errors import InputError
from taxonomy.progress import Progress, quiet

ZIP = ".zip"


def write_dump(
    out: Path,
    format: str,
    datasets: Sequence[Dataset],
    progress: Progress = quiet,
    frozen: Frozen | None = None,
    snapshot: str | None = None,
    *,
    with_names: bool = False,
    readers: Collection[User] = (),
) -> dict[str, Any]:
    """Write a dump beside `out` and move it there when it is complete.

    out: a zip with everything if it is called so, else a new folder for the formats of FOLDERS and a file
    for those of FILES. Folders and zips have a manifest and a README.
    format: of FILES or FOLDERS. frozen, with the hash of its snapshot: instead of what is held
    now. with_names, readers: see `Selection`.

    Returns {"file", "bytes", "images", "rows": {table: number}}. Raises InputError for a folder that is
    there already, what can't be written, and what the format has no place for.
    """
    selection = Selection(datasets, frozen, snapshot, with_names, readers)
    is_folder = format in FOLDERS and out.suffix != ZIP
    if is_folder and out.exists():
        raise InputError("is there already", file=out)
    with _draft(out, is_folder) as draft:
        content = draft / "content"
        content.mkdir()
        with one_moment():
            rows = (FILES | FOLDERS)[format](content, selection, progress)
            if format in MORE and out.suffix == ZIP:
                rows.update(MORE[format](content, selection, progress))
        if is_folder or out.suffix == ZIP:
            finish(content, format, selection, rows)
        if out.suffix == ZIP:
            progress("packing", 0, 0)
            zip_folder(content, draft / out.name)
            (draft / out.name).replace(out)
        elif is_folder:
            content.rename(out)
        else:
            next(content.glob("annotations.*")).replace(out)
    return {"file": str(out), "bytes": _size(out), "images": rows["images"], "rows": dict(rows)}


@contextmanager
def _draft(out: Path, with_parents: bool) -> Iterator[Path]:
    """A folder beside `out` to write in, which is gone in the end."""
    try:
        if with_parents:
            out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as draft:
            yield Path(draft)
    except OSError as error:
        raise InputError(f"can't be written: {error.strerror}", file=out) from error


def _size(out: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    files = [out] if out.is_file() else [path for path in out.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files)
