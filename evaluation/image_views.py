"""What participants answered on one image."""

from __future__ import annotations

from uuid import UUID

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.roles import ADMIN, REVIEWER, roles_required, signed_in
from annotation.discussion.closed import closed_by
from annotation.models import Image
from evaluation.arrays import arrays_of
from evaluation.blindness import what_blinds
from evaluation.galleries import Answered, answered
from evaluation.models import MetricReport
from evaluation.reports import latest_report
from taxonomy.errors import InputError


@require_GET
@roles_required(ADMIN, REVIEWER)
def image_answers(request: HttpRequest, uid: UUID) -> HttpResponse:
    """For the page of an image: everybody's answers by the latest report, per dataset that it is in."""
    user, image = signed_in(request), get_object_or_404(Image, uid=uid)
    closed = bool(what_blinds(user) or closed_by(image, user))
    context = {"closed": closed, "found": [] if closed else _answers(latest_report(), image)}
    return render(request, "evaluation/_image_answers.html", context)


def _answers(report: MetricReport | None, image: Image) -> list[tuple[str, Answered]]:
    found = []
    for name in image.datasets.order_by("name").values_list("name", flat=True):
        if report is None or name not in report.parameters["datasets"]:
            continue
        try:
            arrays = arrays_of(report, name)
        except InputError:  # predictions were deleted: a new report is on its way
            continue
        places = np.flatnonzero(arrays.image_ids == image.pk)
        found += [(name, one) for one in answered(arrays, places, arrays.names)]
    return found
