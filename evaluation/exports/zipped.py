"""A dump of any format as one zip file."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from annotation.exporting.records import Frozen
from annotation.exporting.writing import FOLDERS, write_dump
from annotation.models import Dataset
from taxonomy.progress import Progress


def write_zip(
    out: Path,
    format: str,
    datasets: Sequence[Dataset],
    progress: Progress,
    frozen: Frozen | None,
    snapshot: str | None,
) -> None:
    """Write the zip `out`, beside which there is room. Raises InputError as `write_dump` does."""
    dump = out.with_suffix("" if format in FOLDERS else f".{format}")
    write_dump(dump, format, datasets, progress, frozen, snapshot)
    paths = sorted(path for path in [dump, *dump.rglob("*")] if path.is_file())
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for done, path in enumerate(paths):
            progress("packing", done, len(paths))
            archive.write(path, path.relative_to(out.parent))
