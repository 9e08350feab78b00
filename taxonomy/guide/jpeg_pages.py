"""JPEGs as pages, which Typst hands on as they are.

Of JPEGs themselves it keeps every pixel in memory: three times as much for the whole guide.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

HEAD = b"%PDF-1.4\n"


def page_of_jpeg(data: bytes) -> bytes:
    """A PDF file of one page that is an RGB JPEG, a point per pixel (ISO 32000-1, 8.9 and 7.8)."""
    with Image.open(io.BytesIO(data)) as picture:
        width, height = picture.size
    return _file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 5 0 R"
            b" /Resources << /XObject << /Picture 4 0 R >> >> >>" % (width, height),
            _stream(
                b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8"
                b" /ColorSpace /DeviceRGB /Filter /DCTDecode" % (width, height),
                data,
            ),
            _stream(b"", b"%d 0 0 %d 0 0 cm /Picture Do" % (width, height)),
        ]
    )


def _stream(entries: bytes, data: bytes) -> bytes:
    return b"<< %b /Length %d >> stream\n%b\nendstream" % (entries, len(data), data)


def _file(objects: Sequence[bytes]) -> bytes:
    """Objects 1, 2, … in a file with its table of places; 1 is the catalog (ISO 32000-1, 7.5)."""
    parts = [HEAD]
    places = []
    for number, content in enumerate(objects, 1):
        places.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, content))
    start = sum(map(len, parts))
    size = len(objects) + 1
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % size)
    parts += [b"%010d 00000 n \n" % place for place in places]
    parts.append(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start))
    return b"".join(parts)
