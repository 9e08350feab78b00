"""Files that this machine keeps so as not to fetch or make them again."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

PRUNE_EVERY = 1000  # files written


class KeptFiles:
    """A folder of TUSKER_HOME/cache whose files never change under their names. What was read longest
    ago, as far as the disk tells, goes when there is more than settings.CACHE_BYTES."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.written = 0

    def path(self, name: str) -> Path:
        """Where a file is, if it is there."""
        return Path(settings.HOME) / "cache" / self.name / name

    def add(self, name: str, write: Callable[[BinaryIO], object]) -> BinaryIO:
        """Add a file, which appears whole, and open it: it may be too large to stay. Raises OSError and
        whatever `write` does."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{secrets.token_hex(8)}")
        try:
            file = draft.open("w+b")
            write(file)
            file.flush()
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        size = file.tell()
        file.seek(0)
        self.written += 1
        if self.written % PRUNE_EVERY == 0 or size * PRUNE_EVERY > settings.CACHE_BYTES:
            self.prune(settings.CACHE_BYTES)
        return file

    def prune(self, limit: int) -> None:
        """Delete what was read longest ago until there are at most `limit` bytes."""
        found = []
        for folder, _, names in os.walk(self.path("")):
            for name in names:
                path = Path(folder) / name
                with suppress(FileNotFoundError):
                    state = path.stat()
                    found.append((max(state.st_atime, state.st_mtime), state.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found, key=lambda one: one[0]):
            if total <= limit:
                return
            path.unlink(missing_ok=True)
            total -= size
