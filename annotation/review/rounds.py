"""Review rounds: which images are reviewed, in which order, and how far reviewing has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from annotation.importing.alone import wait_for_imports
from annotation.models import Dataset, ReviewRound, RoundItem
from taxonomy.bulk import analyze
from taxonomy.errors import InputError

PROGRESS_SECONDS = 5

# An image that a dataset has come to share with another open round stays there alone.
# The order depends on the seed and the images' keys alone, so it is the same on every machine.
ADD_ITEMS = """
    INSERT INTO annotation_rounditem (round_id, image_id, position, done)
    SELECT %(round)s, image.id,
           coalesce((SELECT max(position) FROM annotation_rounditem WHERE round_id = %(round)s), 0)
               + row_number() OVER (ORDER BY md5(%(seed)s || ':' || image.key)),
           false
    FROM annotation_image image
    WHERE EXISTS (
        SELECT FROM annotation_datasetimage member
        JOIN annotation_reviewround_datasets scope ON scope.dataset_id = member.dataset_id
        WHERE member.image_id = image.id AND scope.reviewround_id = %(round)s
    ) AND NOT EXISTS (
        SELECT FROM annotation_rounditem other
        JOIN annotation_reviewround open ON open.id = other.round_id AND open.state = 'open'
        WHERE other.image_id = image.id AND open.id <> %(round)s
    )
    ON CONFLICT (round_id, image_id) DO NOTHING
"""

MARK_ITEMS = """
    UPDATE annotation_rounditem item SET done = NOT item.done
    FROM annotation_image image
    WHERE item.round_id = %(round)s AND image.id = item.image_id
      AND item.done <> (image.problematic OR NOT EXISTS (
          SELECT FROM annotation_candidate candidate
          WHERE candidate.image_id = item.image_id
            AND candidate.verdict = 0 AND candidate.added_by_id IS NULL))
"""

# In the order of keys, as everywhere; whoever is settling an item now is waited for.
LOCK_ITEMS = """
    SELECT id FROM annotation_rounditem WHERE round_id = %(round)s ORDER BY id FOR NO KEY UPDATE
"""


@dataclass(frozen=True)
class Progress:
    """How far a round has come; unusable (problematic) images count as done."""

    images_done: int
    images_total: int
    candidates_judged: int
    candidates_total: int

    @property
    def percent(self) -> float:
        return 100 * self.images_done / self.images_total if self.images_total else 0.0


@transaction.atomic
def open_round(name: str, datasets: Iterable[Dataset], seed: int) -> ReviewRound:
    """Open a round over all images of the datasets, in an order drawn with the seed.

    Raises InputError if the name is taken, there is no dataset, the datasets differ in taxonomy,
    or an image is in another open round (two reviewers would get it).
    """
    datasets = list(datasets)
    if not name.strip():
        raise InputError("A round needs a name.")
    if ReviewRound.objects.filter(name=name).exists():
        raise InputError(f"There is a round '{name}' already.")
    if not datasets:
        raise InputError("A round needs at least one dataset.")
    if len({dataset.taxonomy_id for dataset in datasets}) > 1:
        raise InputError("The datasets of a round must share one taxonomy.")
    wait_for_imports()
    refuse_overlap(datasets)
    review_round = ReviewRound.objects.create(
        name=name, seed=seed, taxonomy_id=datasets[0].taxonomy_id
    )
    review_round.datasets.set(datasets)
    refresh_items(review_round)
    return review_round


def refuse_overlap(datasets: list[Dataset]) -> None:
    taken = RoundItem.objects.filter(
        Exists(
            Dataset.images.through.objects.filter(dataset__in=datasets, image=OuterRef("image"))
        ),
        round__state=ReviewRound.State.OPEN,
    ).select_related("round")
    if item := taken.first():
        raise InputError(f"Images of these datasets are in the open round '{item.round.name}'.")


def refresh_items(review_round: ReviewRound) -> None:
    """Take up images that joined the round's datasets; reopen and close items as they stand."""
    parameters: dict[str, Any] = {"round": review_round.pk, "seed": str(review_round.seed)}
    with connection.cursor() as cursor:
        cursor.execute(ADD_ITEMS, parameters)
        cursor.execute(MARK_ITEMS, parameters)
    analyze("annotation_rounditem")


def extend_rounds() -> None:
    """Bring every open round up to date after images, candidates or verdicts were imported.

    Once the import is committed, items are marked again: a reviewer who judged in the meantime
    could not see the new candidates, and may have left an image done that no longer is.
    """
    for review_round in _open_rounds():
        refresh_items(review_round)
    transaction.on_commit(mark_items)


@transaction.atomic
def mark_items() -> None:
    """Reopen and close the items of open rounds as their images' candidates stand."""
    for review_round in _open_rounds():
        with connection.cursor() as cursor:
            cursor.execute(LOCK_ITEMS, {"round": review_round.pk})
            cursor.execute(MARK_ITEMS, {"round": review_round.pk})


def _open_rounds() -> QuerySet[ReviewRound]:
    return ReviewRound.objects.filter(state=ReviewRound.State.OPEN)


def close_round(review_round: ReviewRound) -> None:
    review_round.state = ReviewRound.State.CLOSED
    review_round.save(update_fields=["state"])


def progress(review_round: ReviewRound) -> Progress:
    """Counts over the whole round, at most PROGRESS_SECONDS old."""
    key = f"round-progress-{review_round.pk}"
    known: Progress | None = cache.get(key)
    if known is None:
        known = count_progress(review_round)
        cache.set(key, known, PROGRESS_SECONDS)
    return known


def count_progress(review_round: ReviewRound) -> Progress:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE done), count(*) FROM annotation_rounditem"
            " WHERE round_id = %s",
            [review_round.pk],
        )
        images = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FILTER (WHERE candidate.verdict <> 0), count(*)"
            " FROM annotation_candidate candidate"
            " JOIN annotation_rounditem item ON item.image_id = candidate.image_id"
            " WHERE item.round_id = %s"
            " AND (candidate.verdict <> 0 OR candidate.added_by_id IS NULL)",
            [review_round.pk],
        )
        return Progress(*images, *cursor.fetchone())
