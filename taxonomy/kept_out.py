"""Pictures that nobody who labels may have seen, since people are evaluated on them.

Which these are is known to apps that know of datasets: they add a check when they are loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

# From content hashes (the SHA-256 of files) to those that are kept out.
Check = Callable[[Collection[str]], set[str]]

_checks: list[Check] = []


def add_check(check: Check) -> None:
    _checks.append(check)


def kept_out(content_hashes: Collection[str]) -> set[str]:
    """Those of the content hashes that must not be shown among the classes."""
    return {content_hash for check in _checks for content_hash in check(content_hashes)}
