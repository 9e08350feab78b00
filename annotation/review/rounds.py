"""Review rounds: what is reviewed, in which order, and how far reviewing has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from annotation.importing.alone import wait_for_imports
from annotation.models import Dataset, ReviewRound
from annotation.review.scope import Scope, choose, pair_of, scope_of
from annotation.signals import round_closed
from taxonomy.bulk import analyze
from taxonomy.errors import InputError

PROGRESS_SECONDS = 5
LASTING_SECONDS = 3600  # of rounds in which nothing happens
PAGE = 24  # candidates of a class, or images of two, that are handed out together
MOST_OVERLAP = 5
EVERYTHING_UNJUDGED = Scope()
State = ReviewRound.State

# An image keeps its place; the others come after, so many at one place, in an order that depends on
# the seed and the images' keys alone, so that it is the same on every machine.
PLACE_BY_IMAGE = """
    INSERT INTO annotation_roundcandidate (round_id, candidate_id, place, gold)
    WITH known AS MATERIALIZED (
        SELECT candidate.image_id, min(placed.place) AS place
        FROM annotation_roundcandidate placed
        JOIN annotation_candidate candidate ON candidate.id = placed.candidate_id
        WHERE placed.round_id = %(round)s GROUP BY candidate.image_id
    )
    SELECT %(round)s, chosen.id, coalesce(known.place, %(last)s + fresh.place), chosen.gold
    FROM chosen
    LEFT JOIN known ON known.image_id = chosen.image_id
    LEFT JOIN (
        SELECT image_id, 1 + (row_number() OVER (
            ORDER BY CASE %(order)s WHEN 'informative' THEN -sum(information)
                                    WHEN 'dataset' THEN min(position) ELSE 0 END,
                     md5(%(seed)s || ':' || min(key))) - 1) / %(images)s AS place
        FROM chosen WHERE image_id NOT IN (SELECT image_id FROM known)
        GROUP BY image_id
    ) fresh ON fresh.image_id = chosen.image_id
"""

PLACE_BY_CLASS = """
    INSERT INTO annotation_roundcandidate (round_id, candidate_id, place, gold)
    SELECT %(round)s, id, %(last)s + dense_rank() OVER (ORDER BY rank, class_index, page), gold
    FROM (
        SELECT id, class_index, gold,
            (row_number() OVER (PARTITION BY class_index
                                ORDER BY md5(%(seed)s || ':' || key)) - 1) / %(page)s AS page,
            CASE %(order)s
                WHEN 'informative' THEN -sum(information) OVER (PARTITION BY class_index)
                WHEN 'dataset' THEN class_index
                ELSE ('x' || left(md5(%(seed)s || ':' || class_index), 8))::bit(32)::int
            END AS rank
        FROM chosen
    ) paged
"""

# One turn per place and slot. Every place has its first turn before any has its second. Their keys,
# which reviewers receive, follow the places too, not the order in which candidates were stored.
ADD_ITEMS = """
    INSERT INTO annotation_rounditem (round_id, place, slot, image_id, class_index, position, done)
    SELECT %(round)s, known.place, slot,
        CASE WHEN %(unit)s = 'image' THEN min(candidate.image_id) END,
        CASE WHEN %(unit)s = 'class' THEN min(candidate.class_index) END,
        (slot - 1) * (1::bigint << 32) + known.place, false
    FROM annotation_roundcandidate known
    JOIN annotation_candidate candidate ON candidate.id = known.candidate_id
    CROSS JOIN generate_series(1, %(overlap)s) AS slot
    WHERE known.round_id = %(round)s
    GROUP BY known.place, slot ORDER BY slot, known.place
    ON CONFLICT (round_id, place, slot) DO NOTHING
"""

# What was unjudged when the round opened and was decided elsewhere need not be asked any more.
DROP_DECIDED = """
    DELETE FROM annotation_roundcandidate known USING annotation_candidate candidate
    WHERE known.round_id = %(round)s AND candidate.id = known.candidate_id
      AND candidate.verdict <> 0 AND NOT known.gold AND NOT EXISTS (
          SELECT FROM annotation_judgment word
          WHERE word.candidate_id = candidate.id AND word.round_id = %(round)s)
"""

# In SQL about a turn `item`: whether something is left to judge in it. What counts of a reviewer
# is the last word.
UNFINISHED = """
    EXISTS (
        SELECT FROM annotation_roundcandidate known
        JOIN annotation_candidate candidate ON candidate.id = known.candidate_id
        JOIN annotation_image image ON image.id = candidate.image_id AND NOT image.problematic
        WHERE known.round_id = item.round_id AND known.place = item.place
          AND NOT EXISTS (
              SELECT FROM annotation_judgment word
              WHERE word.candidate_id = candidate.id AND word.item_id = item.id
                AND word.verdict <> 0 AND NOT EXISTS (
                    SELECT FROM annotation_judgment later
                    WHERE later.candidate_id = word.candidate_id
                      AND later.reviewer_id = word.reviewer_id
                      AND later.item_id = item.id AND later.id > word.id)))
"""

MARK_ITEMS = f"""
    UPDATE annotation_rounditem item SET done = NOT item.done,
        leased_until = CASE WHEN item.done THEN NULL ELSE leased_until END
    WHERE item.round_id = %(round)s AND item.done = {UNFINISHED}
"""  # noqa: S608

# In the order of keys, as everywhere; whoever is settling an item now is waited for.
LOCK_ITEMS = """
    SELECT id FROM annotation_rounditem WHERE round_id = %(round)s ORDER BY id FOR NO KEY UPDATE
"""


@dataclass(frozen=True)
class Progress:
    """How far a round has come. Turns are images or pages, as often as its overlap wants."""

    turns_done: int
    turns_total: int
    judgments_done: int
    judgments_total: int

    @property
    def percent(self) -> float:
        return 100 * self.turns_done / self.turns_total if self.turns_total else 0.0


@transaction.atomic
def open_round(
    name: str,
    datasets: Iterable[Dataset],
    seed: int,
    *,
    scope: Scope = EVERYTHING_UNJUDGED,
    reviewers: Iterable[User] = (),
    state: str = State.OPEN,
    **settings: Any,
) -> ReviewRound:
    """Open a round, or plan it, over the candidates of some datasets that are in the scope.

    `settings`: unit, order, overlap, blind, instructions; see `ReviewRound`.

    Raises InputError if the name is taken, there is no dataset, the datasets differ in taxonomy,
    the overlap is not 1 to 5, more judgments are wanted than there are reviewers, or the scope
    names what is unknown.
    """
    datasets, reviewers = list(datasets), list(reviewers)
    if not name.strip():
        raise InputError("A round needs a name.")
    wait_for_imports()  # and for rounds that are being opened under the same name
    if ReviewRound.objects.filter(name=name).exists():
        raise InputError(f"There is a round '{name}' already.")
    if not datasets:
        raise InputError("A round needs at least one dataset.")
    if len({dataset.taxonomy_id for dataset in datasets}) > 1:
        raise InputError("The datasets of a round must share one taxonomy.")
    overlap = settings.get("overlap", 1)
    if not 1 <= overlap <= MOST_OVERLAP:
        raise InputError(f"The overlap is 1 to {MOST_OVERLAP}.")
    if reviewers and overlap > len(reviewers):
        raise InputError(f"{overlap} judgments of each candidate need as many reviewers.")
    review_round = ReviewRound.objects.create(
        name=name, seed=seed, taxonomy_id=datasets[0].taxonomy_id, state=State.PLANNED,
        scope=scope.as_json(), **settings,
    )  # fmt: skip
    review_round.datasets.set(datasets)
    review_round.reviewers.set(reviewers)
    if state == State.OPEN:
        start_round(review_round)
    return review_round


@transaction.atomic
def start_round(review_round: ReviewRound) -> None:
    """Open a planned round, or a paused one again. Raises InputError if it is closed."""
    _lock(review_round)
    if review_round.state == State.CLOSED:
        raise InputError("A closed round changes no more.")
    wait_for_imports()
    _set_state(review_round, State.OPEN)
    refresh_items(review_round)


@transaction.atomic
def pause_round(review_round: ReviewRound) -> None:
    """Hand out nothing until the round is opened again; what is on screen may still be judged.

    Raises InputError unless it is open.
    """
    _lock(review_round)
    if review_round.state != State.OPEN:
        raise InputError("Only an open round can be paused.")
    _set_state(review_round, State.PAUSED)


@transaction.atomic
def close_round(review_round: ReviewRound) -> None:
    """End the round for good: it takes no more judgments. Raises InputError if it is planned."""
    _lock(review_round)
    if review_round.state == State.PLANNED:
        raise InputError("A round that was never open can't be closed; delete it.")
    if review_round.state != State.CLOSED:
        review_round.closed = timezone.now()
        _set_state(review_round, State.CLOSED)
        round_closed.send(ReviewRound, round=review_round)


@transaction.atomic
def delete_round(review_round: ReviewRound) -> None:
    """Forget a planned round. Raises InputError if it was ever open."""
    _lock(review_round)
    if review_round.state != State.PLANNED:
        raise InputError("Only a planned round can be deleted.")
    review_round.delete()


def _lock(review_round: ReviewRound) -> None:
    """Take the round as it is now, and let nobody else change its state until the commit."""
    review_round.refresh_from_db(from_queryset=ReviewRound.objects.select_for_update())


def _set_state(review_round: ReviewRound, state: str) -> None:
    review_round.state = state
    review_round.save(update_fields=["state", "closed"])


def refresh_items(review_round: ReviewRound) -> None:
    """Take up candidates that have joined the round's scope; reopen and close turns as they stand."""
    pair = pair_of(review_round)
    parameters: dict[str, Any] = {
        "round": review_round.pk, "seed": str(review_round.seed), "unit": review_round.unit,
        "order": review_round.order, "overlap": review_round.overlap, "page": PAGE,
        "images": PAGE if pair else 1,
    }  # fmt: skip
    by_image = pair or review_round.unit == ReviewRound.Unit.IMAGE
    scope = scope_of(review_round)
    datasets = list(review_round.datasets.order_by("name"))
    fresh = not review_round.round_candidates.exists()
    with connection.cursor() as cursor:
        if scope.which == "unjudged":
            cursor.execute(DROP_DECIDED, parameters)
        if (fresh or scope.grows) and choose(review_round, datasets, with_gold=fresh):
            cursor.execute(
                "SELECT coalesce(max(place), 0) FROM annotation_rounditem WHERE round_id = %s",
                [review_round.pk],
            )
            (parameters["last"],) = cursor.fetchone()
            cursor.execute(PLACE_BY_IMAGE if by_image else PLACE_BY_CLASS, parameters)
            analyze("annotation_roundcandidate")
            cursor.execute(ADD_ITEMS, parameters)
        analyze("annotation_rounditem")
        cursor.execute(MARK_ITEMS, parameters)


def extend_rounds() -> None:
    """Bring every running round up to date after images, candidates or verdicts were imported.

    Once the import is committed, items are marked again: a reviewer who judged in the meantime
    could not see the new candidates, and may have left an image done that no longer is.
    """
    for review_round in _running_rounds():
        refresh_items(review_round)
    transaction.on_commit(mark_items)


@transaction.atomic
def mark_items() -> None:
    """Reopen and close the turns of running rounds as their candidates stand."""
    for review_round in _running_rounds():
        with connection.cursor() as cursor:
            cursor.execute(LOCK_ITEMS, {"round": review_round.pk})
            cursor.execute(MARK_ITEMS, {"round": review_round.pk})


def _running_rounds() -> QuerySet[ReviewRound]:
    return ReviewRound.objects.filter(state__in=[State.OPEN, State.PAUSED])


def progress(review_round: ReviewRound) -> Progress:
    """Counts over the whole round, at most PROGRESS_SECONDS old."""
    ((_, counted),) = progress_of([review_round])
    return counted


def progress_of(review_rounds: Sequence[ReviewRound]) -> list[tuple[ReviewRound, Progress]]:
    """Each round with its counts, at most PROGRESS_SECONDS old; at most one query for all."""
    keys = {one.pk: f"round-progress-{one.pk}-{one.state}" for one in review_rounds}
    known: dict[str, Progress] = cache.get_many(keys.values())
    missing = [one for one in review_rounds if keys[one.pk] not in known]
    for one, counted in zip(missing, _count(missing), strict=True):
        known[keys[one.pk]] = counted
        lasting = one.state in (State.PLANNED, State.CLOSED)
        cache.set(keys[one.pk], counted, LASTING_SECONDS if lasting else PROGRESS_SECONDS)
    return [(one, known[keys[one.pk]]) for one in review_rounds]


COUNT = """
    SELECT (SELECT count(*) FILTER (WHERE done) FROM annotation_rounditem WHERE round_id = wanted.id),
           (SELECT count(*) FROM annotation_rounditem WHERE round_id = wanted.id),
           (SELECT count(*) FILTER (WHERE verdict <> 0) FROM (
                SELECT DISTINCT ON (candidate_id, item_id, reviewer) verdict FROM (
                    SELECT *, CASE WHEN item_id IS NULL THEN reviewer_id END AS reviewer
                    FROM annotation_judgment WHERE round_id = wanted.id) said
                WHERE item_id IS NOT NULL OR wanted.file_sha256 <> ''
                ORDER BY candidate_id, item_id, reviewer, id DESC) word),
           (SELECT count(*) FROM annotation_roundcandidate WHERE round_id = wanted.id)
    FROM annotation_reviewround wanted JOIN unnest(%s::bigint[]) WITH ORDINALITY AS asked (id, place)
    USING (id) ORDER BY asked.place
"""


def count_progress(review_round: ReviewRound) -> Progress:
    return _count([review_round])[0]


def _count(review_rounds: Sequence[ReviewRound]) -> list[Progress]:
    if not review_rounds:
        return []
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [[one.pk for one in review_rounds]])
        rows = cursor.fetchall()
    # Of imported rounds nobody knows how many were wanted.
    return [
        Progress(done, total, judged, judged if one.file_sha256 else candidates * one.overlap)
        for one, (done, total, judged, candidates) in zip(review_rounds, rows, strict=True)
    ]
