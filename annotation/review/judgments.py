"""Taking in what reviewers say. What `submit` accepts is committed, and stored exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from accounts.models import User
from annotation.models import Candidate, Comment, Judgment, ProblemReport, ReviewRound, Verdict


class RoundClosed(Exception):
    """The round takes no more judgments."""


@dataclass(frozen=True)
class Judge:
    """A verdict on a candidate; `add` makes the pair a candidate if it is none."""

    id: UUID
    image: UUID
    class_index: int
    verdict: Verdict
    milliseconds: int
    add: bool = False


@dataclass(frozen=True)
class Problem:
    id: UUID
    image: UUID
    problematic: bool
    reason: str


@dataclass(frozen=True)
class Skip:
    id: UUID
    image: UUID


@dataclass(frozen=True)
class Remark:
    id: UUID
    image: UUID
    text: str


Op = Judge | Problem | Skip | Remark


@dataclass
class Outcome:
    """Which operations are stored for good, and which never will be, with the reason."""

    accepted: list[UUID] = field(default_factory=list)
    rejected: list[tuple[UUID, str]] = field(default_factory=list)


# The image's row is the lock under which everything about it changes; in the order of keys, so
# that two submits can't wait for each other.
LOCK_IMAGES = """
    SELECT image.uid, image.id FROM annotation_image image
    JOIN annotation_rounditem item ON item.image_id = image.id AND item.round_id = %s
    WHERE image.uid = ANY(%s::uuid[])
    ORDER BY image.id FOR NO KEY UPDATE OF image
"""

ADD_CANDIDATES = """
    INSERT INTO annotation_candidate (image_id, class_index, verdict, added_by_id)
    SELECT image_id, class_index, 0, %s
    FROM unnest(%s::bigint[], %s::int[]) AS pair (image_id, class_index)
    WHERE EXISTS (SELECT FROM taxonomy_labelclass known
                  WHERE known.taxonomy_id = %s AND known.index = class_index)
    ON CONFLICT (image_id, class_index) DO NOTHING
"""

# The verdict is the latest of the reviewers' last words that is not taken back.
DECIDE = """
    UPDATE annotation_candidate candidate SET verdict = decided.verdict
    FROM (
        SELECT touched.id, coalesce((
            SELECT word.verdict FROM (
                SELECT DISTINCT ON (reviewer_id) id, verdict FROM annotation_judgment
                WHERE candidate_id = touched.id ORDER BY reviewer_id, id DESC
            ) word
            WHERE word.verdict <> 0 ORDER BY word.id DESC LIMIT 1
        ), 0) AS verdict
        FROM unnest(%s::bigint[]) AS touched (id)
    ) decided
    WHERE candidate.id = decided.id AND candidate.verdict <> decided.verdict
"""

LAST_REPORT = """
    UPDATE annotation_image image
    SET problematic = report.problematic, problem_reason = report.reason
    FROM (
        SELECT DISTINCT ON (image_id) image_id, problematic, reason FROM annotation_problemreport
        WHERE image_id = ANY(%s::bigint[]) ORDER BY image_id, id DESC
    ) report
    WHERE image.id = report.image_id
"""

# An image is done when it is unusable or nothing of it is unjudged. When a change of mind opens
# it again, it stays with the reviewer who has it on screen.
SETTLE_ITEMS = """
    WITH touched AS (
        SELECT id, image_id, done FROM annotation_rounditem
        WHERE image_id = ANY(%(images)s::bigint[]) ORDER BY id FOR NO KEY UPDATE
    ), state AS (
        SELECT touched.id, touched.done AS was_done,
               image.problematic OR NOT EXISTS (
                   SELECT FROM annotation_candidate candidate
                   WHERE candidate.image_id = image.id
                     AND candidate.verdict = 0 AND candidate.added_by_id IS NULL) AS is_done
        FROM touched JOIN annotation_image image ON image.id = touched.image_id
    )
    UPDATE annotation_rounditem item
    SET done = is_done,
        holder_id = CASE WHEN is_done THEN NULL ELSE %(user)s END,
        leased_until = CASE WHEN is_done THEN NULL
                       ELSE statement_timestamp() + %(lease)s * interval '1 second' END
    FROM state WHERE item.id = state.id AND is_done <> was_done
"""

SKIP = """
    UPDATE annotation_rounditem item
    SET holder_id = NULL, leased_until = NULL,
        position = 1 + (SELECT max(position) FROM annotation_rounditem WHERE round_id = %(round)s)
    WHERE round_id = %(round)s AND image_id = %(image)s AND holder_id = %(user)s AND NOT done
"""


@transaction.atomic
def submit(review_round: ReviewRound, user: User, ops: Sequence[Op]) -> Outcome:
    """Store a reviewer's operations, in their order, in one transaction.

    Sending operations again changes nothing: their ids are unique. Those that can't be stored
    (unknown image, class that is no candidate) are reported, the others stored.

    Raises RoundClosed if the round is closed.
    """
    if review_round.state != ReviewRound.State.OPEN:
        raise RoundClosed
    with connection.cursor() as cursor:
        cursor.execute(LOCK_IMAGES, [review_round.pk, [str(op.image) for op in ops]])
        images: dict[UUID, int] = dict(cursor.fetchall())
    outcome = Outcome(rejected=[(op.id, "no such image here") for op in ops if op.image not in images])
    known = [op for op in ops if op.image in images]
    _judge(review_round, user, [op for op in known if isinstance(op, Judge)], images, outcome)
    _report(user, [op for op in known if isinstance(op, Problem)], images, outcome)
    _remark(user, [op for op in known if isinstance(op, Remark)], images, outcome)
    _settle(user, images.values())
    for op in known:
        if isinstance(op, Skip):
            _skip(review_round, user, images[op.image])
            outcome.accepted.append(op.id)
    return outcome


def _judge(
    review_round: ReviewRound,
    user: User,
    ops: list[Judge],
    images: dict[UUID, int],
    outcome: Outcome,
) -> None:
    if not ops:
        return
    if added := [op for op in ops if op.add]:
        _add_candidates(review_round, user, added, images)
    rows = Candidate.objects.filter(image__in={images[op.image] for op in ops})
    pairs = {(row.image_id, row.class_index): row.pk for row in rows}
    judgments = []
    for op in ops:
        if candidate := pairs.get((images[op.image], op.class_index)):
            judgments.append(
                Judgment(
                    client_id=op.id, round=review_round, candidate_id=candidate, reviewer=user,
                    verdict=op.verdict, milliseconds=op.milliseconds,
                )
            )  # fmt: skip
            outcome.accepted.append(op.id)
        else:
            outcome.rejected.append((op.id, "no such candidate"))
    Judgment.objects.bulk_create(judgments, ignore_conflicts=True)
    with connection.cursor() as cursor:
        cursor.execute(DECIDE, [sorted({judgment.candidate_id for judgment in judgments})])


def _add_candidates(
    review_round: ReviewRound, user: User, ops: list[Judge], images: dict[UUID, int]
) -> None:
    parameters = [
        user.pk,
        [images[op.image] for op in ops],
        [op.class_index for op in ops],
        review_round.taxonomy_id,
    ]
    with connection.cursor() as cursor:
        cursor.execute(ADD_CANDIDATES, parameters)


def _report(user: User, ops: list[Problem], images: dict[UUID, int], outcome: Outcome) -> None:
    if not ops:
        return
    reports = [
        ProblemReport(
            client_id=op.id, image_id=images[op.image], reviewer=user,
            problematic=op.problematic, reason=op.reason if op.problematic else "",
        )
        for op in ops
    ]  # fmt: skip
    ProblemReport.objects.bulk_create(reports, ignore_conflicts=True)
    outcome.accepted += [op.id for op in ops]
    with connection.cursor() as cursor:
        cursor.execute(LAST_REPORT, [sorted({images[op.image] for op in ops})])


def _remark(user: User, ops: list[Remark], images: dict[UUID, int], outcome: Outcome) -> None:
    if not ops:
        return
    comments = [
        Comment(client_id=op.id, image_id=images[op.image], author=user, text=op.text) for op in ops
    ]
    Comment.objects.bulk_create(comments, ignore_conflicts=True)
    outcome.accepted += [op.id for op in ops]


def _settle(user: User, images: Iterable[int]) -> None:
    parameters = {"images": sorted(images), "user": user.pk, "lease": settings.LEASE_SECONDS}
    with connection.cursor() as cursor:
        cursor.execute(SETTLE_ITEMS, parameters)


def _skip(review_round: ReviewRound, user: User, image: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SKIP, {"round": review_round.pk, "image": image, "user": user.pk})
