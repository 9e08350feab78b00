"""Media in an S3-compatible bucket, with a cache on each machine."""

from __future__ import annotations

from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

from config.kept import KeptFiles

FETCHED = KeptFiles("storage")


class BucketError(OSError):
    """The bucket can't be reached or refuses; the file may well be there."""


class CachedS3Storage(S3Storage):
    """Files that were read once are kept on the machine: media never change under their names. No more
    than some megabytes of a file are in memory. What the bucket refuses is a BucketError.
    """

    def exists(self, name: str) -> bool:
        return FETCHED.path(self._normalize_name(name)).exists() or super().exists(name)

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            return super()._open(name, mode)
        key = self._normalize_name(name)
        with suppress(FileNotFoundError):
            return File(FETCHED.path(key).open("rb"), name)
        try:
            with super()._open(name, mode) as remote:
                fetched = FETCHED.add(
                    key,
                    lambda file: remote.obj.download_fileobj(file, Config=self.transfer_config),
                )
        except (BotoCoreError, ClientError) as error:
            raise BucketError(f"the object storage refuses it: {error}") from error
        return File(fetched, name)

    def delete(self, name: str) -> None:
        FETCHED.path(self._normalize_name(name)).unlink(missing_ok=True)
        super().delete(name)
