"""The image files of a dataset: found in a folder, verified, and put into the storage."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.core.files.storage import default_storage

from annotation.importing.labels import Labels
from annotation.models import Image
from taxonomy import stored
from taxonomy.errors import InputError, InputErrors
from taxonomy.pictures import SUFFIXES, PictureError, inspect, read_file, without_suffix
from taxonomy.progress import Progress

THREADS = min(8, os.cpu_count() or 1)


@dataclass(frozen=True)
class StoredImage:
    """An image in the storage; `fresh` if it was not there before."""

    content_hash: str
    file: str
    width: int
    height: int
    fresh: bool = False


def find_files(labels: Labels, folder: Path) -> list[Path]:
    """The file of each image, anywhere below the folder, by its name with or without suffix.

    An image id may have folders in front (`n01440764/x.JPEG`); they must be the file's then.
    Raises InputErrors with every image that has no file, or several, or one outside the folder.
    """
    if not folder.is_dir():
        raise InputError("is not a folder", file=folder)
    index = _Index(folder)
    found, problems = [], []
    for line, key in zip(labels.lines, labels.keys, strict=True):
        try:
            found.append(index.find(key))
        except ValueError as error:
            problems.append((line, str(error)))
    if problems:
        raise InputErrors(labels.file, problems)
    return found


class _Index:
    """Every file below a folder, by name."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self.root = folder.resolve()
        self.by_name: dict[str, list[str]] = defaultdict(list)
        self.by_stem: dict[str, list[str]] = defaultdict(list)
        for path in _walk(self.root):
            name = PurePosixPath(path).name
            self.by_name[name].append(path)
            if PurePosixPath(name).suffix.casefold() in SUFFIXES:
                self.by_stem[without_suffix(name)].append(path)

    def find(self, key: str) -> Path:
        """Raises ValueError with the reason if there is not exactly one."""
        wanted = PurePosixPath(key)
        if wanted.is_absolute() or ".." in wanted.parts:
            raise ValueError(f"image '{key}' leaves the folder {self.name}")
        paths = self._matches(wanted)
        if not paths:
            raise ValueError(f"image '{key}' is not in the folder {self.name}")
        if len(paths) > 1:
            raise ValueError(f"image '{key}' could be {paths[0]} or {paths[1]}")
        path = self.root / paths[0]
        if not Path(os.path.realpath(path)).is_relative_to(self.root):
            raise ValueError(f"image '{key}' is a link that leaves the folder {self.name}")
        return path

    def _matches(self, wanted: PurePosixPath) -> list[str]:
        """Those of exactly this name, else those of this name but for the suffix."""
        above = wanted.parts[:-1]
        for paths in (self.by_name.get(wanted.name), self.by_stem.get(without_suffix(wanted.name))):
            inside = [path for path in paths or [] if _ends_with(path, above)]
            if str(wanted) in inside:
                return [str(wanted)]
            if inside:
                return sorted(inside)
        return []


def _ends_with(path: str, folders: Sequence[str]) -> bool:
    above = PurePosixPath(path).parts[:-1]
    return not folders or above[-len(folders) :] == tuple(folders)


def _walk(root: Path) -> Iterator[str]:
    """Relative paths of all files below; links to folders are not followed."""
    for folder, _, names in os.walk(root):
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), root)  # noqa: PTH118


def store_images(
    labels: Labels, paths: Sequence[Path], known: dict[str, StoredImage], progress: Progress
) -> list[StoredImage]:
    """Verify and store each file; `known` holds by content hash what needs no second look.

    Raises InputErrors with every file that can't be read as a picture; nothing stays stored then.
    """
    done: list[StoredImage] = []
    written: list[StoredImage] = []
    problems = []
    try:
        with closing(_in_threads(paths, known, written)) as results:
            for number, result in enumerate(results):
                progress("verifying images", number + 1, len(paths))
                if isinstance(result, StoredImage):
                    done.append(result)
                else:
                    problems.append((labels.lines[number], f"{paths[number].name} {result}"))
        if problems:
            raise InputErrors(labels.file, problems)
    except BaseException:
        discard(written)
        raise
    return done


def _in_threads(
    paths: Sequence[Path], known: dict[str, StoredImage], written: list[StoredImage]
) -> Generator[StoredImage | PictureError]:
    """Pillow decodes without holding the interpreter; few files are in memory at a time.

    `written` gets what was not in the storage before; once the generator is closed, nothing more.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        waiting = iter(paths)
        store = partial(_store, known=known, written=written)
        running = [pool.submit(store, path) for path in islice(waiting, THREADS * 2)]
        while running:
            yield running.pop(0).result()
            running += [pool.submit(store, path) for path in islice(waiting, 1)]


def _store(
    path: Path, known: dict[str, StoredImage], written: list[StoredImage]
) -> StoredImage | PictureError:
    try:
        data = read_file(path, settings.IMAGE_MAX_BYTES)
        content_hash = hashlib.sha256(data).hexdigest()
        there = known.get(content_hash)
        if there and default_storage.exists(there.file):
            return there
        picture = inspect(data, settings.IMAGE_MAX_PIXELS)
    except PictureError as error:
        return error
    name = f"originals/{content_hash[:2]}/{content_hash}{picture.suffix}"
    fresh = stored.put(name, data)
    image = StoredImage(content_hash, name, picture.width, picture.height, fresh)
    if fresh:
        written.append(image)
    return image


def stored_images(taxonomy: int) -> dict[str, StoredImage]:
    """What the images of a taxonomy (its primary key) have in the storage, by content hash."""
    rows = Image.objects.filter(taxonomy=taxonomy).exclude(file="")
    found = rows.values_list("content_hash", "file", "width", "height")
    return {row[0]: StoredImage(*row) for row in found}


def discard(images: Sequence[StoredImage]) -> None:
    """Delete from the storage what an import put there that came to nothing."""
    for image in images:
        if image.fresh:
            default_storage.delete(image.file)
