"""Reading fields of JSON that pages send. By hand: a form library would cost more than the work."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

LARGEST = 2**31 - 1
HALF = re.compile("[\ud800-\udfff]")


class Malformed(ValueError):
    """The message says which field is wrong, and how."""


class AnotherPerson(Exception):
    """Somebody else logged in in this browser meanwhile: the words of one are not the other's."""


def read_uuid(value: Any, field: str) -> UUID:
    try:
        return UUID(value)
    except (AttributeError, TypeError, ValueError):
        raise Malformed(f"{field}: expected a UUID") from None


def read_integer(value: Any, field: str, low: int, high: int | None) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(f"{field}: expected an integer")
    if value < low or (high is not None and value > high):
        raise Malformed(f"{field}: out of range")
    return value


def read_text(value: Any, field: str, longest: int) -> str:
    # PostgreSQL stores neither NUL nor halves of characters, which JSON can spell.
    if not isinstance(value, str) or "\0" in value or HALF.search(value):
        raise Malformed(f"{field}: expected text")
    if len(value) > longest:
        raise Malformed(f"{field}: longer than {longest} characters")
    return value.strip()
