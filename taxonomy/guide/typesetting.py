"""The guide's Markdown as Typst code (https://typst.app/docs/reference/).

Texts only ever become string literals, in which nothing but backslash and quotation mark has a
meaning: whatever an author writes, it compiles, and is set as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from unicodedata import category
from uuid import UUID

from markdown_it.token import Token

from taxonomy.guide.class_names import ClassNames, NamedClass
from taxonomy.guide.comparisons import Comparison, read_comparison
from taxonomy.guide.markdown import image_uid, is_comparison, parse

# Typst refuses longer addresses, and empty ones.
LONGEST_ADDRESS = 2_000
MARKS = {"em": "emph", "strong": "strong", "s": "strike"}


def string(text: str) -> str:
    """A Typst string literal; control characters are left out."""
    shown = "".join(char for char in text if char in "\n\t" or category(char) not in ("Cc", "Cs"))
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


def block(parts: Sequence[str]) -> str:
    """Content that joins the parts, each an expression."""
    return "{[]; " + "; ".join(parts) + "}"


@dataclass(frozen=True)
class Picture:
    """A file beside the document, and its width over its height."""

    path: str
    ratio: float


@dataclass(frozen=True)
class Book:
    """What a text needs to know of the whole: classes, pictures, and where classes are.

    `labels` is {class index: label of the page that a mention of the class leads to}, `strips`
    {class index: a picture of its first reference images}.
    """

    names: ClassNames
    pictures: Mapping[UUID, Picture]
    labels: Mapping[int, str] = field(default_factory=dict)
    strips: Mapping[int, Picture] = field(default_factory=dict)


def typeset(text: str, near: Collection[int], book: Book) -> str:
    """A Typst expression: the content of an entry about the classes with the indices `near`.

    Uses the functions `body-heading`, `quotation`, `picture`, `side`, `strip`, `comparison` and
    `problem` of the template `taxonomy/guide/guide.typ`.
    """
    return _Writer(book, near).blocks(parse(text))


class _Writer:
    def __init__(self, book: Book, near: Collection[int]) -> None:
        self.book = book
        self.near = near

    def blocks(self, tokens: Sequence[Token]) -> str:
        """The tokens of one level, and through `_container` of those below."""
        parts = []
        place = 0
        while place < len(tokens):
            end = _end(tokens, place)
            parts.append(self._block(tokens[place], tokens[place + 1 : end]))
            place = end + 1
        return block(parts)

    def _block(self, token: Token, inside: Sequence[Token]) -> str:
        """A block as an expression; `inside` are the tokens between its opening and its end."""
        if token.type == "inline":
            return self._inline(token.children or [])
        if token.type == "hr":
            return "line(length: 100%, stroke: 0.5pt)"
        if token.type in ("fence", "code_block"):
            return self._code(token)
        if token.type == "heading_open":
            return f"body-heading({token.meta['rank']}, {self.blocks(inside)})"
        if token.type == "table_open":
            return self._table(inside)
        if token.type in ("bullet_list_open", "ordered_list_open"):
            return self._list(token, inside)
        if token.type == "blockquote_open":
            return f"quotation({self.blocks(inside)})"
        if token.hidden:  # a paragraph in a list whose items stand close together
            return block([self.blocks(inside), "parbreak()"])
        return f"par({self.blocks(inside)})"

    def _code(self, token: Token) -> str:
        if is_comparison(token):
            return self._comparison(read_comparison(token.content, self.book.names, self.near))
        return f"raw({string(token.content)}, block: true)"

    def _list(self, token: Token, inside: Sequence[Token]) -> str:
        items = ", ".join(self.blocks(item) for item in _children(inside))
        if token.type == "bullet_list_open":
            return f"list({items})"
        return f"enum(start: {int(token.attrGet('start') or 1)}, {items})"

    def _table(self, inside: Sequence[Token]) -> str:
        rows = [_children(row) for part in _children(inside) for row in _children(part)]
        cells = [[self.blocks(cell) for cell in row] for row in rows]
        header = ", ".join(f"strong({cell})" for cell in cells[0])
        rest = "".join(f", {cell}" for row in cells[1:] for cell in row)
        sides = ", ".join(_alignments(inside))
        return f"table(columns: {len(cells[0])}, align: ({sides},), table.header({header}){rest})"

    def _inline(self, children: Sequence[Token]) -> str:
        """Marks within the same mark change nothing, so that texts do not nest without end."""
        out = ["{[]"]
        open_marks: list[str] = []
        for token in children:
            name = token.type.removesuffix("_open").removesuffix("_close")
            if token.nesting == 1:
                out.append(self._opening(token, name, open_marks))
                open_marks.append(name)
            elif token.nesting == -1:
                open_marks.pop()
                out.append("" if name in open_marks else "})")
            else:
                out.append("; " + self._leaf(token))
        return "".join(out) + "}"

    def _opening(self, token: Token, name: str, open_marks: Sequence[str]) -> str:
        if name in open_marks:
            return ""
        if name == "link":
            address = str(token.attrGet("href"))
            if 0 < len(address) <= LONGEST_ADDRESS and ":" in address:
                return f"; link({string(address)}, {{[]"
            return "; emph({[]"
        return f"; {MARKS[name]}({{[]"

    def _leaf(self, token: Token) -> str:
        if token.type == "text":
            return string(token.content)
        if token.type == "softbreak":
            return '" "'
        if token.type == "hardbreak":
            return "linebreak()"
        if token.type == "code_inline":
            return f"raw({string(token.content)})"
        if token.type == "mention":
            return self._mention(token.content)
        assert token.type == "image", token.type
        return self._image(token)

    def _mention(self, text: str) -> str:
        found = self.book.names.find(text, self.near)
        if not found:
            return f"problem({string(f'{text} (no such class)')})"
        links = [self._class(one, len(found) > 1) for one in found]
        return "{[]; " + '; " / "; '.join(links) + "}"

    def _class(self, one: NamedClass, is_twin: bool) -> str:
        name = string(f"{one.name} ({one.kind or one.key})" if is_twin else one.name)
        label = self.book.labels.get(one.index)
        return f"link(label({string(label)}), {name})" if label else name

    def _image(self, token: Token) -> str:
        alt = "".join(child.content for child in token.children or [])
        uid = image_uid(token)
        picture = self.book.pictures.get(uid) if uid else None
        if picture is None:
            return f"problem({string(f'{alt} (no picture of the guide)')})"
        return f"picture({string(picture.path)}, {string(alt)}, {picture.ratio:.4f})"

    def _comparison(self, read: Comparison) -> str:
        sides = "".join(f"{self._side(letter, one)}, " for letter, one in read.sides.items())
        traits = "".join(
            f"({', '.join(string(text) for text in (what, *texts))},), "
            for what, texts in read.traits
        )
        problems = "".join(f"{string(problem)}, " for problem in read.problems)
        return f"comparison(({sides}), ({traits}), ({problems}))"

    def _side(self, letter: str, one: NamedClass) -> str:
        texts = (letter, one.name, ", ".join(one.names[1:]), one.definition)
        strip = self.book.strips.get(one.index)
        shown = f"strip({string(strip.path)}, {string(one.name)})" if strip else "none"
        return f"side({', '.join(map(string, texts))}, {shown})"


def _end(tokens: Sequence[Token], start: int) -> int:
    """The place of the token that closes the one at `start`; `start` if it opens nothing."""
    depth = 0
    for place in range(start, len(tokens)):
        depth += tokens[place].nesting
        if depth == 0:
            return place
    raise ValueError("a token is not closed")


def _children(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """What is within each of the blocks that follow one another."""
    found = []
    place = 0
    while place < len(tokens):
        end = _end(tokens, place)
        found.append(tokens[place + 1 : end])
        place = end + 1
    return found


def _alignments(table: Sequence[Token]) -> list[str]:
    """Of each column: left, center or right."""
    return [
        str(token.attrGet("style") or "text-align:left").removeprefix("text-align:")
        for token in table
        if token.type == "th_open"
    ]
