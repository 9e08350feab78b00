"""Full-text search over the guide, by PostgreSQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db import connection
from django.db.models import F
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from taxonomy.models import GuideEntry, Taxonomy

SHOWN = 50
MOST_WORDS = 12
LIKENESS = 0.7  # of a word to one of the guide's, as difflib counts it, to be taken for a typo
# What PostgreSQL puts around a word that was found: two characters that are in no text.
START, STOP = "\ue000", "\ue001"

# Whole words: the stored ones are stems, which are too short to tell a typo from another word.
VOCABULARY = """
    SELECT word FROM ts_stat(format(
        'SELECT to_tsvector(''simple'', revision.title || '' '' || revision.names || '' '' || revision.plain)
         FROM taxonomy_guiderevision revision
         JOIN taxonomy_guideentry entry ON entry.current_id = revision.id
         WHERE entry.archived IS NULL AND entry.taxonomy_id = %%s', %s::bigint))
"""


@dataclass(frozen=True)
class Hit:
    """An entry that holds every word; title and snippet with the words found in <mark>."""

    entry: GuideEntry
    title: SafeString
    snippet: SafeString


@dataclass(frozen=True)
class Found:
    """`corrected` is what was searched for instead, if there was nothing for the words given."""

    hits: list[Hit]
    corrected: str = ""


def search(taxonomy: Taxonomy, text: str) -> Found:
    """The entries that hold words beginning so, all of them in any order, the best first.

    Titles and names of classes count more than texts; words are taken without their English
    endings. If there are none, words that the guide does not have are taken for typos of the
    nearest that it has.
    """
    words = re.findall(r"[^\W_]+", text.casefold())[:MOST_WORDS]
    if not words:
        return Found([])
    if hits := _hits(taxonomy, words):
        return Found(hits)
    corrected = _corrected(taxonomy, words)
    return Found(_hits(taxonomy, corrected), " ".join(corrected)) if corrected else Found([])


def _hits(taxonomy: Taxonomy, words: list[str]) -> list[Hit]:
    query = SearchQuery(
        " & ".join(f"'{word}':*" for word in words), config="english", search_type="raw"
    )
    entries = (
        GuideEntry.objects.filter(taxonomy=taxonomy, archived=None, current__words=query)
        .annotate(
            rank=SearchRank(F("current__words"), query),
            marked_title=_marked("current__title", query, highlight_all=True),
            snippet=_marked(
                "current__plain", query, max_words=40, min_words=20, max_fragments=2,
                fragment_delimiter=" … ",
            ),
        )
        .prefetch_related("classes__synset")
        .order_by("-rank", "title")[:SHOWN]
    )  # fmt: skip
    return [Hit(entry, _html(entry.marked_title), _html(entry.snippet)) for entry in entries]


def _marked(field: str, query: SearchQuery, **options: object) -> SearchHeadline:
    return SearchHeadline(field, query, config="english", start_sel=START, stop_sel=STOP, **options)  # type: ignore[arg-type]


def _html(marked: str) -> SafeString:
    html = escape(marked).replace(START, "<mark>").replace(STOP, "</mark>")
    return mark_safe(html)  # noqa: S308  (escaped)


def _corrected(taxonomy: Taxonomy, words: list[str]) -> list[str]:
    """The words with typos put right; empty if none can be."""
    with connection.cursor() as cursor:
        cursor.execute(VOCABULARY, [taxonomy.pk])
        vocabulary = [word for (word,) in cursor.fetchall()]
    corrected = []
    for word in words:
        if any(known.startswith(word) for known in vocabulary):
            corrected.append(word)
        else:
            corrected += get_close_matches(word, vocabulary, 1, LIKENESS) or [word]
    return [] if corrected == words else corrected
