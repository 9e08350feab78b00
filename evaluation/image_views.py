"""What participants answered on one image."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.roles import ADMIN, REVIEWER, roles_required, signed_in
from annotation.discussion.closed import closed_by
from annotation.models import Image
from evaluation.blindness import what_blinds
from evaluation.galleries import answers_on
from evaluation.reports import latest_report


@require_GET
@roles_required(ADMIN, REVIEWER)
def image_answers(request: HttpRequest, uid: UUID) -> HttpResponse:
    """For the page of an image: everybody's answers by the latest report, per dataset that it is in."""
    user, image = signed_in(request), get_object_or_404(Image, uid=uid)
    closed = bool(what_blinds(user) or closed_by(image, user))
    context = {
        "closed": closed,
        "found": [] if closed else answers_on(latest_report(), image, user),
    }
    return render(request, "evaluation/_image_answers.html", context)
