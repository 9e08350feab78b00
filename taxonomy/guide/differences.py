"""What two texts do not share, word by word, for people to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

Kind = Literal["same", "added", "removed"]

# A word, a run of blanks, or any other character.
TOKENS = re.compile(r"\w+|\s+|[^\w\s]")
# Longer texts are shown whole, old and new: comparing takes the square of their length.
MOST_WORDS = 4_000
MOST_LINES = 4_000
# Lines around a change that stay in sight, and how many are worth folding away.
AROUND = 2
FOLD_FROM = 4


@dataclass(frozen=True)
class Piece:
    """Text that both have, or only one of them."""

    kind: Kind
    text: str


@dataclass
class Passage:
    """Lines that differ (`pieces` of all kinds), or that are the same (one piece).

    `paragraphs` counts the lines that are not blank.
    """

    pieces: list[Piece]
    paragraphs: int = 0
    folded: bool = False

    @property
    def html(self) -> SafeString:
        return marked(self.pieces)

    @property
    def changed(self) -> bool:
        return any(piece.kind != "same" for piece in self.pieces)


def marked(pieces: Iterable[Piece]) -> SafeString:
    """HTML with <ins> and <del>, to be shown with its line breaks."""
    forms = {"same": "{}", "added": "<ins>{}</ins>", "removed": "<del>{}</del>"}
    return mark_safe("".join(format_html(forms[one.kind], one.text) for one in pieces))  # noqa: S308


def differences(old: str, new: str) -> list[Passage]:
    """The passages of both texts in order; long ones that are the same are marked as folded.

    The pieces "same" and "removed" put together are the old text, "same" and "added" the new.
    """
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    if max(len(before), len(after)) > MOST_LINES:
        return [Passage(list(_replaced(old, new)))]
    passages: list[Passage] = []
    for operation, a, b, c, d in SequenceMatcher(None, before, after).get_opcodes():
        if operation == "equal":
            passages += _same(before[a:b], is_first=a == 0, is_last=b == len(before))
        else:
            passages.append(
                Passage(list(word_differences("".join(before[a:b]), "".join(after[c:d]))))
            )
    return passages


def word_differences(old: str, new: str) -> Iterator[Piece]:
    """The same within a passage, word by word; blanks between two changes join them."""
    before, after = TOKENS.findall(old), TOKENS.findall(new)
    if max(len(before), len(after)) > MOST_WORDS:
        yield from _replaced(old, new)
        return
    removed = added = ""
    for operation, a, b, c, d in SequenceMatcher(None, before, after).get_opcodes():
        gone, come = "".join(before[a:b]), "".join(after[c:d])
        if operation == "equal" and not (
            (removed or added) and gone.isspace() and "\n" not in gone
        ):
            yield from _replaced(removed, added)
            yield Piece("same", gone)
            removed = added = ""
        else:
            removed += gone
            added += come
    yield from _replaced(removed, added)


def _replaced(old: str, new: str) -> Iterator[Piece]:
    if old == new:
        if old:
            yield Piece("same", old)
        return
    if old:
        yield Piece("removed", old)
    if new:
        yield Piece("added", new)


def _same(lines: Sequence[str], is_first: bool, is_last: bool) -> Iterator[Passage]:
    """What both have: its ends beside changes in sight, a long middle folded."""
    start = 0 if is_first else AROUND
    stop = len(lines) - (0 if is_last else AROUND)
    if stop - start < FOLD_FROM:
        start = stop = len(lines)
    for part, folded in ((lines[:start], False), (lines[start:stop], True), (lines[stop:], False)):
        if part:
            count = sum(1 for line in part if line.strip())
            yield Passage([Piece("same", "".join(part))], count, folded)
