"""Files with a JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from taxonomy.errors import InputError


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, object) of every line that is not blank; each object has a text `image_id`.

    Raises InputError for what is not UTF-8, no JSON or no such object.
    """
    for line, item in read_lines(path):
        if not isinstance(item, dict) or not isinstance(item.get("image_id"), str):
            raise InputError('is no object with a text "image_id"', file=path, row=line)
        yield line, item


def read_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """(line, what it says) of every line that is not blank. Raises InputError."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            for line, text in enumerate(file, start=1):
                if text.strip():
                    yield line, _said(text, line, path)
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8", file=path) from error


def _said(text: str, line: int, path: Path) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not JSON: {error}", file=path, row=line) from error
