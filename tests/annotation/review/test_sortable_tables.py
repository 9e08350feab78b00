from __future__ import annotations

from urllib.parse import parse_qs

from annotation.review.chart import HEIGHT, draw_bars
from annotation.review.tables import Column, sort_table

COLUMNS = [Column("name", "Name", text=True), Column("n", "Number"), Column("x", "X")]
ROWS = [
    {"name": "beta", "n": 2, "x": None},
    {"name": "Alpha", "n": 3, "x": 0.5},
    {"name": "gamma", "n": 1, "x": 0.25},
]


def names(**asked: str) -> list[str]:
    return [row["name"] for row in sort_table("t", COLUMNS, ROWS, asked, "-n").rows]


def test_rows_come_as_the_address_asks_or_as_usual():
    assert names() == ["Alpha", "beta", "gamma"]
    assert names(t="n") == ["gamma", "beta", "Alpha"]
    assert names(t="-name") == ["gamma", "beta", "Alpha"]
    assert names(t="nonsense") == names(other="n") == names()


def test_what_is_unknown_comes_last_in_either_order():
    assert names(t="x") == ["gamma", "Alpha", "beta"]
    assert names(t="-x") == ["Alpha", "gamma", "beta"]


def test_a_click_sorts_numbers_from_the_largest_and_texts_from_a_and_a_second_click_turns_it():
    def asks(sort: str) -> dict[str, str]:
        header = sort_table("t", COLUMNS, ROWS, {"t": sort}, "-n").header
        return {column["key"]: parse_qs(column["query"])["t"][0] for column in header}

    assert asks("x") == {"name": "name", "n": "-n", "x": "-x"}
    assert asks("-x")["x"] == "x"
    assert asks("name")["name"] == "-name"


def test_titles_say_how_the_table_is_sorted_and_keep_what_else_is_in_the_address():
    header = sort_table("t", COLUMNS, ROWS, {"t": "-n", "other": "a b&c"}, "n").header
    assert [column["direction"] for column in header] == ["", "descending", ""]
    assert all(parse_qs(column["query"])["other"] == ["a b&c"] for column in header)


def test_bars_are_as_high_as_their_counts_and_the_last_is_now():
    chart = draw_bars([0, 1, 1000, 500])
    assert [bar["height"] for bar in chart.bars] == [0, 1, HEIGHT, HEIGHT / 2]
    assert [bar["y"] + bar["height"] for bar in chart.bars] == [HEIGHT] * 4
    assert [bar["ago"] for bar in chart.bars] == [3, 2, 1, 0]
    assert all(bar["x"] + bar["width"] <= chart.width for bar in chart.bars)
    assert draw_bars([0, 0]).top == 0
