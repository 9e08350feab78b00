"""The hierarchy explorer, and what it asks for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required
from taxonomy.hierarchy import HIERARCHY
from taxonomy.pages import page_context


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
    return HIERARCHY.response(taxonomy_id, version)
