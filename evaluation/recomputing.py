"""When numbers are computed anew: after labels or predictions changed and then stayed quiet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from django.conf import settings
from django.core.cache import cache
from django.db import connection

from annotation.models import Dataset
from evaluation.models import MetricReport
from evaluation.reports import recompute

CHANGES_KEY = "evaluation-changes"
RUNNING_KEY = "evaluation-running"
ASKED_KEY = "evaluation-asked"
LOCK = 0x7473_6B72  # any number that nobody else locks
MOST_SECONDS = 300

# Costs the same with ten million judgments. Judgments and problem reports are only ever added, so
# the last one tells; imports show in PostgreSQL's counts of rows written, which every transaction
# adds to (after a crash they start again: that looks like a change, and costs one computation).
# Groups of classes are part of what a taxonomy's content hash is made from.
SIGNATURE = """
    SELECT concat_ws(':',
        coalesce((SELECT max(id) FROM annotation_judgment), 0),
        coalesce((SELECT max(id) FROM annotation_problemreport), 0),
        (SELECT md5(string_agg(content_hash, ',' ORDER BY id)) FROM taxonomy_taxonomy),
        (SELECT md5(string_agg(concat_ws(':', dataset_id, participant_id, sha256), ','
                               ORDER BY dataset_id, participant_id))
         FROM annotation_predictionset WHERE replaced IS NULL),
        (SELECT md5(string_agg(one::text, ',' ORDER BY id)) FROM evaluation_subset one),
        (SELECT md5(string_agg(concat_ws(':', one.name, member.participant_id), ','
                               ORDER BY one.id, member.participant_id))
         FROM evaluation_participantgroup one JOIN evaluation_participantgroup_members member
            ON member.participantgroup_id = one.id WHERE one.votes),
        (SELECT string_agg((pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid)
                            + pg_stat_get_tuples_deleted(oid))::text, ',' ORDER BY oid)
         FROM unnest(ARRAY['annotation_candidate', 'annotation_datasetimage']::regclass[]) oid))
"""


@dataclass(frozen=True)
class Changes:
    """What was seen of the database's state and what of it is computed; times in seconds."""

    computed: str | None
    seen: str | None
    first: float
    last: float

    @property
    def pending(self) -> bool:
        """Whether something came in that is not computed yet."""
        return self.seen != self.computed

    def observe(self, signature: str, now: float) -> Changes:
        """Take note of the state: `first` and `last` are when pending changes began and ended."""
        if signature == self.seen:
            return self
        return replace(self, seen=signature, last=now, first=self.first if self.pending else now)

    def due(self, now: float) -> bool:
        """Whether it is time to compute: all is quiet, or it has not been for too long."""
        quiet = now - self.last >= settings.QUIET_SECONDS
        return self.pending and (quiet or now - self.first >= settings.RECOMPUTE_AT_LATEST_SECONDS)


def observe_changes(now: float) -> Changes:
    """Look at the database and remember what was seen."""
    stored: dict[str, Any] | None = cache.get(CHANGES_KEY)
    changes = (
        Changes(**stored) if stored else Changes(computed=None, seen=None, first=now, last=now)
    )
    changes = changes.observe(signature(), now)
    cache.set(CHANGES_KEY, asdict(changes), timeout=None)
    return changes


def signature() -> str:
    """A text that is another one whenever labels, predictions or groups have changed."""
    with connection.cursor() as cursor:
        cursor.execute(SIGNATURE)
        return cursor.fetchone()[0]


def recompute_if_due(now: float) -> MetricReport | None:
    """Compute if something has changed and now is quiet; None if not, or if it is being done."""
    if not observe_changes(now).due(now):
        return None
    with _only_one(wait=False) as alone:
        return _recompute(now) if alone else None


def recompute_now(now: float) -> MetricReport | None:
    """Compute though nothing has changed or not all is quiet; None if there is no dataset."""
    with _only_one(wait=True):
        return _recompute(now)


def ask() -> None:
    """Let the pages say that somebody has asked for new numbers."""
    cache.set(ASKED_KEY, True, timeout=MOST_SECONDS)


def state() -> Literal["computing", "asked", "pending", "quiet"]:
    """Whether numbers are being computed, will be, or are up to date, as far as is known."""
    known = cache.get_many([RUNNING_KEY, ASKED_KEY, CHANGES_KEY])
    if RUNNING_KEY in known:
        return "computing"
    if ASKED_KEY in known:
        return "asked"
    stored = known.get(CHANGES_KEY)
    return "pending" if stored and Changes(**stored).pending else "quiet"


def _recompute(now: float) -> MetricReport | None:
    cache.set(RUNNING_KEY, True, timeout=MOST_SECONDS)
    cache.delete(ASKED_KEY)
    try:
        changes = observe_changes(now)
        report = recompute() if Dataset.objects.exists() else None
        cache.set(CHANGES_KEY, asdict(replace(changes, computed=changes.seen)), timeout=None)
        return report
    finally:
        cache.delete(RUNNING_KEY)


@contextmanager
def _only_one(wait: bool) -> Iterator[bool]:
    """Hold the lock under which numbers are computed; yields whether it could be had."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s) IS NOT NULL", [LOCK])
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        alone = cursor.fetchone()[0]
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
