"""The hierarchy explorer, and what it asks for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required
from taxonomy import hierarchy as hierarchies
from taxonomy.models import Taxonomy
from taxonomy.pages import page_context
from taxonomy.views import YEAR


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def explorer(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """The hierarchy drawn; `?at=` names a node by the keys on the way to it (see explorer.js)."""
    taxonomy, context = page_context(taxonomy_id, "explorer")
    context["config"] = {
        "taxonomy": taxonomy.pk,
        "hierarchyUrl": context["hierarchy_url"],
        "classesUrl": context["classes_url"],
    }
    return render(request, "taxonomy/explorer.html", context)


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
@gzip_page
def hierarchy(request: HttpRequest, taxonomy_id: int, version: str) -> HttpResponse:
    """The hierarchy under an address that changes with it; an old address leads to the new."""
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    if version != hierarchies.version(taxonomy):
        return redirect(hierarchies.hierarchy_url(taxonomy))
    response = HttpResponse(hierarchies.hierarchy(taxonomy), content_type="application/json")
    response["Cache-Control"] = f"private, max-age={YEAR}, immutable"
    return response
