"""Images sorted by class: a folder per class, a tar file per class, or all of it in one tar file.

Nothing is unpacked: a tar file is scanned once for where its members begin, and those that are
drawn are read from there.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from taxonomy.errors import InputError
from taxonomy.pictures import SUFFIXES, PictureError, read_file

TAR = ".tar"
COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar.zst")
SHOWN = 80
HEADER_BYTES = 2**20  # what one header of a tar file may have
IGNORED = "__MACOSX"  # what macOS puts into archives beside the files
# The bytes of a member: where they begin, and how many they are.
Span = tuple[int, int]
# The parts of a member's name; a folder has no span.
Member = tuple[tuple[str, ...], Span | None]
IsClass = Callable[[str], bool]


@dataclass
class ClassFiles:
    """The images that a source has of one class.

    `label` is what the source calls the class; `where` is the folder or the tar file they are in;
    `spans` holds them by name relative to the class, with a span if `where` is a tar file.
    """

    label: str
    where: Path
    spans: dict[str, Span | None] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return sorted(self.spans)

    def read(self, name: str, limit: int) -> bytes:
        """Raises PictureError if it can't be read or has more bytes than `limit`."""
        span = self.spans[name]
        if span is None:
            path = self.where / name
            if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.where)):
                raise PictureError("is a link that leaves the folder of its class")
            return read_file(path, limit)
        start, size = span
        if size > limit:
            raise PictureError(f"is larger than {limit:,} bytes")
        with self.where.open("rb") as file:
            file.seek(start)
            data = file.read(size)
        if len(data) < size:
            raise PictureError("is cut short")
        return data


def read_source(path: Path, is_class: IsClass) -> list[ClassFiles]:
    """The classes of a folder or tar file, each with its images at any depth below it.

    A folder holds a folder or a tar file per class, named after it, as ImageNet's training images
    come (`n01440764.tar`); a tar file holds the same. A single folder around them all is passed
    over unless `is_class` knows its name. Files that are no pictures by their suffix are left out.

    Raises InputError if there is nothing of that, a class comes twice, or a tar file can't be
    read, is compressed, or has a member that is a link or leads out of it.
    """
    if path.is_dir():
        found = _of_folder(path, is_class)
    elif path.name.casefold().endswith(COMPRESSED):
        raise InputError("is compressed; make it a plain .tar file first", file=path)
    elif _is_tar(path.name):
        found = _of_tar(path, is_class)
    else:
        raise InputError("is neither a folder nor a .tar file", file=path)
    if not found:
        raise InputError("holds no folder or .tar file of a class", file=path)
    labels = [files.label for files in found]
    if twice := [label for label in labels if labels.count(label) > 1]:
        raise InputError(f"holds '{twice[0]}' as a folder and as a .tar file", file=path)
    return found


def _is_tar(name: str) -> bool:
    return PurePosixPath(name).suffix.casefold() == TAR


def _is_picture(name: str) -> bool:
    return PurePosixPath(name).suffix.casefold() in SUFFIXES and not _is_hidden(name)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == IGNORED


def _of_folder(root: Path, is_class: IsClass) -> list[ClassFiles]:
    entries = sorted(entry for entry in _listed(root) if not _is_hidden(entry.name))
    folders = [entry for entry in entries if entry.is_dir()]
    tars = [entry for entry in entries if entry.is_file() and _is_tar(entry.name)]
    real = os.path.realpath(root)
    for entry in (*folders, *tars):
        if not Path(os.path.realpath(entry)).is_relative_to(real):
            raise InputError(f"'{entry.name}' is a link that leaves the folder", file=root)
    if len(folders) == 1 and not tars and not is_class(folders[0].name):
        inner = [entry for entry in _listed(folders[0]) if not _is_hidden(entry.name)]
        pictures = any(_is_picture(entry.name) for entry in inner)
        if not pictures and any(entry.is_dir() or _is_tar(entry.name) for entry in inner):
            return _of_folder(folders[0], is_class)
    found = [ClassFiles(folder.name, folder, _below(folder)) for folder in folders]
    return found + [ClassFiles(tar.stem, tar, _named(_scan_file(tar), tar)) for tar in tars]


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=folder) from error


def _below(root: Path) -> dict[str, Span | None]:
    """Names of all pictures below; links to folders are not followed."""
    spans: dict[str, Span | None] = {}
    for folder, _, names in os.walk(root):
        within = PurePosixPath(Path(folder).relative_to(root).as_posix())
        spans |= dict.fromkeys(str(within / name) for name in names if _is_picture(name))
    return spans


def _of_tar(path: Path, is_class: IsClass) -> list[ClassFiles]:
    """Classes by the folders of a tar file, or by the tar files in it."""
    members = [member for member in _scan_file(path) if not _is_hidden(member[0][0])]
    depth = _depth(members, is_class)
    by_label: dict[str, list[Member]] = {}
    found = []
    for parts, span in members:
        parts = parts[depth:]
        if len(parts) == 1 and span and _is_tar(parts[0]):
            inside = _named(_scan_span(path, span), path)
            found.append(ClassFiles(PurePosixPath(parts[0]).stem, path, inside))
        elif len(parts) > 1 or (parts and not span):
            by_label.setdefault(parts[0], []).append((parts[1:], span))
    return found + [
        ClassFiles(label, path, _named(inside, path)) for label, inside in by_label.items()
    ]


def _depth(members: list[Member], is_class: IsClass) -> int:
    """How many folders stand around all classes (`train/n01440764/x.jpg`: one)."""
    wanted = [
        parts if _is_tar(parts[-1]) else parts[:-1]
        for parts, span in members
        if span and (_is_picture(parts[-1]) or _is_tar(parts[-1]))
    ]
    depth = 0
    while wanted and all(len(parts) > depth + 1 for parts in wanted):
        labels = {parts[depth] for parts in wanted}
        if len(labels) > 1 or is_class(labels.pop()):
            break
        depth += 1
    return depth


def _named(members: Iterable[Member], path: Path) -> dict[str, Span | None]:
    """The pictures among the members, by name."""
    spans: dict[str, Span | None] = {}
    for parts, span in members:
        name = "/".join(parts)
        if span and _is_picture(parts[-1]):
            if name in spans:
                raise InputError(f"holds '{_short(name)}' twice", file=path)
            spans[name] = span
    return spans


def _scan_file(path: Path) -> Iterator[Member]:
    try:
        yield from _scan_span(path, (0, path.stat().st_size))
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error


def _scan_span(path: Path, span: Span) -> Iterator[Member]:
    """A tar file, or one that is a member of another."""
    with path.open("rb") as file:
        yield from _scan(_Part(file, *span), path, span[0])


class _Part:
    """The bytes of a span as a file, as far as tarfile needs one to read headers.

    Raises ReadError where damaged headers would have it read gigabytes, or at the end for ever.
    """

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self.file, self.start, self.size, self.place = file, start, size, 0
        self.ended = False

    def tell(self) -> int:
        return self.place

    def seek(self, place: int) -> int:
        self.place = place
        return place

    def read(self, count: int) -> bytes:
        if self.ended or not 0 <= count <= HEADER_BYTES:
            raise tarfile.ReadError("a header is damaged")
        self.file.seek(self.start + self.place)
        data = self.file.read(max(0, min(count, self.size - self.place)))
        self.place += len(data)
        self.ended = count > 0 and not data
        return data


def _scan(file: Any, path: Path, start: int) -> Iterator[Member]:
    """Every file and folder of a tar file whose bytes begin at `start` of `path`."""
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            for member in archive:
                if member.size < 0:  # the next header would be one that was read already
                    raise tarfile.ReadError("a member has a negative size")
                if parts := _parts(member, path):
                    span = (start + member.offset_data, member.size)
                    yield parts, span if member.isfile() else None
                # A million members would fill the memory.
                archive.members = []  # type: ignore[attr-defined]
    except (InputError, OSError):
        raise
    except Exception as error:  # tarfile raises anything on damaged headers
        raise InputError(f"can't be read as a tar file: {error}", file=path) from error


def _parts(member: tarfile.TarInfo, path: Path) -> tuple[str, ...]:
    """Raises InputError if it is anything else than a file or folder within the archive."""
    name = _short(member.name)
    parts = tuple(part for part in member.name.split("/") if part not in ("", "."))
    if member.name.startswith("/") or ".." in parts:
        raise InputError(f"'{name}' leads out of the archive", file=path)
    if member.issym() or member.islnk():
        raise InputError(f"'{name}' is a link", file=path)
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise InputError(f"'{name}' is neither a plain file nor a folder", file=path)
    return parts


def _short(name: str) -> str:
    return name if len(name) <= SHOWN else f"{name[:SHOWN]}…"
