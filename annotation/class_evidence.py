"""What reviewers found of a class: images that hold it, and the classes it is taken for.

None of this is for labelers: it tells what images hold. It tells nobody who predicted what.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, QuerySet

from annotation.models import Candidate, CandidateQuerySet, Image, Verdict
from taxonomy.models import LabelClass, Taxonomy

# What is incorrect counts if somebody predicted it, what is correct also if a reviewer added it.
CONFUSED = """
    WITH judged AS (
        SELECT candidate.image_id
        FROM annotation_candidate candidate
        JOIN annotation_image image ON image.id = candidate.image_id
        WHERE candidate.class_index = %(index)s AND candidate.verdict = %(verdict)s
          AND (candidate.verdict = %(correct)s OR candidate.added_by_id IS NULL)
          AND image.taxonomy_id = %(taxonomy)s AND NOT image.problematic
    )
    SELECT other.class_index, count(*)
    FROM judged JOIN annotation_candidate other USING (image_id)
    WHERE other.verdict = %(other_verdict)s
      AND (other.verdict = %(correct)s OR other.added_by_id IS NULL)
    GROUP BY other.class_index ORDER BY count(*) DESC, other.class_index LIMIT %(most)s
"""

PAIRS = """
    SELECT least(is_there.class_index, is_not.class_index),
           greatest(is_there.class_index, is_not.class_index), count(*)
    FROM annotation_candidate is_there
    JOIN annotation_candidate is_not USING (image_id)
    JOIN annotation_image image ON image.id = image_id
    WHERE is_there.verdict = %(correct)s AND is_not.verdict = %(incorrect)s
      AND is_not.added_by_id IS NULL
      AND image.taxonomy_id = %(taxonomy)s AND NOT image.problematic
    GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2 LIMIT %(most)s
"""
MOST_CONFUSED = 10
MOST_PAIRS = 30


@dataclass(frozen=True)
class Confusion:
    """Two classes, and on how many images one was correct and the other was not."""

    first: LabelClass
    second: LabelClass
    images: int


def verdict_counts(label_class: LabelClass) -> dict[str, int]:
    """{verdict: how many candidates of this class on usable images have it}; one query."""
    rows = _usable(label_class).values_list("verdict").annotate(Count("pk"))
    counts = dict(rows)
    return {verdict.label: counts.get(verdict, 0) for verdict in Verdict}


def images_holding(label_class: LabelClass) -> QuerySet[Image]:
    """The usable images with a picture whose multi-label holds the class, always in one order."""
    correct = _usable(label_class).filter(verdict=Verdict.CORRECT)
    return Image.objects.filter(pk__in=correct.values("image")).exclude(file="").order_by("pk")


def confused_with(label_class: LabelClass) -> list[Confusion]:
    """What is wrongly taken for to be on images that hold the class, most often first.

    Counted on usable images where the class is correct: the candidates that are incorrect there.
    At most MOST_CONFUSED; two queries.
    """
    return _confused(label_class, Verdict.CORRECT, Verdict.INCORRECT)


def taken_for(label_class: LabelClass) -> list[Confusion]:
    """The classes that are correct where this one is incorrect; as `confused_with`."""
    return _confused(label_class, Verdict.INCORRECT, Verdict.CORRECT)


def most_confused(taxonomy: Taxonomy) -> list[Confusion]:
    """The pairs of classes of which most often one is correct and the other, predicted as well,
    is incorrect on the same usable image, whichever way round. At most MOST_PAIRS; two queries.
    """
    parameters = {
        "taxonomy": taxonomy.pk, "most": MOST_PAIRS,
        "correct": Verdict.CORRECT, "incorrect": Verdict.INCORRECT,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(PAIRS, parameters)
        return _named(taxonomy, cursor.fetchall())


def _usable(label_class: LabelClass) -> CandidateQuerySet:
    return Candidate.objects.active().filter(
        class_index=label_class.index,
        image__taxonomy=label_class.taxonomy_id,
        image__problematic=False,
    )


def _confused(label_class: LabelClass, verdict: Verdict, other: Verdict) -> list[Confusion]:
    parameters = {
        "index": label_class.index, "verdict": verdict, "other_verdict": other,
        "taxonomy": label_class.taxonomy_id, "most": MOST_CONFUSED, "correct": Verdict.CORRECT,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(CONFUSED, parameters)
        rows = [(label_class.index, *row) for row in cursor.fetchall()]
    return _named(label_class.taxonomy, rows)


def _named(taxonomy: Taxonomy, rows: list[tuple[int, int, int]]) -> list[Confusion]:
    indices = {index for row in rows for index in row[:2]}
    found = taxonomy.classes.filter(index__in=indices).select_related("synset")
    classes = {one.index: one for one in found}
    return [Confusion(classes[first], classes[second], count) for first, second, count in rows]
