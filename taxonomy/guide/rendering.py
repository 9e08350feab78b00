"""The guide's Markdown as HTML that is safe to show.

Two walls: the parser escapes HTML and refuses script addresses, and whatever it makes passes
through nh3 with a short list of tags and attributes. Only comparisons are added behind the
second wall, by a template, which escapes.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import nh3
from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from taxonomy.guide.class_names import ClassNames, NamedClass
from taxonomy.guide.comparisons import Comparison, read_comparison
from taxonomy.guide.markdown import PARSER, image_uid, is_comparison, parse

TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li",
    "ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul", "div",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title", "target"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
}
CLASSES = {
    "td": {"center", "right"},
    "th": {"center", "right"},
    "a": {"guide-class"},
    "span": {"guide-problem"},
    "div": {"table-wrap"},
}
SCHEMES = {"http", "https", "mailto"}

Tokens = Sequence[Token]
Env = MutableMapping[str, Any]


@dataclass(frozen=True)
class Shown:
    """A picture: its address, and its width and height in pixels."""

    src: str
    width: int
    height: int


class Place(Protocol):
    """Where the HTML will stand."""

    def class_address(self, index: int) -> str | None:
        """Of a page about the class; None if there is none."""

    def sheet(self, index: int) -> SafeString:
        """HTML that shows the first reference images of the class, or ""."""

    def picture(self, uid: UUID) -> Shown | None:
        """None if it is no picture of the guide, or has gone."""


@dataclass(frozen=True)
class Guide:
    """What a rendering needs to know: classes, the place, and the rank of the first headings."""

    names: ClassNames
    place: Place
    heading: int = 2


def render(text: str, near: Collection[int], guide: Guide) -> SafeString:
    """HTML of an entry about the classes with the indices `near`."""
    renderer = _Renderer(guide, near)
    html = renderer.render(parse(text), PARSER.options, {})
    clean = _clean(html, {shown.src for shown in renderer.shown})
    for mark, comparison in renderer.comparisons.items():
        clean = clean.replace(f"<p>{mark}</p>", _comparison_html(comparison, guide))
    return mark_safe(clean)  # noqa: S308  (nh3 has cleaned it)


def _clean(html: str, pictures: Collection[str]) -> str:
    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "src" and value not in pictures:
            return None
        if attribute == "href" and value.strip().casefold().startswith("data:"):
            return None
        return value

    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        allowed_classes=CLASSES,
        attribute_filter=keep,
        url_schemes=SCHEMES | {"data"},  # `keep` lets it through for our own pictures alone
        link_rel="noopener noreferrer",
    )


def _comparison_html(comparison: Comparison, guide: Guide) -> str:
    sides = [
        {
            "letter": letter,
            "class": side,
            "address": guide.place.class_address(side.index),
            "sheet": guide.place.sheet(side.index),
        }
        for letter, side in comparison.sides.items()
    ]
    return render_to_string(
        "taxonomy/_guide_compare.html", {"sides": sides, "comparison": comparison}
    )


class _Renderer(RendererHTML):
    """Writes HTML; of comparisons only a mark that nobody can guess, to be replaced later."""

    def __init__(self, guide: Guide, near: Collection[int]) -> None:
        super().__init__()
        self.guide = guide
        self.near = near
        self.comparisons: dict[str, Comparison] = {}
        self.shown: list[Shown] = []
        self.secret = secrets.token_hex()

    def fence(self, tokens: Tokens, idx: int, options: OptionsDict, env: Env) -> str:
        token = tokens[idx]
        if not is_comparison(token):
            return f"<pre><code>{escape(token.content)}</code></pre>\n"
        mark = f"{self.secret}-{len(self.comparisons)}"
        self.comparisons[mark] = read_comparison(token.content, self.guide.names, self.near)
        return f"<p>{mark}</p>\n"

    def image(self, tokens: Tokens, idx: int, options: OptionsDict, env: Env) -> str:
        token = tokens[idx]
        alt = self.renderInlineAsText(token.children, options, env)
        uid = image_uid(token)
        shown = self.guide.place.picture(uid) if uid else None
        if shown is None:
            return _problem(alt or "picture", "no picture of the guide; upload it here")
        self.shown.append(shown)
        return format_html(
            '<img src="{}" alt="{}" width="{}" height="{}">',
            shown.src, alt, shown.width, shown.height,
        )  # fmt: skip

    def mention(self, tokens: Tokens, idx: int, options: OptionsDict, env: Env) -> str:
        text = tokens[idx].content
        found = self.guide.names.find(text, self.near)
        if not found:
            return _problem(text, "no such class")
        return " / ".join(self._class_link(one, len(found) > 1) for one in found)

    def _class_link(self, one: NamedClass, is_twin: bool) -> str:
        name = f"{one.name} ({one.kind or one.key})" if is_twin else one.name
        address = self.guide.place.class_address(one.index)
        if address is None:
            return escape(name)
        return format_html('<a class="guide-class" href="{}">{}</a>', address, name)

    def heading_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: Env) -> str:
        tag = f"h{min(6, self.guide.heading - 1 + tokens[idx].meta['rank'])}"
        tokens[idx + 2].tag = tag  # between the two is one token, the heading's text
        return f"<{tag}>"

    def link_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: Env) -> str:
        token = tokens[idx]
        if not str(token.attrGet("href")).startswith("/"):
            token.attrSet("target", "_blank")
        return self.renderToken(tokens, idx, options, env)

    def table_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: Env) -> str:
        return '<div class="table-wrap"><table>\n'

    def table_close(self, tokens: Tokens, idx: int, options: OptionsDict, env: Env) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: Env) -> str:
        return _cell(tokens[idx])

    def td_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: Env) -> str:
        return _cell(tokens[idx])


def _cell(token: Token) -> str:
    """Alignment as a class: the site's policy allows no style attributes."""
    side = str(token.attrGet("style") or "").removeprefix("text-align:")
    return f'<{token.tag} class="{side}">' if side else f"<{token.tag}>"


def _problem(text: str, reason: str) -> str:
    return format_html('<span class="guide-problem">{} ({})</span>', text, reason)
