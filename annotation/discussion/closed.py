"""Which images are closed to a reviewer, so that they judge without knowing what others said.

An image is closed while a running blind round asks about it, while any running round may still ask
the reviewer about it, and while they are examined on it. Nothing is closed to admins.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from accounts.models import User
from accounts.roles import ADMIN, roles_of
from annotation.labeling.examinations import EXAMINING
from annotation.models import Image

# In SQL about an `image`: what `reader` gives tells who wants to see it.
RUNNING = """
    FROM annotation_candidate asked
    JOIN annotation_roundcandidate known ON known.candidate_id = asked.id
    JOIN annotation_reviewround running
        ON running.id = known.round_id AND running.state IN ('open', 'paused')
    WHERE asked.image_id = image.id AND (running.blind OR (
        EXISTS (SELECT FROM annotation_rounditem item
                WHERE item.round_id = running.id AND item.place = known.place AND NOT item.done)
        AND NOT EXISTS (SELECT FROM annotation_rounditem mine
                        WHERE mine.round_id = running.id AND mine.place = known.place
                          AND mine.holder_id = %(reader)s AND mine.done)
        AND (EXISTS (SELECT FROM annotation_reviewround_reviewers named
                     WHERE named.reviewround_id = running.id AND named.user_id = %(reader)s)
             OR NOT EXISTS (SELECT FROM annotation_reviewround_reviewers named
                            WHERE named.reviewround_id = running.id))))
"""

OPEN_TO_READER = f"(%(admin)s OR NOT EXISTS (SELECT {RUNNING}) AND NOT EXISTS (SELECT {EXAMINING}))"

CLOSED_BY = f"""
    SELECT DISTINCT running.name, running.blind
    FROM annotation_image image, LATERAL (SELECT running.name, running.blind {RUNNING}
        UNION ALL SELECT task.name, false {EXAMINING}) running
    WHERE image.id = %(image)s ORDER BY running.name
"""  # noqa: S608

OPEN_IMAGES = (
    f"SELECT id FROM annotation_image image WHERE id = ANY(%(images)s) AND {OPEN_TO_READER}"  # noqa: S608
)


def reader(user: User) -> dict[str, Any]:
    """The parameters of `OPEN_TO_READER`."""
    return {"reader": user.pk, "admin": ADMIN in roles_of(user)}


def closed_by(image: Image, user: User) -> list[tuple[str, bool]]:
    """(name, whether it is a blind round) of the rounds and evaluations for which the image is
    closed to the user."""
    parameters = reader(user)
    if parameters["admin"]:
        return []
    with connection.cursor() as cursor:
        cursor.execute(CLOSED_BY, {**parameters, "image": image.pk})
        return cursor.fetchall()


def open_images(images: list[int], user: User) -> set[int]:
    """Those of the images, primary keys, that are not closed to the user; one query."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_IMAGES, {**reader(user), "images": images})
        return {pk for (pk,) in cursor.fetchall()}
