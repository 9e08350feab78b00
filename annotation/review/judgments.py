"""Taking in what reviewers say. What `submit` accepts is committed, and stored exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.models import User
from annotation.discussion.mentions import note_mentions
from annotation.models import Comment, ProblemReport, ReviewRound, Verdict
from annotation.review.rounds import UNFINISHED
from annotation.review.verdicts import DECIDE
from config.prepared import Call, Statement, run_all

# Why an image may be unfit for evaluation; any other reason can be written.
REASONS = [
    "blurry or too dark",
    "nothing to recognise",
    "not a photograph",
    "offensive",
    "duplicate",
]


class RoundClosed(Exception):
    """The round takes no more judgments."""

    def __str__(self) -> str:
        return "This round is closed."


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
    """Puts off an image, or the page of a class that the turn's id names."""

    id: UUID
    image: UUID | None = None
    turn: int | None = None


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
# that two submits can't wait for each other. Closing the round waits for what is being stored, and
# what comes later sees it closed.
LOCK_IMAGES = Statement(
    "lock_images",
    "bigint, uuid[]",
    """
    WITH running AS MATERIALIZED (
        SELECT state FROM annotation_reviewround WHERE id = $1 FOR SHARE
    ), locked AS MATERIALIZED (
        SELECT image.uid, image.id FROM annotation_image image
        WHERE image.uid = ANY($2) AND EXISTS (
            SELECT FROM annotation_candidate candidate
            JOIN annotation_roundcandidate known ON known.candidate_id = candidate.id
            WHERE candidate.image_id = image.id AND known.round_id = $1)
        ORDER BY image.id FOR NO KEY UPDATE OF image
    )
    SELECT state, uid, id FROM running LEFT JOIN locked ON true
    """,
)

ADD_CANDIDATES = Statement(
    "add_candidates",
    "bigint, bigint, bigint[], int[]",
    """
    INSERT INTO annotation_candidate (image_id, class_index, verdict, added_by_id)
    SELECT image_id, class_index, 0, $1 FROM unnest($3, $4) AS pair (image_id, class_index)
    WHERE EXISTS (SELECT FROM taxonomy_labelclass known
                  WHERE known.taxonomy_id = $2 AND known.index = class_index)
    ON CONFLICT (image_id, class_index) DO NOTHING
    """,
)

# Each pair's candidate, its place in the round, and the reviewer's turn there.
FIND_CANDIDATES = Statement(
    "find_candidates",
    "bigint, bigint, bigint[], int[]",
    """
    SELECT candidate.id, known.place, item.id
    FROM unnest($3, $4) WITH ORDINALITY AS pair (image, class, place)
    LEFT JOIN annotation_candidate candidate
        ON candidate.image_id = pair.image AND candidate.class_index = pair.class
    LEFT JOIN annotation_roundcandidate known
        ON known.round_id = $1 AND known.candidate_id = candidate.id
    LEFT JOIN annotation_rounditem item
        ON item.round_id = $1 AND item.place = known.place AND item.holder_id = $2
    ORDER BY pair.place
    """,
)

# Who judges what nobody has at the moment takes the turn.
TAKE = Statement(
    "take",
    "bigint, bigint, int, int[]",
    """
    UPDATE annotation_rounditem item
    SET holder_id = $2, leased_until = statement_timestamp() + $3 * interval '1 second'
    FROM (
        SELECT DISTINCT ON (place) id FROM annotation_rounditem free
        WHERE round_id = $1 AND place = ANY($4) AND NOT done
          AND (leased_until IS NULL OR leased_until < statement_timestamp())
          AND NOT EXISTS (SELECT FROM annotation_rounditem mine
                          WHERE mine.round_id = $1 AND mine.place = free.place
                            AND mine.holder_id = $2)
        ORDER BY place, slot
    ) free
    WHERE item.id = free.id AND NOT item.done
      AND (item.leased_until IS NULL OR item.leased_until < statement_timestamp())
    """,
)

JUDGE = Statement(
    "judge",
    "bigint, bigint, uuid[], bigint[], bigint[], int[], int[]",
    """
    INSERT INTO annotation_judgment
        (round_id, reviewer_id, client_id, candidate_id, item_id, verdict, milliseconds, created)
    SELECT $1, $2, client_id, candidate, item, verdict, milliseconds, statement_timestamp()
    FROM unnest($3, $4, $5, $6, $7) WITH ORDINALITY
        AS op (client_id, candidate, item, verdict, milliseconds, place)
    ORDER BY place
    ON CONFLICT (client_id) DO NOTHING
    """,
)

LAST_REPORT = Statement(
    "last_report",
    "bigint[]",
    """
    UPDATE annotation_image image
    SET problematic = report.problematic, problem_reason = report.reason
    FROM (
        SELECT DISTINCT ON (image_id) image_id, problematic, reason FROM annotation_problemreport
        WHERE image_id = ANY($1) ORDER BY image_id, id DESC
    ) report
    WHERE image.id = report.image_id
    """,
)

# The turns in which something was judged ($2), and all with something about images of which a
# problem was reported or taken back ($3). What a change of mind opens again stays with the reviewer
# who has it on screen.
SETTLE_ITEMS = Statement(
    "settle_items",
    "int, bigint[], bigint[]",
    f"""
    WITH touched AS MATERIALIZED (
        SELECT item.id, item.done, {UNFINISHED} AS unfinished
        FROM annotation_rounditem item
        WHERE item.id = ANY ($2 || ARRAY(
            SELECT item.id FROM annotation_candidate candidate
            JOIN annotation_roundcandidate known ON known.candidate_id = candidate.id
            JOIN annotation_rounditem item
                ON item.round_id = known.round_id AND item.place = known.place
            JOIN annotation_reviewround running ON running.id = known.round_id
                AND running.state IN ('open', 'paused')
            WHERE candidate.image_id = ANY($3)))
        ORDER BY id FOR NO KEY UPDATE OF item
    )
    UPDATE annotation_rounditem item
    SET done = NOT unfinished,
        leased_until = CASE WHEN unfinished AND item.holder_id IS NOT NULL
                       THEN statement_timestamp() + $1 * interval '1 second' END
    FROM touched WHERE item.id = touched.id AND touched.done = touched.unfinished
    """,  # noqa: S608
)

# A late copy of a skip must not move the image or page when its reviewer has it again.
SKIP = Statement(
    "skip",
    "bigint, bigint, uuid, bigint, bigint",
    """
    WITH said AS (
        INSERT INTO annotation_skip (client_id, item_id, reviewer_id, created)
        SELECT $3, id, $2, statement_timestamp() FROM annotation_rounditem
        WHERE round_id = $1 AND (image_id = $4 OR id = $5) AND holder_id = $2
        ON CONFLICT (client_id) DO NOTHING
        RETURNING item_id
    )
    UPDATE annotation_rounditem item
    SET holder_id = NULL, leased_until = NULL,
        position = 1 + (
            SELECT max(position) FROM annotation_rounditem WHERE round_id = $1 AND NOT done)
    FROM said WHERE item.id = said.item_id AND item.holder_id = $2 AND NOT item.done
    """,
)


@transaction.atomic
def submit(review_round: ReviewRound, user: User, ops: Sequence[Op]) -> Outcome:
    """Store a reviewer's operations, in their order, in one transaction.

    Sending operations again changes nothing: their ids are unique. Those that can't be stored
    (unknown image, class that is no candidate) are reported, the others stored.

    Raises RoundClosed if the round is closed.
    """
    uids = sorted({str(op.image) for op in ops if op.image})
    rows = LOCK_IMAGES.run(review_round.pk, uids)
    if rows[0][0] not in (ReviewRound.State.OPEN, ReviewRound.State.PAUSED):
        raise RoundClosed
    images: dict[UUID, int] = {uid: pk for _, uid, pk in rows if uid}
    known = [op for op in ops if op.image is None or op.image in images]
    unknown = [op.id for op in ops if op.image and op.image not in images]
    outcome = Outcome(rejected=[(op, "no such image here") for op in unknown])
    words = [op for op in known if isinstance(op, Judge)]
    judging, turns = _judge(review_round, user, words, images, outcome)
    reports = [op for op in known if isinstance(op, Problem)]
    reported = _report(user, reports, images, outcome)
    _remark(user, [op for op in known if isinstance(op, Remark)], images, outcome)
    run_all([*judging, SETTLE_ITEMS.then(settings.LEASE_SECONDS, turns, reported)])
    for op in known:
        if isinstance(op, Skip):
            image = images[op.image] if op.image else None
            SKIP.run(review_round.pk, user.pk, str(op.id), image, op.turn)
            outcome.accepted.append(op.id)
    return outcome


def _judge(
    review_round: ReviewRound,
    user: User,
    ops: list[Judge],
    images: dict[UUID, int],
    outcome: Outcome,
) -> tuple[list[Call], list[int]]:
    """What stores judgments and decides by them, and the turns in which they were given."""
    if not ops:
        return [], []
    if added := [op for op in ops if op.add]:
        ADD_CANDIDATES.run(user.pk, review_round.taxonomy_id, *_pairs(added, images))
    found = _find(review_round, user, _pairs(ops, images))
    outcome.rejected += [
        (op.id, "no such candidate") for op, (pk, _) in zip(ops, found, strict=True) if pk is None
    ]
    placed = [(op, pk, item) for op, (pk, item) in zip(ops, found, strict=True) if pk is not None]
    judge = JUDGE.then(
        review_round.pk,
        user.pk,
        [str(op.id) for op, _, _ in placed],
        [pk for _, pk, _ in placed],
        [item for _, _, item in placed],
        [int(op.verdict) for op, _, _ in placed],
        [op.milliseconds for op, _, _ in placed],
    )
    decide = DECIDE.then(sorted({pk for _, pk, _ in placed}))
    outcome.accepted += [op.id for op, _, _ in placed]
    return [judge, decide], sorted({item for _, _, item in placed if item is not None})


def _find(
    review_round: ReviewRound, user: User, pairs: tuple[list[int], list[int]]
) -> list[tuple[int | None, int | None]]:
    """The candidate of each pair, or None, and the reviewer's turn in which it is judged.

    The turn is None for what the round does not ask, and for what somebody else has got meanwhile:
    the word is kept all the same.
    """
    rows = FIND_CANDIDATES.run(review_round.pk, user.pk, *pairs)
    free = {place for _, place, item in rows if place is not None and item is None}
    if free:
        TAKE.run(review_round.pk, user.pk, settings.LEASE_SECONDS, sorted(free))
        rows = FIND_CANDIDATES.run(review_round.pk, user.pk, *pairs)
    return [(pk, item) for pk, _, item in rows]


def _pairs(ops: list[Judge], images: dict[UUID, int]) -> tuple[list[int], list[int]]:
    return [images[op.image] for op in ops], [op.class_index for op in ops]


def _report(user: User, ops: list[Problem], images: dict[UUID, int], outcome: Outcome) -> list[int]:
    """Store reports; the images that they are about."""
    if not ops:
        return []
    reports = [
        ProblemReport(
            client_id=op.id, image_id=images[op.image], reviewer=user,
            problematic=op.problematic, reason=op.reason if op.problematic else "",
        )
        for op in ops
    ]  # fmt: skip
    ProblemReport.objects.bulk_create(reports, ignore_conflicts=True)
    outcome.accepted += [op.id for op in ops]
    reported = sorted({images[op.image] for op in ops})
    LAST_REPORT.run(reported)
    return reported


def _remark(user: User, ops: list[Remark], images: dict[UUID, int], outcome: Outcome) -> None:
    if not ops:
        return
    comments = [
        Comment(client_id=op.id, image_id=images[op.image], author=user, text=op.text) for op in ops
    ]
    Comment.objects.bulk_create(comments, ignore_conflicts=True)
    if any("@" in op.text for op in ops):
        note_mentions(Comment.objects.filter(client_id__in=[op.id for op in ops]))
    outcome.accepted += [op.id for op in ops]
