"""Missed classes are asked for again, at growing intervals, until they are known."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from annotation.labeling.truth import TRUTH

# So many images later: after a miss, and after each right answer that follows it.
INTERVALS = (3, 8, 20)

ANSWERED = f"""
    SELECT assignment.id, assignment.position, coalesce(assignment.repeats_id, assignment.id),
        assignment.class_index = ANY(truth.classes), image.id,
        CASE WHEN image.target = ANY(truth.classes) THEN image.target ELSE truth.classes[1] END,
        (SELECT count(*) FROM annotation_assignment before
         WHERE before.repeats_id = assignment.repeats_id AND before.class_index IS NOT NULL)
    FROM annotation_assignment assignment
    JOIN annotation_image image ON image.id = assignment.image_id
    {TRUTH}
    WHERE assignment.id = ANY(%s) ORDER BY assignment.position
"""  # noqa: S608

# Another image that came with the same label, which the labeler has not been given in this task and
# nobody is evaluated on; the same again if there is none.
ANOTHER = """
    SELECT image.id FROM annotation_image image
    JOIN annotation_datasetimage member ON member.image_id = image.id
    JOIN annotation_dataset dataset ON dataset.id = member.dataset_id
    JOIN annotation_enrollment part ON part.id = %(enrollment)s
    JOIN annotation_labelingtask task ON task.id = part.task_id
    WHERE dataset.name IN (SELECT jsonb_object_keys(task.scope -> 'datasets'))
      AND image.target = %(target)s AND NOT image.problematic
      AND NOT EXISTS (SELECT FROM annotation_assignment given
                      WHERE given.enrollment_id = part.id AND given.image_id = image.id)
      AND NOT EXISTS (
          SELECT FROM annotation_taskimage taken
          JOIN annotation_labelingtask other ON other.id = taken.task_id
          JOIN annotation_image shown ON shown.id = taken.image_id
          WHERE other.kind = 'evaluation' AND (shown.id = image.id
              OR image.content_hash <> '' AND shown.content_hash = image.content_hash))
    ORDER BY md5(task.seed || ':' || part.number || ':' || image.key) LIMIT 1
"""

# What is trained on is an image of the task, so that no evaluation draws it.
NOTE_IMAGE = """
    INSERT INTO annotation_taskimage (task_id, image_id, place)
    SELECT part.task_id, %(image)s,
        1 + (SELECT max(place) FROM annotation_taskimage WHERE task_id = part.task_id)
    FROM annotation_enrollment part WHERE part.id = %(enrollment)s
    ON CONFLICT (task_id, image_id) DO NOTHING
"""

MAKE_ROOM = """
    UPDATE annotation_assignment SET position = position + 1
    WHERE enrollment_id = %(enrollment)s AND position >= %(position)s
"""

INSERT = """
    INSERT INTO annotation_assignment (uid, enrollment_id, image_id, position, repeats_id, exposed,
        later, note, wall_ms, active_ms)
    VALUES (gen_random_uuid(), %(enrollment)s, %(image)s, %(position)s, %(repeats)s, false,
        false, '', 0, 0)
"""


def repeat_missed(enrollment_id: int, assignments: Sequence[int]) -> bool:
    """Plan repetitions for what was just answered for the first time; whether there are any.

    assignments: primary keys. To be called in the transaction that stores the answers, under the
    lock of the enrollment.
    """
    planned = False
    with connection.cursor() as cursor:
        # What one repetition moves up, the next must see where it is.
        for pk in assignments:
            cursor.execute(ANSWERED, [[pk]])
            for _, position, missed, right, image, target, known in cursor.fetchall():
                repeats = pk if not right else missed
                interval = _interval(right, repeats != pk, known)
                if interval is not None:
                    _insert(cursor, enrollment_id, position + 1 + interval, repeats, image, target)
                    planned = True
    return planned


def _interval(right: bool, is_repetition: bool, known: int) -> int | None:
    """How many images later the class comes again; None if it need not.

    known: how often it was answered since it was missed, this time included.
    """
    if not right:
        return INTERVALS[0]
    if not is_repetition or known >= len(INTERVALS):
        return None
    return INTERVALS[known]


def _insert(
    cursor: object, enrollment_id: int, position: int, repeats: int, image: int, target: int
) -> None:
    execute, fetch = cursor.execute, cursor.fetchone  # type: ignore[attr-defined]
    values = {"enrollment": enrollment_id, "target": target, "repeats": repeats, "image": image}
    execute(ANOTHER, values)
    if other := fetch():
        values["image"] = other[0]
        execute(NOTE_IMAGE, values)
    execute("SELECT count(*) FROM annotation_assignment WHERE enrollment_id = %s", [enrollment_id])
    values["position"] = min(position, fetch()[0])
    execute(MAKE_ROOM, values)
    execute(INSERT, values)
