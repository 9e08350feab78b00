"""JSON about a taxonomy under an address that changes with it, so that browsers keep it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from taxonomy.models import Taxonomy

CACHE_SECONDS = 30 * 24 * 3600
YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class VersionedJson:
    """What `content` gives, with "format" and the name of the "taxonomy" before it.

    `name` is the name of the address; `format` is to be raised when the shape changes. The content
    may depend on nothing that is not in the taxonomy's content hash.
    """

    name: str
    format: int
    content: Callable[[Taxonomy], dict[str, Any]]

    def read(self, taxonomy: Taxonomy) -> bytes:
        """UTF-8, kept in the cache by version."""
        key = f"{self.name}:{taxonomy.pk}:{self._version(taxonomy)}"
        found: bytes | None = cache.get(key)
        if found is None:
            found = self.encode(taxonomy)
            cache.set(key, found, CACHE_SECONDS)
        return found

    def encode(self, taxonomy: Taxonomy) -> bytes:
        """The same, from the database."""
        head = {"format": self.format, "taxonomy": taxonomy.name}
        whole = head | self.content(taxonomy)
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()

    def url(self, taxonomy: Taxonomy) -> str:
        """Where the browser gets it; needs no query."""
        return reverse(self.name, args=[taxonomy.pk, self._version(taxonomy)])

    def response(self, taxonomy_id: int, version: str) -> HttpResponse:
        """To be kept for a year; an old address leads to the new. 404 without such a taxonomy."""
        taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
        if version != self._version(taxonomy):
            return redirect(self.url(taxonomy))
        response = HttpResponse(self.read(taxonomy), content_type="application/json")
        response["Cache-Control"] = f"private, max-age={YEAR}, immutable"
        return response

    def _version(self, taxonomy: Taxonomy) -> str:
        return f"{self.format}-{taxonomy.content_hash[:20]}"
