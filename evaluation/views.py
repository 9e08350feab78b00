"""The start page, and the results with their figure and table."""

from __future__ import annotations

import csv
from typing import Any

from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required
from annotation.models import Dataset, Participant, ReviewRound
from annotation.review import rounds
from evaluation import figures, recomputing, tables, tasks
from evaluation.models import MetricReport
from evaluation.reports import latest_report
from taxonomy.downloads import disposition, file_name


@require_GET
@roles_required(ADMIN, REVIEWER, LABELER)
def home(request: HttpRequest) -> HttpResponse:
    """What to do next."""
    open_rounds = ReviewRound.objects.filter(state=ReviewRound.State.OPEN)
    context = {
        "rounds": [(item, rounds.progress(item)) for item in open_rounds],
        "datasets": Dataset.objects.count(),
        "images": Dataset.objects.aggregate(images=Sum("size"))["images"] or 0,
        "participants": Participant.objects.count(),
        "report": latest_report(),
    }
    return render(request, "evaluation/home.html", context)


@require_GET
@roles_required(ADMIN, REVIEWER)
def results(request: HttpRequest) -> HttpResponse:
    """The latest report: ?dataset=, ?group=, ?sort=, ?q= choose what of it is shown."""
    report = latest_report()
    context: dict[str, Any] = {"report": report, "state": recomputing.state()}
    if report is None or not report.rows:
        context["has_datasets"] = Dataset.objects.exists()
        return render(request, "evaluation/results_empty.html", context)
    choice = tables.choose(report.parameters, request.GET.dict())
    rows = tables.select(report.rows, choice)
    reach = tables.draw_bars(rows)
    counts = report.snapshot.counts
    context |= {
        "choice": choice,
        "columns": tables.header(choice),
        "rows": tables.search(rows, choice.text),
        "participants": len(rows),
        "reach": reach,
        "counts": counts["datasets"][choice.dataset],
        "total": counts["total"],
        "query": tables.query(choice),
        "script": figures.script_name(),
    }
    return render(request, "evaluation/results.html", context)


@require_GET
@roles_required(ADMIN, REVIEWER)
def results_status(request: HttpRequest) -> HttpResponse:
    """Asked for again and again by the page that shows report ?report=."""
    report = latest_report()
    response = render(
        request,
        "evaluation/_status.html",
        {"report": report, "state": recomputing.state()},
    )
    if report and request.GET.get("report") != str(report.pk):
        response["HX-Trigger"] = "report-ready"
    return response


@require_POST
@roles_required(ADMIN)
def recompute(request: HttpRequest) -> HttpResponse:
    recomputing.ask()
    tasks.recompute.delay()
    if "HX-Request" not in request.headers:
        return redirect("results")
    context = {"report": latest_report(), "state": recomputing.state()}
    return render(request, "evaluation/_status.html", context)


@require_GET
@roles_required(ADMIN, REVIEWER)
@cache_control(private=True, max_age=600)
def figure(request: HttpRequest, report_id: int, suffix: str) -> HttpResponse:
    """The figure of ?dataset= and ?group= as svg, png or pdf, or its specification as json."""
    if suffix not in figures.MEDIA_TYPES:
        raise Http404
    report = get_object_or_404(MetricReport, pk=report_id)
    choice = tables.choose(report.parameters, request.GET.dict())
    theme: figures.Theme = "dark" if request.GET.get("theme") == "dark" else "light"

    spec = figures.accuracy_figure(tables.select(report.rows, choice), theme)
    content = figures.draw(spec, suffix)
    response = HttpResponse(content, content_type=figures.MEDIA_TYPES[suffix])
    name = file_name(choice.dataset, choice.group, suffix=suffix)
    response["Content-Disposition"] = disposition(name, attachment=False)
    return response


@require_GET
@roles_required(ADMIN, REVIEWER)
def table_csv(request: HttpRequest, report_id: int) -> HttpResponse:
    """The rows of ?dataset= and ?group=, or all of the report's, with accuracies as fractions."""
    report = get_object_or_404(MetricReport.objects.select_related("snapshot"), pk=report_id)
    rows = [
        row
        for row in report.rows
        if request.GET.get("dataset") in (None, row["dataset"])
        and request.GET.get("group") in (None, row["group"])
    ]
    name = file_name("results", str(report.snapshot), suffix="csv")
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition(name)}
    )
    csv.writer(response).writerows(tables.flat(rows, report.snapshot.hash))
    return response


@require_GET
@roles_required(ADMIN, REVIEWER)
@cache_control(private=True, max_age=365 * 24 * 3600, immutable=True)
def figure_script(request: HttpRequest, name: str) -> HttpResponse:
    """The JavaScript that draws figures in the page."""
    if name != figures.script_name():
        raise Http404
    response = HttpResponse(figures.script(), content_type="text/javascript; charset=utf-8")
    response["Content-Encoding"] = "gzip"
    return response
