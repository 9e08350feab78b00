"""The ways in which a dump comes: a folder of Parquet files, JSON, and zips of either."""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotation.exporting.packages import MANIFEST, sha256
from annotation.exporting.tables import TABLES, VERSION
from annotation.importing.dump_json import JSON_FILE, unfold
from taxonomy.errors import InputError

OLDEST = 2
# What was in dumps of version 2.
FIRST_TABLES = ("images", "candidates", "judgments", "adjudications", "synsets", "groups", "members",
                "predictions")  # fmt: skip
KEYS = {"version": int, "taxonomy": str, "datasets": list, "sha256": dict}
FORMATS = ("tusker-parquet", "tusker-json")
BATCH = 50_000
PLAIN_NAME = re.compile(r"[\w-]+\.(parquet|json|md)", re.ASCII)


@dataclass(frozen=True)
class Dump:
    """An opened dump: a folder with a Parquet file for each of its tables."""

    folder: Path
    tables: tuple[str, ...]
    taxonomy: str
    datasets: list[str]
    snapshot: str | None

    def rows(self, table: str, batch: int = BATCH) -> Iterator[dict[str, Any]]:
        """The rows of a table, none if a dump of its age has no such table. Raises InputError."""
        for part in self.parts(table, None, batch):
            yield from part.to_pylist()

    def distinct(self, table: str, column: str) -> list[Any]:
        """The values of a column, in the order in which they come first. Raises InputError."""
        found: dict[Any, None] = {}
        for part in self.parts(table, [column]):
            found.update(dict.fromkeys(part.column(0).unique().to_pylist()))
        return list(found)

    def parts(
        self, table: str, columns: Sequence[str] | None = None, batch: int = BATCH
    ) -> Iterator[pa.RecordBatch]:
        """So many rows of a table at a time, with these columns in this order. Raises InputError."""
        if table not in self.tables:
            return
        path = self.folder / f"{table}.parquet"
        try:
            with pq.ParquetFile(path) as file:
                for part in file.iter_batches(batch, columns=columns):
                    yield part.select(columns) if columns else part
        except pa.ArrowException as error:
            raise InputError(f"can't be read: {error}", file=path) from error


@contextmanager
def opened(path: Path) -> Iterator[Dump]:
    """Open a folder, a zip or a JSON file once everything in it is as it says itself.

    Raises InputError for what is no dump or no whole one, and for one of a newer Tusker.
    """
    with tempfile.TemporaryDirectory(prefix="tusker-dump-") as name:
        scratch = Path(name)
        if path.is_file() and path.suffix == ".json":
            yield _from_json(path, scratch)
            return
        folder = _unzipped(path, scratch / "zip") if path.is_file() else path
        manifest = read_manifest(folder)
        if manifest["format"] == "tusker-json":
            yield _from_json(folder / JSON_FILE, scratch)
        else:
            yield _opened(folder, manifest, _tables(manifest))


def _opened(folder: Path, head: Mapping[str, Any], tables: tuple[str, ...]) -> Dump:
    return Dump(folder, tables, head["taxonomy"], head["datasets"], head.get("snapshot"))


def _from_json(path: Path, scratch: Path) -> Dump:
    folder = scratch / "tables"
    folder.mkdir()
    return _opened(folder, unfold(path, folder), tuple(TABLES))


def _tables(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    return FIRST_TABLES if manifest["version"] == OLDEST else tuple(TABLES)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest, once every file is as it says. Raises InputError if not."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not JSON: {error}", file=path) from error
    if not isinstance(manifest, dict) or not str(manifest.get("format")).startswith("tusker-"):
        raise InputError("is not the manifest of a dump", file=path)
    if manifest["format"] not in FORMATS:
        raise InputError(
            f"is that of a dump as {manifest['format'].removeprefix('tusker-')}, which holds too "
            "little to be imported; it takes parquet or json", file=path,
        )  # fmt: skip
    if not all(isinstance(manifest.get(key), kind) for key, kind in KEYS.items()):
        raise InputError("is not the manifest of a dump", file=path)
    version = manifest["version"]
    if version > VERSION:
        raise InputError(f"is of version {version}; this Tusker reads up to {VERSION}", file=path)
    if version < OLDEST:
        raise InputError(
            f"is of version {version}, which holds too little to be imported", file=path
        )
    for name in _files(manifest):
        _check(folder / name, manifest["sha256"].get(name))
    return manifest


def _files(manifest: Mapping[str, Any]) -> list[str]:
    if manifest["format"] == "tusker-json":
        return [JSON_FILE]
    return [f"{table}.parquet" for table in _tables(manifest)]


def _check(path: Path, expected: str | None) -> None:
    try:
        digest = sha256(path)
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error
    if digest != expected:
        raise InputError("is not the file that the manifest names: its content differs", file=path)


def _unzipped(path: Path, folder: Path) -> Path:
    """The files of a zip in a new folder; those with a path are left out, as no dump has any."""
    try:
        with zipfile.ZipFile(path) as package:
            for name in package.namelist():
                if PLAIN_NAME.fullmatch(name):
                    package.extract(name, folder)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"is no whole zip: {error}", file=path) from error
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error
    return folder
