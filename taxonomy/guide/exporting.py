"""Exports of the whole guide: made by a worker, kept until the guide changes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.core.files.storage import default_storage

from taxonomy import stored
from taxonomy.guide.book import WholeGuide, current_version, whole_guide
from taxonomy.guide.html_file import make_html
from taxonomy.guide.pdf import make_pdf
from taxonomy.models import Taxonomy
from taxonomy.progress import Progress

logger = logging.getLogger("tusker.guide")

# Each gives a file whole or in parts.
Maker = Callable[[WholeGuide, Progress], bytes | Iterator[bytes]]
MAKERS: dict[str, Maker] = {"pdf": make_pdf, "html": make_html}
# An export that has not told of itself for so long is taken for lost, and can be asked for again.
# Longer than typesetting may take, which tells nothing.
SILENCE_SECONDS = 900
PROGRESS_EVERY = 0.3


@dataclass(frozen=True)
class Export:
    """One of the MAKERS' files of the guide as it is now.

    `state` is "none", "running", "failed" or "ready"; `progress` is {"step", "done", "total"}.
    """

    kind: str
    path: str
    state: str
    progress: dict[str, Any]
    size: int = 0


def export_of(taxonomy: Taxonomy, kind: str) -> Export:
    path = _path(taxonomy, kind, current_version(taxonomy))
    if default_storage.exists(path):
        return Export(kind, path, "ready", {}, default_storage.size(path))
    told = cache.get(_key(path))
    if told is None:
        return Export(kind, path, "none", {})
    return Export(kind, path, told["state"], told)


def announce(export: Export) -> bool:
    """Note that a worker is about to be asked; False if one has been, or there is the file."""
    if export.state == "ready":
        return False
    if export.state == "failed":
        cache.delete(_key(export.path))
    waiting = {"state": "running", "step": "waiting for a worker", "done": 0, "total": 0}
    return cache.add(_key(export.path), waiting, SILENCE_SECONDS)


def make_export(taxonomy: Taxonomy, kind: str) -> str:
    """Make the file of the guide as it is now unless it is there; its path in the storage.

    Older ones of the kind are deleted. Raises whatever goes wrong, after noting that it did.
    """
    guide = whole_guide(taxonomy)
    path = _path(taxonomy, kind, guide.version)
    if default_storage.exists(path):
        return path
    try:
        stored.put(path, MAKERS[kind](guide, _progress(path)))
    except Exception:
        logger.exception("the guide of %s could not be exported as %s", taxonomy, kind)
        cache.set(_key(path), {"state": "failed"}, SILENCE_SECONDS)
        raise
    _delete_older(path)
    cache.delete(_key(path))
    return path


def _path(taxonomy: Taxonomy, kind: str, version: str) -> str:
    return f"guide/exports/{taxonomy.pk}/{version}.{kind}"


def _key(path: str) -> str:
    return f"guide-export:{path}"


def _progress(path: str) -> Progress:
    last = ("", 0.0)

    def tell(step: str, done: int = 0, total: int = 0) -> None:
        nonlocal last
        now = time.monotonic()
        if step != last[0] or now - last[1] >= PROGRESS_EVERY:
            last = (step, now)
            told = {"state": "running", "step": step, "done": done, "total": total}
            cache.set(_key(path), told, SILENCE_SECONDS)

    return tell


def _delete_older(path: str) -> None:
    folder, _, name = path.rpartition("/")
    _, files = default_storage.listdir(folder)
    for other in files:
        if other != name and other.rpartition(".")[2] == name.rpartition(".")[2]:
            default_storage.delete(f"{folder}/{other}")
