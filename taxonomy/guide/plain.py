"""The words of an entry, for search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from taxonomy.guide.class_names import ClassNames
from taxonomy.guide.comparisons import read_comparison
from taxonomy.guide.markdown import is_comparison, parse

# More would not fit into the index of a row that is full of different words.
LONGEST = 100_000


def plain_text(text: str, names: ClassNames) -> str:
    """What a reader of the Markdown sees, classes by their names; a line per block."""
    lines = (_line(token, names) for token in parse(text))
    return "\n".join(line for line in lines if line.strip())[:LONGEST]


def _line(token: Token, names: ClassNames) -> str:
    if is_comparison(token):
        read = read_comparison(token.content, names)
        sides = [name for side in read.sides.values() for name in side.names]
        traits = [text for what, texts in read.traits for text in (what, *texts)]
        return " · ".join(filter(None, sides + traits))
    if token.type in ("fence", "code_block"):
        return token.content.strip()
    return "".join(_words(token.children or [], names))


def _words(children: Sequence[Token], names: ClassNames) -> Iterator[str]:
    for token in children:
        if token.type in ("softbreak", "hardbreak"):
            yield " "
        elif token.type == "mention":
            found = names.find(token.content)
            yield found[0].name if found else token.content
        elif token.type == "image":
            yield from _words(token.children or [], names)
        else:
            yield token.content
