"""The report on a snapshot: the page, the HTML file and the PDF."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.roles import ADMIN, REVIEWER, roles_required
from evaluation.addressed import addressed_report
from evaluation.blindness import not_while_blind
from evaluation.document import Document, compose, make_html, make_pdf
from evaluation.models import LabelSnapshot, MetricReport
from taxonomy import stored
from taxonomy.downloads import disposition, file_name
from taxonomy.errors import InputError

LISTED = 100
# To be raised when the files' look or words change.
EDITION = 1
MAKERS = {"pdf": ("application/pdf", make_pdf), "html": ("text/html; charset=utf-8", make_html)}


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
def report_page(request: HttpRequest) -> HttpResponse:
    """The latest report, or ?report=; with what changed since snapshot ?against=."""
    report = addressed_report(request.GET.get("report", ""))
    if report is None or not report.rows:
        return render(request, "evaluation/results_empty.html", {"report": report})
    against = _against(request)
    query = {"report": report.pk} | ({"against": against.hash} if against else {})
    context = {
        "report": report,
        "document": _compose(report, against),
        "against": against,
        "reports": MetricReport.objects.filter(complete=True)
        .select_related("snapshot")
        .defer("snapshot__arrays", "rows", "parameters")[:LISTED],
        "snapshots": LabelSnapshot.objects.defer("arrays").exclude(pk=report.snapshot_id)[:LISTED],
        "query": urlencode(query),
    }
    return render(request, "evaluation/report.html", context)


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
def report_file(request: HttpRequest, suffix: str) -> HttpResponse:
    """The same as one file; made once for each report."""
    report = addressed_report(request.GET.get("report", ""))
    if suffix not in MAKERS or report is None:
        raise Http404
    against = _against(request)
    content_type, make = MAKERS[suffix]
    other = f"-{against.hash[:16]}" if against else ""
    path = f"reports/{report.hash}{other}-{EDITION}.{suffix}"
    if not default_storage.exists(path):
        stored.put(path, make(_compose(report, against)))
    with default_storage.open(path) as file:
        content = file.read()
    name = file_name("report", str(report.snapshot), suffix=suffix)
    headers = {"Content-Disposition": disposition(name)}
    return HttpResponse(content, content_type=content_type, headers=headers)


def _compose(report: MetricReport, against: LabelSnapshot | None) -> Document:
    try:
        return compose(report, against)
    except InputError as error:
        raise Http404(str(error)) from None


def _against(request: HttpRequest) -> LabelSnapshot | None:
    asked = request.GET.get("against", "")
    return get_object_or_404(LabelSnapshot, hash=asked) if asked else None
