"""Renditions of images that are to be reviewed, made ahead."""

from __future__ import annotations

from collections.abc import Sequence

from annotation.models import Image
from taxonomy import renditions

# Originals are asked for only by those who zoom in.
USUAL = ("large", "small")


def make_renditions(content_hashes: Sequence[str]) -> int:
    """Make the usual renditions of these images where they are missing; how many were made."""
    images = Image.objects.filter(content_hash__in=content_hashes).exclude(file="")
    rows = images.values_list("content_hash", "file").distinct()
    return sum(renditions.make(content_hash, file, USUAL) for content_hash, file in rows)
