"""What every page about the classes of one taxonomy shows."""

from __future__ import annotations

from typing import Any

from django.http import Http404

from taxonomy.classes import class_index_url
from taxonomy.hierarchy import hierarchy_url
from taxonomy.models import Taxonomy
from taxonomy.reference.sheets import thumbs_of


def page_context(taxonomy_id: int, tab: str) -> tuple[Taxonomy, dict[str, Any]]:
    """The taxonomy, and the context for `taxonomy/classes_base.html`; 404 if there is none.

    `classes_url` and `hierarchy_url` are for fields that ask for classes, `thumbs` for the
    pictures of classes that are links. Two queries.
    """
    taxonomies = list(Taxonomy.objects.order_by("name"))
    taxonomy = next((one for one in taxonomies if one.pk == taxonomy_id), None)
    if taxonomy is None:
        raise Http404
    return taxonomy, {
        "taxonomy": taxonomy,
        "taxonomies": taxonomies,
        "tab": tab,
        "classes_url": class_index_url(taxonomy),
        "hierarchy_url": hierarchy_url(taxonomy),
        "thumbs": thumbs_of(taxonomy),
    }
