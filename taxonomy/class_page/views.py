"""One class: its page, and what of it is shown beside an image."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required
from taxonomy import class_page as content
from taxonomy.models import LabelClass
from taxonomy.pages import page_context

PANEL_SECONDS = 300


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def class_page(request: HttpRequest, taxonomy_id: int, index: int) -> HttpResponse:
    _, context = page_context(taxonomy_id, "class")
    context |= content.of_page(_get(taxonomy_id, index))
    return render(request, "taxonomy/class_page.html", context)


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def class_panel(request: HttpRequest, taxonomy_id: int, index: int) -> HttpResponse:
    """A part of a page; nothing in it tells of images or of what anybody said of them."""
    label_class = _get(taxonomy_id, index)
    context = content.of_panel(label_class) | {"taxonomy": label_class.taxonomy}
    response = render(request, "taxonomy/_class_panel.html", context)
    response["Cache-Control"] = f"private, max-age={PANEL_SECONDS}"
    return response


def _get(taxonomy_id: int, index: int) -> LabelClass:
    found = LabelClass.objects.select_related("taxonomy", "synset")
    return get_object_or_404(found, taxonomy=taxonomy_id, index=index)
