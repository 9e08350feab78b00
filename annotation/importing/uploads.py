"""Files that admins send or name: put aside for the worker, unpacked, removed when done with."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from taxonomy.errors import InputError
from taxonomy.progress import Progress, quiet

MOST_BYTES = 500 * 2**30
MOST_FILES = 5_000_000
NAME_BYTES = 255


def put_aside(files: Iterable[UploadedFile]) -> list[str]:
    """Store uploads in a new folder under their own names; their paths.

    Raises InputError if two have the same name or a name is none, with nothing stored.
    """
    named: dict[str, UploadedFile] = {}
    for upload in files:
        name = Path(upload.name or "").name
        if name in ("", ".."):
            raise InputError("a file has no name")
        if len(name.encode()) > NAME_BYTES:
            raise InputError(f"the name '{name[:20]}…' is too long")
        if named.setdefault(name, upload) is not upload:
            raise InputError(f"two files are called '{name}'")
    if not named:
        return []
    folder = settings.UPLOADS_ROOT / str(uuid.uuid4())
    folder.mkdir(parents=True)
    for name, upload in named.items():
        with (folder / name).open("wb") as out:
            for chunk in upload.chunks():
                out.write(chunk)
    return [str(folder / name) for name in named]


def forget(paths: Iterable[str]) -> None:
    """Remove what `put_aside` stored; other files are left alone."""
    for path in paths:
        folder = Path(path).parent
        if folder.parent == settings.UPLOADS_ROOT:
            shutil.rmtree(folder, ignore_errors=True)


def on_server(text: str) -> Path:
    """A path that an admin wrote; it must be in one of settings.IMPORT_ROOTS, links followed.

    Raises InputError if it is not there, or anywhere else: the reason doesn't tell which.
    """
    path = Path(os.path.realpath(text.strip()))
    allowed = any(path.is_relative_to(root) for root in settings.IMPORT_ROOTS)
    if not allowed or not os.path.exists(path):  # noqa: PTH110 (pathlib's raises if it is too long)
        roots = " or ".join(map(str, settings.IMPORT_ROOTS)) or "(none)"
        raise InputError(f"'{text}' is no file or folder within {roots}")
    return path


@contextmanager
def unpacked(path: Path, progress: Progress = quiet) -> Iterator[Path]:
    """For a while, a folder with the contents of a zip file, of its name; other paths as they are.

    Raises InputError for a damaged archive, one that holds too much, or paths that lead out of it.
    """
    if path.suffix.lower() != ".zip" or path.is_dir():
        yield path
        return
    # `forget` removes what a worker that died has left beside an upload.
    sent = path.parent.parent == settings.UPLOADS_ROOT
    place = path.parent if sent else settings.UPLOADS_ROOT
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place) as scratch:
        folder = Path(scratch) / path.name
        folder.mkdir()
        _extract(path, folder, progress)
        yield folder


def _extract(path: Path, folder: Path, progress: Progress) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check(members, path)
            for done, member in enumerate(members):
                archive.extract(member, folder)
                progress("unpacking", done + 1, len(members))
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"can't be unpacked: {error.strerror or error}", file=path) from error
    except Exception as error:  # zipfile and zlib raise anything on damaged data
        raise InputError(f"is damaged or locked: {error}", file=path) from error


def _check(members: list[zipfile.ZipInfo], path: Path) -> None:
    if len(members) > MOST_FILES or sum(member.file_size for member in members) > MOST_BYTES:
        raise InputError("holds more than this server unpacks", file=path)
    for member in members:
        parts = Path(member.filename.replace("\\", "/")).parts
        if ".." in parts or member.filename.startswith(("/", "\\")):
            raise InputError(f"'{member.filename}' leads out of the archive", file=path)
        if stat.S_ISLNK(member.external_attr >> 16):
            raise InputError(f"'{member.filename}' is a link", file=path)
