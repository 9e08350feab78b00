"""Which class each of a classifier's outputs means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taxonomy.errors import InputError
from taxonomy.lookup import ClassLookup

NO_CLASS = -1


def read_label_map(value: Any, outputs: int, lookup: ClassLookup) -> NDArray[np.int32]:
    """The class index of each output, int32 [outputs]; -1 where it means none that there is.

    value: None (as many outputs as classes, or one more, which then comes first and is background),
    {"offset": n} (output i is class i - n), or {"classes": a list with a class key, index or null
    for each output}. Keys that are no class of the taxonomy are dropped: the model knows more.

    Raises InputError for a list of another length, an index out of range, a class that two outputs
    mean, or if nothing is left.
    """
    classes = len(lookup.keys)
    if value is None:
        if outputs not in (classes, classes + 1):
            raise InputError(
                f"the model has {outputs} outputs and the taxonomy {classes} classes: say in the"
                " label map which is which"
            )
        value = {"offset": outputs - classes}
    if not isinstance(value, Mapping) or set(value) not in ({"offset"}, {"classes"}):
        raise InputError("label_map: expected {'offset': n} or {'classes': [...]}")
    found = (
        _shifted(value["offset"], outputs, classes)
        if "offset" in value
        else _listed(value["classes"], outputs, lookup)
    )
    known = found[found != NO_CLASS]
    if not len(known):
        raise InputError("label_map: no output is a class of the taxonomy")
    values, counts = np.unique(known, return_counts=True)
    if (counts > 1).any():
        raise InputError(f"label_map: two outputs are class {values[counts > 1][0]}")
    return found


def _shifted(offset: Any, outputs: int, classes: int) -> NDArray[np.int32]:
    if not isinstance(offset, int) or isinstance(offset, bool) or not 0 <= offset < outputs:
        raise InputError(f"label_map: offset must lie between 0 and {outputs - 1}")
    found = np.arange(outputs, dtype=np.int32) - offset
    return np.where((found >= 0) & (found < classes), found, NO_CLASS).astype(np.int32)


def _listed(entries: Any, outputs: int, lookup: ClassLookup) -> NDArray[np.int32]:
    if not isinstance(entries, list) or len(entries) != outputs:
        raise InputError(f"label_map: expected a list of {outputs} classes, one for each output")
    return np.array([_class(entry, lookup) for entry in entries], np.int32)


def _class(entry: Any, lookup: ClassLookup) -> int:
    if entry is None:
        return NO_CLASS
    if isinstance(entry, str):
        return lookup.keys.get(entry, NO_CLASS)
    if not isinstance(entry, int) or isinstance(entry, bool):
        raise InputError(f"label_map: {entry!r} is neither a class's key nor its index")
    if not 0 <= entry < len(lookup.keys):
        raise InputError(f"label_map: there is no class {entry}")
    return entry
