"""A dump that `datasets.load_dataset` opens: Parquet with features, and a card that names the splits
(https://huggingface.co/docs/datasets/repository_structure)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotation.exporting.counting import Counting
from annotation.exporting.images import VERDICTS, ImageRecord, image_records
from annotation.exporting.records import Selection, class_names
from taxonomy.progress import Progress

ROWS = 10_000


def write_huggingface(folder: Path, selection: Selection, progress: Progress) -> Counter[str]:
    """A split for each dataset, of `image_id`, `target`, the classes by verdict and `problematic`; classes
    are class labels. How many images there are, those of several datasets so many times."""
    (folder / "data").mkdir()
    splits = split_names([dataset.name for dataset in selection.datasets])
    counting = Counting(progress, sum(dataset.size for dataset in selection.datasets))
    for dataset in selection.datasets:
        path = folder / "data" / f"{splits[dataset.name]}.parquet"
        _write_split(path, replace(selection, datasets=[dataset]), counting)
    (folder / "README.md").write_text(_card(splits, selection.held), encoding="utf-8")
    counting.finish()
    return Counter(images=counting.done)


def split_names(names: Sequence[str]) -> dict[str, str]:
    """Datasets' names as the library takes them for splits: letters, digits and underscores."""
    found: dict[str, str] = {}
    for name in names:
        plain = split = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_") or "split"
        number = 2
        while split in found.values():
            split, number = f"{plain}_{number}", number + 1
        found[name] = split
    return found


def _write_split(path: Path, selection: Selection, counting: Counting) -> None:
    names = class_names(selection.taxonomy)
    place = {key: index for index, (key, _) in names.items()}
    schema = _schema([key for _, (key, _) in sorted(names.items())])
    rows: list[tuple[Any, ...]] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for record in image_records(selection):
            rows.append(_row(record, place))
            counting.add(1)
            if len(rows) == ROWS:
                _write(writer, rows, schema)
        _write(writer, rows, schema)


def _row(record: ImageRecord, place: dict[str, int]) -> tuple[Any, ...]:
    verdicts = ([place[key] for key in record.classes[name]] for name in VERDICTS)
    return record.image_id, place[record.target], *verdicts, record.problematic


def _write(writer: pq.ParquetWriter, rows: list[tuple[Any, ...]], schema: pa.Schema) -> None:
    """Write the rows and forget them."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(one, field.type) for one, field in zip(columns, schema, strict=True)]
    writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    rows.clear()


def _schema(keys: Sequence[str]) -> pa.Schema:
    """The columns, with the library's features in the metadata."""
    label = {"names": list(keys), "_type": "ClassLabel"}
    listed = {"feature": label, "_type": "List"}
    features: dict[str, Any] = {
        "image_id": {"dtype": "string", "_type": "Value"},
        "target": label,
        **dict.fromkeys(VERDICTS, listed),
        "problematic": {"dtype": "bool", "_type": "Value"},
    }
    fields = [
        ("image_id", pa.string()), ("target", pa.int64()),
        *((name, pa.list_(pa.int64())) for name in VERDICTS), ("problematic", pa.bool_()),
    ]  # fmt: skip
    info = json.dumps({"info": {"features": features}})
    return pa.schema(fields, metadata={"huggingface": info})


def _card(splits: dict[str, str], held: str | None) -> str:
    files = "".join(f"  - split: {one}\n    path: data/{one}.parquet\n" for one in splits.values())
    named = "".join(f"- `{split}`: {name}\n" for name, split in splits.items())
    written = held or "what was held when this was written"
    return (
        f"---\nconfigs:\n- config_name: default\n  data_files:\n{files}---\n\n"
        f"# Multi-labels\n\nWritten by Tusker: {written}. For each image the class it came with and its "
        "candidate classes by verdict; problematic images do not count.\n\n"
        f"{named}"
    )
