"""Reading what the review page sends. By hand: a form library would cost more than the judging."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from annotation.fields import LARGEST, Malformed, read_integer, read_text, read_uuid
from annotation.models import Verdict
from annotation.review.access import LARGEST_KEY
from annotation.review.judgments import Judge, Op, Problem, Remark, Skip
from annotation.review.queue import MOST_AT_ONCE

VERDICTS = {verdict.label: verdict for verdict in Verdict}
MOST_OPS = 200
MOST_HELD = 100
DAY = 24 * 3600 * 1000


def read_next(body: Any) -> tuple[list[UUID | int], int]:
    """`{"hold": [uid or turn, …], "want": n}` as (hold, want)."""
    if not isinstance(body, dict):
        raise Malformed("expected an object")
    hold = body.get("hold", [])
    if not isinstance(hold, list) or len(hold) > MOST_HELD:
        raise Malformed(f"hold: expected a list of at most {MOST_HELD}")
    want = read_integer(body.get("want", 4), "want", 1, MOST_AT_ONCE)
    names = [
        _turn(name, "hold") if isinstance(name, int) else read_uuid(name, "hold") for name in hold
    ]
    return names, want


def read_operations(body: Any) -> tuple[int | None, list[Op], list[dict[str, Any]]]:
    """`{"reviewer": id, "ops": [{"type", "id", "image", …}, …]}` as (who said it if the page
    tells, operations, those not understood). A skip may have a "turn" instead of an image."""
    ops = body.get("ops") if isinstance(body, dict) else None
    if not isinstance(ops, list) or not 0 < len(ops) <= MOST_OPS:
        raise Malformed(f"ops: expected a list of 1 to {MOST_OPS}")
    operations, rejected = [], []
    for op in ops:
        if not isinstance(op, dict):
            raise Malformed("ops: expected objects")
        try:
            operations.append(_operation(op))
        except Malformed as error:
            rejected.append({"id": op.get("id"), "reason": str(error)})
    return body.get("reviewer"), operations, rejected


def _operation(op: dict[str, Any]) -> Op:
    reader = READERS.get(str(op.get("type")))
    if reader is None:
        raise Malformed("type: unknown")
    return reader(op, read_uuid(op.get("id"), "id"))


def _judge(op: dict[str, Any], id: UUID) -> Op:
    verdict = VERDICTS.get(str(op.get("verdict")))
    if verdict is None:
        raise Malformed(f"verdict: expected one of {', '.join(VERDICTS)}")
    milliseconds = read_integer(op.get("ms"), "ms", 0, None)
    index = read_integer(op.get("class"), "class", 0, LARGEST)
    return Judge(id, _image(op), index, verdict, min(milliseconds, DAY), op["type"] == "add")


def _problem(op: dict[str, Any], id: UUID) -> Op:
    if not isinstance(op.get("problematic"), bool):
        raise Malformed("problematic: expected true or false")
    reason = read_text(op.get("reason", ""), "reason", 500)
    return Problem(id, _image(op), op["problematic"], reason)


def _skip(op: dict[str, Any], id: UUID) -> Op:
    if "turn" in op:
        return Skip(id, turn=_turn(op["turn"], "turn"))
    return Skip(id, _image(op))


def _comment(op: dict[str, Any], id: UUID) -> Op:
    text = read_text(op.get("text"), "text", 2000)
    if not text:
        raise Malformed("text: is empty")
    return Remark(id, _image(op), text)


READERS: dict[str, Callable[[dict[str, Any], UUID], Op]] = {
    "judge": _judge,
    "add": _judge,
    "problem": _problem,
    "skip": _skip,
    "comment": _comment,
}


def _image(op: dict[str, Any]) -> UUID:
    return read_uuid(op.get("image"), "image")


def _turn(value: Any, field: str) -> int:
    return read_integer(value, field, 0, LARGEST_KEY)
