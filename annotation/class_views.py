"""Parts of the pages about classes that are for reviewers and admins alone."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.roles import ADMIN, REVIEWER, roles_required, signed_in
from annotation import class_evidence as evidence
from annotation.labeling.examinations import examinations_of
from annotation.review.access import blind_rounds_of
from taxonomy.models import LabelClass, Taxonomy

IMAGES_PER_PAGE = 24


@require_safe
@roles_required(ADMIN, REVIEWER)
def class_evidence(request: HttpRequest, taxonomy_id: int, index: int) -> HttpResponse:
    """What is known of a class from images; with ?page= only that page of its images.

    It follows from what others say, which nobody may know who reviews blind or is examined.
    """
    if closed := _closed(request):
        return closed
    found = LabelClass.objects.select_related("taxonomy", "synset")
    label_class = get_object_or_404(found, taxonomy=taxonomy_id, index=index)
    images = Paginator(evidence.images_holding(label_class), IMAGES_PER_PAGE)
    context = {"label_class": label_class, "images": images.get_page(request.GET.get("page"))}
    if "page" in request.GET:
        return render(request, "annotation/_class_images.html", context)
    context |= {
        "counts": evidence.verdict_counts(label_class),
        "confused": evidence.confused_with(label_class),
        "taken_for": evidence.taken_for(label_class),
    }
    return render(request, "annotation/_class_evidence.html", context)


@require_safe
@roles_required(ADMIN, REVIEWER)
def wanted_entries(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """The pairs of classes that are confused most often, for the list of guide entries to write; as
    `class_evidence`, none for who reviews blind or is examined."""
    if closed := _closed(request):
        return closed
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    context = {"taxonomy": taxonomy, "pairs": evidence.most_confused(taxonomy)}
    return render(request, "annotation/_wanted_entries.html", context)


def _closed(request: HttpRequest) -> HttpResponse | None:
    """What is said in the place of evidence, if there must be none for the user now."""
    user = signed_in(request)
    rounds, tasks = list(blind_rounds_of(user)), list(examinations_of(user))
    if not rounds and not tasks:
        return None
    context = {"rounds": rounds, "tasks": tasks}
    return render(request, "annotation/_class_evidence_closed.html", context)
