"""Files in the storage, which never change under their names."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase

YEAR = 365 * 24 * 3600  # seconds
# The place of deploy/nginx.conf.template that leads to the bucket, and only from here.
BUCKET = "/bucket"


class Draft(File):
    """Django's storage on disk moves such a file into place, so that it appears there whole."""

    def temporary_file_path(self) -> str:
        return str(self.name)


def drafts_folder() -> Path:
    """Where files are written that will be moved into the storage."""
    folder = Path(settings.MEDIA_ROOT) / "drafts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _draft(data: bytes | Iterable[bytes]) -> Iterator[Draft]:
    number, path = tempfile.mkstemp(dir=drafts_folder())
    try:
        with os.fdopen(number, "w+b") as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            file.seek(0)
            yield Draft(file, path)
    finally:
        Path(path).unlink(missing_ok=True)


def put(name: str, data: bytes | Iterable[bytes]) -> bool:
    """Store a file, given whole or in parts, under exactly this name.

    False, and nothing done, if it is there.
    """
    if default_storage.exists(name):
        return False
    with _draft(data) as draft:
        saved = default_storage.save(name, draft)
    if saved != name:  # somebody else was faster
        default_storage.delete(saved)
        return False
    return True


def move(path: Path, name: str) -> None:
    """Put a file of this machine into the storage under exactly this name, instead of what is there.

    On disk that costs nothing if the file lies in `drafts_folder`.
    """
    default_storage.delete(name)
    with path.open("rb") as file:
        saved = default_storage.save(name, Draft(file, str(path)))
    assert saved == name


def answer(name: str, content_type: str) -> HttpResponseBase:
    """A file of the storage as answer; with settings.MEDIA_PROXY the proxy is told where in the bucket
    to fetch it. Raises FileNotFoundError, or the proxy answers 404."""
    if not settings.MEDIA_PROXY:
        response = FileResponse(default_storage.open(name), content_type=content_type)
        # It would tell how the file is called in the storage.
        del response["Content-Disposition"]
        return response
    signed = urlsplit(default_storage.url(name))
    headers = {"X-Accel-Redirect": f"{BUCKET}{signed.path}?{signed.query}"}
    return HttpResponse(content_type=content_type, headers=headers)


def picture(name: str) -> HttpResponseBase:
    """A JPEG or WebP file whose address changes with its content, so that browsers keep it for a year.
    Raises FileNotFoundError."""
    response = answer(name, "image/webp" if name.endswith(".webp") else "image/jpeg")
    # The proxy may yet find that there is no picture: that must not be kept.
    header = "X-Cache-Control" if "X-Accel-Redirect" in response else "Cache-Control"
    response[header] = f"private, max-age={YEAR}, immutable"
    return response
