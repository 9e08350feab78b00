"""The report as one HTML file that needs nothing else."""

from __future__ import annotations

import base64

from django.template.loader import render_to_string

from evaluation.document.content import Document, Drawing
from evaluation.figure_choice import draw_points
from evaluation.figures import draw
from taxonomy.downloads import inline_styles

STYLES = ("shared/base.css", "evaluation/results.css", "evaluation/report.css")


def make_html(document: Document) -> bytes:
    """UTF-8, with its figures and styles inside."""
    sections = [
        (section, [(one, _uri(one)) for one in section.drawings]) for section in document.sections
    ]
    context = {"document": document, "sections": sections, "styles": inline_styles(STYLES)}
    return render_to_string("evaluation/report_file.html", context).encode()


def _uri(drawing: Drawing) -> str:
    svg = draw(draw_points(drawing.choice, drawing.points, "light"), "svg")
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"
