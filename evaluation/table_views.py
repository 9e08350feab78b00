"""The table for a paper."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.roles import ADMIN, REVIEWER, roles_required
from annotation.models import Participant
from evaluation import comparison as made
from evaluation.addressed import addressed_report
from evaluation.blindness import not_while_blind
from evaluation.ensembles import members_by_group
from taxonomy.downloads import disposition, file_name


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
def comparison(request: HttpRequest) -> HttpResponse:
    """Participants by datasets and groups of the latest report, or of ?report=; the address says
    which, and can be sent."""
    report = addressed_report(request.GET.get("report", ""))
    if report is None or not report.rows:
        return render(request, "evaluation/results_empty.html", {"report": report})
    groups = members_by_group()
    asked = made.choose(report.parameters, report.rows, request.GET, groups)
    query = request.GET.copy()
    query["report"] = str(report.pk)
    sorted_by = query.copy()
    sorted_by.pop("sort", None)
    context = {
        "report": report,
        "asked": asked,
        "lines": made.table(report.rows, asked),
        "columns": [
            (made.title(column), f"{column[0]}|{column[1]}", column == asked.sort)
            for column in asked.columns
        ],
        "metrics": made.METRICS,
        "everybody": sorted({row["participant"] for row in report.rows}),
        "whole": [*groups, *made.KINDS.values()],
        "who": request.GET.getlist("who"),
        "known": dict(Participant.objects.values_list("name", "pk")),
        "query": query.urlencode(),
        "unsorted": sorted_by.urlencode(),
    }
    return render(request, "evaluation/comparison.html", context)


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
def comparison_file(request: HttpRequest, suffix: str) -> HttpResponse:
    """The same table as CSV, LaTeX or Markdown."""
    report = addressed_report(request.GET.get("report", ""))
    if suffix not in made.FORMATS or report is None:
        raise Http404
    groups = members_by_group()
    asked = made.choose(report.parameters, report.rows, request.GET, groups)
    content_type, write = made.FORMATS[suffix]
    name = file_name("table", str(report.snapshot), suffix=suffix)
    return HttpResponse(
        write(made.table(report.rows, asked), asked),
        content_type=content_type,
        headers={"Content-Disposition": disposition(name)},
    )
