"""The table for a paper: what it shows, and its files."""

from __future__ import annotations

import csv

import pytest
from django.http import QueryDict
from django.urls import reverse

from annotation.models import Dataset
from evaluation.comparison import as_csv, as_latex, as_markdown, choose, table
from evaluation.metrics.gaps import gap
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from tests.factories import make_dataset, make_taxonomy, predict

pytestmark = pytest.mark.django_db


@pytest.fixture
def report():
    """Two datasets of twenty images; net is right on 18 and 12 of them, a_b&c on 15 and 15, and
    nobody else has predicted more than the first."""
    taxonomy = make_taxonomy()
    for name, rights in (
        ("old", {"net": 18, "a_b&c": 15, "one|two": 20}),
        ("new", {"net": 12, "a_b&c": 15}),
    ):
        dataset = make_dataset(taxonomy, 20, name)
        for participant, right in rights.items():
            rows = [[i % 10 if i < right else (i + 1) % 10] for i in range(20)]
            predict(participant, dataset, rows)
    return compute_report(take_snapshot())


def shown(report, query: str):
    asked = choose(report.parameters, report.rows, QueryDict(query))
    return asked, {line.name: line.cells for line in table(report.rows, asked)}


TOP1 = "metric=top1&group=all&dataset=old&dataset=new"


def test_cells_are_those_of_the_report_and_gaps_lie_between_the_datasets(report):
    asked, lines = shown(report, TOP1)
    assert asked.columns == [("all", "old"), ("all", "new"), ("all", "gap")]
    assert [cell and round(cell.value, 3) for cell in lines["net"]] == [0.9, 0.6, 0.3]
    assert [cell and round(cell.value, 3) for cell in lines["one|two"]] == [1.0, None, None]
    expected = gap(18, 20, 12, 20)
    cell = lines["net"][2]
    assert (cell.low, cell.high) == (float(expected.low), float(expected.high))
    assert lines["net"][0].n == 20


def test_the_best_of_each_column_is_marked_and_of_gaps_the_smallest(report):
    _, lines = shown(report, TOP1)
    best = {name: [bool(cell and cell.best) for cell in cells] for name, cells in lines.items()}
    assert best == {
        "net": [False, False, False],
        "a_b&c": [False, True, True],
        "one|two": [True, False, False],
    }


def test_a_column_sorts_best_first_and_what_is_missing_comes_last(report):
    for sort, order in {
        "all|old": ["one|two", "net", "a_b&c"],
        "all|new": ["a_b&c", "net", "one|two"],
        "all|gap": ["a_b&c", "net", "one|two"],
        "nothing": ["a_b&c", "net", "one|two"],
    }.items():
        _, lines = shown(report, f"{TOP1}&sort={sort}")
        assert list(lines) == order


def test_participants_and_groups_are_picked_and_the_unknown_left_out(report):
    asked, lines = shown(report, "participant=net&participant=nobody&group=all&group=x&dataset=old")
    assert (asked.groups, asked.datasets, list(lines)) == (["all"], ["old"], ["net"])
    asked, lines = shown(report, "participant=nobody&metric=luck")
    assert (asked.metric, len(lines)) == ("multi_label", 3)


def test_groups_of_participants_are_shown_whole_and_head_their_lines(report):
    groups = {"large & old": ["net", "gone"]}

    def lines(query: str):
        asked = choose(report.parameters, report.rows, QueryDict(query), groups)
        return table(report.rows, asked), asked

    assert [line.name for line in lines("who=large+%26+old")[0]] == ["net"]
    assert [line.name for line in lines("who=large+%26+old&participant=a_b%26c")[0]] == [
        "a_b&c", "net",
    ]  # fmt: skip
    found, asked = lines(f"{TOP1}&sections=on")
    assert [(line.section, line.name) for line in found] == [
        ("large & old", "net"), ("Models", "a_b&c"), ("Models", "one|two"),
    ]  # fmt: skip
    latex = as_latex(found, asked)
    assert latex.count(r"\emph{") == 2
    assert r"\multicolumn{4}{l}{\emph{large \& old}} \\" in latex
    assert "| *Models* |  |  |  |" in as_markdown(found, asked)
    rows = list(csv.DictReader(as_csv(found, asked).splitlines()))
    assert [row["section"] for row in rows] == ["large & old", "Models", "Models"]


def test_csv_has_every_number_in_full(report):
    asked = choose(report.parameters, report.rows, QueryDict(TOP1))
    rows = list(csv.DictReader(as_csv(table(report.rows, asked), asked).splitlines()))
    net = next(row for row in rows if row["participant"] == "net")
    assert float(net["all, old"]) == 0.9
    assert net["all, old n"] == "20"
    assert net["all, gap n"] == ""
    cell = next(
        row
        for row in report.rows
        if row["participant"] == "net" and row["dataset"] == "old" and row["group"] == "all"
    )
    assert float(net["all, old low"]) == cell["top1"]["low"]


def test_latex_and_markdown_escape_names_and_mark_the_best(report):
    asked = choose(report.parameters, report.rows, QueryDict(TOP1))
    lines = table(report.rows, asked)
    latex, markdown = as_latex(lines, asked), as_markdown(lines, asked)
    assert r"a\_b\&c & 75.0 [50.9, 91.3] & \textbf{75.0} [50.9, 91.3]" in latex
    assert r"\begin{tabular}{lrrr}" in latex
    assert r"| one\|two | **100.0** [83.2, 100.0] | – | – |" in markdown


def test_the_same_report_gives_the_same_bytes(report):
    asked = choose(report.parameters, report.rows, QueryDict(TOP1))
    texts = {as_csv(table(report.rows, asked), asked) for _ in range(3)}
    assert len(texts) == 1


def test_the_page_and_its_files_are_about_one_report(admin_client, report):
    page = admin_client.get(reverse("comparison") + f"?{TOP1}").content.decode()
    assert "<strong>75.0</strong>" in page
    assert f"report={report.pk}" in page
    for suffix, sign in (("csv", "participant,kind"), ("tex", r"\toprule"), ("md", "| ---")):
        address = reverse("comparison_file", args=[suffix]) + f"?{TOP1}&report={report.pk}"
        answer = admin_client.get(address)
        assert sign in answer.content.decode()
        assert f".{suffix}" in answer["Content-Disposition"]
    assert admin_client.get(reverse("comparison_file", args=["exe"])).status_code == 404
    assert admin_client.get(reverse("comparison"), {"report": 10**9}).status_code == 404
    assert Dataset.objects.count() == 2
