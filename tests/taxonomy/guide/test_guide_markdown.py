from __future__ import annotations

from uuid import UUID

import pytest

from taxonomy.guide.class_names import class_names
from taxonomy.guide.comparisons import read_comparison
from taxonomy.guide.plain import plain_text
from tests.taxonomy.guide.conftest import shown

UID = UUID("3f333df6-90a4-4fda-8dd3-9485d27cee36")


@pytest.fixture
def names(six):
    return class_names(six)


def test_a_class_is_named_by_key_name_or_index(html):
    link = '<a class="guide-class" href="/classes/1/2/" rel="noopener noreferrer">tusker</a>'
    for text in ("c", "tusker", "Tusker", "2"):
        assert html(f"See [[{text}]].") == f"<p>See {link}.</p>\n"


def test_twins_are_told_apart_by_what_they_are_a_kind_of(html):
    both = html("[[crane]]")
    assert 'href="/classes/1/0/"' in both
    assert "crane (animal)</a> / <a" in both
    assert "crane (thing)" in both


def test_in_an_entry_about_one_of_the_twins_its_name_means_that_one(html):
    assert "/classes/1/1/" in html("[[crane]]", near=[1, 3])
    assert "/classes/1/0/" not in html("[[crane]]", near=[1, 3])


def test_a_class_without_a_page_is_named_without_a_link(html):
    assert html("[[sunglasses]]") == "<p>sunglasses</p>\n"


def test_an_unknown_class_is_said_to_be_none(html):
    assert '<span class="guide-problem">unicorn (no such class)</span>' in html("[[unicorn]]")


def test_in_code_brackets_are_brackets(html):
    assert html("`[[c]]`") == "<p><code>[[c]]</code></p>\n"


@pytest.mark.parametrize("source", [f"guide:{UID}", f"/classes/7/guide/images/{UID}/"])
def test_a_picture_of_the_guide_is_shown_with_its_size(html, source):
    assert html(f"![its tail]({source})", pictures={UID: shown()}) == (
        '<p><img src="/picture.jpg" alt="its tail" width="40" height="30"></p>\n'
    )


def test_headings_follow_the_page_without_a_gap(html):
    text = "### deep\n\n# top\n\n##### under\n\n###### lower\n\n## second"
    found = html(text, heading=3)
    for tag, word in [
        ("h3", "deep"),
        ("h3", "top"),
        ("h4", "under"),
        ("h5", "lower"),
        ("h4", "second"),
    ]:
        assert f"<{tag}>{word}</{tag}>" in found
    assert "<h6>x</h6>" in html("# a\n## b\n### c\n#### x", heading=6)


def test_tables_are_aligned_by_class_since_style_attributes_are_not_allowed(html):
    found = html("| a | b |\n| :-: | --: |\n| c | d |")
    assert '<th class="center">a</th>' in found
    assert '<td class="right">d</td>' in found
    assert "style" not in found


def test_a_comparison_names_defines_and_lays_traits_side_by_side(html):
    found = html("```compare\nA: crane\nB: d\nbeak: long | none\n```", near=[0])
    assert 'data-class-index="0"' in found
    assert 'data-class-index="3"' in found
    assert "large long-necked wading bird of marshes" in found
    assert '<th scope="row">beak</th><td>long</td><td>none</td>' in " ".join(found.split())


def test_a_comparison_may_have_three_sides_in_any_order(names):
    read = read_comparison("C: e\nA: c\nb: d\nsize: 1 | 2 | 3", names)
    assert [(letter, side.index) for letter, side in read.sides.items()] == [
        ("A", 2),
        ("B", 3),
        ("C", 4),
    ]
    assert read.traits == [("size", ["1", "2", "3"])]
    assert read.problems == []


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("A: c", "Name at least two classes, in lines that begin with A: and B:."),
        ("A: c\nB: unicorn", "B: there is no class “unicorn”."),
        ("A: c\nB: c", "B: “c” is on another side already."),
        ("A: c\nA: d\nB: e", "A is named twice."),
        ("A: crane\nB: c", "A: “crane” may be any of a (animal), b (thing); write which."),
        ("A: c\nB: d\nbeak", "“beak” has no colon."),
        ("A: c\nB: d\nbeak: long", "“beak” has 1 of 2 texts; separate them by |."),
        ("A: c\nB: d\nbeak: 1 | 2 | 3", "“beak” has 3 of 2 texts; separate them by |."),
    ],
)
def test_what_is_wrong_with_a_comparison_is_said_in_its_place(names, html, source, problem):
    assert problem in read_comparison(source, names).problems
    assert problem in html(f"```compare\n{source}\n```")


def test_search_reads_what_a_reader_sees(names):
    text = (
        "# Its **tail**\n\nSee [[c]] [here](https://a.example).\n\n![a foot](guide:x)\n\n"
        "```compare\nA: d\nB: e\nskin: grey | none\n```\n\n| x | y |\n|-|-|\n| 1 | 2 |\n"
    )
    assert plain_text(text, names).split("\n") == [
        "Its tail", "See tusker here.", "a foot", "African elephant · sunglass · skin · grey · none",
        "x", "y", "1", "2",
    ]  # fmt: skip
