"""A report that can be read from beginning to end: in the page, as HTML file and as PDF."""

from evaluation.document.content import Document, Drawing, Section, Sheet, compose
from evaluation.document.html_file import make_html
from evaluation.document.pdf import make_pdf

__all__ = ["Document", "Drawing", "Section", "Sheet", "compose", "make_html", "make_pdf"]
