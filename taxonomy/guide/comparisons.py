"""The side-by-side block of the guide, "A or B?"::

    ```compare
    A: n02012849
    B: spoonbill
    neck: drawn in, in flight stretched | stretched
    bill: pointed | flat, broad at its tip
    ```

Sides A, B and, if wanted, C name a class by key, name or index. Every other line is a trait:
what it is called, and after the colon what it is on each side.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from markdown_it.token import Token

from taxonomy.guide.class_names import ClassNames, NamedClass
from taxonomy.guide.markdown import is_comparison

SIDES = ("A", "B", "C")


@dataclass
class Comparison:
    """`sides` by letter; `traits` as (what, a text per side); `problems` for the author to read."""

    sides: dict[str, NamedClass] = field(default_factory=dict)
    traits: list[tuple[str, list[str]]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_comparison(source: str, names: ClassNames, near: Collection[int] = ()) -> Comparison:
    """Read the inside of a block; whatever is wrong with it ends up in `problems`."""
    read = Comparison()
    for line in source.splitlines():
        if line.strip():
            _read_line(line, read, names, near)
    if len(read.sides) < 2:
        read.problems.append("Name at least two classes, in lines that begin with A: and B:.")
    for what, texts in read.traits:
        if len(texts) != len(read.sides):
            read.problems.append(
                f"“{what}” has {len(texts)} of {len(read.sides)} texts; separate them by |."
            )
            texts[:] = (texts + [""] * len(read.sides))[: len(read.sides)]
    return read


def compared_in(tokens: Iterable[Token], names: ClassNames, near: Collection[int] = ()) -> set[int]:
    """Indices of the classes that the blocks of a text lay side by side."""
    blocks = (token.content for token in tokens if is_comparison(token))
    read = (read_comparison(block, names, near) for block in blocks)
    return {side.index for comparison in read for side in comparison.sides.values()}


def _read_line(line: str, read: Comparison, names: ClassNames, near: Collection[int]) -> None:
    what, colon, rest = (part.strip() for part in line.partition(":"))
    if not (what and colon):
        read.problems.append(f"“{line.strip()}” has no colon.")
    elif what.upper() in SIDES:
        _read_side(what.upper(), rest, read, names, near)
    else:
        read.traits.append((what, [text.strip() for text in rest.split("|")]))


def _read_side(
    letter: str, text: str, read: Comparison, names: ClassNames, near: Collection[int]
) -> None:
    found = names.find(text, near)
    if not found:
        read.problems.append(f"{letter}: there is no class “{text}”.")
    elif len(found) > 1:
        keys = ", ".join(f"{one.key} ({one.kind or one.definition})" for one in found)
        read.problems.append(f"{letter}: “{text}” may be any of {keys}; write which.")
    elif letter in read.sides:
        read.problems.append(f"{letter} is named twice.")
    elif found[0] in read.sides.values():
        read.problems.append(f"{letter}: “{text}” is on another side already.")
    else:
        read.sides[letter] = found[0]
        read.sides = dict(sorted(read.sides.items()))
