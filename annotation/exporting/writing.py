"""Dumps as files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from annotation.exporting.formats import FORMATS
from annotation.models import Dataset, DatasetImage
from taxonomy.errors import InputError
from taxonomy.progress import Progress, quiet


def write_dump(
    out: Path, suffix: str, datasets: Sequence[Dataset], progress: Progress = quiet
) -> dict[str, Any]:
    """Write a dump beside `out` and move it there when it is complete.

    Returns {"file", "bytes", "images"}. Raises InputError if the file can't be written.
    """
    images = DatasetImage.objects.filter(dataset__in=datasets).values("image").distinct().count()
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            for number, piece in enumerate(FORMATS[suffix](datasets)):
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
