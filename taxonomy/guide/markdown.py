"""The guide's Markdown: CommonMark with tables and strikethrough, and without HTML.

Three things are the guide's own: ``[[n02012849]]`` or ``[[crane]]`` names a class;
``![alt](guide:UID)`` shows a picture of the guide; a fenced block ``compare`` lays classes side
by side (see `taxonomy.guide.comparisons`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from uuid import UUID

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

COMPARE = "compare"
MENTION = re.compile(r"\[\[([^\[\]\n]{1,200})\]\]")
UID = r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
IMAGE = re.compile(rf"(?:guide:|/classes/\d+/guide/images/){UID}/?")


def _mention(state: StateInline, silent: bool) -> bool:
    found = MENTION.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    if not silent:
        state.push("mention", "", 0).content = found[1].strip()
    state.pos = found.end()
    return True


PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
PARSER.inline.ruler.before("link", "mention", _mention)


def parse(text: str) -> list[Token]:
    """Block tokens of markdown-it. The `meta` of each opening heading holds its "rank", from 1.

    Ranks run without gaps, whatever numbers of # an author chose: a heading is one rank below
    the nearest one before it that has fewer.
    """
    tokens = PARSER.parse(text)
    above: list[str] = []
    for token in tokens:
        if token.type == "heading_open":
            while above and above[-1] >= token.tag:
                above.pop()
            above.append(token.tag)
            token.meta["rank"] = len(above)
    return tokens


def is_comparison(token: Token) -> bool:
    return token.type == "fence" and token.info.strip().casefold() == COMPARE


def image_uid(token: Token) -> UUID | None:
    """Which picture of the guide an image token shows; None for any other image."""
    found = IMAGE.fullmatch(str(token.attrGet("src") or ""))
    return UUID(found[1]) if found else None


def images_in(tokens: Sequence[Token]) -> set[UUID]:
    uids = (image_uid(token) for token in inline_tokens(tokens) if token.type == "image")
    return {uid for uid in uids if uid}


def inline_tokens(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens, and those within them."""
    for token in tokens:
        yield token
        yield from inline_tokens(token.children or [])
