"""What people chose in Label Studio, from its exports JSON and JSON-MIN
(https://labelstud.io/guide/export and https://labelstud.io/guide/task_format)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from django.utils.crypto import salted_hmac

from annotation.importing.judgment_files import (
    MOST_MILLISECONDS,
    NOT_KNOWN,
    JudgmentFile,
    Known,
    read_time,
    reviewer_number,
)
from annotation.importing.labelstudio_words import PREFIX, Annotation, Export, judgments_of
from annotation.importing.multilabel_files import read_json
from taxonomy.errors import InputError, InputErrors
from taxonomy.progress import Progress

QUESTION = "classes"  # as `exporting.labelstudio` calls the control
USUAL_QUESTION = "choice"  # as Label Studio's template for image classification does
UPLOADED = re.compile(r"[0-9a-f]{8}-(.+)")
TOLD_EVERY = 5_000


class _Said(NamedTuple):
    """An annotation: its task's row, what is known of it in either export, and the choices."""

    row: int
    task: dict[str, Any]
    fields: dict[str, Any]
    choices: list[Any]


def read_labelstudio(path: Path, known: Known, progress: Progress) -> JudgmentFile:
    """Choices of the control `classes` or, if there is but one, of any. JSON-MIN tells no control from
    data where one choice is possible: then it must be called `classes` or `choice`.

    A class is chosen by its key, index or name, and judged correct by whoever chose it. With
    `known.unchosen_incorrect` all other candidates that the image has are judged incorrect. Skipped
    annotations, drafts and predictions say nothing. Of several annotations of an image by one person
    the one that was changed last counts. The lead time is shared equally by an annotation's judgments.

    The image is in `data`, as `image_id`, or else as the path or address `image`. A reviewer is
    called after the number in `completed_by`, or a hash of the e-mail address, which is not kept.

    What earlier files of the same project said gives way to what changed since, see `judgments_of`.
    Where a file names no project (JSON-MIN), only the same task is known to be the same project's.

    Raises InputError for another file, InputErrors with every task of an unknown image or class, or
    with an annotation that doesn't tell whose it is; rows are tasks, from 1 on.
    """
    tasks = read_json(path)
    if not isinstance(tasks, list):
        raise InputError("is no export of Label Studio: it is no JSON list of tasks", file=path)
    export = Export()
    said: list[Annotation] = []
    problems = []
    question = _question(tasks, path)
    for row, task in enumerate(tasks, start=1):
        if row % TOLD_EVERY == 1:
            progress("reading judgments", row - 1, len(tasks))
        try:
            said += _read_task(row, task, question, known, export)
        except ValueError as error:
            problems.append((row, str(error)))
    if problems:
        raise InputErrors(path, problems)
    export.skipped = sum(len(one.classes) for one in said if one.position == NOT_KNOWN)
    export.annotations = _last_of_each(one for one in said if one.position != NOT_KNOWN)
    return judgments_of(export, known)


def _last_of_each(annotations: Iterable[Annotation]) -> list[Annotation]:
    """Of each person and image the annotation that was changed last."""
    found: dict[tuple[int, int], Annotation] = {}
    for one in annotations:
        before = found.setdefault((one.position, one.reviewer), one)
        if before.changed <= one.changed:
            found[one.position, one.reviewer] = one
    return list(found.values())


def _question(tasks: list[Any], path: Path) -> str:
    """The name of the control in which classes were chosen."""
    full = {
        str(result.get("from_name"))
        for task in tasks
        for annotation in _list_in(task, "annotations")
        for result in _list_in(annotation, "result")
        if isinstance(result, dict) and result.get("type") == "choices"
    }
    small = {
        name
        for task in tasks
        if isinstance(task, dict) and "annotations" not in task
        for name, value in task.items()
        if name in (QUESTION, USUAL_QUESTION) or (isinstance(value, dict) and "choices" in value)
    }
    asked = full | small
    if QUESTION in asked or not asked:
        return QUESTION
    if len(asked) > 1:
        reason = f"asks several questions ({', '.join(sorted(asked))}); call that of classes '{QUESTION}'"
        raise InputError(reason, file=path)
    return asked.pop()


def _list_in(item: Any, name: str) -> list[Any]:
    found = item.get(name) if isinstance(item, dict) else None
    return found if isinstance(found, list) else []


def _annotations(row: int, task: Any, question: str) -> tuple[dict[str, Any], list[_Said]]:
    """The task as in the export JSON, and what was handed in. Raises ValueError."""
    if isinstance(task, dict) and isinstance(task.get("annotations"), list):
        if not all(isinstance(annotation, dict) for annotation in task["annotations"]):
            raise ValueError("has an annotation that is no object")
        handed_in = (
            one for one in task["annotations"] if not one.get("was_cancelled") and not _is_ours(one)
        )
        return task, [_Said(row, task, one, list(_chosen(one, question))) for one in handed_in]
    if isinstance(task, dict) and "annotation_id" in task:
        fields = task | {"completed_by": task.get("annotator"), "id": task["annotation_id"]}
        small = {"id": task.get("id"), "data": task, "annotations": [fields]}
        if task["annotation_id"] is None:  # nobody has annotated it
            return small, []
        return small, [_Said(row, small, fields, list(_flat(task.get(question))))]
    raise ValueError('is no task of Label Studio\'s exports JSON or JSON-MIN: no "annotations"')


def _is_ours(annotation: dict[str, Any]) -> bool:
    """What is held here, as `exporting.labelstudio` writes it: nobody's judgment."""
    return annotation.get("ground_truth") is True and annotation.get("completed_by") is None


def _chosen(annotation: dict[str, Any], question: str) -> Iterator[Any]:
    for result in _list_in(annotation, "result"):
        if not isinstance(result, dict):
            raise ValueError("has a result that is no object")
        if result.get("type") == "choices" and result.get("from_name") == question:
            yield from _flat(result.get("value"))


def _flat(value: Any) -> Iterator[Any]:
    """The choices in `"a"`, `{"choices": ["a", "b"]}` or a list of these."""
    if isinstance(value, dict):
        value = value.get("choices")
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    elif value is not None:
        yield value


def _read_task(
    row: int, task: Any, question: str, known: Known, export: Export
) -> list[Annotation]:
    """Raises ValueError."""
    task, said = _annotations(row, task, question)
    try:
        position = _position(task, known)
    except ValueError:
        if said:
            raise
        position = None  # where nobody says anything, the image need not be known
    if position is not None:
        export.tasks.setdefault((position, _source(task)), row)
    for one in [task, *task["annotations"]]:
        with suppress(ValueError):  # those that count are read below
            export.newest = max(export.newest, _changed(one))
    return [_read(one, position, known, export.names) for one in said]


def _source(task: dict[str, Any]) -> str:
    """What tells a project from others. Tasks of different projects differ in number, too."""
    project = task.get("project")
    return ascii(["task", task.get("id")] if project is None else ["project", project])


def _read(said: _Said, position: int | None, known: Known, names: dict[str, int]) -> Annotation:
    """`position` becomes NOT_KNOWN if the image's judgments are left out. Raises ValueError."""
    reviewer = _reviewer(said.fields.get("completed_by"))
    read_class = known.readers["class"]
    classes = {read_class(_text(choice, "a choice")): None for choice in said.choices}
    return Annotation(
        said.row, _identity(said, reviewer), _source(said.task),
        NOT_KNOWN if position is None else position, reviewer_number(reviewer, names),
        list(classes), _milliseconds(said.fields.get("lead_time")), _changed(said.fields),
    )  # fmt: skip


def _changed(fields: dict[str, Any]) -> int:
    """When a task or annotation was last changed, microseconds since 1970, or NO_TIME. Raises
    ValueError."""
    times = [_text(fields.get(name) or "", name) for name in ("created_at", "updated_at")]
    return max(map(read_time, times))


def _text(value: Any, what: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"{what} is no text")
    return value.strip()


def _identity(said: _Said, reviewer: str) -> str:
    """Label Studio gives annotations a UUID; JSON-MIN and older versions leave it out."""
    fields, task = said.fields, said.task
    known_by = [fields.get("unique_id")]
    if not isinstance(known_by[0], str):
        known_by = [task.get("project"), task.get("id"), fields.get("id"), fields.get("created_at")]
    return ascii([*known_by, reviewer, fields.get("updated_at")])


def _position(task: dict[str, Any], known: Known) -> int | None:
    """None if its judgments are left out. Raises ValueError."""
    data = task.get("data")
    if not isinstance(data, dict):
        raise ValueError('has no "data"')
    if isinstance(image_id := data.get("image_id"), str):
        return known.position(image_id)
    image = data.get("image")
    if not isinstance(image, str):
        raise ValueError('has neither "image_id" nor "image" in its "data"')
    names = _names(image)
    for name in names:
        if (position := known.images.find_file(name)) is not None:
            return position
    return known.position(names[0])


def _names(image: str) -> list[str]:
    """What an image may be called, by its path or address. Raises ValueError."""
    address = urlsplit(image)
    local = parse_qs(address.query).get("d") if address.path.endswith("/local-files/") else None
    path = local[0] if local else unquote(address.path)
    # An upload's name has a prefix, which may as well be part of a name.
    uploaded = UPLOADED.fullmatch(path.rpartition("/")[2])
    names = [path, *([uploaded[1]] if uploaded else []), *([] if address.scheme else [image])]
    return [name.lstrip("/") for name in names]


def _reviewer(by: Any) -> str:
    """A name that tells one person from another, and no more. Raises ValueError."""
    if isinstance(by, dict):
        by = by.get("id") or by.get("email")
    if isinstance(by, bool) or not isinstance(by, int | str) or not by:
        raise ValueError("has an annotation that doesn't tell who made it (completed_by)")
    text = str(by).strip()
    if text.isascii() and text.isdecimal():
        return f"{PREFIX}{text}"
    digest = salted_hmac(__name__, ascii(text.casefold()), algorithm="sha256").hexdigest()
    return f"{PREFIX}{digest[:12]}"


def _milliseconds(seconds: Any) -> int:
    """NOT_KNOWN too if a page was left open for weeks. Raises ValueError."""
    if seconds is None:
        return NOT_KNOWN
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
        raise ValueError("lead_time is no number of seconds")
    return round(seconds * 1000) if seconds * 1000 <= MOST_MILLISECONDS else NOT_KNOWN
