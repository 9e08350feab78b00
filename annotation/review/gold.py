"""Candidates whose answer is known, mixed into a round to see how well its reviewers do.

An answer is known where an adjudicator gave it. Gold is drawn with the round's seed from the round's
datasets and classes, from what its scope leaves out, and placed as everything else is. By image it
comes as whole images, of which no more is asked than of the round's own; by class on the pages of
the classes that the round asks about anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection

from annotation.models import ReviewRound

KNOWN = """
    CREATE TEMPORARY TABLE known_answers ON COMMIT DROP AS
    SELECT candidate.id, candidate.image_id, candidate.class_index, image.key,
           (SELECT min(member.position) FROM annotation_datasetimage member
            WHERE member.image_id = image.id AND member.dataset_id = ANY(%(datasets)s)) AS position,
           md5(%(seed)s || ':gold:' || image.key || ':' || candidate.class_index) AS lot,
           md5(%(seed)s || ':gold:' || image.key) AS image_lot
    FROM (SELECT DISTINCT ON (candidate_id) candidate_id, verdict FROM annotation_adjudication
          ORDER BY candidate_id, id DESC) final
    JOIN annotation_candidate candidate ON candidate.id = final.candidate_id
    JOIN annotation_image image ON image.id = candidate.image_id AND NOT image.problematic
    WHERE final.verdict <> 0 AND candidate.added_by_id IS NULL
      AND EXISTS (SELECT FROM annotation_datasetimage member
                  WHERE member.image_id = image.id AND member.dataset_id = ANY(%(datasets)s))
      AND (%(classes)s::int[] IS NULL OR candidate.class_index = ANY(%(classes)s::int[]))
"""

ADD_IMAGES = """
    INSERT INTO chosen (id, image_id, class_index, key, position, information, gold)
    WITH own AS (
        SELECT count(*) AS images, max(asked) AS most_asked
        FROM (SELECT count(*) AS asked FROM chosen GROUP BY image_id) image
    ), free AS (
        SELECT *, row_number() OVER (PARTITION BY image_id ORDER BY lot) AS asked,
               dense_rank() OVER (ORDER BY image_lot, image_id) AS drawn
        FROM known_answers known
        WHERE NOT EXISTS (SELECT FROM chosen WHERE chosen.image_id = known.image_id)
    )
    SELECT id, image_id, class_index, key, position, 0, true FROM free, own
    WHERE drawn <= round(own.images * %(rate)s) AND asked <= own.most_asked
"""

# No class has more than its share, rounded up; of small classes some have less.
ADD_TO_CLASSES = """
    INSERT INTO chosen (id, image_id, class_index, key, position, information, gold)
    WITH own AS (SELECT class_index, count(*) AS asked FROM chosen GROUP BY class_index),
    free AS (
        SELECT known.*, own.asked,
               row_number() OVER (PARTITION BY class_index ORDER BY lot, id) AS drawn
        FROM known_answers known JOIN own USING (class_index)
        WHERE NOT EXISTS (SELECT FROM chosen WHERE chosen.id = known.id)
    )
    SELECT id, image_id, class_index, key, position, 0, true FROM free
    WHERE drawn <= ceil(asked * %(rate)s)
    ORDER BY lot LIMIT (SELECT round(sum(asked) * %(rate)s) FROM own)
"""


def add_gold(review_round: ReviewRound, share: float, scope: Mapping[str, Any]) -> None:
    """Add to the table `chosen` so much gold that it makes up the share of it, if there is enough.

    The share, below 1, is one of images or, by class, of candidates; `scope` has the parameters
    `datasets` and `classes` of `scope.CHOOSE`.
    """
    parameters = {
        "datasets": scope["datasets"],
        "classes": scope["classes"],
        "seed": str(review_round.seed),
        "rate": share / (1 - share),
    }
    by_image = review_round.unit == ReviewRound.Unit.IMAGE
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS known_answers")
        cursor.execute(KNOWN, parameters)
        cursor.execute(ADD_IMAGES if by_image else ADD_TO_CLASSES, parameters)
        cursor.execute("DROP TABLE known_answers")
