"""Files that people take away: what they are called, and pages that need nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from django.contrib.staticfiles import finders
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString, mark_safe

# What one system or another doesn't take in the name of a file.
FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')


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
