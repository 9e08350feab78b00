"""Media in an S3-compatible bucket, with a cache on each machine."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files import File
from storages.backends.s3 import S3Storage

PRUNE_EVERY = 500  # files written


class CachedS3Storage(S3Storage):
    """Files that were read once are kept in TUSKER_HOME/cache/storage, up to settings.CACHE_BYTES.

    Media never change under their names, so that what is cached is true for ever. What the bucket
    refuses is an OSError with the reason.
    """

    written = 0

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            return super()._open(name, mode)
        kept = self._kept(name)
        with suppress(FileNotFoundError):
            return File(kept.open("rb"), name)
        try:
            with super()._open(name, mode) as remote:
                return File(self._keep(kept, remote.obj), name)
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"the object storage refuses it: {error}") from error

    def delete(self, name: str) -> None:
        self._kept(name).unlink(missing_ok=True)
        super().delete(name)

    def _kept(self, name: str) -> Path:
        return _folder() / self._normalize_name(name)

    def _keep(self, path: Path, remote: Any) -> BinaryIO:
        """Fetch an object of the bucket, never more than some megabytes of it in memory."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{secrets.token_hex(8)}")
        try:
            with draft.open("wb") as file:
                remote.download_fileobj(file, Config=self.transfer_config)
                size = file.tell()
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        opened = path.open("rb")  # which may be too large to be kept
        CachedS3Storage.written += 1
        if CachedS3Storage.written % PRUNE_EVERY == 0 or size * PRUNE_EVERY > settings.CACHE_BYTES:
            prune(settings.CACHE_BYTES)
        return opened


def prune(limit: int) -> None:
    """Delete what was not read for longest until the cache has at most `limit` bytes."""
    found = []
    for folder, _, names in os.walk(_folder()):
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


def _folder() -> Path:
    return Path(settings.HOME) / "cache" / "storage"
