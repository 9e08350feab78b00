"""The pages with reference images, and the pictures on them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required
from taxonomy import stored
from taxonomy.models import LabelClass, ReferenceImage, Taxonomy, ThumbnailSheets
from taxonomy.pages import page_context
from taxonomy.reference import sheets
from taxonomy.reference.comparing import compared
from taxonomy.reference.overview import overview
from taxonomy.renditions import ready_rendition

FIRST = 6
SHOWN_RENDITIONS = ("large", "original")


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def references(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """Every class with its thumbnail and how many reference images it has."""
    taxonomy, context = page_context(taxonomy_id, "references")
    context["overview"] = overview(taxonomy)
    context["made"], context["wanted"] = sheets.sheet_counts(taxonomy)
    return render(request, "taxonomy/references.html", context)


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def sheet_progress(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """How many contact sheets are made; asked for as a part of the page until all are."""
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    made, wanted = sheets.sheet_counts(taxonomy)
    context = {"taxonomy": taxonomy, "made": made, "wanted": wanted}
    return render(request, "taxonomy/_sheet_progress.html", context)


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def compare(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """Up to three classes side by side: ?class=3&class=7"""
    taxonomy, context = page_context(taxonomy_id, "references")
    try:
        context["columns"] = compared(taxonomy, request.GET.getlist("class"))
    except ValueError as error:
        raise Http404 from error
    return render(request, "taxonomy/compare.html", context)


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def reference_image(
    request: HttpRequest, taxonomy_id: int, image_id: int, rendition: str
) -> HttpResponseBase:
    """A whole reference image, free of metadata, under a name that tells nothing of its source."""
    images = ReferenceImage.objects.filter(pk=image_id, label_class__taxonomy=taxonomy_id)
    row = images.values_list("content_hash", "file").first()
    if row is None or rendition not in SHOWN_RENDITIONS:
        raise Http404
    try:
        return stored.picture(ready_rendition(*row, rendition))
    except FileNotFoundError as error:
        raise Http404 from error


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def reference_sheet(request: HttpRequest, taxonomy_id: int, version: str) -> HttpResponseBase:
    """The contact sheet of a class."""
    try:
        return stored.picture(sheets.ready_sheet(taxonomy_id, version))
    except FileNotFoundError as error:
        raise Http404 from error


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def class_sheet(request: HttpRequest, taxonomy_id: int, index: int) -> HttpResponse:
    """The first reference images of a class, as a part of a page."""
    label_class = get_object_or_404(LabelClass, taxonomy=taxonomy_id, index=index)
    context = {"sheet": sheets.sheet_of(label_class), "most": FIRST}
    return render(request, "taxonomy/_reference_sheet.html", context)


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def class_thumbs(
    request: HttpRequest, taxonomy_id: int, version: str, number: int
) -> HttpResponseBase:
    """A sheet of thumbnails; an old address leads to the new one."""
    current = get_object_or_404(ThumbnailSheets, taxonomy=taxonomy_id)
    if version != current.version:
        return redirect("class_thumbs", taxonomy_id, current.version, number)
    try:
        return stored.picture(sheets.ready_thumbs(current, number))
    except FileNotFoundError as error:
        raise Http404 from error
