"""A table like the paper's 1 and 2: participants by datasets and groups of images, for a paper."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evaluation.metrics.gaps import gap

KINDS = {"model": "Models", "human": "People", "ensemble": "Ensembles"}
METRICS = {"multi_label": "Multi-label", "top1": "Top-1", "top5": "Top-5"}
LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What the table shows; `sort` is (group, dataset or "gap") of the column that orders it, best
    first. `sections` {participant: heading} has the lines stand below headings, in its order."""

    metric: str
    datasets: Sequence[str]
    groups: Sequence[str]
    participants: Sequence[str]
    sort: tuple[str, str] | None = None
    sections: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[tuple[str, str]]:
        """(group, dataset or "gap"); a gap stands between two datasets only."""
        gaps = ["gap"] if len(self.datasets) == 2 else []
        return [(group, name) for group in self.groups for name in [*self.datasets, *gaps]]


@dataclass(frozen=True)
class Cell:
    """In fractions, with the 95 % interval; `n` images, None for a gap. `best` in its column."""

    value: float
    low: float
    high: float
    n: int | None
    best: bool


@dataclass(frozen=True)
class Line:
    name: str
    kind: str
    cells: list[Cell | None]
    section: str = ""


def choose(
    parameters: Mapping[str, Any],
    rows: Sequence[dict[str, Any]],
    asked: Any,
    groups_of_people: Mapping[str, Sequence[str]] | None = None,
) -> Asked:
    """From a query (`getlist`): metric, dataset…, group…, participant…, who…, sort, sections; what is
    not known is left out, and where nothing is left everything (of groups the first four) is shown.

    who names groups of participants, of `groups_of_people` {name: members} or KINDS, all of whose
    members are shown; sections=on puts them below their groups' names.
    """

    def picked(name: str, known: Sequence[str], usual: Sequence[str]) -> list[str]:
        found = [one for one in dict.fromkeys(asked.getlist(name)) if one in known]
        return found or list(usual)

    metric = asked.get("metric", "")
    groups = parameters["groups"]
    kinds = {row["participant"]: row["kind"] for row in rows}
    people = sorted(kinds)
    members = {
        name: [one for one in listed if one in kinds]
        for name, listed in (groups_of_people or {}).items()
    }
    for kind, name in KINDS.items():
        members.setdefault(name, [one for one in people if kinds[one] == kind])
    whole = [one for name in asked.getlist("who") for one in members.get(name, ())]
    some = [one for one in asked.getlist("participant") if one in kinds]
    chosen = Asked(
        metric if metric in METRICS else "multi_label",
        picked("dataset", parameters["datasets"], parameters["datasets"]),
        picked("group", groups, groups[:4]),
        sorted({*whole, *some}) or people,
    )
    group, _, dataset = asked.get("sort", "").partition("|")
    sort = (group, dataset) if (group, dataset) in chosen.columns else None
    sections: dict[str, str] = {}
    if asked.get("sections"):
        for name, listed in members.items():
            sections |= {one: name for one in listed if one not in sections}
    return replace(chosen, sort=sort, sections=sections)


def table(rows: Sequence[dict[str, Any]], asked: Asked) -> list[Line]:
    """The lines of the table: best first in the sorting column, or by name; the best is marked.

    A gap is how much lower the accuracy is on the second dataset than on the first, with the
    interval of `metrics.gaps.gap`. The dataset's images are taken to be others than the first's.
    """
    by_key = {(row["participant"], row["group"], row["dataset"]): row for row in rows}
    kinds = {row["participant"]: row["kind"] for row in rows}
    values = {
        name: [_value(by_key, name, column, asked) for column in asked.columns]
        for name in asked.participants
    }
    best = [_best(column, [row[i] for row in values.values()]) for i, column in enumerate(asked.columns)]  # fmt: skip
    lines = [
        Line(
            name, kinds[name],
            [
                value and Cell(*value, best=value[0] == best[i])
                for i, value in enumerate(row)
            ],
            asked.sections.get(name, ""),
        )
        for name, row in values.items()
    ]  # fmt: skip
    lines.sort(key=lambda line: line.name.casefold())
    if asked.sort:
        place, sign = asked.columns.index(asked.sort), 1 if asked.sort[1] == "gap" else -1
        known = [line for line in lines if line.cells[place]]
        known.sort(key=lambda line: sign * _number(line.cells[place]))
        lines = known + [line for line in lines if not line.cells[place]]
    order = list(dict.fromkeys(asked.sections.values()))
    return sorted(lines, key=lambda line: order.index(line.section)) if order else lines


def _number(cell: Cell | None) -> float:
    assert cell is not None
    return cell.value


Value = tuple[float, float, float, int | None]


def _value(
    by_key: Mapping[tuple[str, str, str], dict[str, Any]],
    name: str,
    column: tuple[str, str],
    asked: Asked,
) -> Value | None:
    group, dataset = column
    if dataset == "gap":
        first, second = (_cell(by_key, name, group, one, asked) for one in asked.datasets)
        if not first or not second:
            return None
        found = gap(first["correct"], first["n"], second["correct"], second["n"])
        return float(found.value), float(found.low), float(found.high), None
    cell = _cell(by_key, name, group, dataset, asked)
    return cell and (cell["accuracy"], cell["low"], cell["high"], cell["n"])  # type: ignore[return-value]


def _cell(
    by_key: Mapping[tuple[str, str, str], dict[str, Any]],
    name: str,
    group: str,
    dataset: str,
    asked: Asked,
) -> dict[str, Any] | None:
    row = by_key.get((name, group, dataset))
    cell = row and row[asked.metric]
    return cell if cell and cell["n"] else None


def _best(column: tuple[str, str], values: Sequence[Value | None]) -> float | None:
    known = [value[0] for value in values if value]
    if not known:
        return None
    return min(known) if column[1] == "gap" else max(known)


def title(column: tuple[str, str]) -> str:
    return f"{column[0]}, {column[1]}"


def as_csv(lines: Sequence[Line], asked: Asked) -> str:
    """Fractions, in full; four columns for each of the table's."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    ends = ("", " low", " high", " n")
    head = ["participant", "kind", *(["section"] if asked.sections else [])]
    writer.writerow([*head, *(title(c) + end for c in asked.columns for end in ends)])
    for line in lines:
        cells = [
            part
            for cell in line.cells
            for part in ((cell.value, cell.low, cell.high, cell.n) if cell else ("",) * 4)
        ]
        name = f"'{line.name}" if line.name.startswith(("=", "+", "-", "@")) else line.name
        section = [line.section] if asked.sections else []
        writer.writerow(
            [name, line.kind, *section, *("" if part is None else part for part in cells)]
        )
    return out.getvalue()


def as_latex(lines: Sequence[Line], asked: Asked) -> str:
    """A tabular of per cents with intervals, the best in bold; needs the package booktabs."""
    rows = [
        rf"\begin{{tabular}}{{l{'r' * len(asked.columns)}}}",
        r"\toprule",
        " & ".join(["Participant", *(_latex(title(column)) for column in asked.columns)]) + r" \\",
        r"\midrule",
    ]
    for line, heading in _with_headings(lines):
        if heading:
            span = rf"\multicolumn{{{1 + len(asked.columns)}}}{{l}}"
            rows.append(rf"{span}{{\emph{{{_latex(heading)}}}}} \\")
        cells = [_text(cell, r"\textbf{%s}", "--") for cell in line.cells]
        rows.append(" & ".join([_latex(line.name), *cells]) + r" \\")
    return "\n".join([*rows, r"\bottomrule", r"\end{tabular}", ""])


def as_markdown(lines: Sequence[Line], asked: Asked) -> str:
    """A table of GitHub's Markdown, per cents with intervals, the best in bold."""
    head = ["Participant", *(title(column).replace("|", r"\|") for column in asked.columns)]
    rows = [head, ["---", *["--:"] * len(asked.columns)]]
    for line, heading in _with_headings(lines):
        if heading:
            rows.append([f"*{heading.replace('|', chr(92) + '|')}*", *[""] * len(asked.columns)])
        name = line.name.replace("|", r"\|")
        rows.append([name, *(_text(cell, "**%s**", "–") for cell in line.cells)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _with_headings(lines: Sequence[Line]) -> list[tuple[Line, str]]:
    """Each line, and the heading that goes before it."""
    before = ["", *(line.section for line in lines)]
    return [
        (line, line.section if line.section != last else "")
        for line, last in zip(lines, before, strict=False)
    ]


def _text(cell: Cell | None, bold: str, none: str) -> str:
    if cell is None:
        return none
    value = f"{100 * cell.value:.1f}"
    return f"{bold % value if cell.best else value} [{100 * cell.low:.1f}, {100 * cell.high:.1f}]"


def _latex(text: str) -> str:
    return "".join(LATEX.get(letter, letter) for letter in text)


FORMATS: dict[str, tuple[str, Callable[[Sequence[Line], Asked], str]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "tex": ("application/x-tex; charset=utf-8", as_latex),
    "md": ("text/markdown; charset=utf-8", as_markdown),
}
