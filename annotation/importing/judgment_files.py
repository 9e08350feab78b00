"""Judgments in files that name image, class, reviewer and verdict, row by row."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.importing.classes import STRICT_COLUMNS, class_reader
from annotation.importing.json_lines import read_objects
from annotation.importing.picking import Members
from annotation.models import Verdict
from taxonomy.bulk import distinct
from taxonomy.errors import InputErrors
from taxonomy.lookup import ClassLookup
from taxonomy.progress import Progress
from taxonomy.tables import iter_table

CLASS_COLUMNS = (*STRICT_COLUMNS, "class")
NEEDED = ("image_id", "reviewer", "verdict")
WORDS = {
    "correct": Verdict.CORRECT, "incorrect": Verdict.INCORRECT, "unclear": Verdict.UNCLEAR,
    "yes": Verdict.CORRECT, "no": Verdict.INCORRECT, "maybe": Verdict.UNCLEAR,
}  # fmt: skip
NAME_LENGTH = 150
COMMENT_LENGTH = 2000
MOST_MILLISECONDS = 2**31 - 1
TOLD_EVERY = 20_000

FIELDS = 7  # of a judgment: the arrays of `JudgmentFile` from `rows` on
NOT_KNOWN = -1
NO_TIME = int(np.iinfo(np.int64).min)  # which is NaT as a datetime64
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_CHARACTER = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Known:
    """What a file may name: images and classes; `skip_unknown` leaves out those of other images.
    `unchosen_incorrect` lets a choice among candidates speak of those that were not chosen, too."""

    images: Members
    lookup: ClassLookup
    skip_unknown: bool
    unchosen_incorrect: bool = False

    def position(self, image_id: str) -> int | None:
        """Where the image is; None if its judgments are left out. Raises ValueError if unknown."""
        position = self.images.find(image_id)
        if position is None and not self.skip_unknown:
            raise ValueError(
                f"unknown image '{image_id[:60]}'; --skip-unknown leaves out judgments of such images"
            )
        return position

    @cached_property
    def readers(self) -> dict[str, Callable[[str], int]]:
        return {column: class_reader(self.lookup, column) for column in CLASS_COLUMNS}


@dataclass(frozen=True)
class JudgmentFile:
    """What a file says: an entry per judgment of a known image, in the order to be stored in.

    All arrays are int64 [n].

    numbers       the judgment's own number in the file, below 2**48
    rows          where it stands, as a text editor shows it, or counted from 1
    images        positions in `Known.images`
    classes       class indices
    reviewers     positions in `names`
    verdicts      CORRECT, INCORRECT or UNCLEAR; UNJUDGED takes an earlier file's word back
    milliseconds  how long it took; NOT_KNOWN where the file doesn't tell
    times         when it was, microseconds since 1970 UTC; NO_TIME where the file doesn't tell
    comments      {entry: text}
    skipped       how many judgments were left out
    ids           UUIDs as text [n] if judgments have some that outlast the file, which then take the
                  place of its hash and `numbers`
    fresh         with `ids`: which judgments no other file brought, bool [n]
    shown         positions of further images that somebody saw, but may have judged nothing in
    """

    numbers: NDArray[np.int64]
    rows: NDArray[np.int64]
    images: NDArray[np.int64]
    classes: NDArray[np.int64]
    reviewers: NDArray[np.int64]
    verdicts: NDArray[np.int64]
    milliseconds: NDArray[np.int64]
    times: NDArray[np.int64]
    names: list[str]
    comments: dict[int, str]
    skipped: int
    ids: NDArray[np.str_] | None = None
    fresh: NDArray[np.bool_] | None = None
    shown: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def candidates(self) -> int:
        """How many (image, class) pairs are judged."""
        return len(distinct(self.images * (self.classes.max(initial=0) + 1) + self.classes))

    def among(self, kept: NDArray[np.bool_]) -> JudgmentFile:
        """The entries where bool [n] is True."""
        places = np.flatnonzero(kept)
        comments = {
            int(np.searchsorted(places, old)): text
            for old, text in self.comments.items()
            if kept[old]
        }
        arrays: dict[str, Any] = {
            name: value[places]
            for name, value in vars(self).items()
            if isinstance(value, np.ndarray)
        }
        return replace(self, comments=comments, **arrays)

    def refuse_repeats(self, path: Path, known: Known) -> None:
        """Raise InputErrors if a reviewer judges a candidate twice: a file can't tell which holds."""
        classes = len(known.lookup.keys)
        keys = (self.images * classes + self.classes) * len(self.names) + self.reviewers
        order = np.argsort(keys, kind="stable")
        again = np.flatnonzero(keys[order][1:] == keys[order][:-1])
        if len(again):
            pairs = zip(order[again].tolist(), order[again + 1].tolist(), strict=True)
            problems = [(int(self.rows[late]), self._repeat(early, known)) for early, late in pairs]
            raise InputErrors(path, sorted(problems))

    def _repeat(self, early: int, known: Known) -> str:
        key = list(known.lookup.keys)[self.classes[early]]
        return (
            f"'{self.names[self.reviewers[early]]}' judges {key} in image"
            f" '{known.images.keys[self.images[early]]}' twice (before in row {self.rows[early]})"
        )


def read_csv(path: Path, known: Known, progress: Progress) -> JudgmentFile:
    """A row per judgment: `image_id`, a class, `reviewer`, `verdict`.

    The class is in `wnid`, `class_index`, `class_name` or, written in any of these ways, `class`.
    Verdicts are correct, incorrect, unclear or yes, no, maybe. There may be columns `milliseconds`
    or `seconds` (how long it took), `time` (ISO 8601; UTC if it names no zone) and `comment`; each
    may be empty.

    Raises InputError for what `iter_table` refuses, InputErrors with every row in which something
    is unknown, missing or out of range.
    """
    table = iter_table(path, required=NEEDED, any_of=CLASS_COLUMNS)
    return _read(table, dict, path, known, progress)


def read_jsonl(path: Path, known: Known, progress: Progress) -> JudgmentFile:
    """An object a line, with the columns of `read_csv` as keys; numbers may be JSON numbers."""
    return _read(read_objects(path), _texts, path, known, progress)


def _texts(item: dict[str, Any]) -> dict[str, str]:
    """An object's values as a table has them. Raises ValueError."""
    texts = {name: _text(name, value) for name, value in item.items() if value is not None}
    for name in NEEDED:
        if name not in texts:
            raise ValueError(f'needs "{name}"')
    if not any(name in texts for name in CLASS_COLUMNS):
        raise ValueError('needs "class"')
    return texts


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f'"{name}" is neither a text nor a number')


@dataclass
class _Entries:
    """What was read so far: FIELDS numbers per judgment, one judgment after the other."""

    values: array[int] = field(default_factory=lambda: array("q"))
    names: dict[str, int] = field(default_factory=dict)
    comments: dict[int, str] = field(default_factory=dict)
    skipped: int = 0

    def __len__(self) -> int:
        return len(self.values) // FIELDS


def _read(
    rows: Iterable[tuple[int, Any]],
    texts: Callable[[Any], dict[str, str]],
    path: Path,
    known: Known,
    progress: Progress,
) -> JudgmentFile:
    entries = _Entries()
    problems = []
    for number, (line, row) in enumerate(rows):
        if number % TOLD_EVERY == 0:
            progress("reading judgments", number, 0)
        try:
            _add(entries, line, texts(row), known)
        except ValueError as error:
            problems.append((line, str(error)))
    if problems:
        raise InputErrors(path, problems)
    lines, images, classes, reviewers, verdicts, milliseconds, times = (
        np.array(entries.values, np.int64).reshape(-1, FIELDS).T
    )
    return JudgmentFile(
        numbers=lines, rows=lines, images=images, classes=classes, reviewers=reviewers,
        verdicts=verdicts, milliseconds=milliseconds, times=times,
        names=list(entries.names), comments=entries.comments, skipped=entries.skipped,
    )  # fmt: skip


def _add(entries: _Entries, line: int, values: dict[str, str], known: Known) -> None:
    """Raises ValueError with what is wrong."""
    position = known.position(values["image_id"])
    column = next(name for name in CLASS_COLUMNS if name in values)
    class_index = known.readers[column](values[column])
    reviewer = reviewer_number(values["reviewer"], entries.names)
    verdict = WORDS.get(values["verdict"].casefold())
    if verdict is None:
        raise ValueError(f"'{values['verdict'][:30]}' is none of {', '.join(WORDS)}")
    milliseconds, time = _duration(values), read_time(values.get("time", ""))
    comment = _comment(values.get("comment", ""))
    if position is None:
        entries.skipped += 1
        return
    if comment:
        entries.comments[len(entries)] = comment
    entries.values.extend((line, position, class_index, reviewer, verdict, milliseconds, time))


def reviewer_number(name: str, names: dict[str, int]) -> int:
    """The position of the name in `names`, added if it is new. Raises ValueError."""
    if (number := names.get(name)) is None:
        if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
            raise ValueError(
                f"a reviewer's name has 1 to {NAME_LENGTH} characters that can be shown"
            )
        number = names[name] = len(names)
    return number


def _comment(text: str) -> str:
    if len(text) > COMMENT_LENGTH:
        raise ValueError(f"a comment has at most {COMMENT_LENGTH} characters")
    if NO_CHARACTER.search(text):
        raise ValueError("the comment holds what is no character")
    return text


def _duration(values: dict[str, str]) -> int:
    """Milliseconds, or NOT_KNOWN."""
    for column, factor in (("milliseconds", 1), ("seconds", 1000)):
        if text := values.get(column, ""):
            try:
                milliseconds = float(text) * factor
            except ValueError:
                milliseconds = math.nan
            if not 0 <= milliseconds <= MOST_MILLISECONDS:
                raise ValueError(f"'{text[:30]}' is no number of {column}")
            return round(milliseconds)
    return NOT_KNOWN


def read_time(text: str) -> int:
    """Microseconds since 1970, or NO_TIME of an empty text. Raises ValueError."""
    if not text:
        return NO_TIME
    try:
        time = datetime.fromisoformat(text)
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"'{text[:40]}' is no time (such as 2024-05-31T09:30:00Z)") from error
    return (time - EPOCH) // timedelta(microseconds=1)
