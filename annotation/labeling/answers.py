"""Taking in what labelers answer. What `submit` accepts is committed, and stored exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from accounts.models import User
from annotation.labeling.training.repetition import repeat_missed
from annotation.models import LabelingTask
from config.prepared import Statement, run_all

CONFIDENCES = (1, 2, 3)


class TaskOver(Exception):
    """The task takes no more answers from this labeler; the message says why."""


@dataclass(frozen=True)
class Say:
    """All that is said of an image now: its class, or none yet, how surely, and what else."""

    id: UUID
    item: UUID
    class_index: int | None
    confidence: int | None
    later: bool
    note: str


@dataclass(frozen=True)
class Work:
    """A stretch of time at an image; later ones of the same id are the same stretch, grown."""

    id: UUID
    item: UUID
    wall_ms: int
    active_ms: int


Op = Say | Work


@dataclass
class Outcome:
    """Which operations are stored for good, and which never will be, with the reason; and whether
    other images come next than before."""

    accepted: list[UUID] = field(default_factory=list)
    rejected: list[tuple[UUID, str]] = field(default_factory=list)
    changed: bool = False


# Handing in and closing wait for what is being stored, and what comes later sees it done.
FIND = Statement(
    "labeling_find",
    "bigint, bigint, uuid[]",
    """
    WITH part AS MATERIALIZED (
        SELECT part.id, part.handed_in, task.state, task.taxonomy_id, task.kind
        FROM annotation_enrollment part
        JOIN annotation_labelingtask task ON task.id = part.task_id
        WHERE part.task_id = $1 AND part.labeler_id = $2
        FOR NO KEY UPDATE OF part FOR SHARE OF task
    ), locked AS MATERIALIZED (
        SELECT assignment.uid, assignment.id, assignment.class_index FROM annotation_assignment assignment
        WHERE assignment.uid = ANY($3)
          AND assignment.enrollment_id = (SELECT id FROM part)
        ORDER BY assignment.id FOR NO KEY UPDATE
    )
    SELECT part.id, part.handed_in IS NOT NULL, part.state, part.kind,
        (SELECT count(*) FROM taxonomy_labelclass WHERE taxonomy_id = part.taxonomy_id),
        locked.uid, locked.id, locked.class_index
    FROM part LEFT JOIN locked ON true
    """,
)

SAY = Statement(
    "labeling_say",
    "uuid[], bigint[], int[], int[], bool[], text[]",
    """
    INSERT INTO annotation_answer
        (client_id, assignment_id, class_index, confidence, later, note, created)
    SELECT client_id, assignment, class_index, confidence, later, note, statement_timestamp()
    FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY
        AS op (client_id, assignment, class_index, confidence, later, note, place)
    ORDER BY place
    ON CONFLICT (client_id) DO NOTHING
    """,
)

WORK = Statement(
    "labeling_work",
    "uuid[], bigint[], int[], int[]",
    """
    INSERT INTO annotation_worksegment AS known
        (client_id, assignment_id, wall_ms, active_ms, created)
    SELECT client_id, min(assignment), max(wall_ms), max(active_ms), statement_timestamp()
    FROM unnest($1, $2, $3, $4) AS op (client_id, assignment, wall_ms, active_ms)
    GROUP BY client_id ORDER BY client_id
    ON CONFLICT (client_id) DO UPDATE
    SET wall_ms = greatest(known.wall_ms, EXCLUDED.wall_ms),
        active_ms = greatest(known.active_ms, EXCLUDED.active_ms)
    WHERE known.assignment_id = EXCLUDED.assignment_id
    """,
)

# In training ($2) the first class that was named stays.
LAST_ANSWER = Statement(
    "labeling_last_answer",
    "bigint[], bool",
    """
    UPDATE annotation_assignment assignment
    SET class_index = CASE WHEN $2 THEN (
            SELECT first.class_index FROM annotation_answer first
            WHERE first.assignment_id = assignment.id AND first.class_index IS NOT NULL
            ORDER BY first.id LIMIT 1
        ) ELSE said.class_index END,
        confidence = said.confidence, later = said.later,
        note = said.note, answered = said.created,
        opened = coalesce(assignment.opened, said.created)
    FROM (
        SELECT DISTINCT ON (assignment_id) * FROM annotation_answer
        WHERE assignment_id = ANY($1) ORDER BY assignment_id, id DESC
    ) said
    WHERE assignment.id = said.assignment_id
    """,
)

SUM_WORK = Statement(
    "labeling_sum_work",
    "bigint[]",
    """
    UPDATE annotation_assignment assignment
    SET wall_ms = worked.wall_ms, active_ms = worked.active_ms,
        opened = coalesce(assignment.opened, worked.since)
    FROM (
        SELECT assignment_id, least(sum(wall_ms), 2147483647) AS wall_ms,
            least(sum(active_ms), 2147483647) AS active_ms, min(created) AS since
        FROM annotation_worksegment WHERE assignment_id = ANY($1) GROUP BY assignment_id
    ) worked
    WHERE assignment.id = worked.assignment_id
    """,
)


@transaction.atomic
def submit(task_id: int, user: User, ops: Sequence[Op]) -> Outcome | None:
    """Store a labeler's operations, in their order, in one transaction; None if they take no part.

    Sending operations again changes nothing: their ids are unique. Those that can't be stored (an
    image that is not theirs, a class that is none) are reported, the others stored. In training the
    first class that is named for an image stays, and one that was missed is asked for again.

    Raises TaskOver if the task is handed in, or is not open.
    """
    rows = FIND.run(task_id, user.pk, sorted({str(op.item) for op in ops}))
    if not rows:
        return None
    part, handed_in, state, kind, classes = rows[0][:5]
    if handed_in:
        raise TaskOver("You have handed this task in.")
    if state != LabelingTask.State.OPEN:
        raise TaskOver("This task is not open.")
    known = {uid: pk for *_, uid, pk, _ in rows if uid}
    outcome = Outcome()
    said, worked = _sort(ops, known, classes, outcome)
    training = kind == LabelingTask.Kind.TRAINING
    _store(said, worked, known, training)
    if training:
        unnamed = {pk for *_, pk, named in rows if named is None}
        named = {known[op.item] for op in said if op.class_index is not None}
        outcome.changed = repeat_missed(part, sorted(named & unnamed))
    return outcome


def _sort(
    ops: Sequence[Op], known: dict[UUID, int], classes: int, outcome: Outcome
) -> tuple[list[Say], list[Work]]:
    """Answers and times that can be stored; the outcome learns of all."""
    said, worked = [], []
    for op in ops:
        if op.item not in known:
            outcome.rejected.append((op.id, "no such image here"))
            continue
        if isinstance(op, Work):
            worked.append(op)
        elif op.class_index is not None and op.class_index >= classes:
            outcome.rejected.append((op.id, "no such class"))
            continue
        else:
            said.append(op)
        outcome.accepted.append(op.id)
    return said, worked


def _store(said: list[Say], worked: list[Work], known: dict[UUID, int], training: bool) -> None:
    calls = []
    if said:
        calls += [
            SAY.then(
                [str(op.id) for op in said], [known[op.item] for op in said],
                [op.class_index for op in said], [op.confidence for op in said],
                [op.later for op in said], [op.note for op in said],
            ),
            LAST_ANSWER.then(sorted({known[op.item] for op in said}), training),
        ]  # fmt: skip
    if worked:
        calls += [
            WORK.then(
                [str(op.id) for op in worked], [known[op.item] for op in worked],
                [op.wall_ms for op in worked], [op.active_ms for op in worked],
            ),
            SUM_WORK.then(sorted({known[op.item] for op in worked})),
        ]  # fmt: skip
    if calls:
        run_all(calls)
