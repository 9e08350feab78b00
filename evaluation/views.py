"""The start page, and the results with their figure and table."""

from __future__ import annotations

import csv
from typing import Any

from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required, signed_in
from annotation.discussion.mentions import mentions_of
from annotation.labeling.statistics import own_parts
from annotation.labeling.statistics import progress_of as labeling_progress
from annotation.models import Dataset, LabelingTask, Participant, ReviewRound
from annotation.review import rounds
from annotation.review.access import visible_rounds
from evaluation import figures, recomputing, tables, tasks
from evaluation.blindness import not_while_blind
from evaluation.models import MetricReport
from evaluation.ranges import range_history
from evaluation.reports import latest_report
from taxonomy.downloads import disposition, file_name


@require_GET
@roles_required(ADMIN, REVIEWER, LABELER)
def home(request: HttpRequest) -> HttpResponse:
    """What to do next."""
    user = signed_in(request)
    open_rounds = visible_rounds(user).filter(state=ReviewRound.State.OPEN)
    parts = own_parts(user.pk)
    labeling = labeling_progress([part.task for part in parts], user.pk)
    context = {
        "rounds": rounds.progress_of(list(open_rounds)),
        "datasets": Dataset.objects.count(),
        "images": Dataset.objects.aggregate(images=Sum("size"))["images"] or 0,
        "participants": Participant.objects.count(),
        "report": latest_report(),
        "asked": len(mentions_of(user)),
        "tasks": [
            (part.task, labeling[part.task_id])
            for part in parts
            if part.task.state == LabelingTask.State.OPEN and not part.handed_in
        ],
    }
    return render(request, "evaluation/home.html", context)


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
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
    found = tables.search(rows, choice.text)
    keys = dict(Participant.objects.values_list("name", "pk"))
    counts = report.snapshot.counts
    context |= {
        "choice": choice,
        "columns": tables.header(choice),
        "rows": [row | {"pk": keys.get(row["participant"])} for row in found],
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
@not_while_blind
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
    tasks.order_numbers()
    if "HX-Request" not in request.headers:
        return redirect("results")
    context = {"report": latest_report(), "state": recomputing.state()}
    return render(request, "evaluation/_status.html", context)


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
@cache_control(private=True, max_age=600)
def figure(request: HttpRequest, report_id: int, suffix: str) -> HttpResponse:
    """The accuracies of ?dataset= and ?group= as svg, png or pdf, or as specification: json."""
    report = get_object_or_404(MetricReport, pk=report_id)
    choice = tables.choose(report.parameters, request.GET.dict())
    spec = figures.accuracy_figure(tables.select(report.rows, choice), _theme(request))
    return _drawn(spec, (choice.dataset, choice.group), suffix)


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
@cache_control(private=True, max_age=600)
def ranges_figure(request: HttpRequest, report_id: int, suffix: str) -> HttpResponse:
    """How the ranges of ?dataset= and ?group= have shrunk up to the report, as `figure`."""
    report = get_object_or_404(MetricReport.objects.defer("rows"), pk=report_id)
    choice = tables.choose(report.parameters, request.GET.dict())
    points = range_history(report, choice.dataset, choice.group)
    spec = figures.range_figure(points, _theme(request))
    return _drawn(spec, (choice.dataset, choice.group, "ranges"), suffix)


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
def ranges(request: HttpRequest) -> HttpResponse:
    """The figure of `ranges_figure` for another page to take in; nothing if there is none."""
    report = latest_report()
    if report is None or request.GET.get("dataset") not in report.parameters["datasets"]:
        return HttpResponse()
    choice = tables.choose(report.parameters, request.GET.dict())
    context = {"report": report, "choice": choice, "query": tables.query(choice)}
    return render(request, "evaluation/_ranges.html", context)


def _theme(request: HttpRequest) -> figures.Theme:
    return "dark" if request.GET.get("theme") == "dark" else "light"


def _drawn(spec: dict[str, Any], name: tuple[str, ...], suffix: str) -> HttpResponse:
    if suffix not in figures.MEDIA_TYPES:
        raise Http404
    content = figures.draw(spec, suffix)
    response = HttpResponse(content, content_type=figures.MEDIA_TYPES[suffix])
    file = file_name(*name, suffix=suffix)
    response["Content-Disposition"] = disposition(file, attachment=False)
    return response


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
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
