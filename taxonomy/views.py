"""What the browser asks of a taxonomy."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required
from taxonomy import classes
from taxonomy.models import Taxonomy

YEAR = 365 * 24 * 3600


@roles_required(ADMIN, REVIEWER, LABELER)
@require_safe
@gzip_page
def class_index(request: HttpRequest, taxonomy_id: int, version: str) -> HttpResponse:
    """The class index under an address that changes with it; an old address leads to the new."""
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    if version != classes.version(taxonomy):
        return redirect(classes.class_index_url(taxonomy))
    response = HttpResponse(classes.class_index(taxonomy), content_type="application/json")
    response["Cache-Control"] = f"private, max-age={YEAR}, immutable"
    return response
