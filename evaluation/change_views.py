"""The page that compares two snapshots."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.roles import ADMIN, REVIEWER, roles_required, signed_in
from evaluation.blindness import not_while_blind
from evaluation.changes import accuracy_changes, changed_images, compare
from evaluation.metrics.changes import Change
from evaluation.models import LabelSnapshot
from evaluation.snapshots import find_snapshot
from taxonomy.errors import InputError

LISTED = 100
PAGE = 48


@require_safe
@roles_required(ADMIN, REVIEWER)
@not_while_blind
def changes(request: HttpRequest) -> HttpResponse:
    """?from= and ?to= are snapshots by their hash (default: the last two); ?kind= and ?page=."""
    snapshots = list(LabelSnapshot.objects.defer("arrays")[:LISTED])
    if len(snapshots) < 2:
        return render(request, "evaluation/changes.html", {"snapshots": snapshots})
    try:
        before = find_snapshot(request.GET.get("from") or snapshots[1].hash)
        after = find_snapshot(request.GET.get("to") or snapshots[0].hash)
        kind = Change[request.GET.get("kind", "added").upper()]
    except (InputError, KeyError) as error:
        raise Http404(str(error)) from None
    comparison = compare(before, after)
    images = Paginator(comparison.images(kind), PAGE)
    page = images.get_page(request.GET.get("page"))
    context = {
        "snapshots": snapshots,
        "before": before,
        "after": after,
        "counts": comparison.changes.counts(),
        "kind": kind.name.lower(),
        "page": page,
        "images": changed_images(comparison, [int(pk) for pk in page], signed_in(request)),
        "accuracies": accuracy_changes(before, after),
    }
    return render(request, "evaluation/changes.html", context)
