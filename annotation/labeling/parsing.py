"""Reading what the labeling page sends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from annotation.fields import LARGEST, Malformed, read_integer, read_text, read_uuid
from annotation.labeling.answers import CONFIDENCES, Op, Say, Work
from annotation.labeling.items import MOST_AT_ONCE

MOST_OPS = 200
DAY = 24 * 3600 * 1000
NOTE_LENGTH = 1000


def read_positions(body: Any) -> list[int]:
    """`{"positions": [n, …]}`"""
    positions = body.get("positions") if isinstance(body, dict) else None
    if not isinstance(positions, list) or not 0 < len(positions) <= MOST_AT_ONCE:
        raise Malformed(f"positions: expected a list of 1 to {MOST_AT_ONCE}")
    return [read_integer(position, "positions", 0, LARGEST) for position in positions]


def read_pin(body: Any) -> tuple[int, bool]:
    """`{"class": index, "pinned": bool}`"""
    if not isinstance(body, dict) or not isinstance(body.get("pinned"), bool):
        raise Malformed("pinned: expected true or false")
    return read_integer(body.get("class"), "class", 0, LARGEST), body["pinned"]


def read_operations(body: Any) -> tuple[int | None, list[Op], list[dict[str, Any]]]:
    """`{"labeler": id, "ops": [{"type": "say" | "work", "id", "item", …}, …]}` as (who said it if
    the page tells, operations, those not understood)."""
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
    return body.get("labeler"), operations, rejected


def _operation(op: dict[str, Any]) -> Op:
    id, item = read_uuid(op.get("id"), "id"), read_uuid(op.get("item"), "item")
    if op.get("type") == "say":
        return _say(op, id, item)
    if op.get("type") == "work":
        return _work(op, id, item)
    raise Malformed("type: unknown")


def _say(op: dict[str, Any], id: UUID, item: UUID) -> Say:
    index, confidence, later = op.get("class"), op.get("confidence"), op.get("later", False)
    if confidence is not None and confidence not in CONFIDENCES:
        raise Malformed(f"confidence: expected one of {CONFIDENCES}")
    if not isinstance(later, bool):
        raise Malformed("later: expected true or false")
    if index is not None:
        index = read_integer(index, "class", 0, LARGEST)
    note = read_text(op.get("note", ""), "note", NOTE_LENGTH)
    return Say(id, item, index, confidence, later, note)


def _work(op: dict[str, Any], id: UUID, item: UUID) -> Work:
    wall = read_integer(op.get("wall_ms"), "wall_ms", 0, None)
    active = read_integer(op.get("active_ms"), "active_ms", 0, None)
    if active > wall:
        raise Malformed("active_ms: longer than wall_ms")
    return Work(id, item, min(wall, DAY), min(active, DAY))
