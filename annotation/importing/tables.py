"""Predictions in tables, whose rows name their image: what rows say becomes an array."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotation.importing.classes import class_reader
from annotation.importing.picking import Members
from annotation.importing.top_k import CHUNK, MISSING, MOST_K, BadRows, from_indices, from_scores
from taxonomy.errors import InputError, InputErrors
from taxonomy.lookup import ClassLookup

INDEX_LIMIT = 2**31
# What Hugging Face calls the classes of a model that has no names for them, and an index that
# became a float because others of its column are missing.
NUMBERED = re.compile(r"LABEL_(\d+)|(\d+)\.0")


class Answer(NamedTuple):
    """A row: its line; the image's id or file, or its place in the dataset; classes best first, or
    a score for every class; and perhaps labels of the same classes."""

    line: int
    image: str | int
    values: Sequence[Any]
    are_scores: bool = False
    labels: Sequence[Any] = ()


class Scores(NamedTuple):
    """Rows that follow each other: the first's line, their images, and floats [images, classes]."""

    line: int
    images: list[str]
    scores: NDArray[Any]


class Bad(NamedTuple):
    """A row that says nothing, and why."""

    line: int
    reason: str


Reader = Callable[[Path], Iterator[Answer | Scores | Bad]]


def read_answers(read: Reader, path: Path, members: Members, lookup: ClassLookup) -> np.ndarray:
    """top-k int32 [images, k] from a table; an image that has no row has -1.

    Images may be named as in `Members.find_file`, classes as in `ClassLookup.by_any`, and as timm
    and Hugging Face write them. Only a piece of the file is held at once.

    Raises InputErrors with every row whose image is unknown or occurs twice, whose classes are
    unknown, repeated or have gaps, or whose scores are not finite or of another number.
    """
    found = _Found(members, lookup)
    for answer in read(path):
        found.take(answer)
    found.put_pending()
    if found.problems:
        raise InputErrors(path, sorted(found.problems, key=lambda problem: problem[0]))
    if not found.seen:
        raise InputError("has no rows", file=path)
    if found.by_place and len(found.seen) != len(members):
        raise InputError(
            f"has {len(found.seen):,} entries without an image's name, the dataset has"
            f" {len(members):,} images",
            file=path,
        )
    return found.top_k[:, : found.width].copy()


class _Found:
    """The predictions found so far, and what is wrong with others."""

    def __init__(self, members: Members, lookup: ClassLookup) -> None:
        self.top_k = np.full((len(members), MOST_K), MISSING, np.int32)
        self.width = 1
        self.seen: set[int] = set()
        self.by_place = False
        self.problems: list[tuple[int, str]] = []
        self._members = members
        self._classes = len(lookup.keys)
        self._read_class = class_reader(lookup)
        self._pending: list[tuple[int, int, list[int]]] = []  # (line, position, classes)

    def take(self, said: Answer | Scores | Bad) -> None:
        if isinstance(said, Answer):
            self._take_answer(said)
        elif isinstance(said, Scores):
            self._take_scores(said)
        else:
            self.problems.append(said)

    def _take_answer(self, answer: Answer) -> None:
        try:
            position = self._position(answer.image)
            if answer.are_scores:
                scores = _as_scores(answer.values)
                self._put(from_scores(_of_all(scores, self._classes)), [position])
            else:
                self._pending.append((answer.line, position, self._row(answer)))
        except ValueError as error:
            self.problems.append((answer.line, _reason(error)))
        if len(self._pending) >= CHUNK:
            self.put_pending()

    def put_pending(self) -> None:
        """Check the classes of many rows at once."""
        lines, positions, rows = zip(*self._pending, strict=True) if self._pending else ((), (), ())
        self._pending = []
        indices = np.full((len(rows), max(map(len, rows), default=1)), MISSING, np.int64)
        for number, row in enumerate(rows):
            indices[number, : len(row)] = row
        try:
            self._put(from_indices(indices, self._classes), positions)
        except BadRows as error:
            self.problems += [(lines[number], text) for number, text in error.problems]

    def _take_scores(self, block: Scores) -> None:
        positions = []
        for number, image in enumerate(block.images):
            try:
                positions.append(self._position(image))
            except ValueError as error:
                self.problems.append((block.line + number, str(error)))
        if len(positions) < len(block.images):
            return
        lines = range(block.line, block.line + len(block.images))
        try:
            self._put(from_scores(_of_all(block.scores, self._classes)), positions)
        except BadRows as error:
            self.problems += [(lines[number], text) for number, text in error.problems]
        except ValueError as error:
            self.problems += [(line, str(error)) for line in lines]

    def _put(self, top_k: np.ndarray, positions: Sequence[int]) -> None:
        self.top_k[list(positions), : top_k.shape[1]] = top_k
        self.width = max(self.width, top_k.shape[1])

    def _position(self, image: str | int) -> int:
        if isinstance(image, int):
            self.by_place = True
            if image >= len(self._members):
                raise ValueError(f"is one too many: the dataset has {len(self._members):,} images")
            position: int | None = image
        else:
            position = self._members.find_file(image)
        if position is None:
            raise ValueError(f"unknown image '{str(image)[:60]}'")
        if position in self.seen:
            raise ValueError(f"image '{image}' occurs twice")
        self.seen.add(position)
        return position

    def _row(self, answer: Answer) -> list[int]:
        """Class indices, at least one (-1 if there is none). Raises ValueError."""
        if len(answer.values) > self._classes:
            raise ValueError(
                f"lists {len(answer.values):,} classes, the taxonomy has {self._classes:,}"
            )
        row = [self._class(value) for value in answer.values] or [MISSING]
        for index, label in zip(row, answer.labels, strict=False):
            with suppress(ValueError):  # a label may be no name here, or that of several classes
                if isinstance(label, str) and self._class(label) != index:
                    reason = f"class index {index} and label '{label[:30]}' are different classes"
                    self.problems.append((answer.line, reason))
        return row

    def _class(self, value: Any) -> int:
        if value is None or value == "":
            return MISSING
        if isinstance(value, str):
            return MISSING if value == str(MISSING) else self._labelled(value)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < INDEX_LIMIT:
            return value
        raise ValueError(f"'{value}' is not a class")

    def _labelled(self, text: str) -> int:
        if match := NUMBERED.fullmatch(text):
            return self._read_class(match[1] or match[2])
        name, described, _ = text.partition(": ")
        if described:  # timm's detailed labels
            with suppress(ValueError):
                return self._read_class(name)
        return self._read_class(text)


def _as_scores(values: Sequence[Any]) -> NDArray[np.float64]:
    """Floats [1, n] of numbers or their texts. Raises ValueError."""
    if not all(isinstance(value, int | float) for value in values):
        raise ValueError("a score is not a number")
    try:
        return np.array([values], np.float64)
    except OverflowError as error:
        raise ValueError("a score is too large a number") from error


def _of_all(scores: np.ndarray, classes: int) -> np.ndarray:
    if scores.shape[1] != classes:
        raise ValueError(f"has {scores.shape[1]} scores, the taxonomy has {classes} classes")
    return scores


def _reason(error: ValueError) -> str:
    return error.problems[0][1] if isinstance(error, BadRows) else str(error)
