"""The page of figures, and each figure and its data as files."""

from __future__ import annotations

import csv
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from accounts.roles import ADMIN, REVIEWER, roles_required
from annotation.models import Dataset
from evaluation import figures
from evaluation.blindness import not_while_blind
from evaluation.figure_choice import (
    KINDS,
    MEASURES,
    SCALES,
    choose_figure,
    draw_points,
    points_of,
    with_links,
)
from evaluation.models import MetricReport
from evaluation.reports import latest_report
from taxonomy.downloads import disposition, file_name
from taxonomy.errors import InputError


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
def figures_page(request: HttpRequest) -> HttpResponse:
    """One figure of the latest report; the address says which, and of what."""
    report = latest_report()
    if report is None or not report.rows:
        context: dict[str, Any] = {"report": report, "has_datasets": Dataset.objects.exists()}
        return render(request, "evaluation/results_empty.html", context | {"state": "quiet"})
    choice = choose_figure(report.parameters, request.GET.dict())
    points, problem = _points(report, choice)
    is_fitted = "scale" in choice.kind.pickers
    context = {
        "report": report,
        "choice": choice,
        "kinds": KINDS,
        "measures": MEASURES,
        "scales": SCALES,
        "participants": sorted(report.parameters["predictions"].get(choice.dataset, {})),
        "points": points,
        "columns": [key for key in points[0] if key != "href"] if points else [],
        "problem": problem,
        "fit": figures.fit_of(points, choice.scale) if is_fitted and points else None,
        "script": figures.script_name(),
    }
    return render(request, "evaluation/figures.html", context)


def _points(report: MetricReport, choice: Any) -> tuple[list[dict[str, Any]], str]:
    try:
        return points_of(report, choice), ""
    except InputError as error:
        return [], str(error)


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
@cache_control(private=True, max_age=60)
def figure_file(request: HttpRequest, report_id: int, suffix: str) -> HttpResponse:
    """The figure that the address chooses as svg, png or pdf, or as specification: json."""
    if suffix not in figures.MEDIA_TYPES:
        raise Http404
    report = get_object_or_404(MetricReport.objects.select_related("snapshot"), pk=report_id)
    choice = choose_figure(report.parameters, request.GET.dict())
    points = _points(report, choice)[0]
    if suffix == "json":
        points = with_links(points, choice.dataset)
    spec = draw_points(choice, points, "dark" if request.GET.get("theme") == "dark" else "light")
    response = HttpResponse(figures.draw(spec, suffix), content_type=figures.MEDIA_TYPES[suffix])
    name = file_name(choice.figure, choice.dataset, choice.group, suffix=suffix)
    response["Content-Disposition"] = disposition(name, attachment=False)
    return response


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
def figure_data(request: HttpRequest, report_id: int, suffix: str) -> HttpResponse:
    """What the figure draws, as csv or json."""
    report = get_object_or_404(MetricReport.objects.select_related("snapshot"), pk=report_id)
    choice = choose_figure(report.parameters, request.GET.dict())
    points = [
        {key: value for key, value in point.items() if key != "href"}
        for point in _points(report, choice)[0]
    ]
    name = file_name(choice.figure, choice.dataset, choice.group, suffix=suffix)
    headers = {"Content-Disposition": disposition(name)}
    if suffix == "json":
        content = {"snapshot": report.snapshot.hash, "points": points}
        return JsonResponse(content, headers=headers)
    if suffix != "csv":
        raise Http404
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers=headers)
    if points:
        writer = csv.DictWriter(response, [*points[0], "snapshot"])
        writer.writeheader()
        writer.writerows(point | {"snapshot": report.snapshot.hash} for point in points)
    return response
