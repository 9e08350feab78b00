"""Contents of requests: JSON of sane depth, and files that are put aside."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser, JSONParser

NDJSON, PARQUET, CSV = "application/x-ndjson", "application/vnd.apache.parquet", "text/csv"
CHUNK = 1 << 20
MOST_BYTES = 2 << 30


class TooLarge(APIException):
    status_code = 413


class SaneJSON(JSONParser):
    def parse(self, stream: IO[bytes], *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(stream, *args, **kwargs)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


@dataclass(frozen=True)
class Body:
    """The content as a file in a folder of its own, which goes when this does."""

    folder: tempfile.TemporaryDirectory[str]
    content: Path
    sha256: str

    def named(self, name: str) -> Path:
        """The file under another name."""
        return self.content.rename(self.content.with_name(name))


class FileParser(BaseParser):
    suffix = ""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Body:
        folder = tempfile.TemporaryDirectory(prefix="tusker-api-")
        path = Path(folder.name) / f"content{self.suffix}"
        digest, size = hashlib.sha256(), 0
        with path.open("wb") as file:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise TooLarge(f"The content has more than {MOST_BYTES >> 30} GiB.")
                digest.update(chunk)
                file.write(chunk)
        return Body(folder, path, digest.hexdigest())


class NdjsonParser(FileParser):
    media_type, suffix = NDJSON, ".jsonl"


class ParquetParser(FileParser):
    media_type, suffix = PARQUET, ".parquet"


class CsvParser(FileParser):
    media_type, suffix = CSV, ".csv"
