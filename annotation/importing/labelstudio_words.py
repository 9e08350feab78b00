"""From annotations of Label Studio to judgments, in the light of what earlier exports brought."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.importing.judgment_files import (
    EPOCH,
    FIELDS,
    NO_TIME,
    NOT_KNOWN,
    JudgmentFile,
    Known,
    reviewer_number,
)
from annotation.models import Candidate, Verdict

PREFIX = "labelstudio-"  # of reviewers' names
ID_DIGITS = 12  # of a judgment's UUID that tell its source and image

# The last word of each reviewer on each candidate of an image, from the same source. Who came back
# from a dump is called otherwise, so those words stay.
STORED_WORDS = f"""
    SELECT * FROM (
        SELECT DISTINCT ON (said.candidate_id, said.reviewer_id) place, username, class_index,
            said.verdict, said.created
        FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[]) WITH ORDINALITY
            AS asked (low, high, image_id, place)
        JOIN annotation_judgment said ON said.client_id BETWEEN low AND high
        JOIN annotation_candidate candidate
            ON candidate.id = said.candidate_id AND candidate.image_id = asked.image_id
        JOIN accounts_user reviewer ON reviewer.id = said.reviewer_id
        WHERE username LIKE '{PREFIX}%%'
        ORDER BY said.candidate_id, said.reviewer_id, said.id DESC
    ) word ORDER BY place, username, class_index
"""  # noqa: S608

STORED_IDS = """
    SELECT client_id::text FROM annotation_judgment WHERE client_id = ANY(%s::uuid[])
"""


class Annotation(NamedTuple):
    """row; what it is known by; source: a text that tells its project from others; position of the
    image; number of the reviewer; classes chosen; milliseconds in all; when it was last changed, in
    microseconds since 1970, or NO_TIME."""

    row: int
    identity: str
    source: str
    position: int
    reviewer: int
    classes: list[int]
    milliseconds: int
    changed: int


@dataclass
class Export:
    """What a file says: of each person and image one annotation.

    tasks     {(position of a known image, source): row}, also of tasks that nobody annotated
    newest    the latest time in the file, microseconds since 1970: it was exported then or later
    names     {name of a reviewer: number}
    skipped   how many choices were left out, as their images are unknown
    """

    annotations: list[Annotation] = field(default_factory=list)
    tasks: dict[tuple[int, str], int] = field(default_factory=dict)
    newest: int = NO_TIME
    names: dict[str, int] = field(default_factory=dict)
    skipped: int = 0


@dataclass
class _Stored:
    """What somebody said of an image: when, in microseconds since 1970, of which task, and the last
    verdict by class index."""

    changed: int
    task: tuple[int, str]
    verdicts: dict[int, int]


def judgments_of(export: Export, known: Known) -> JudgmentFile:
    """The choices as judgments. Of who said something of an image before, the later words hold:
    what is not repeated is taken back, by judgments that are UNJUDGED. So is what somebody said of
    whom no annotation is left at a task in a file that is not older."""
    others = _candidates(export, known) if known.unchosen_incorrect else {}
    stored = _stored(export, known)
    names = list(export.names)
    words = _Words(known)
    for one in export.annotations:
        before = stored.pop((one.position, names[one.reviewer]), None)
        chosen = dict.fromkeys(others.get(one.position, ()), int(Verdict.INCORRECT))
        chosen |= dict.fromkeys(one.classes, int(Verdict.CORRECT))
        words.add(one, chosen, before, before is None or _is_later(one, before))
    for (position, name), before in stored.items():
        nothing = Annotation(
            export.tasks[before.task], ascii(["gone", name, export.newest]), before.task[1],
            position, reviewer_number(name, export.names), [], NOT_KNOWN, export.newest,
        )  # fmt: skip
        words.add(nothing, {}, before, before.changed <= export.newest)
    return words.file(list(export.names), export.skipped)


def _is_later(one: Annotation, before: _Stored) -> bool:
    """Where the file tells no time, what says something else is taken to be later."""
    if one.changed != NO_TIME:
        return one.changed > before.changed
    correct = {index for index, verdict in before.verdicts.items() if verdict == Verdict.CORRECT}
    return set(one.classes) != correct


def _candidates(export: Export, known: Known) -> dict[int, list[int]]:
    """The candidates of each annotated position, one query."""
    positions = {int(known.images.ids[one.position]): one.position for one in export.annotations}
    found: dict[int, list[int]] = {}
    rows = Candidate.objects.active().filter(image__in=positions).order_by("pk")
    for image, index in rows.values_list("image", "class_index").iterator():
        found.setdefault(positions[image], []).append(index)
    return found


def _stored(export: Export, known: Known) -> dict[tuple[int, str], _Stored]:
    """{(position, reviewer's name): what earlier exports of the file's sources said}, one query."""
    tasks = list(export.tasks)
    prefixes = [_prefix(source, known.images.keys[position]) for position, source in tasks]
    low, high = ([prefix.ljust(32, digit) for prefix in prefixes] for digit in "0f")
    images = [int(known.images.ids[position]) for position, _ in tasks]
    found: dict[tuple[int, str], _Stored] = {}
    with connection.cursor() as cursor:
        cursor.execute(STORED_WORDS, [low, high, images])
        for place, name, index, verdict, created in cursor:
            task, said = tasks[place - 1], (created - EPOCH) // timedelta(microseconds=1)
            before = found.setdefault((task[0], name), _Stored(said, task, {}))
            before.changed = max(before.changed, said)
            before.verdicts[index] = verdict
    return found


def _prefix(source: str, image: str) -> str:
    return sha256(ascii([source, image]).encode()).hexdigest()[:ID_DIGITS]


class _Words:
    """Judgments in the making."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._classes = list(known.lookup.keys)
        self._values = array("q")
        self._ids: list[str] = []
        self._fresh: list[bool] = []
        self._shown: dict[int, None] = {}

    def add(
        self, one: Annotation, chosen: dict[int, int], before: _Stored | None, later: bool
    ) -> None:
        """What an annotation says of classes; `later`: than what was said before."""
        said = before.verdicts if before else {}
        after = f" after {before.changed}" if before and one.changed == NO_TIME else ""
        took = one.milliseconds
        each = took if took == NOT_KNOWN else round(took / max(len(chosen), 1))
        image = self._known.images.keys[one.position]
        prefix = _prefix(one.source, image)
        for index, verdict in (dict.fromkeys(said, int(Verdict.UNJUDGED)) | chosen).items():
            self._values.extend(
                (len(self._ids), one.row, one.position, index, one.reviewer, verdict,
                 each if verdict else NOT_KNOWN, one.changed)
            )  # fmt: skip
            text = f"{one.identity}{after} {image} {self._classes[index]} {verdict}"
            self._ids.append(_uuid(prefix, sha256(text.encode()).hexdigest()))
            # To take back what was taken back already would be nothing new.
            self._fresh.append(later and bool(verdict or said[index]))
        if later:
            self._shown[one.position] = None

    def file(self, names: list[str], skipped: int) -> JudgmentFile:
        numbers, rows, images, classes, reviewers, verdicts, milliseconds, times = (
            np.array(self._values, np.int64).reshape(-1, FIELDS + 1).T
        )
        ids = np.array(self._ids, "U36")
        return JudgmentFile(
            numbers=numbers, rows=rows, images=images, classes=classes, reviewers=reviewers,
            verdicts=verdicts, milliseconds=milliseconds, times=times, names=names, comments={},
            skipped=skipped, ids=ids, fresh=np.array(self._fresh, np.bool_) & ~_are_stored(ids),
            shown=list(self._shown),
        )  # fmt: skip


def _uuid(prefix: str, digest: str) -> str:
    """Of version 8 (RFC 9562), so that those of a source and an image follow each other."""
    return str(UUID(f"{prefix}8{digest[:3]}8{digest[3:18]}"))


def _are_stored(ids: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Those that came back from a dump are, whoever is called as their reviewer now."""
    with connection.cursor() as cursor:
        cursor.execute(STORED_IDS, [ids.tolist()])
        return np.isin(ids, [stored for (stored,) in cursor.fetchall()])
