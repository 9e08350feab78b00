"""What every page about the classes of one taxonomy shows."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404

from taxonomy.classes import class_index_url
from taxonomy.hierarchy import hierarchy_url
from taxonomy.models import Taxonomy


def page_context(taxonomy_id: int, tab: str) -> tuple[Taxonomy, dict[str, Any]]:
    """The taxonomy, and the context for `taxonomy/classes_base.html`; 404 if there is none.

    `classes_url` and `hierarchy_url` are for fields that ask for classes.
    """
    taxonomies = list(Taxonomy.objects.order_by("name"))
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    return taxonomy, {
        "taxonomy": taxonomy,
        "taxonomies": taxonomies,
        "tab": tab,
        "classes_url": class_index_url(taxonomy),
        "hierarchy_url": hierarchy_url(taxonomy),
    }
