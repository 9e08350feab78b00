"""A dump as a folder of Parquet files, with a manifest. docs/admins.md describes it for readers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotation.exporting.folders import folder_size, new_folder
from annotation.exporting.records import Frozen, ImageRecord, class_names, image_records
from annotation.exporting.surroundings import surroundings
from annotation.models import Dataset, DatasetImage
from taxonomy.progress import Progress, quiet

PARQUET = "parquet"
VERSION = 2
ROWS = 50_000  # of a table that are held at a time
TEXT = pa.dictionary(pa.int32(), pa.string())
TABLES = {
    "images": [
        ("image_id", pa.string()), ("datasets", pa.list_(pa.string())), ("target", TEXT),
        ("problematic", pa.bool_()), ("problem_reason", TEXT),
    ],
    "candidates": [
        ("image_id", pa.string()), ("class", TEXT), ("class_index", pa.int32()),
        ("class_name", TEXT), ("is_target", pa.bool_()), ("verdict", TEXT),
    ],
    "judgments": [
        ("judgment_id", pa.string()), ("image_id", pa.string()), ("class", TEXT),
        ("verdict", TEXT), ("reviewer", TEXT), ("round", TEXT), ("judged_at", pa.string()),
        ("milliseconds", pa.int32()),
    ],
    "adjudications": [
        ("image_id", pa.string()), ("class", TEXT), ("verdict", TEXT), ("reviewer", TEXT),
        ("reason", pa.string()), ("decided_at", pa.string()),
    ],
    "synsets": [
        ("key", pa.string()), ("class_index", pa.int32()), ("lemmas", pa.list_(pa.string())),
        ("definition", pa.string()), ("parents", pa.list_(pa.string())),
    ],
    "groups": [
        ("name", pa.string()), ("kind", TEXT), ("description", pa.string()),
        ("classes", pa.list_(pa.int32())),
    ],
    "members": [("dataset", TEXT), ("position", pa.int32()), ("image_id", pa.string())],
    "predictions": [
        ("participant", pa.string()), ("kind", TEXT), ("dataset", TEXT), ("k", pa.int32()),
        ("top_k", pa.list_(pa.int32())), ("seconds", pa.list_(pa.float32())),
        ("sha256", pa.string()),
    ],
}  # fmt: skip
# Of which a row is large.
FEW_ROWS = {"predictions": 4}
README = """# Annotations

Written by Tusker. `manifest.json` has the hash of the snapshot (null: as it was when this was written), the datasets,
the number of rows and the SHA-256 of every file.

| file | a row for each |
| --- | --- |
| `images.parquet` | image: the datasets it is in, the class it came with, whether it is unfit and why |
| `candidates.parquet` | (image, class) pair, and what is held of it: correct, incorrect, unclear or unjudged |
| `judgments.parquet` | judgment; the last of a reviewer on a pair in a round holds, `unjudged` takes the former back |
| `adjudications.parquet` | final verdict, with its reason |
| `synsets.parquet` | node of the hierarchy; those with a `class_index` are classes |
| `groups.parquet` | group or family of classes, with their indices |
| `members.parquet` | image of a dataset, with its place |
| `predictions.parquet` | participant and dataset: k class indices for each place, −1 for none; perhaps the seconds |

`manage.py import_dump FOLDER` brings all of it into an empty Tusker.

Reviewers are pseudonyms. Times are ISO 8601 in UTC.
"""


class Table:
    """A Parquet file that grows by rows."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.parquet"
        self.schema = pa.schema(TABLES[name])
        self.writer = pq.ParquetWriter(self.path, self.schema, compression="zstd")
        self.limit = FEW_ROWS.get(name, ROWS)
        self.waiting: list[tuple[Any, ...]] = []
        self.rows = 0

    def add(self, row: tuple[Any, ...]) -> None:
        self.waiting.append(row)
        if len(self.waiting) >= self.limit:
            self._write()

    def _write(self) -> None:
        columns = list(zip(*self.waiting, strict=True)) or [()] * len(self.schema)
        arrays = [
            pa.array(column, field.type) for column, field in zip(columns, self.schema, strict=True)
        ]
        self.writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
        self.rows += len(self.waiting)
        self.waiting = []

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        self._write()
        self.writer.close()


def write_parquet(
    out: Path,
    datasets: Sequence[Dataset],
    progress: Progress = quiet,
    frozen: Frozen | None = None,
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Write the folder beside `out` and move it there when it is complete.

    Returns {"file", "bytes", "images"}. Raises InputError if it is there already, or can't be
    written.
    """
    with new_folder(out) as draft:
        counts = _write_tables(draft, datasets, progress, frozen)
        _write_manifest(draft, datasets, counts, snapshot)
    return {"file": str(out), "bytes": folder_size(out), "images": counts["images"]}


def _write_tables(
    folder: Path, datasets: Sequence[Dataset], progress: Progress, frozen: Frozen | None
) -> dict[str, int]:
    names = class_names(datasets[0].taxonomy)
    classes = {key: (index, name) for index, (key, name) in names.items()}
    total = DatasetImage.objects.filter(dataset__in=datasets).values("image").distinct().count()
    with ExitStack() as stack:
        tables = {name: stack.enter_context(Table(folder, name)) for name in TABLES}
        for number, record in enumerate(image_records(datasets, frozen)):
            _add(tables, record, classes)
            if number % 500 == 0:
                progress("exporting", number, total)
        for name, rows in surroundings(datasets):
            tables[name].add(rows)
    progress("exporting", total, total)
    return {name: table.rows for name, table in tables.items()}


def _add(
    tables: dict[str, Table], record: ImageRecord, classes: dict[str, tuple[int, str]]
) -> None:
    image, target = record.image_id, record.target
    tables["images"].add(
        (image, record.datasets, target, record.problematic, record.problem_reason)
    )
    for verdict, keys in record.classes.items():
        for key in keys:
            tables["candidates"].add((image, key, *classes[key], key == target, verdict))
    for word in record.judgments:
        tables["judgments"].add(
            (word.id, image, word.key, word.verdict, word.reviewer, word.round, word.judged_at,
             word.milliseconds)
        )  # fmt: skip
    for final in record.adjudications:
        tables["adjudications"].add(
            (image, final.key, final.verdict, final.reviewer, final.reason, final.decided_at)
        )


def _write_manifest(
    folder: Path, datasets: Sequence[Dataset], counts: dict[str, int], snapshot: str | None
) -> None:
    (folder / "README.md").write_text(README, encoding="utf-8")
    files = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
    manifest = {
        "format": "tusker-parquet",
        "version": VERSION,
        "snapshot": snapshot,
        "taxonomy": datasets[0].taxonomy.name,
        "datasets": [dataset.name for dataset in datasets],
        "rows": counts,
        "sha256": files,
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
