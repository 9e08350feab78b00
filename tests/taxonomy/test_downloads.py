"""Downloads that are interrupted and resumed (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import hashlib
import io
from itertools import pairwise

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from taxonomy import downloads
from taxonomy.downloads import asked_part, file_response

CONTENT = bytes(range(256)) * 4
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ETAG = f'"{SHA256}"'


class Opened(io.BytesIO):
    """A file that remembers what was read of it at once."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        block = super().read(size)
        self.largest = max(self.largest, len(block))
        return block


def ask(
    content: bytes = CONTENT, method: str = "GET", **headers: str
) -> tuple[HttpResponseBase, bytes, list[Opened]]:
    """The answer, its content, and the files that were opened for it."""
    request = RequestFactory().generic(
        method, "/", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    opened: list[Opened] = []

    def open_file() -> Opened:
        opened.append(Opened(content))
        return opened[-1]

    answer = file_response(request, open_file, len(content), SHA256, "a.zip", "application/zip")
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    request_finished.disconnect(close_old_connections)  # there is no database here
    answer.close()
    request_finished.connect(close_old_connections)
    return answer, body, opened


@given(content=st.binary(max_size=300), data=st.data())
def test_the_parts_of_any_split_make_the_file(content, data):
    cuts = data.draw(st.lists(st.integers(0, len(content))))
    places = sorted({0, *cuts, len(content)})
    found = b""
    for start, stop in pairwise(places):
        answer, body, _ = ask(content, range=f"bytes={start}-{stop - 1}", if_range=ETAG)
        assert answer.status_code == 206
        assert answer["Content-Length"] == str(len(body)) == str(stop - start)
        assert answer["Content-Range"] == f"bytes {start}-{stop - 1}/{len(content)}"
        found += body
    assert found == content


@given(kept=st.integers(0, 1023))
def test_what_is_missing_follows_what_one_has(kept):
    for asked in (f"bytes={kept}-", f"bytes=-{1024 - kept}", f"Bytes= {kept}-99999999999999999999"):
        answer, body, _ = ask(range=asked)
        assert (answer.status_code, body) == (206, CONTENT[kept:]), asked


@given(
    header=st.text(max_size=30)
    | st.from_regex(r"bytes=[0-9]{0,4}-[0-9]{0,4}(,[0-9]-)?", fullmatch=True)
)
def test_whatever_is_asked_is_a_part_or_the_whole(header):
    part = asked_part(header, 1024)
    assert part is None or not part or (0 <= part[0] <= part[-1] < 1024)


@pytest.mark.parametrize(
    "header",
    ["", "bytes=", "bytes=-", "bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,5-9", "bytes=٣-",
     "bytes=" + "9" * 5000 + "-"],
)  # fmt: skip
def test_what_has_no_sense_gets_the_whole_file(header):
    answer, body, _ = ask(range=header.encode().decode("latin-1"))
    assert (answer.status_code, body, "Content-Range" in answer) == (200, CONTENT, False)
    assert answer["Content-Length"] == "1024"


@pytest.mark.parametrize("header", ["bytes=1024-", "bytes=1024-2000", "bytes=-0"])
def test_a_part_beyond_the_end_is_refused_with_the_size(header):
    answer, body, opened = ask(range=header)
    assert (answer.status_code, body, opened) == (416, b"", [])
    assert answer["Content-Range"] == "bytes */1024"
    assert ask(b"", range="bytes=0-")[0].status_code == 416
    assert ask(b"", range="bytes=-5")[0].status_code == 416


def test_a_file_that_has_changed_is_sent_from_its_beginning():
    for other in ('"another"', f"W/{ETAG}", "Wed, 25 Nov 2026 12:00:00 GMT"):
        answer, body, _ = ask(range="bytes=1000-", if_range=other)
        assert (answer.status_code, body) == (200, CONTENT)
    assert ask(range="bytes=1000-", if_match='"another"')[0].status_code == 412


def test_what_one_has_is_not_sent_again_and_head_tells_without_the_file():
    answer, body, opened = ask(if_none_match=ETAG, range="bytes=0-5")
    assert (answer.status_code, body, answer["ETag"], opened) == (304, b"", ETAG, [])
    answer, body, opened = ask(method="HEAD", range="bytes=0-5")
    assert (answer.status_code, body, opened) == (200, b"", [])
    assert (answer["ETag"], answer["Content-Length"]) == (ETAG, "1024")
    assert (answer["Accept-Ranges"], answer["Content-Type"]) == ("bytes", "application/zip")


def test_no_more_than_a_block_is_in_memory_and_the_file_is_closed(monkeypatch):
    monkeypatch.setattr(downloads, "BLOCK", 100)
    _, body, (file,) = ask(range="bytes=24-")
    assert (body, file.largest, file.closed) == (CONTENT[24:], 100, True)
    _, _, (file,) = ask()
    assert (file.largest, file.closed) == (100, True)
