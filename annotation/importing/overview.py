"""What there is, for the admin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

SAMPLES = 6

# The samples are taken by position, so that a dataset of any size costs the same.
OVERVIEW = """
    SELECT dataset.id, dataset.name, taxonomy.name, dataset.size,
        (SELECT count(*) FROM annotation_predictionset prediction
         WHERE prediction.dataset_id = dataset.id AND prediction.replaced IS NULL),
        coalesce(counts.files, 0), coalesce(counts.candidates, 0), coalesce(counts.unjudged, 0),
        (SELECT array_agg(sample.uid::text) FROM (
            SELECT image.uid FROM annotation_datasetimage member
            JOIN annotation_image image ON image.id = member.image_id
            WHERE member.dataset_id = dataset.id AND image.file <> ''
            ORDER BY member.position LIMIT %s) sample)
    FROM annotation_dataset dataset
    JOIN taxonomy_taxonomy taxonomy ON taxonomy.id = dataset.taxonomy_id
    LEFT JOIN (
        SELECT member.dataset_id,
            count(DISTINCT image.id) FILTER (WHERE image.file <> '') AS files,
            count(candidate.id) AS candidates,
            count(candidate.id) FILTER (
                WHERE candidate.verdict = 0 AND NOT image.problematic) AS unjudged
        FROM annotation_datasetimage member
        JOIN annotation_image image ON image.id = member.image_id
        LEFT JOIN annotation_candidate candidate ON candidate.image_id = image.id
            AND (candidate.verdict <> 0 OR candidate.added_by_id IS NULL)
        GROUP BY member.dataset_id
    ) counts ON counts.dataset_id = dataset.id
    ORDER BY dataset.name
"""


@dataclass(frozen=True)
class DatasetOverview:
    id: int
    name: str
    taxonomy: str
    images: int
    models: int
    files: int
    candidates: int
    unjudged: int
    samples: list[UUID]

    @property
    def judged(self) -> int:
        return self.candidates - self.unjudged


def describe_datasets() -> list[DatasetOverview]:
    """All datasets with their counts and the first few of their images, by one query."""
    with connection.cursor() as cursor:
        cursor.execute(OVERVIEW, [SAMPLES])
        return [_overview(row) for row in cursor.fetchall()]


def _overview(row: tuple[Any, ...]) -> DatasetOverview:
    pk, name, taxonomy, images, models, files, candidates, unjudged, samples = row
    uids = [UUID(uid) for uid in samples or []]
    return DatasetOverview(pk, name, taxonomy, images, models, files, candidates, unjudged, uids)
