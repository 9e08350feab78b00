"""Files that this machine keeps so as not to fetch or make them again."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

# To look at all files takes long if there are many: it is done when this share of the room that was
# left is written, as other processes write too. What is too much goes down to the other share.
LOOK_AGAIN, GO_DOWN = 0.25, 0.9


class KeptFiles:
    """A folder of TUSKER_HOME/cache whose files never change under their names. What was read longest
    ago, as far as the disk tells, goes when there is more than settings.CACHE_BYTES."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._room = 0.0  # bytes that may be written before looking at all files
        self._where: tuple[Path, int] | None = None  # of which folder and limit that is true

    def path(self, name: str) -> Path:
        """Where a file is, if it is there."""
        return Path(settings.HOME) / "cache" / self.name / name

    def add(self, name: str, write: Callable[[BinaryIO], object]) -> BinaryIO:
        """Add a file, which appears whole, and open it: it may be too large to stay. Raises OSError and
        whatever `write` does."""
        path = self.path(name)
        draft = path.with_name(f".{secrets.token_hex(8)}")
        try:
            file = draft.open("w+b")
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = draft.open("w+b")
        try:
            write(file)
            file.flush()
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        self._count(file.tell())
        file.seek(0)
        return file

    def _count(self, written: int) -> None:
        where = self.path(""), settings.CACHE_BYTES
        self._room -= written
        if self._room < 0 or self._where != where:
            self._where = where
            self._room = LOOK_AGAIN * self.prune(settings.CACHE_BYTES)

    def prune(self, limit: int) -> int:
        """Delete what was read longest ago if there are more than `limit` bytes; how many are free then."""
        total = sum(size for _, size, _ in self._files())
        if total > limit:
            for _, size, path in sorted(self._files()):
                if total <= GO_DOWN * limit:
                    break
                with suppress(FileNotFoundError):
                    Path(path).unlink()
                total -= size
        return max(0, limit - total)

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """(when it was read, bytes, path) of each file."""
        folders = [str(self.path(""))]
        while folders:
            with suppress(FileNotFoundError), os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        with suppress(FileNotFoundError):
                            state = entry.stat(follow_symlinks=False)
                            yield max(state.st_atime, state.st_mtime), state.st_size, entry.path
