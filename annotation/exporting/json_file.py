"""A dump as one JSON object, each of whose lists has an item per line. docs/admins.md describes it."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from annotation.exporting.counting import Counting
from annotation.exporting.records import Selection, class_names
from annotation.exporting.scope import Scope, prepared
from annotation.exporting.tables import TABLES, table_rows
from taxonomy.progress import Progress

FORMAT, VERSION = "tusker-annotations", 3
# Those that stand in the images.
INSIDE = ("candidates", "judgments", "adjudications")
# The last line: the SHA-256 of everything before it.
SEAL = '"sha256": "{}"}}\n'

# A line per image, and how many candidates, judgments and final verdicts it has.
IMAGES = """
    WITH held AS (
        SELECT image_id, count(*) AS number,
            json_agg(class ORDER BY class_index) FILTER (WHERE verdict = 'correct') AS correct,
            json_agg(class ORDER BY class_index) FILTER (WHERE verdict = 'incorrect') AS incorrect,
            json_agg(class ORDER BY class_index) FILTER (WHERE verdict = 'unclear') AS unclear,
            json_agg(class ORDER BY class_index) FILTER (WHERE verdict = 'unjudged') AS unjudged
        FROM dumped_candidate GROUP BY image_id
    ), said AS (
        SELECT image_id, count(*) AS number, json_agg(json_build_object(
            'id', client_id, 'class', class, 'verdict', verdict, 'reviewer', reviewer,
            'round', round, 'judged_at', judged_at, 'milliseconds', milliseconds) ORDER BY id) AS words
        FROM dumped_judgment GROUP BY image_id
    ), decided AS (
        SELECT image_id, count(*) AS number, json_agg(json_build_object(
            'class', class, 'verdict', verdict, 'reviewer', reviewer, 'reason', reason,
            'decided_at', decided_at) ORDER BY id) AS words
        FROM dumped_adjudication GROUP BY image_id
    )
    SELECT json_build_object(
            'image_id', image.key, 'datasets', image.datasets,
            'targets', json_build_array(image.target),
            'correct', coalesce(held.correct, '[]'), 'incorrect', coalesce(held.incorrect, '[]'),
            'unclear', coalesce(held.unclear, '[]'), 'unjudged', coalesce(held.unjudged, '[]'),
            'problematic', image.problematic, 'problem_reason', image.problem_reason,
            'judgments', coalesce(said.words, '[]'), 'adjudications', coalesce(decided.words, '[]')
        )::text,
        coalesce(held.number, 0), coalesce(said.number, 0), coalesce(decided.number, 0)
    FROM dumped_image image
    LEFT JOIN held ON held.image_id = image.id LEFT JOIN said ON said.image_id = image.id
    LEFT JOIN decided ON decided.image_id = image.id
    ORDER BY image.id
"""


def write_json(folder: Path, selection: Selection, progress: Progress) -> Counter[str]:
    """`annotations.json`, which ends in the SHA-256 of everything before; how many rows each table has."""
    rows = Counter(dict.fromkeys(TABLES, 0))
    digest = hashlib.sha256()
    with prepared(selection) as scope, (folder / "annotations.json").open("wb") as file:
        counting = Counting(progress, scope.total())
        for text in _pieces(scope, rows):
            piece = text.encode()
            digest.update(piece)
            file.write(piece)
            counting.add(rows.total() - counting.done)
        file.write(SEAL.format(digest.hexdigest()).encode())
    counting.finish()
    return rows


def _pieces(scope: Scope, rows: Counter[str]) -> Iterator[str]:
    """The object but for its end; `rows` counts what has come of each table."""
    yield _text(_head(scope.selection))[:-1]
    for name in TABLES:
        if name not in INSIDE:
            separator = f',\n"{name}": [\n'
            for line in _images(scope, rows) if name == "images" else _lines(scope, name):
                yield separator + line
                rows[name] += 1
                separator = ",\n"
            yield "\n]" if rows[name] else f"{separator}]"
    yield f',\n"rows": {_text({name: rows[name] for name in TABLES})},\n'


def _head(selection: Selection) -> dict[str, Any]:
    classes = sorted(class_names(selection.taxonomy).items())
    return {
        "format": FORMAT,
        "version": VERSION,
        **selection.of_snapshot(),
        "exported": datetime.now(UTC).isoformat(),
        "taxonomy": selection.taxonomy.name,
        "datasets": [dataset.name for dataset in selection.datasets],
        "classes": [{"index": index, "key": key, "name": name} for index, (key, name) in classes],
    }


def _images(scope: Scope, rows: Counter[str]) -> Iterator[str]:
    for line, *numbers in scope.rows(IMAGES):
        rows.update(dict(zip(INSIDE, numbers, strict=True)))
        yield line


def _lines(scope: Scope, name: str) -> Iterator[str]:
    columns = [column for column, _ in TABLES[name]]
    for row in table_rows(scope, name):
        yield _text(dict(zip(columns, map(_plain, row), strict=True)))


def _plain(value: Any) -> Any:
    """Arrays as lists; what is no number is null, for which JSON has no other word."""
    if not isinstance(value, np.ndarray):
        return value
    numbers = value.tolist()
    if value.dtype.kind != "f":
        return numbers
    return [None if math.isnan(number) else number for number in numbers]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
