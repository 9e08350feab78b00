"""Who has seen which pictures, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import User
from config.prepared import Statement

# Once a day is enough, and keeps serving pictures from writing each time.
SAW = Statement(
    "saw",
    "bigint, uuid",
    """
    INSERT INTO annotation_sighting (user_id, image_id, seen)
    SELECT $1, image.id, statement_timestamp() FROM annotation_image image WHERE image.uid = $2
    ON CONFLICT (user_id, image_id) DO UPDATE SET seen = EXCLUDED.seen
    WHERE annotation_sighting.seen < EXCLUDED.seen - interval '1 day'
    """,
)

# In SQL about an `image`: whether the user %(labeler)s saw that picture, under this key or another,
# within %(days)s days before now, or judged it then, outside of the task %(task)s.
SEEN = """
    image.id IN (
        SELECT coalesce(same.id, seen.image_id) FROM (
            SELECT image_id FROM annotation_sighting
            WHERE user_id = %(labeler)s AND seen > statement_timestamp() - %(days)s * interval '1 day'
            UNION
            SELECT candidate.image_id FROM annotation_judgment word
            JOIN annotation_candidate candidate ON candidate.id = word.candidate_id
            WHERE word.reviewer_id = %(labeler)s
              AND word.created > statement_timestamp() - %(days)s * interval '1 day'
            UNION
            SELECT assignment.image_id FROM annotation_assignment assignment
            JOIN annotation_enrollment part ON part.id = assignment.enrollment_id
            WHERE part.labeler_id = %(labeler)s AND part.task_id <> %(task)s
              AND assignment.opened > statement_timestamp() - %(days)s * interval '1 day'
        ) seen
        JOIN annotation_image known ON known.id = seen.image_id
        LEFT JOIN annotation_image same
            ON known.content_hash <> '' AND same.content_hash = known.content_hash
    )
"""


SEEN_BY = f"""
    SELECT person.username, seen.count FROM accounts_user person
    CROSS JOIN LATERAL (
        SELECT count(*) FROM annotation_image image
        WHERE image.id = ANY(%(images)s::bigint[]) AND {SEEN.replace("%(labeler)s", "person.id")}
    ) seen
    WHERE person.id = ANY(%(people)s::bigint[]) AND seen.count > 0 ORDER BY person.username
"""  # noqa: S608


def seen_by(people: Sequence[User], image_ids: Sequence[int], days: int) -> list[tuple[str, int]]:
    """(name, how many of the pictures they have seen within so many days), of those who have seen
    any; one query."""
    parameters: dict[str, Any] = {
        "people": [user.pk for user in people], "images": image_ids, "days": days, "task": 0
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(SEEN_BY, parameters)
        return cursor.fetchall()


def note_sighting(user: User, uid: UUID) -> None:
    """The picture is being sent to the user's browser."""
    SAW.run(user.pk, str(uid))
