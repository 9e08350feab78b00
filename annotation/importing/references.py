"""Importing reference images, for commands and jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from annotation.importing.alone import one_at_a_time
from annotation.importing.picking import pick_taxonomy
from taxonomy.progress import Progress, quiet
from taxonomy.reference.importing import import_reference_images


def import_references(
    source: Path,
    taxonomy: str | None,
    per_class: int,
    seed: int,
    replace: bool = False,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """See `import_reference_images`; no dataset is imported meanwhile."""
    with one_at_a_time():
        return import_reference_images(
            pick_taxonomy(taxonomy), source, per_class, seed, replace, progress
        )
