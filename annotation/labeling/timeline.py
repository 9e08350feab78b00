"""The phases of a study, from the rounds and tasks that there are, as bars in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Max, Min
from django.utils import timezone

from annotation.labeling.statistics import progress_of
from annotation.models import Judgment, LabelingTask, ReviewRound
from annotation.review.rounds import progress_of as rounds_progress

WIDTH = 1000
PHASES = ["Initial annotation", "Training", "Evaluation", "Final review"]


@dataclass(frozen=True)
class Bar:
    """One round or task. x and width in units of an SVG that is WIDTH wide."""

    phase: str
    name: str
    kind: str
    pk: int
    state: str
    begin: datetime
    end: datetime | None
    percent: float
    x: float = 0
    width: float = 0

    @property
    def done_width(self) -> float:
        return round(self.width * self.percent / 100, 1)


@dataclass(frozen=True)
class Timeline:
    bars: list[Bar]
    begin: datetime
    end: datetime

    @property
    def is_short(self) -> bool:
        """Whether hours tell more than days."""
        return self.end - self.begin < timedelta(days=2)


def timeline() -> Timeline | None:
    """Rounds and tasks in the order of the phases and of time; None if there are none.

    Rounds over what people answered are the final review, others the initial annotation. A round
    lasts from its first judgment to its last, or to now while it is open; a task from when it was
    opened.
    """
    bars = sorted(
        [*_rounds(), *_tasks()], key=lambda bar: (PHASES.index(bar.phase), bar.begin, bar.name)
    )
    return place(bars, timezone.now()) if bars else None


def place(bars: Sequence[Bar], now: datetime) -> Timeline:
    """Lay the bars out from the earliest beginning to the latest end, at least an hour."""
    begin = min(bar.begin for bar in bars)
    end = max(max(bar.end or now for bar in bars), begin + timedelta(hours=1))
    scale = WIDTH / (end - begin).total_seconds()
    placed = []
    for bar in bars:
        x = (bar.begin - begin).total_seconds() * scale
        width = max(4.0, ((bar.end or now) - bar.begin).total_seconds() * scale)
        x = min(x, WIDTH - width)
        placed.append(replace(bar, x=round(x, 1), width=round(width, 1)))
    return Timeline(placed, begin, end)


def _rounds() -> list[Bar]:
    rounds = list(ReviewRound.objects.exclude(state=ReviewRound.State.PLANNED))
    words = Judgment.objects.values("round").annotate(first=Min("created"), last=Max("created"))
    spans = {row["round"]: (row["first"], row["last"]) for row in words}
    found = []
    for one, progress in rounds_progress(rounds):
        final = bool(one.scope.get("drawn") or one.scope.get("tasks"))
        over = one.state == ReviewRound.State.CLOSED or bool(one.file_sha256)
        begin, latest = spans.get(one.pk, (one.created, one.closed))
        found.append(
            Bar(
                PHASES[3] if final else PHASES[0], one.name, "round", one.pk, one.state,
                begin, latest if over else None, progress.percent,
            )
        )  # fmt: skip
    return found


def _tasks() -> list[Bar]:
    tasks = list(LabelingTask.objects.exclude(opened=None))
    progress = progress_of(tasks)
    return [
        Bar(
            PHASES[1] if task.kind == LabelingTask.Kind.TRAINING else PHASES[2], task.name, "task",
            task.pk, task.state, task.opened or task.created, task.closed,
            progress[task.pk].percent,
        )
        for task in tasks
    ]  # fmt: skip
