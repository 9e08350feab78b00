"""Candidates: the (image, class) pairs that reviewers judge."""

import numpy as np
from django.db import connection

from taxonomy.bulk import analyze, array_literal

# A pair that somebody predicts is a candidate of its own, even if the reviewer who once added it
# took it back.
INSERT = """
    WITH added AS (
        INSERT INTO annotation_candidate (image_id, class_index, verdict)
        SELECT image_id, class_index, 0
        FROM unnest(%s::bigint[], %s::int[]) WITH ORDINALITY AS pair (image_id, class_index, place)
        GROUP BY image_id, class_index ORDER BY min(place)
        ON CONFLICT (image_id, class_index) DO UPDATE SET added_by_id = NULL
        WHERE annotation_candidate.added_by_id IS NOT NULL
        RETURNING xmax = 0 AS fresh
    )
    SELECT count(*) FROM added WHERE fresh
"""


def add_candidates(image_ids: np.ndarray, class_indices: np.ndarray) -> int:
    """Make candidates of the pairs that are none yet, in one statement; return how many were new.

    image_ids: int64 [n], primary keys of images; class_indices: integer [n]. Pairs may repeat; new
    candidates are stored in the order in which they come first.
    """
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [array_literal(image_ids), array_literal(class_indices)])
        (new,) = cursor.fetchone()
    if new:
        analyze("annotation_candidate")
    return new
