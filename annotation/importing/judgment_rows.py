"""Imported judgments as rows of the database, and what follows from them there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone
from numpy.typing import NDArray

from annotation.importing.judgment_files import NOT_KNOWN, JudgmentFile
from annotation.models import ReviewRound
from annotation.review.consensus import apply_verdicts, rule_in_force, verdicts_by
from taxonomy.bulk import analyze, array_literal, copy_rows, distinct
from taxonomy.progress import Progress

SENT_AT_ONCE = 5_000

STORED_NUMBERS = """
    SELECT ('x' || right(client_id::text, 12))::bit(48)::bigint FROM annotation_judgment
    WHERE round_id = %s
"""

IMAGES_OF = "SELECT image_id FROM annotation_rounditem WHERE round_id = %s"

# What rows refer to is held until the import is through, so that nobody can delete it.
HOLD = """
    SELECT FROM annotation_reviewround WHERE id = %s FOR KEY SHARE;
    SELECT FROM annotation_image WHERE id = ANY(%s::bigint[]) FOR KEY SHARE;
    SELECT FROM accounts_user WHERE id = ANY(%s::bigint[]) FOR KEY SHARE;
"""

FIND_CANDIDATES = """
    SELECT candidate.id FROM unnest(%s::bigint[], %s::int[]) WITH ORDINALITY
        AS pair (image_id, class_index, place)
    JOIN annotation_candidate candidate USING (image_id, class_index)
    ORDER BY place FOR KEY SHARE OF candidate
"""

WITHOUT_LOOKING_UP = """
    SELECT set_config('session_replication_role', 'replica', true)
    WHERE current_setting('is_superuser')::bool
"""

AS_USUAL = """
    SELECT set_config('session_replication_role', 'origin', true)
    WHERE current_setting('is_superuser')::bool
"""

SEND = """
    COPY annotation_judgment
        (client_id, round_id, candidate_id, reviewer_id, verdict, milliseconds, created)
    FROM STDIN
"""

SEND_COMMENTS = """
    INSERT INTO annotation_comment (client_id, image_id, author_id, text, created)
    SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[])
"""

ADD_ITEMS = """
    INSERT INTO annotation_rounditem (round_id, image_id, place, slot, position, done)
    SELECT %(round)s, image_id, last + number, 1, last + number, true
    FROM unnest(%(images)s::bigint[]) WITH ORDINALITY AS judged (image_id, number),
        (SELECT coalesce(max(place), 0) AS last FROM annotation_rounditem
         WHERE round_id = %(round)s) known
    WHERE NOT EXISTS (SELECT FROM annotation_rounditem item
                      WHERE item.round_id = %(round)s AND item.image_id = judged.image_id)
"""

ADD_CANDIDATES = """
    INSERT INTO annotation_roundcandidate (round_id, candidate_id, place, gold)
    SELECT %(round)s, candidate.id, item.place, false
    FROM annotation_candidate candidate
    JOIN annotation_rounditem item
        ON item.round_id = %(round)s AND item.image_id = candidate.image_id
    WHERE candidate.id = ANY(%(candidates)s::bigint[])
    ON CONFLICT (round_id, candidate_id) DO NOTHING
"""

ADD_DATASETS = """
    INSERT INTO annotation_reviewround_datasets (reviewround_id, dataset_id)
    SELECT DISTINCT %(round)s::bigint, dataset_id FROM annotation_datasetimage
    WHERE image_id = ANY(%(images)s::bigint[])
    ON CONFLICT DO NOTHING
"""

# In the order of keys, as a reviewer's submit does. Waiting for the foreign keys to be checked
# would keep reviewers waiting as long.
LOCK_IMAGES = """
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    SELECT count(*) FROM (
        SELECT FROM annotation_image WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
    ) locked
"""

# A verdict that was there stays unless it came from imported judgments alone.
TO_DECIDE = """
    SELECT candidate.id FROM annotation_candidate candidate
    WHERE candidate.id = ANY(%s::bigint[]) AND (
        candidate.verdict = 0 OR (
            SELECT bool_and(source.file_sha256 <> '') FROM annotation_judgment judgment
            JOIN annotation_reviewround source ON source.id = judgment.round_id
            WHERE judgment.candidate_id = candidate.id AND source.id <> %s))
"""


@dataclass(frozen=True)
class Keys:
    """Primary keys that go with the judgments of a file, in its order, int64 [n] each; and of images
    that were shown, but perhaps not judged, int64 [m]."""

    round: ReviewRound
    images: NDArray[np.int64]
    candidates: NDArray[np.int64]
    reviewers: NDArray[np.int64]
    shown: NDArray[np.int64]


def not_stored(
    review_round: ReviewRound | None, found: JudgmentFile, images: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which judgments of the file are new to its round, bool [n]; `images` are their primary keys.

    Where no number tells them (`found.fresh`), a round has nothing new of images it has: what is a
    candidate now may not have been one when somebody chose.
    """
    if review_round is None:
        return np.ones(len(found), np.bool_) if found.fresh is None else found.fresh
    if found.fresh is not None:
        there = copy_rows(IMAGES_OF, [review_round.pk], image=">i8")["image"]
        return found.fresh & ~np.isin(images, there)
    stored = copy_rows(STORED_NUMBERS, [review_round.pk], number=">i8")["number"]
    return ~np.isin(found.numbers, stored.astype(np.int64))


def hold(
    review_round: ReviewRound, images: NDArray[np.int64], reviewers: NDArray[np.int64]
) -> None:
    """Let nobody delete what the judgments refer to; primary keys, which may repeat."""
    keys = [array_literal(distinct(images)), array_literal(distinct(reviewers))]
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [review_round.pk, *keys])


@contextmanager
def without_looking_up() -> Iterator[None]:
    """Leave out looking up what rows refer to, if the database's user may (a superuser).

    Only for rows whose references were just found and are held: three lookups for each of a
    million judgments take longer than all else. After an error the transaction must end.
    """
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT_LOOKING_UP)
        yield
        cursor.execute(AS_USUAL)


def find_candidates(images: NDArray[np.int64], classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Primary keys of the candidates of these pairs, all of which are there; int64 [n] each."""
    arrays = [array_literal(images), array_literal(classes)]
    return copy_rows(FIND_CANDIDATES, arrays, id=">i8")["id"].astype(np.int64)


def send_judgments(keys: Keys, found: JudgmentFile, progress: Progress) -> None:
    """Store all judgments, by COPY."""
    with connection.cursor() as cursor:
        cursor.copy_expert(SEND, _Growing(_chunks(keys, found, progress)))
    analyze("annotation_judgment")


class _Growing:
    """A file that is written while it is read, as PostgreSQL stores what it has read."""

    def __init__(self, chunks: Iterator[str]) -> None:
        self._chunks = chunks

    def read(self, size: int) -> str:
        return next(self._chunks, "")


def _chunks(keys: Keys, found: JudgmentFile, progress: Progress) -> Iterator[str]:
    for start in range(0, len(found), SENT_AT_ONCE):
        progress("storing judgments", start, len(found))
        yield "".join(_lines(keys, found, slice(start, start + SENT_AT_ONCE)))
    progress("storing judgments", len(found), len(found))


def _lines(keys: Keys, found: JudgmentFile, part: slice) -> Iterator[str]:
    columns = zip(
        _client_ids(keys.round, found, part),
        keys.candidates[part].tolist(),
        keys.reviewers[part].tolist(),
        found.verdicts[part].tolist(),
        found.milliseconds[part].tolist(),
        _times(found.times[part]),
        strict=True,
    )
    source = keys.round.pk
    for client_id, candidate, reviewer, verdict, milliseconds, time in columns:
        took = "\\N" if milliseconds == NOT_KNOWN else milliseconds
        yield f"{client_id}\t{source}\t{candidate}\t{reviewer}\t{verdict}\t{took}\t{time}\n"


def _client_ids(
    review_round: ReviewRound, found: JudgmentFile, part: slice | NDArray[np.int64]
) -> list[str]:
    """The judgments' own ids, or UUIDs of version 8 (RFC 9562): 74 bits of the file's SHA-256, then
    48 for the number."""
    if found.ids is not None:
        return found.ids[part].tolist()
    sha = review_round.file_sha256
    prefix = f"{sha[:12]}8{sha[12:15]}8{sha[15:18]}"
    return [f"{prefix}{number:012x}" for number in found.numbers[part].tolist()]


def _times(times: NDArray[np.int64]) -> list[str]:
    """With the time of the import where the file tells none."""
    now = timezone.now().isoformat()
    told = np.datetime_as_string(times.view("datetime64[us]")).tolist()
    return [now if time == "NaT" else f"{time}Z" for time in told]


def send_comments(keys: Keys, found: JudgmentFile) -> None:
    """Store what reviewers remarked, each on the image."""
    places = np.array(sorted(found.comments), np.int64)
    if len(places):
        parameters: list[Any] = [
            _client_ids(keys.round, found, places),
            array_literal(keys.images[places]),
            array_literal(keys.reviewers[places]),
            [found.comments[place] for place in places.tolist()],
            _times(found.times[places]),
        ]
        with connection.cursor() as cursor:
            cursor.execute(SEND_COMMENTS, parameters)


def add_items(keys: Keys) -> None:
    """Let the round have every image that was shown, done, in the file's order, and their datasets."""
    images = np.concatenate([keys.images, keys.shown])
    _, first = np.unique(images, return_index=True)
    parameters: dict[str, Any] = {
        "round": keys.round.pk,
        "images": array_literal(images[np.sort(first)]),
        "candidates": array_literal(np.unique(keys.candidates)),
    }
    with connection.cursor() as cursor:
        for statement in (ADD_ITEMS, ADD_DATASETS):
            cursor.execute(statement, parameters)
        analyze("annotation_rounditem")
        cursor.execute(ADD_CANDIDATES, parameters)
    analyze("annotation_roundcandidate")


def decide(keys: Keys) -> tuple[int, int]:
    """Decide the judged candidates anew: how many verdicts changed, how many had to be kept."""
    candidates = distinct(keys.candidates)
    with connection.cursor() as cursor:
        cursor.execute(LOCK_IMAGES, [array_literal(distinct(keys.images))])
    rows = copy_rows(TO_DECIDE, [array_literal(candidates), keys.round.pk], id=">i8")
    changed = apply_verdicts(verdicts_by(rule_in_force(), rows["id"].astype(np.int64)))
    return changed, len(candidates) - len(rows)
