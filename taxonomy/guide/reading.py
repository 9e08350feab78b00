"""Texts of the guide as a page of the site shows them, each rendered once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.cache import cache
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from taxonomy.guide.class_names import class_names
from taxonomy.guide.markdown import images_in, parse
from taxonomy.guide.rendering import Guide, Shown, render
from taxonomy.models import GuideImage, Taxonomy

# Raise when the HTML made of a text changes.
RENDERING = 1
CACHE_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class Text:
    """Markdown, and the indices of the classes that it is about."""

    markdown: str
    near: tuple[int, ...] = ()


@dataclass(frozen=True)
class OnSite:
    """A `rendering.Place`: the pages of this site."""

    taxonomy_id: int
    pictures: Mapping[UUID, Shown]

    def picture(self, uid: UUID) -> Shown | None:
        return self.pictures.get(uid)

    def class_address(self, index: int) -> str:
        return reverse("class_page", args=[self.taxonomy_id, index])

    def sheet(self, index: int) -> SafeString:
        address = reverse("class_sheet", args=[self.taxonomy_id, index])
        return format_html('<div hx-get="{}" hx-trigger="load" hx-swap="outerHTML"></div>', address)


def html_of(taxonomy: Taxonomy, texts: Sequence[Text], heading: int = 2) -> list[SafeString]:
    """The HTML of each text; its first headings have the rank `heading`.

    Kept in the cache by content. At most four queries, however many texts; none if all are there.
    """
    keys = [_key(taxonomy, text, heading) for text in texts]
    found = cache.get_many(keys)
    if missing := {key: text for key, text in zip(keys, texts, strict=True) if key not in found}:
        made = _render(taxonomy, missing, heading)
        cache.set_many(made, CACHE_SECONDS)
        found |= made
    return [mark_safe(found[key]) for key in keys]  # noqa: S308  (made by `render`)


def fresh_html(taxonomy: Taxonomy, text: Text) -> SafeString:
    """The HTML of a text that is being written, and so not worth keeping."""
    return mark_safe(_render(taxonomy, {"": text}, 2)[""])  # noqa: S308  (made by `render`)


def _key(taxonomy: Taxonomy, text: Text, heading: int) -> str:
    about = ",".join(map(str, sorted(text.near)))
    content = f"{taxonomy.content_hash}:{heading}:{about}:{text.markdown}"
    digest = hashlib.sha256(content.encode()).hexdigest()
    return f"guide:{RENDERING}:{taxonomy.pk}:{digest}"


def _render(taxonomy: Taxonomy, texts: Mapping[str, Text], heading: int) -> dict[str, str]:
    uids = set().union(*(images_in(parse(text.markdown)) for text in texts.values()))
    place = OnSite(taxonomy.pk, pictures_of(taxonomy, uids) if uids else {})
    guide = Guide(class_names(taxonomy), place, heading)
    return {key: str(render(text.markdown, text.near, guide)) for key, text in texts.items()}


def pictures_of(taxonomy: Taxonomy, uids: set[UUID]) -> dict[UUID, Shown]:
    rows = GuideImage.objects.filter(taxonomy=taxonomy, uid__in=uids)
    return {
        uid: Shown(reverse("guide_image", args=[taxonomy.pk, uid]), width, height)
        for uid, width, height in rows.values_list("uid", "width", "height")
    }
