"""How far runs are, how quickly they go on, and who is at them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from django.utils import timezone

from annotation.models import DatasetImage
from evaluation.models import InferenceRun, InferenceShard

# The pace of a run is that of so much time, or of two shards if those take longer: workers come and go,
# and runs are paused.
LATELY = timedelta(minutes=1)
SHOWN_FAILURES = 50


@dataclass(frozen=True)
class WorkerProgress:
    """Images that a worker has done and, of those, could not classify; images per second of its own
    time; when it last finished a shard."""

    name: str
    done: int
    failed: int
    per_second: float | None
    last: datetime


@dataclass(frozen=True)
class RunProgress:
    """Images done and in all, of the done ones those that failed, and images per second of the
    workers together: None while that can't be told."""

    done: int
    total: int
    failed: int
    per_second: float | None
    workers: list[WorkerProgress]

    @property
    def seconds_left(self) -> float | None:
        return (self.total - self.done) / self.per_second if self.per_second else None


def progress_of(run: InferenceRun) -> RunProgress:
    return progress_of_all([run])[0]


def progress_of_all(runs: Sequence[InferenceRun]) -> list[RunProgress]:
    """Of each run, in their order; one query, and one for each dataset that was not loaded."""
    shards: dict[int, list[_Shard]] = {run.pk: [] for run in runs}
    done = InferenceShard.objects.filter(run__in=runs, done=True).order_by("worker", "start")
    rows: Iterable[tuple[Any, ...]] = done.values_list(
        "run", "start", "stop", "failures", "worker", "seconds", "finished"
    )
    for run, start, stop, failures, *rest in rows:
        shards[run].append(_Shard(stop - start, len(failures), *rest))
    return [_progress(run, shards[run.pk]) for run in runs]


class _Shard(NamedTuple):
    images: int
    failed: int
    worker: str
    seconds: float
    finished: datetime

    @property
    def spent(self) -> timedelta:
        return timedelta(seconds=self.seconds)

    def share_after(self, moment: datetime) -> float:
        """Of its time, 0 to 1."""
        return min(1.0, (self.finished - moment) / self.spent) if self.seconds else 1.0


def _progress(run: InferenceRun, shards: Sequence[_Shard]) -> RunProgress:
    return RunProgress(
        _images(shards),
        run.dataset.size,
        sum(shard.failed for shard in shards),
        _pace(run, shards),
        [_worker(name, list(own)) for name, own in groupby(shards, lambda one: one.worker)],
    )


def _images(shards: Sequence[_Shard]) -> int:
    return sum(shard.images for shard in shards)


def _pace(run: InferenceRun, shards: Sequence[_Shard]) -> float | None:
    """Of a run that has ended, from its beginning to its end; of another, lately."""
    if run.finished:
        return _images(shards) / (run.finished - run.created).total_seconds()
    if not shards:
        return None
    now = max(timezone.now(), *(shard.finished for shard in shards))
    since = now - max(LATELY, 2 * max(shard.spent for shard in shards))
    lately = [shard for shard in shards if shard.finished > since]
    if not lately:
        return None
    images = sum(shard.images * shard.share_after(since) for shard in lately)
    begun = max(since, min(shard.finished - shard.spent for shard in lately))
    return images / (now - begun).total_seconds()


def _worker(name: str, shards: Sequence[_Shard]) -> WorkerProgress:
    seconds = sum(shard.seconds for shard in shards)
    return WorkerProgress(
        name,
        _images(shards),
        sum(shard.failed for shard in shards),
        _images(shards) / seconds if seconds else None,
        max(shard.finished for shard in shards),
    )


def failures_of(run: InferenceRun) -> list[tuple[str, str]]:
    """(key of the image, reason) of the first images that could not be classified; two queries."""
    found = [
        failure
        for (failures,) in run.shards.order_by("start").values_list("failures")
        for failure in failures
    ]
    shown = found[:SHOWN_FAILURES]
    links = DatasetImage.objects.filter(dataset=run.dataset, position__in=[at for at, _ in shown])
    keys = dict(links.values_list("position", "image__key"))
    return [(keys[at], reason) for at, reason in shown]
