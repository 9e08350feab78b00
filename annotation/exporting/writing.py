"""Dumps as files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from annotation.exporting.formats import FORMATS
from annotation.exporting.huggingface import HUGGINGFACE, write_huggingface
from annotation.exporting.parquet import PARQUET, write_parquet
from annotation.exporting.records import Frozen
from annotation.models import Dataset, DatasetImage
from taxonomy.errors import InputError
from taxonomy.progress import Progress, quiet

# Formats that are a folder.
FOLDERS = {PARQUET: write_parquet, HUGGINGFACE: write_huggingface}


def write_dump(
    out: Path,
    suffix: str,
    datasets: Sequence[Dataset],
    progress: Progress = quiet,
    frozen: Frozen | None = None,
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Write a dump beside `out` and move it there when it is complete.

    suffix: a format of FORMATS or FOLDERS. With what is frozen, and the hash of
    its snapshot, instead of what is held now. Returns {"file", "bytes", "images"}. Raises
    InputError if it can't be written.
    """
    if suffix in FOLDERS:
        return FOLDERS[suffix](out, datasets, progress, frozen, snapshot)
    images = DatasetImage.objects.filter(dataset__in=datasets).values("image").distinct().count()
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            for number, piece in enumerate(FORMATS[suffix](datasets, frozen)):
                file.write(piece)
                if number % 500 == 0:
                    progress("exporting", min(number, images), images)
        draft.replace(out)
    except OSError as error:
        raise InputError(f"can't be written: {error.strerror}", file=out) from error
    finally:
        draft.unlink(missing_ok=True)
    progress("exporting", images, images)
    return {"file": str(out), "bytes": out.stat().st_size, "images": images}
