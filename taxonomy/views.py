"""What the browser asks of taxonomies."""

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required
from taxonomy import classes
from taxonomy.models import Taxonomy

YEAR = 365 * 24 * 3600


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def taxonomies(request: HttpRequest) -> HttpResponse:
    """Which taxonomies there are; where there is one, its hierarchy."""
    found = Taxonomy.objects.order_by("name").annotate(
        class_count=Count("classes", distinct=True), synset_count=Count("synsets", distinct=True)
    )
    if len(found) == 1:
        return redirect("explorer", found[0].pk)
    return render(request, "taxonomy/classes.html", {"taxonomies": found})


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
@gzip_page
def class_index(request: HttpRequest, taxonomy_id: int, version: str) -> HttpResponse:
    """The class index under an address that changes with it; an old address leads to the new."""
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    if version != classes.version(taxonomy):
        return redirect(classes.class_index_url(taxonomy))
    response = HttpResponse(classes.class_index(taxonomy), content_type="application/json")
    response["Cache-Control"] = f"private, max-age={YEAR}, immutable"
    return response
