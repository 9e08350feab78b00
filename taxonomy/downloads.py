"""Files that people take away: what they are called, parts of them, and pages that need nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag
from django.utils.safestring import SafeString, mark_safe

# What one system or another doesn't take in the name of a file.
FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')
BYTES = re.compile(r"bytes=[ \t]*([0-9]{0,99})-([0-9]{0,99})[ \t]*", re.IGNORECASE)
BLOCK = 1 << 18


class Readable(Protocol):
    def seek(self, offset: int, /) -> object: ...
    def read(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


def file_name(*parts: str, suffix: str) -> str:
    """The parts joined by hyphens, with `_` for what no file's name may have, and the suffix."""
    return f"{FORBIDDEN.sub('_', '-'.join(parts))}.{suffix}"


def disposition(name: str, attachment: bool = True) -> str:
    """The header Content-Disposition (RFC 6266), whatever characters the file's name has."""
    return str(content_disposition_header(attachment, name))


def inline_styles(names: Iterable[str]) -> SafeString:
    """The content of static style sheets, to stand in a file's <style>."""
    paths = [finders.find(name) for name in names]
    return mark_safe("\n".join(Path(str(path)).read_text() for path in paths))  # noqa: S308


def asked_part(header: str, size: int) -> range | None:
    """The bytes of a file of `size` that the header Range asks for (RFC 9110, section 14).

    None: it asks for no part, for several, or for something that has no sense, and gets the whole
    file. An empty range: the file has nothing of what it asks for.
    """
    match = BYTES.fullmatch(header)
    if match is None or match[1] == match[2] == "":
        return None
    if not match[1]:
        return range(max(0, size - int(match[2])), size)
    first, last = int(match[1]), int(match[2]) if match[2] else None
    if last is None:
        return range(first, size)
    return None if last < first else range(first, min(last + 1, size))


class Part:
    """The bytes of an open file in a range, a block at a time; closed with the answer."""

    def __init__(self, file: Readable, part: range) -> None:
        self.file, self.part = file, part

    def __iter__(self) -> Iterator[bytes]:
        self.file.seek(self.part.start)
        left = len(self.part)
        while left and (block := self.file.read(min(left, BLOCK))):
            left -= len(block)
            yield block

    def close(self) -> None:
        self.file.close()


def file_response(
    request: HttpRequest,
    open_file: Callable[[], Readable],
    size: int,
    sha256: str,
    name: str,
    content_type: str,
) -> HttpResponseBase:
    """A file of `size` bytes as a download that may be interrupted and resumed, in constant memory.

    Its SHA-256 is its ETag. Range is answered with 206 or 416, unless If-Range names another ETag,
    and If-None-Match with 304. The file is opened only if some of it is sent.
    """
    etag = quote_etag(sha256)
    known = {"Accept-Ranges": "bytes", "ETag": etag}
    headers = {"Content-Disposition": disposition(name), "Content-Length": str(size), **known}
    head = HttpResponse(headers=headers, content_type=content_type)
    answer = get_conditional_response(request, etag, response=head)
    if answer is not head or request.method == "HEAD":
        return answer or head
    asked = None
    if request.headers.get("If-Range", etag) == etag:
        asked = asked_part(request.headers.get("Range", ""), size)
    if asked is not None and not asked:
        return HttpResponse(status=416, headers={**known, "Content-Range": f"bytes */{size}"})
    part = range(size) if asked is None else asked
    streamed = StreamingHttpResponse(Part(open_file(), part), headers=dict(head.items()))
    if asked is not None:
        streamed.status_code = 206
        streamed["Content-Length"] = str(len(part))
        streamed["Content-Range"] = f"bytes {part[0]}-{part[-1]}/{size}"
    return streamed
