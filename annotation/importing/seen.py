"""Whether images of a dataset can be looked at among the classes, by those who will label them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.models import Dataset, Image
from taxonomy.guide.images import entries_showing
from taxonomy.models import GuideImage, ReferenceImage

KEYS = ("also_reference_images", "also_guide_images", "guide_entries")


def seen_among_classes(dataset: Dataset) -> dict[str, Any]:
    """By content; images that came without a file are not found. Three queries.

    {"also_reference_images": how many of its images are, "also_guide_images": the same,
    "guide_entries": [title of an entry that shows one]}
    """
    images = Image.objects.filter(datasets=dataset).exclude(content_hash="")
    hashes = images.values("content_hash")
    references = ReferenceImage.objects.filter(content_hash__in=hashes)
    in_guide = list(GuideImage.objects.filter(content_hash__in=hashes))
    return {
        "also_reference_images": references.values("content_hash").distinct().count(),
        "also_guide_images": len({image.content_hash for image in in_guide}),
        "guide_entries": [entry.title for entry in entries_showing(in_guide)],
    }


def warnings(result: Mapping[str, Any]) -> list[str]:
    """What an admin should do about it, in sentences; `result` is that of an import."""
    found = []
    if count := result.get("also_reference_images", 0):
        found.append(
            f"{_images(count)} among the reference images, which everyone who labels looks at:"
            " import those again, and others take their place."
        )
    if count := result.get("also_guide_images", 0):
        entries = ", ".join(f"“{title}”" for title in result["guide_entries"])
        where = f": {entries}" if entries else ", in no current text"
        found.append(
            f"{_images(count)} in the labeling guide, which everyone who labels reads{where}."
        )
    return found


def _images(count: int) -> str:
    return "1 image is" if count == 1 else f"{count} images are"
