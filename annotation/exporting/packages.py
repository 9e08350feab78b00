"""What every dump has beside its content: a manifest and a README, in a folder or a zip."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from annotation.exporting import csv_files, json_file
from annotation.exporting.records import Selection
from annotation.exporting.tables import ABOUT, VERSION

MANIFEST, README = "manifest.json", "README.md"
HEAD = """# Annotations

Written by Tusker, of {held}. `manifest.json` has the hash of the snapshot (null: as it was when this was written, or,
with `part_of`, some datasets of that snapshot), the datasets, the number of rows and the SHA-256 of every file; its
`seal` is the SHA-256 of the rest of it as JSON with sorted keys.
"""
TAIL = """
{people} Times are ISO 8601 in UTC. A snapshot freezes which images count, their verdicts, and what had been said of
them by then; predictions, tasks with their answers, relations, groups and the guide are as they were when this was
written. Pictures, of the guide too, are not in it.
"""
TABULAR = """
| {what} | a row for each |
| --- | --- |
{rows}
"""
BACK = """
`manage.py import_dump` brings it into an empty Tusker. What the dump does not have stays out: comments, problem reports
(but whether an image is problematic, and why), turns that were skipped, who added a class, what a round asked for and
nobody judged, predictions that others replaced, and all but the last answer to each image of a task.
"""
CONTENT = {
    "json": "\n`annotations.json` is one object, each of whose lists has an item per line. In `images`"
    " are what the tables candidates, judgments and adjudications have of each.\n",
    "csv": "\n`annotations.csv` has a row for each judgment, and for each (image, class) pair that"
    " nobody judged. Lists are JSON; yes and no are 1 and 0.\n",
    "tfds": "\n`annotations.json` is what TFDS's builder `imagenet2012_multilabel` reads in place of"
    " the published file.\n",
    "real": "\n`annotations.json` is a ReaL list: the correct class indices of each validation"
    " image.\n",
    "labelstudio": "\n`annotations.json` is a list of tasks for Label Studio.\n",
    "fiftyone": "\n`fiftyone.Dataset.from_dir(dataset_dir=\"…\","
    " dataset_type=fiftyone.types.FiftyOneDataset, rel_dir=\"where the pictures are\")` opens this"
    " folder. `ground_truth` has the correct classes of each image; what a participant said first is in"
    " the field that the dataset's `info` names.\n",
}  # fmt: skip
NO_TABLES = ("tfds", "real", "labelstudio", "fiftyone")


def finish(folder: Path, format: str, selection: Selection, rows: Mapping[str, int]) -> None:
    """Add README, unless the format has one of its own, and manifest, which has the SHA-256 of every
    other file, and of itself."""
    if not (folder / README).exists():
        (folder / README).write_text(readme(format, selection), encoding="utf-8")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest: dict[str, Any] = {
        "format": f"tusker-{format}",
        "version": VERSION,
        **selection.of_snapshot(),
        "exported": datetime.now(UTC).isoformat(),
        "taxonomy": selection.taxonomy.name,
        "datasets": [dataset.name for dataset in selection.datasets],
        "rows": dict(rows),
        "sha256": {path.relative_to(folder).as_posix(): sha256(path) for path in files},
    }
    manifest["seal"] = seal(manifest)
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def seal(manifest: Mapping[str, Any]) -> str:
    """The SHA-256 of all that a manifest says, but for its seal, as JSON with sorted keys."""
    said = {key: value for key, value in manifest.items() if key != "seal"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def readme(format: str, selection: Selection) -> str:
    """What the files of a dump say, for whoever finds it years later."""
    held = selection.held or "what was held then"
    named = "People are under the names of their accounts." if selection.with_names else ""
    text = HEAD.format(held=held) + CONTENT.get(format, "")
    if format not in NO_TABLES:
        suffix = "" if format == "json" else f".{format}"
        rows = "\n".join(f"| `{name}{suffix}` | {about} |" for name, about in _listed(format))
        text += TABULAR.format(what="list" if format == "json" else "file", rows=rows)
    if format in ("json", "parquet"):
        text += BACK
    return text + TAIL.format(people=named or "People are under pseudonyms.")


def _listed(format: str) -> list[tuple[str, str]]:
    """The tables that a format has one by one, and what a row of each is."""
    if format == "csv":
        by_image = "participant and image: class indices, −1 for none; of people also the seconds"
        about = ABOUT | {"predictions": by_image}
        return [(name, text) for name, text in about.items() if name not in csv_files.FLAT]
    apart = json_file.INSIDE if format == "json" else ()
    return [(name, text) for name, text in ABOUT.items() if name not in apart]


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def zip_folder(folder: Path, out: Path) -> None:
    """All files of the folder in one zip; Parquet, which is compressed, is stored as it is."""
    with zipfile.ZipFile(out, "w", compresslevel=1) as package:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            stored = path.suffix == ".parquet"
            how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            package.write(path, path.relative_to(folder).as_posix(), how)
