"""Classes as files write them."""

from collections.abc import Callable
from functools import cache

from taxonomy.lookup import ClassLookup

# Columns that say which way of writing classes is meant; in others it may be any.
STRICT_COLUMNS = ("wnid", "class_index", "class_name")


def class_reader(lookup: ClassLookup, column: str = "") -> Callable[[str], int]:
    """A function from the text in a column to a class index; it raises ValueError with a reason.

    For another column than `wnid`, `class_index` or `class_name` see `ClassLookup.by_any`.
    """
    strict = dict(
        zip(STRICT_COLUMNS, (lookup.by_key, lookup.by_index, lookup.by_name), strict=True)
    )
    return cache(strict.get(column, lookup.by_any))
