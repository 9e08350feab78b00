"""What the browser asks of taxonomies."""

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required
from taxonomy.classes import CLASS_INDEX
from taxonomy.models import LabelClass, Synset, Taxonomy


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def taxonomies(request: HttpRequest) -> HttpResponse:
    """Which taxonomies there are; where there is one, its hierarchy."""
    found = Taxonomy.objects.order_by("name").annotate(
        class_count=_count(LabelClass), synset_count=_count(Synset)
    )
    if len(found) == 1:
        return redirect("explorer", found[0].pk)
    return render(request, "taxonomy/classes.html", {"taxonomies": found})


def _count(model: type[LabelClass | Synset]) -> Coalesce:
    """How many of them a taxonomy has; counting both in one join would multiply them."""
    rows = model.objects.filter(taxonomy=OuterRef("pk")).order_by().values("taxonomy")
    return Coalesce(Subquery(rows.annotate(rows=Count("pk")).values("rows")), 0)


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
@gzip_page
def class_index(request: HttpRequest, taxonomy_id: int, version: str) -> HttpResponse:
    return CLASS_INDEX.response(taxonomy_id, version)
