"""The ways in which a dump comes: a folder of Parquet files, JSON, and zips of either."""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotation.exporting.packages import MANIFEST, README, seal, sha256
from annotation.exporting.tables import TABLES, VERSION, tables_of
from annotation.importing.dump_json import JSON_FILE, unfold
from taxonomy.errors import InputError

OLDEST = 2
SEALED = 4  # the version since which manifests are
KEYS = {"version": int, "taxonomy": str, "datasets": list, "sha256": dict, "rows": dict}
FORMATS = ("tusker-parquet", "tusker-json")
BATCH = 50_000
PLAIN_NAME = re.compile(r"[\w-]+\.(parquet|json|md)", re.ASCII)
# What a zip may unpack to: so many times its size, or so many bytes. Dumps as JSON shrink to a tenth.
MOST_TIMES, MOST_BYTES = 100, 256 << 20


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

    def count(self, table: str) -> int:
        """How many rows a table has. Raises InputError."""
        path = self.folder / f"{table}.parquet"
        try:
            return pq.read_metadata(path).num_rows
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"can't be read: {error}", file=path) from error

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
        if not path.exists():
            raise InputError("there is no such file or folder", file=path)
        if path.is_file() and _is_json(path):
            yield _from_json(path, scratch)
            return
        folder = _unzipped(path, scratch / "zip") if path.is_file() else path
        manifest = read_manifest(folder)
        if manifest["format"] == "tusker-json":
            dump = _from_json(folder / JSON_FILE, scratch)
        else:
            dump = _opened(folder, manifest, tables_of(manifest["version"]))
        _check_rows(dump, manifest["rows"], folder / MANIFEST)
        yield dump


def _is_json(path: Path) -> bool:
    """By its name or its first byte: no zip begins so."""
    try:
        with path.open("rb") as file:
            return path.suffix == ".json" or file.read(1) == b"{"
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error


def _check_rows(dump: Dump, expected: Mapping[str, Any], manifest: Path) -> None:
    for table in dump.tables:
        rows = dump.count(table)
        if rows != expected.get(table, 0):
            raise InputError(f"says {expected.get(table)} {table}; there are {rows}", file=manifest)


def _opened(folder: Path, head: Mapping[str, Any], tables: tuple[str, ...]) -> Dump:
    return Dump(folder, tables, head["taxonomy"], head["datasets"], head.get("snapshot"))


def _from_json(path: Path, scratch: Path) -> Dump:
    folder = scratch / "tables"
    folder.mkdir()
    return _opened(folder, unfold(path, folder), tuple(TABLES))


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
    if (version >= SEALED or "seal" in manifest) and manifest.get("seal") != seal(manifest):
        raise InputError("is not as it was written: it differs from its seal", file=path)
    for name in _files(manifest, path):
        _check(folder / name, manifest["sha256"].get(name))
    return manifest


def _files(manifest: Mapping[str, Any], path: Path) -> list[str]:
    """Those that must be there: of its format and version, and whatever else is listed. Raises
    InputError for a file that its format and version don't have."""
    if manifest["format"] == "tusker-json":
        wanted = {JSON_FILE}
    else:
        wanted = {f"{table}.parquet" for table in tables_of(manifest["version"])}
    listed = set(manifest["sha256"])
    if odd := sorted(listed - wanted - {README}):
        raise InputError(
            f"lists {odd[0]}, which version {manifest['version']} does not have", file=path
        )
    return sorted(wanted | listed)


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
            plain = [one for one in package.infolist() if PLAIN_NAME.fullmatch(one.filename)]
            size = sum(one.file_size for one in plain)
            if size > max(MOST_BYTES, MOST_TIMES * path.stat().st_size):
                raise InputError(f"unpacks to {size >> 20:,} MiB, as no dump does", file=path)
            for one in plain:
                package.extract(one, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"is no whole zip: {error}", file=path) from error
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error
    return folder
