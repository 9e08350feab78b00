"""Pictures of datasets: serving them, and telling which pictures they are."""

from collections.abc import Collection
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.roles import ADMIN, REVIEWER, roles_required, signed_in
from annotation.labeling.embargo import note_sighting
from annotation.models import Image
from taxonomy.renditions import RENDITIONS, open_rendition

YEAR = 365 * 24 * 3600


@require_safe
@roles_required(ADMIN, REVIEWER)
def image(request: HttpRequest, uid: UUID, rendition: str) -> HttpResponseBase:
    return picture_for(signed_in(request), uid, rendition)


def picture_for(user: User, uid: UUID, rendition: str) -> HttpResponseBase:
    """A picture under a name that tells nothing of it. Raises Http404."""
    row = Image.objects.filter(uid=uid).exclude(file="").values_list("content_hash", "file").first()
    if row is None:
        raise Http404
    note_sighting(user, uid)
    return picture(*row, rendition)


def picture(content_hash: str, file: str, rendition: str) -> FileResponse:
    """A rendition of a picture, which never changes and so is kept. Raises Http404 without a file."""
    if not file or rendition not in RENDITIONS:
        raise Http404
    try:
        opened = open_rendition(content_hash, file, rendition)
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(opened, content_type="image/jpeg")
    response["Cache-Control"] = f"private, max-age={YEAR}, immutable"
    return response


def evaluation_hashes(hashes: Collection[str]) -> set[str]:
    """Those of the content hashes that an image of a dataset has; one query.

    Images that came without a file have no content hash, and are not found.
    """
    images = Image.objects.filter(content_hash__in=hashes, datasets__isnull=False)
    return set(images.exclude(content_hash="").values_list("content_hash", flat=True))
