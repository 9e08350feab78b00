"""Everything that is known of each image, one at a time, straight from the database."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from annotation.models import Dataset, Verdict
from taxonomy.errors import InputError
from taxonomy.models import LabelClass, Taxonomy

# One row per image; PostgreSQL gathers what belongs to it, so that nothing is held here but the
# rows on their way. One statement sees one state of the database.
IMAGES = """
    SELECT image.id, image.key, image.target, image.problematic, image.problem_reason,
        (SELECT json_agg(dataset.name ORDER BY dataset.name)
         FROM annotation_datasetimage member
         JOIN annotation_dataset dataset ON dataset.id = member.dataset_id
         WHERE member.image_id = image.id),
        (SELECT json_agg(json_build_array(class_index, verdict) ORDER BY class_index)
         FROM annotation_candidate candidate
         WHERE candidate.image_id = image.id AND (verdict <> 0 OR added_by_id IS NULL)),
        (SELECT json_agg(json_build_array(judgment.client_id, candidate.class_index,
                judgment.verdict, judgment.reviewer_id, review_round.name,
                to_char(judgment.created AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                judgment.milliseconds) ORDER BY judgment.id)
         FROM annotation_candidate candidate
         JOIN annotation_judgment judgment ON judgment.candidate_id = candidate.id
         JOIN annotation_reviewround review_round ON review_round.id = judgment.round_id
         WHERE candidate.image_id = image.id),
        (SELECT json_agg(json_build_array(candidate.class_index, final.verdict, final.adjudicator_id,
                final.reason,
                to_char(final.created AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
                ORDER BY final.id)
         FROM annotation_candidate candidate
         JOIN annotation_adjudication final ON final.candidate_id = candidate.id
         WHERE candidate.image_id = image.id)
    FROM annotation_image image
    WHERE EXISTS (SELECT FROM annotation_datasetimage member
                  WHERE member.image_id = image.id AND member.dataset_id = ANY(%s))
    ORDER BY image.id
"""

CHUNK = 500


@dataclass(frozen=True)
class JudgmentRecord:
    id: str
    key: str
    verdict: str
    reviewer: str
    round: str
    judged_at: str
    milliseconds: int | None


@dataclass(frozen=True)
class AdjudicationRecord:
    key: str
    verdict: str
    reviewer: str
    reason: str
    decided_at: str


@dataclass(frozen=True)
class ImageRecord:
    """An image with its classes as synset keys; `classes` maps each verdict to its classes."""

    image_id: str
    datasets: list[str]
    target: str
    classes: dict[str, list[str]]
    problematic: bool
    problem_reason: str
    judgments: list[JudgmentRecord]
    adjudications: list[AdjudicationRecord]


@dataclass(frozen=True)
class Frozen:
    """What was held at a moment, instead of what is held now.

    images: {primary key of an image: (problematic, {class index: verdict})}, of those that count;
    until: the moment as `to_char` writes it above, after which nothing was said yet.
    """

    images: Mapping[int, tuple[bool, Mapping[int, int]]]
    until: str


def pseudonym(user_id: int) -> str:
    """A reviewer's name in exports: always the same here, and not to be guessed elsewhere."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"reviewer {user_id}".encode(), hashlib.sha256)
    return f"reviewer-{digest.hexdigest()[:8]}"


def pick_datasets(names: Sequence[str] = ()) -> list[Dataset]:
    """The named datasets, or all of one taxonomy.

    Raises InputError for an unknown name, no dataset at all, or datasets of several taxonomies.
    """
    datasets = list(Dataset.objects.select_related("taxonomy"))
    if names:
        known = {dataset.name: dataset for dataset in datasets}
        if unknown := [name for name in names if name not in known]:
            raise InputError(f"There is no dataset '{unknown[0]}'.")
        datasets = [known[name] for name in dict.fromkeys(names)]
    if not datasets:
        raise InputError("There is no dataset to export yet.")
    if len({dataset.taxonomy_id for dataset in datasets}) > 1:
        raise InputError("The datasets have different taxonomies; export them one by one.")
    return datasets


def class_names(taxonomy: Taxonomy) -> dict[int, tuple[str, str]]:
    """Class index to synset key and first lemma."""
    rows = LabelClass.objects.filter(taxonomy=taxonomy).values_list(
        "index", "synset__key", "synset__lemmas"
    )
    return {index: (key, lemmas[0]) for index, key, lemmas in rows}


def image_records(
    datasets: Sequence[Dataset], frozen: Frozen | None = None
) -> Iterator[ImageRecord]:
    """Every image of the datasets once, in constant memory but for what is frozen."""
    keys = {index: key for index, (key, _) in class_names(datasets[0].taxonomy).items()}
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(IMAGES, [[dataset.pk for dataset in datasets]])
        while rows := cursor.fetchmany(CHUNK):
            for pk, *row in rows:
                if frozen is None:
                    yield _image_record(row, keys)
                elif pk in frozen.images:
                    yield _image_record(_as_frozen(row, pk, frozen), keys)


# Places in the rows of IMAGES, without the primary key.
PROBLEMATIC, REASON, CANDIDATES, JUDGMENTS, ADJUDICATIONS = 2, 3, 5, 6, 7
JUDGED_AT, DECIDED_AT = 5, 4


def _as_frozen(row: list[Any], pk: int, frozen: Frozen) -> list[Any]:
    """The row with the frozen verdicts, and only the words that had been said."""
    problematic, verdicts = frozen.images[pk]
    changed = list(row)
    changed[PROBLEMATIC] = problematic
    changed[REASON] = row[REASON] if problematic else ""
    changed[CANDIDATES] = sorted(verdicts.items())
    for place, when in ((JUDGMENTS, JUDGED_AT), (ADJUDICATIONS, DECIDED_AT)):
        changed[place] = [word for word in row[place] or [] if word[when] <= frozen.until]
    return changed


def _image_record(row: Sequence[Any], keys: dict[int, str]) -> ImageRecord:
    key, target, problematic, problem, datasets, candidates, judgments, adjudications = row
    classes: dict[str, list[str]] = {
        name: [] for name in ("correct", "incorrect", "unclear", "unjudged")
    }
    for index, verdict in candidates or []:
        classes[Verdict(verdict).label].append(keys[index])
    return ImageRecord(
        key,
        datasets,
        keys[target],
        classes,
        problematic,
        problem,
        [
            JudgmentRecord(
                uid, keys[index], Verdict(verdict).label, pseudonym(user), name, when, ms
            )
            for uid, index, verdict, user, name, when, ms in judgments or []
        ],
        [
            AdjudicationRecord(keys[index], Verdict(verdict).label, pseudonym(user), reason, when)
            for index, verdict, user, reason, when in adjudications or []
        ],
    )
