"""Pictures of datasets: serving them, and telling which pictures they are."""

from collections.abc import Collection
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from accounts.roles import ADMIN, REVIEWER, roles_required
from annotation.models import Image
from taxonomy.renditions import RENDITIONS, open_rendition

YEAR = 365 * 24 * 3600


@require_safe
@roles_required(ADMIN, REVIEWER)
def image(request: HttpRequest, uid: UUID, rendition: str) -> FileResponse:
    """A picture under a name that tells nothing of it; it never changes, so it is kept."""
    row = Image.objects.filter(uid=uid).exclude(file="").values_list("content_hash", "file").first()
    if row is None or rendition not in RENDITIONS:
        raise Http404
    try:
        file = open_rendition(*row, rendition)
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(file, content_type="image/jpeg")
    response["Cache-Control"] = f"private, max-age={YEAR}, immutable"
    return response


def evaluation_hashes(hashes: Collection[str]) -> set[str]:
    """Those of the content hashes that an image of a dataset has; one query.

    Images that came without a file have no content hash, and are not found.
    """
    images = Image.objects.filter(content_hash__in=hashes, datasets__isnull=False)
    return set(images.exclude(content_hash="").values_list("content_hash", flat=True))
