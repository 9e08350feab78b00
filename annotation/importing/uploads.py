"""Files that admins send or name: put aside for the worker, unpacked, removed when done with."""

from __future__ import annotations

import os
import shutil
import stat
import uuid
import zipfile
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from taxonomy.errors import InputError
from taxonomy.progress import Progress, quiet

MOST_BYTES = 500 * 2**30
MOST_FILES = 5_000_000
UNPACKED = "unpacked"


def put_aside(files: Iterable[UploadedFile]) -> list[str]:
    """Store uploads in a new folder under their own names; their paths.

    Raises InputError if two have the same name or a name is none.
    """
    folder = settings.UPLOADS_ROOT / str(uuid.uuid4())
    folder.mkdir(parents=True)
    paths = []
    for upload in files:
        name = Path(upload.name or "").name
        path = folder / name
        if name in ("", "..", UNPACKED) or path.exists():
            shutil.rmtree(folder)
            raise InputError(f"two files are called '{name}'")
        with path.open("wb") as out:
            for chunk in upload.chunks():
                out.write(chunk)
        paths.append(str(path))
    return paths


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
    if not allowed or not path.exists():
        roots = " or ".join(map(str, settings.IMPORT_ROOTS)) or "(none)"
        raise InputError(f"'{text}' is no file or folder within {roots}")
    return path


def unpack(path: Path, progress: Progress = quiet) -> Path:
    """The folder with the contents of an uploaded zip file; anything else is returned as it is.

    Raises InputError for a damaged archive, one that holds too much, or paths that lead out of it.
    """
    if path.suffix.lower() != ".zip":
        return path
    folder = path.parent / UNPACKED
    shutil.rmtree(folder, ignore_errors=True)  # of a worker that died
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check(members, path)
            for done, member in enumerate(members):
                archive.extract(member, folder)
                progress("unpacking", done + 1, len(members))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"is damaged or locked: {error}", file=path) from error
    return folder


def _check(members: list[zipfile.ZipInfo], path: Path) -> None:
    if len(members) > MOST_FILES or sum(member.file_size for member in members) > MOST_BYTES:
        raise InputError("holds more than this server unpacks", file=path)
    for member in members:
        parts = Path(member.filename.replace("\\", "/")).parts
        if ".." in parts or member.filename.startswith(("/", "\\")):
            raise InputError(f"'{member.filename}' leads out of the archive", file=path)
        if stat.S_ISLNK(member.external_attr >> 16):
            raise InputError(f"'{member.filename}' is a link", file=path)
