"""A dump as CSV: one flat file, and a file for each table that is not in it."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from annotation.exporting.counting import Counting
from annotation.exporting.records import Selection
from annotation.exporting.scope import Scope, prepared
from annotation.exporting.tables import TABLES, table_rows
from taxonomy.progress import Progress

COLUMNS = [
    "image_id", "datasets", "class_key", "class_index", "class_name", "is_target", "verdict",
    "problematic", "problem_reason",
    "judgment_id", "judgment", "reviewer", "round", "judged_at", "milliseconds",
]  # fmt: skip
# What people write, and names.
FREE = ("reason", "task", "note", "instructions", "title", "text", "description", "condition",
        "definition", "name", "participant", "dataset", "round", "reviewer", "labeler", "author",
        "decided_by", "chosen_by")  # fmt: skip
# What spreadsheets take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Those that the flat file holds.
FLAT = ("images", "candidates", "judgments")

PLAIN = "CASE WHEN left({0}, 1) = ANY(%(formula)s) THEN '''' ELSE '' END || {0}"
ROWS = """
    SELECT image.key, image.datasets::text, class.key, class.index, {class_name},
        (class.index = image.target_index)::int, coalesce(candidate.verdict, 'withdrawn'),
        image.problematic::int,
        {reason}, said.client_id, said.verdict, {reviewer}, {round}, said.judged_at, said.milliseconds
    FROM dumped_candidate candidate FULL JOIN dumped_judgment said USING (image_id, class_index)
    JOIN dumped_image image ON image.id = image_id
    JOIN dumped_class class ON class.index = class_index
    ORDER BY image.id, said.id, class.index
""".format(  # noqa: S608
    class_name=PLAIN.format("class.name"), reason=PLAIN.format("image.problem_reason"),
    reviewer=PLAIN.format("said.reviewer"), round=PLAIN.format("said.round"),
)  # fmt: skip


def write_csv(folder: Path, selection: Selection, progress: Progress) -> Counter[str]:
    """`annotations.csv` with a row per judgment, and one for each class that nobody judged; how many
    rows and images."""
    with prepared(selection) as scope, (folder / "annotations.csv").open("wb") as file:
        counting = Counting(progress, scope.total())
        file.write((",".join(COLUMNS) + "\n").encode())

        def write(row: bytes) -> None:
            file.write(row)
            counting.add(1)

        scope.copy(ROWS, write, formula=list(FORMULA))
        images = scope.images()
    counting.finish()
    return Counter(images=images, annotations=counting.done)


def write_tables(folder: Path, selection: Selection, progress: Progress) -> Counter[str]:
    """A file for each table that the flat one does not hold; how many rows each has.

    Of predictions, a row for each image: `top1`, `top2`, … are class indices, -1 where there is none.
    """
    rows: Counter[str] = Counter()
    with prepared(selection) as scope:
        for number, name in enumerate(TABLES):
            progress("exporting tables", number, len(TABLES))
            if name not in FLAT:
                write = _write_predictions if name == "predictions" else _write_table
                rows[name] = write(folder / f"{name}.csv", scope, name)
    progress("exporting tables", len(TABLES), len(TABLES))
    return rows


def plain_text(text: str) -> str:
    """Free text that a spreadsheet won't take for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _write_table(path: Path, scope: Scope, name: str) -> int:
    """A file of rows; lists are JSON, yes and no 1 and 0. How many there are."""
    columns = [column for column, _ in TABLES[name]]
    free = [place for place, column in enumerate(columns) if column in FREE]
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in table_rows(scope, name):
            plain = [_plain(value) for value in row]
            for place in free:
                plain[place] = plain[place] and plain_text(plain[place])
            writer.writerow(plain)
            count += 1
    return count


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value


def _write_predictions(path: Path, scope: Scope, name: str) -> int:
    keys: dict[str, list[str]] = {}
    for dataset, _, key in table_rows(scope, "members"):
        keys.setdefault(dataset, []).append(key)
    ranks = max(scope.selection.predictions().values_list("k", flat=True), default=1)
    words = [(column, pa.string()) for column in ("participant", "kind", "dataset", "image_id")]
    numbers = [(f"top{rank}", pa.int32()) for rank in range(1, ranks + 1)]
    schema = pa.schema([*words, *numbers, ("seconds", pa.float32())])
    count = 0
    with pyarrow.csv.CSVWriter(path, schema) as writer:
        for participant, kind, dataset, k, top_k, seconds, _ in table_rows(scope, name):
            size = len(top_k) // k
            said = [pa.array(classes) for classes in top_k.reshape(size, k).T]
            names = (plain_text(participant), kind, plain_text(dataset))
            columns = [
                *(pa.repeat(word, size) for word in names),
                pa.array(keys.get(dataset, [])[:size]),
                *said,
                *[pa.nulls(size, pa.int32())] * (ranks - k),
                pa.nulls(size, pa.float32())
                if seconds is None
                else pa.array(seconds, from_pandas=True),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            count += size
    return count
