"""Whatever is written into the guide, nothing but text and pictures of the guide comes out."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taxonomy.guide.rendering import ATTRIBUTES, TAGS
from tests.taxonomy.guide.conftest import shown

UID = UUID("3f333df6-90a4-4fda-8dd3-9485d27cee36")
# What the template of comparisons and tables may add to what Markdown makes.
MORE_TAGS = {"div", "span"}
MORE_ATTRIBUTES = {"class", "rel", "scope", "role", "data-class-index"}


class Elements(HTMLParser):
    """Collects every tag, attribute and address, as a browser would find them."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def assert_harmless(html: str) -> None:
    found = Elements(html)
    assert found.tags <= TAGS | MORE_TAGS
    for tag, name, value in found.attributes:
        assert name in ATTRIBUTES.get(tag, set()) | MORE_ATTRIBUTES, (tag, name)
        if name == "href":
            address = re.sub(r"[\x00-\x20]", "", value).casefold()
            assert not address.startswith(("javascript:", "data:", "vbscript:", "file:")), value
        if name == "src":
            assert value == "/picture.jpg"


ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<style>body { display: none }</style>",
    "<div style='position: fixed'>x</div>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0; url=//evil.example'>",
    "<form action=//evil.example><input name=password></form>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](data:image/png;base64,AAAA)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    '[x](https://a.example "\\" onmouseover=\\"alert(1)")',
    "![x](https://evil.example/pixel.gif)",
    "![x](//evil.example/pixel.gif)",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    "![x](data:image/png;base64,AAAA)",
    '![x" onerror="alert(1)](guide:3f333df6-90a4-4fda-8dd3-9485d27cee36)',
    '![x](guide:3f333df6-90a4-4fda-8dd3-9485d27cee36 "\\" onerror=\\"alert(1)")',
    "![x](https://evil.example/classes/1/guide/images/3f333df6-90a4-4fda-8dd3-9485d27cee36/)",
    "![<img src=x onerror=alert(1)>](guide:3f333df6-90a4-4fda-8dd3-9485d27cee36)",
    "![[[<script>alert(1)</script>]]](https://evil.example)",
    "[[<img src=x onerror=alert(1)>]]",
    "[[crane]](javascript:alert(1))",
    "[![x](https://evil.example/a.png)](javascript:alert(1))",
    "```compare\nA: <script>alert(1)</script>\nB: a\n<b onclick=alert(1)>: <i> | <script>\n```",
    "```<script>\nx\n```",
    "````\n</code></pre><script>alert(1)</script>\n````",
    "| a | b |\n|:-:|--:|\n| <script>alert(1)</script> | [x](javascript:alert(1)) |",
    "> - # [x](javascript:alert(1)) <script>alert(1)</script>",
    "- a\n\n      <script>alert(1)</script>\n",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "**<scr**ipt>alert(1)</script>",
    "`<script>alert(1)</script>`",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?><script>alert(1)</script>",
    "\0<script>alert(1)</script>",
    "<script\x0d\x0a>alert(1)</script>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_survives(html, attack):
    assert_harmless(html(attack, pictures={UID: shown()}))
    assert_harmless(html(f"> - {attack}\n\n1. {attack}", pictures={UID: shown()}))


PARTS = st.sampled_from([
    "<script>", "</script>", "<img src=x onerror=alert(1)>", "<style>", "<svg onload=", "javascript:",
    "data:", "&#106;", "&colon;", "[x](", "![", "](guide:3f333df6-90a4-4fda-8dd3-9485d27cee36)", "[[",
    "]]", ")", "<", ">", '"', "'", "\n", "\n\n", "```compare\n", "\n```\n", "A: crane\n", "B: c\n", ": ",
    " | ", "|-|-|\n", "- ", "> ", "# ", "**", "~~", "`", "<!--", "-->", "\\", "&lt;", " onclick=x ",
    "style=", "https://", "\t", "\0", "    ",
])  # fmt: skip


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.lists(PARTS | st.text(max_size=5), max_size=25).map("".join))
def test_no_script_survives_whatever_parts_are_put_together(html, text):
    assert_harmless(html(text, near=[0], pictures={UID: shown()}))


def test_what_is_refused_is_shown_as_text(html):
    shown_html = html("<script>alert(1)</script>\n\n![tail](https://evil.example/tail.png)")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown_html
    assert "tail (no picture of the guide; upload it here)" in shown_html


def test_a_link_leads_elsewhere_without_telling_from_where(html):
    assert html("[x](https://a.example/?a=1&b=2)") == (
        '<p><a href="https://a.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">x</a></p>\n'
    )


def test_nobody_can_forge_the_mark_of_a_comparison(html):
    forged = html("<p>0-0</p>\n\n0-0\n\n```compare\nA: a\nB: c\n```")
    assert forged.count('class="guide-compare"') == 1


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "*a_ " * 5_000,
        "> " * 5_000,
        "- " * 5_000,
        "**a" * 5_000,
        "![" * 10_000,
        "`" * 9_999,
    ],
    ids=lambda text: text[:4],
)
def test_deep_nesting_is_rendered_all_the_same(html, text):
    assert_harmless(html(text))
