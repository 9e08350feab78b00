"""What a browser calls the files that it is given."""

from __future__ import annotations

import re

from django.utils.http import content_disposition_header

# What one system or another doesn't take in the name of a file.
FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')


def file_name(*parts: str, suffix: str) -> str:
    """The parts joined by hyphens, with `_` for what no file's name may have, and the suffix."""
    return f"{FORBIDDEN.sub('_', '-'.join(parts))}.{suffix}"


def disposition(name: str, attachment: bool = True) -> str:
    """The header Content-Disposition (RFC 6266), whatever characters the file's name has."""
    return str(content_disposition_header(attachment, name))
