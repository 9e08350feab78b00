"""The report as a PDF, set by Typst."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from evaluation.document.content import Document, Section
from evaluation.document.sheets import Sheet, SheetCell
from evaluation.figure_choice import draw_points
from evaluation.figures import draw
from taxonomy.guide.pdf import compile_document
from taxonomy.guide.typesetting import string

TEMPLATE = Path(__file__).with_name("report.typ")


def make_pdf(document: Document) -> bytes:
    """A4, with contents and page numbers; figures are drawings, not pixels."""
    with tempfile.TemporaryDirectory(prefix="tusker-report-") as name:
        folder = Path(name)
        shutil.copy(TEMPLATE, folder)
        (folder / "main.typ").write_text("".join(_document(document, folder)))
        return compile_document(folder / "main.typ")


def _document(document: Document, folder: Path) -> Iterator[str]:
    made = f"{document.report.created:%d %B %Y}".lstrip("0")
    about = f"{', '.join(document.report.parameters['datasets'])}, {made}"
    yield '#import "report.typ": *\n'
    yield (
        f"#show: report.with(title: {string('Multi-label evaluation')}, about: {string(about)}, "
        f"snapshot: {string(document.snapshot.hash)})\n"
    )
    for number, section in enumerate(document.sections):
        yield from _section(section, folder, number)
    yield f"#citations({string(document.citation)}, {string(document.study)})\n"


def _section(section: Section, folder: Path, number: int) -> Iterator[str]:
    yield f"#section({string(section.title)})\n"
    for text in section.paragraphs:
        yield f"#par({string(text)})\n"
    for place, drawing in enumerate(section.drawings):
        path = f"figure-{number}-{place}.pdf"
        spec = draw_points(drawing.choice, drawing.points, "light")
        (folder / path).write_bytes(draw(spec, "pdf"))
        yield (
            f"#drawing({string(path)}, {string(drawing.title)}, {string(drawing.choice.kind.note)})\n"
        )
    for sheet in section.sheets:
        yield _sheet(sheet)


def _sheet(sheet: Sheet) -> str:
    columns = "".join(f"{string(one)}, " for one in sheet.columns)
    lines = "".join(
        f"({string(name)}, {''.join(_cell(cell) for cell in cells)}), "
        for name, cells in sheet.lines
    )
    return f"#sheet({string(sheet.title)}, ({columns}), ({lines}), {string(sheet.note)})\n"


def _cell(cell: SheetCell) -> str:
    bold = "true" if cell.bold else "false"
    return f"cell({string(cell.text)}, {string(cell.more)}, {bold}), "
