"""Two or three classes side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from taxonomy.models import LabelClass, Synset, Taxonomy
from taxonomy.reference.sheets import Sheet, sheets_of

MOST = 3


@dataclass(frozen=True)
class Column:
    """A class of a comparison; the queries are addresses of comparisons that differ from this one.

    `without` leaves this class out; `moved` has it one place to the left, or is "" for the first.
    """

    label_class: LabelClass
    synset: Synset
    sheet: Sheet | None
    without: str
    moved: str


def compared(taxonomy: Taxonomy, indices: Sequence[str]) -> list[Column]:
    """The columns of a comparison of the classes with these indices, in their order, each once.

    Three queries. Raises ValueError if an index is none of the taxonomy's, or there are too many.
    """
    if wrong := [text for text in indices if not (text.isascii() and text.isdecimal())]:
        raise ValueError(f"'{wrong[0]}' is no class index")
    wanted = list(dict.fromkeys(map(int, indices)))
    if len(wanted) > MOST:
        raise ValueError(f"at most {MOST} classes are compared")
    classes = LabelClass.objects.filter(taxonomy=taxonomy, index__in=wanted)
    by_index = {found.index: found for found in classes.select_related("synset")}
    if missing := set(wanted) - set(by_index):
        raise ValueError(f"there is no class {min(missing)}")
    found = [by_index[index] for index in wanted]
    sheets = sheets_of(found)
    return [
        Column(
            label_class,
            label_class.synset,
            sheets.get(label_class.pk),
            _query(wanted[:place] + wanted[place + 1 :]),
            _moved(wanted, place),
        )
        for place, label_class in enumerate(found)
    ]


def _moved(indices: list[int], place: int) -> str:
    if not place:
        return ""
    swapped = list(indices)
    swapped[place - 1 : place + 1] = indices[place], indices[place - 1]
    return _query(swapped)


def _query(indices: list[int]) -> str:
    return "?" + "&".join(f"class={index}" for index in indices)
