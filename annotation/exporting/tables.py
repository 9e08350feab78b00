"""The tables of a dump: their columns, what they say, and the queries that fill them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from annotation.exporting.scope import Scope
from taxonomy.groups import group_masks

VERSION = 4
TEXT = pa.dictionary(pa.int32(), pa.string())
TEXTS, NUMBERS = pa.list_(pa.string()), pa.list_(pa.int32())
MOMENT = pa.string()  # ISO 8601 in UTC, with microseconds, as in the other formats
TABLES: dict[str, list[tuple[str, pa.DataType]]] = {
    "images": [
        ("image_id", pa.string()), ("datasets", TEXTS), ("target", TEXT),
        ("problematic", pa.bool_()), ("problem_reason", TEXT),
    ],
    "candidates": [
        ("image_id", pa.string()), ("class", TEXT), ("class_index", pa.int32()),
        ("class_name", TEXT), ("is_target", pa.bool_()), ("verdict", TEXT),
    ],
    "judgments": [
        ("judgment_id", pa.string()), ("image_id", pa.string()), ("class", TEXT),
        ("verdict", TEXT), ("reviewer", TEXT), ("round", TEXT), ("judged_at", MOMENT),
        ("milliseconds", pa.int32()),
    ],
    "adjudications": [
        ("image_id", pa.string()), ("class", TEXT), ("verdict", TEXT), ("reviewer", TEXT),
        ("reason", pa.string()), ("decided_at", MOMENT),
    ],
    "rounds": [
        ("round", pa.string()), ("file_sha256", pa.string()), ("blind", pa.bool_()),
        ("overlap", pa.int32()), ("seed", pa.int64()), ("scope", pa.string()), ("instructions", pa.string()),
        ("datasets", TEXTS), ("created", MOMENT), ("closed", MOMENT),
    ],
    "rules": [("method", TEXT), ("confidence", pa.float64()), ("chosen_by", TEXT), ("chosen", MOMENT)],
    "members": [("dataset", TEXT), ("position", pa.int32()), ("image_id", pa.string())],
    "participants": [("participant", pa.string()), ("kind", TEXT), ("datasets", TEXTS)],
    "predictions": [
        ("participant", pa.string()), ("kind", TEXT), ("dataset", TEXT), ("k", pa.int32()),
        ("top_k", NUMBERS), ("seconds", pa.list_(pa.float32())), ("sha256", pa.string()),
    ],
    "tasks": [
        ("task", pa.string()), ("kind", TEXT), ("state", TEXT), ("seed", pa.int64()),
        ("sample", pa.string()), ("instructions", pa.string()), ("embargo_days", pa.int32()),
        ("exposed", TEXT), ("created", MOMENT), ("opened", MOMENT), ("closed", MOMENT),
        ("revealed", MOMENT), ("images", TEXTS),
    ],
    "answers": [
        ("task", TEXT), ("kind", TEXT), ("labeler", TEXT), ("participant", TEXT),
        ("position", pa.int32()), ("image_id", pa.string()), ("target", TEXT), ("class", TEXT),
        ("confidence", pa.int32()), ("later", pa.bool_()), ("note", pa.string()),
        ("exposed", pa.bool_()), ("repeats", pa.int32()), ("opened", MOMENT),
        ("answered", MOMENT), ("handed_in", MOMENT), ("wall_ms", pa.int32()),
        ("active_ms", pa.int32()),
    ],
    "synsets": [
        ("key", pa.string()), ("class_index", pa.int32()), ("lemmas", TEXTS),
        ("definition", pa.string()), ("parents", TEXTS),
    ],
    "groups": [
        ("name", pa.string()), ("kind", TEXT), ("description", pa.string()), ("classes", NUMBERS),
    ],
    "relations": [
        ("kind", TEXT), ("first", pa.string()), ("second", pa.string()),
        ("condition", pa.string()), ("state", TEXT), ("source", TEXT), ("reason", pa.string()),
        ("decided_by", TEXT), ("decided", MOMENT),
    ],
    "guide": [
        ("entry", pa.int32()), ("revision", pa.int32()), ("current", pa.bool_()),
        ("aside", pa.bool_()), ("restored_from", pa.int32()), ("title", pa.string()),
        ("classes", TEXTS), ("text", pa.string()), ("note", pa.string()), ("author", TEXT),
        ("created", MOMENT), ("archived", MOMENT),
    ],
}  # fmt: skip
# The versions since which there are tables, of those that the second did not have.
SINCE = {
    "participants": 3,
    "tasks": 3,
    "answers": 3,
    "relations": 3,
    "guide": 3,
    "rounds": 4,
    "rules": 4,
}
ABOUT = {
    "images": "image: the datasets it is in, the class it came with, whether it is unfit and why",
    "candidates": "(image, class) pair, and what is held of it: correct, incorrect, unclear or"
    " unjudged",
    "judgments": "judgment; the last of a reviewer on a pair in a round holds, `unjudged` takes the"
    " former back",
    "adjudications": "final verdict, with its reason",
    "rounds": "round in which something was judged, the oldest first: of several, the latest that"
    " judged a pair counts. Those with a `file_sha256` came from that file, count as one, and as older"
    " than all others",
    "rules": "rule by which verdicts follow from judgments; the last holds, and none is the majority",
    "members": "image of a dataset, with its place",
    "participants": "participant, model or human, and the datasets of which there are predictions",
    "predictions": "participant and dataset: k class indices for each place, −1 for none; of people"
    " also the seconds",
    "tasks": "labeling task: how its images were drawn, and its images in their order",
    "answers": "labeler and image of a task: the class they named, and the times. `labeler` is the"
    " participant once handed in; `repeats` is the position of the answer that was missed",
    "synsets": "node of the hierarchy; those with a `class_index` are classes",
    "groups": "group or family of classes, with their indices",
    "relations": "pair of classes, `first` and `second`: synonyms, or a class and one that it is a"
    " subset of; only what is `accepted` holds",
    "guide": "revision of an entry of the labeling guide, in Markdown; `current` is the text that is"
    " shown, unless `archived`",
}
# Columns as in TABLES; lists are JSON. Of what `scope.prepared` makes.
QUERIES = {
    "images": """
        SELECT key, datasets, target, problematic, problem_reason FROM dumped_image ORDER BY id
    """,
    "candidates": """
        SELECT image, class, class_index, class_name, is_target, verdict FROM dumped_candidate
        ORDER BY image_id, class_index
    """,
    "judgments": """
        SELECT client_id, image, class, verdict, reviewer, round, judged_at, milliseconds
        FROM dumped_judgment ORDER BY id
    """,
    "adjudications": """
        SELECT image, class, verdict, reviewer, reason, decided_at
        FROM dumped_adjudication ORDER BY id
    """,
    "rounds": """
        SELECT review_round.name, file_sha256, blind, overlap, seed, scope::text, instructions,
            (SELECT coalesce(json_agg(dataset.name ORDER BY dataset.name), '[]')
             FROM annotation_reviewround_datasets asked
             JOIN annotation_dataset dataset ON dataset.id = asked.dataset_id
             WHERE asked.reviewround_id = review_round.id AND dataset.id = ANY(%(datasets)s)),
            to_char(review_round.created AT TIME ZONE 'UTC', %(moment)s),
            to_char(closed AT TIME ZONE 'UTC', %(moment)s)
        FROM annotation_reviewround review_round
        WHERE review_round.id IN (SELECT round_id FROM dumped_judgment) ORDER BY review_round.id
    """,
    "rules": """
        SELECT rule.method, rule.confidence, person.name,
            to_char(rule.created AT TIME ZONE 'UTC', %(moment)s)
        FROM annotation_verdictrule rule JOIN dumped_person person ON person.id = rule.chosen_by_id
        WHERE rule.created <= %(until)s::timestamptz ORDER BY rule.id
    """,
    "members": """
        SELECT member.dataset, member.position, image.key
        FROM dumped_member member JOIN dumped_image image ON image.id = member.image_id
        ORDER BY member.dataset, member.position
    """,
    "participants": """
        SELECT participant.name, participant.kind, json_agg(dataset.name ORDER BY dataset.name)
        FROM annotation_participant participant
        JOIN annotation_predictionset predicted
            ON predicted.participant_id = participant.id AND predicted.replaced IS NULL
        JOIN annotation_dataset dataset ON dataset.id = predicted.dataset_id
        WHERE dataset.id = ANY(%(datasets)s) GROUP BY participant.id ORDER BY participant.name
    """,
    "tasks": """
        SELECT task.name, task.kind, task.state, task.seed, task.scope::text, task.instructions,
            task.embargo_days, task.exposed, to_char(task.created AT TIME ZONE 'UTC', %(moment)s),
            to_char(task.opened AT TIME ZONE 'UTC', %(moment)s),
            to_char(task.closed AT TIME ZONE 'UTC', %(moment)s),
            to_char(task.revealed AT TIME ZONE 'UTC', %(moment)s),
            json_agg(image.key ORDER BY given.place)
        FROM annotation_labelingtask task
        JOIN annotation_taskimage given ON given.task_id = task.id
        JOIN dumped_image image ON image.id = given.image_id
        WHERE task.id <> ALL(%(hidden)s::bigint[]) GROUP BY task.id ORDER BY task.id
    """,
    "answers": """
        SELECT task.name, task.kind,
            CASE WHEN %(named)s THEN person.name ELSE coalesce(participant.name, person.labeler) END,
            participant.name, assignment.position, image.key, image.target, class.key,
            assignment.confidence, assignment.later, assignment.note, assignment.exposed,
            former.position, to_char(assignment.opened AT TIME ZONE 'UTC', %(moment)s),
            to_char(assignment.answered AT TIME ZONE 'UTC', %(moment)s),
            to_char(part.handed_in AT TIME ZONE 'UTC', %(moment)s), assignment.wall_ms,
            assignment.active_ms
        FROM annotation_labelingtask task
        JOIN annotation_enrollment part ON part.task_id = task.id
        JOIN annotation_assignment assignment ON assignment.enrollment_id = part.id
        JOIN dumped_image image ON image.id = assignment.image_id
        JOIN dumped_person person ON person.id = part.labeler_id
        LEFT JOIN annotation_participant participant ON participant.id = part.participant_id
        LEFT JOIN dumped_class class ON class.index = assignment.class_index
        LEFT JOIN annotation_assignment former ON former.id = assignment.repeats_id
        WHERE task.id <> ALL(%(hidden)s::bigint[])
        ORDER BY task.id, part.number, assignment.position
    """,
    "synsets": """
        SELECT synset.key, label.index, to_json(synset.lemmas), synset.definition,
            (SELECT coalesce(json_agg(parent.key ORDER BY edge.id), '[]')
             FROM taxonomy_synsetedge edge JOIN taxonomy_synset parent ON parent.id = edge.parent_id
             WHERE edge.child_id = synset.id)
        FROM taxonomy_synset synset LEFT JOIN taxonomy_labelclass label ON label.synset_id = synset.id
        WHERE synset.taxonomy_id = %(taxonomy)s ORDER BY label.index, synset.key
    """,
    "relations": """
        SELECT relation.kind, one.key, other.key, relation.condition, relation.state,
            relation.source, relation.reason, person.name, to_char(relation.decided AT TIME ZONE 'UTC', %(moment)s)
        FROM taxonomy_classrelation relation
        JOIN taxonomy_labelclass first ON first.id = relation.first_id
        JOIN taxonomy_labelclass second ON second.id = relation.second_id
        JOIN dumped_class one ON one.index = first.index
        JOIN dumped_class other ON other.index = second.index
        LEFT JOIN dumped_person person ON person.id = relation.decided_by_id
        WHERE relation.taxonomy_id = %(taxonomy)s
        ORDER BY first.index, second.index, relation.kind
    """,
    "guide": """
        SELECT dense_rank() OVER (ORDER BY entry.id), revision.number,
            revision.id = entry.current_id, revision.aside, former.number, revision.title,
            (SELECT coalesce(json_agg(class.key ORDER BY class.index), '[]') FROM dumped_class class
             WHERE class.index = ANY(revision.class_indices)),
            revision.text, revision.note, person.name, to_char(revision.created AT TIME ZONE 'UTC', %(moment)s),
            to_char(entry.archived AT TIME ZONE 'UTC', %(moment)s)
        FROM taxonomy_guideentry entry JOIN taxonomy_guiderevision revision
            ON revision.entry_id = entry.id
        JOIN dumped_person person ON person.id = revision.author_id
        LEFT JOIN taxonomy_guiderevision former ON former.id = revision.restored_from_id
        WHERE entry.taxonomy_id = %(taxonomy)s ORDER BY entry.id, revision.number
    """,
}


def tables_of(version: int) -> tuple[str, ...]:
    """The tables that dumps of a version have; the second or a later one."""
    return tuple(name for name in TABLES if SINCE.get(name, 0) <= version)


def table_rows(scope: Scope, name: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a table, with values in the order of its columns; numbers of predictions are
    arrays."""
    if name == "groups":
        return _groups(scope)
    if name == "predictions":
        return _predictions(scope)
    return scope.rows(QUERIES[name])


def _groups(scope: Scope) -> Iterator[tuple[Any, ...]]:
    taxonomy = scope.selection.taxonomy
    masks = group_masks(taxonomy, kind=None)
    groups = taxonomy.groups.order_by("position")
    for name, kind, description in groups.values_list("name", "kind", "description"):
        yield name, kind, description, np.flatnonzero(masks[name]).tolist()


def _predictions(scope: Scope) -> Iterator[tuple[Any, ...]]:
    """Those of images that a snapshot does not have yet are left out."""
    sizes: dict[str, int] = {}
    for dataset, position, _ in scope.rows(QUERIES["members"]):
        sizes[dataset] = position + 1
    sets = scope.selection.predictions()
    sets = sets.select_related("participant", "dataset").order_by("dataset", "participant__name")
    for one in sets.iterator(chunk_size=4):
        dataset = one.dataset.name
        size = sizes.get(dataset, 0)
        top_k = np.frombuffer(one.top_k, "<i4")[: size * one.k]
        seconds = None if one.seconds is None else np.frombuffer(one.seconds, "<f4")[:size]
        digest = hashlib.sha256(top_k.tobytes()).hexdigest()
        yield (
            one.participant.name, one.participant.kind, dataset, one.k, top_k, seconds, digest,
        )  # fmt: skip
