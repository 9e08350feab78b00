"""What an admin does with a task that is there."""

from __future__ import annotations

from collections.abc import Callable

from accounts import audit
from accounts.models import User
from annotation.labeling import tasks
from annotation.labeling.handing_in import count_exposed, leave_out_exposed
from annotation.models import LabelingTask

CHANGES: dict[str, Callable[[LabelingTask], None]] = {
    "open": tasks.open_task,
    "pause": tasks.pause_task,
    "close": tasks.close_task,
    "reveal": tasks.reveal_task,
    "leave-out-exposed": leave_out_exposed,
    "count-exposed": count_exposed,
}


def change_task(task: LabelingTask, change: str, user: User) -> None:
    """Do one of CHANGES; revealing is noted in the audit. Raises InputError, why it can't be."""
    CHANGES[change](task)
    if change == "reveal":
        audit.note(user, audit.Action.REVEAL, task.name)
