"""What the columns of a table of predictions mean, by their names."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from typing import NamedTuple

IMAGES = (
    "image_id", "filename", "file_name", "filepath", "file_path", "file", "path", "image",
    "image_name", "image_path",
)  # fmt: skip
CLASSES = {
    "top": ("", "top", "top_k", "topk", "topk_ids", "topk_indices", "topk_labels"),
    "index": ("index", "indices", "idx", "class_index", "class_indices", "class_idx", "class_id"),
    "label": ("label", "labels", "class", "classes", "class_name", "wnid"),
    "prediction": (
        "prediction", "predictions", "predicted", "pred", "preds", "predicted_class",
        "predicted_label", "predicted_index", "pred_class", "pred_label", "pred_index",
    ),
}  # fmt: skip
SCORES = {
    "score": ("score", "scores", "confidence"),
    "prob": ("prob", "probs", "probability", "probabilities"),
    "logit": ("logit", "logits"),
    "output": ("output", "outputs"),
}
FAMILIES = {
    name: family for kinds in (CLASSES, SCORES) for family, names in kinds.items() for name in names
}
RANKED = re.compile(r"(.*?)_?(\d{1,6})")
TOP_RANKED = re.compile(r"top_?(\d{1,6})_(.+)")  # top1_label
WANTED = (
    "top1, top2, …, top_k, index, label or prediction, or scores, probs or logits of all classes"
)


class Columns(NamedTuple):
    """Which columns count: the image's; classes best first (one column that may hold a list, or one
    per rank) or scores (a list, or one per class); and labels of the same classes, or none."""

    image: str
    values: list[str]
    are_scores: bool
    labels: list[str]


def find_columns(names: Sequence[str], lists: Container[str] = ()) -> Columns:
    """`lists` are the columns whose values are lists. Names may be written in any case, with `-` or
    blanks for `_`. What means nothing here is left out.

    Scores beside as many classes only say how sure a model was. But more scores than classes are
    those of all classes, and the class beside them may be the true one: then the scores count.
    If no name is known, but the image is in `image_id`, all others are ranks in their order.

    Raises ValueError if no column names the image or holds classes or scores, or several could.
    """
    plain = {name: re.sub(r"[-\s]+", "_", name.strip().casefold()) for name in names}
    image = _image(plain)
    found: dict[str, list[tuple[int | None, str]]] = {}
    for name in names:
        family, rank = _family(plain[name])
        if family and plain[name] not in IMAGES:
            found.setdefault(family, []).append((rank, name))
    classes = {family: some for family, some in found.items() if family in CLASSES}
    scores = {family: some for family, some in found.items() if family in SCORES}
    all_scores = any(not _is_one(some, lists) for some in scores.values())
    if all(_is_one(some, lists) for some in classes.values()) and (
        all_scores or (scores and not classes)
    ):
        return Columns(image, _only(scores, "scores"), True, [])
    if set(classes) == {"index", "label"}:  # timm writes both
        return Columns(image, _in_order(classes["index"]), False, _in_order(classes["label"]))
    if classes:
        return Columns(image, _only(classes, "classes"), False, [])
    return Columns(image, _unnamed(image, plain), False, [])


def _is_one(columns: list[tuple[int | None, str]], lists: Container[str]) -> bool:
    """Whether they hold one value for each image."""
    return len(columns) == 1 and columns[0][1] not in lists


def _image(plain: dict[str, str]) -> str:
    found = [name for name in plain if plain[name] in IMAGES]
    chosen = [name for name in found if plain[name] == "image_id"] or found
    if not chosen:
        raise ValueError(
            f"no column names the image; wanted is one of {', '.join(IMAGES)}"
            f" (found: {_listed(plain)})"
        )
    if len(chosen) > 1:
        raise ValueError(
            f"columns {_quoted(chosen)} could all name the image; leave one, or add image_id"
        )
    return chosen[0]


def _family(plain: str) -> tuple[str | None, int | None]:
    if plain in FAMILIES and plain:
        return FAMILIES[plain], None
    if match := TOP_RANKED.fullmatch(plain):
        return FAMILIES.get(match[2]), int(match[1])
    if match := RANKED.fullmatch(plain):
        return FAMILIES.get(match[1]), int(match[2])
    return None, None


def _in_order(columns: list[tuple[int | None, str]]) -> list[str]:
    """By their numbers, which count from 0 or 1."""
    names = [name for _, name in columns]
    if len(columns) == 1:
        return names
    ranks = sorted(-1 if rank is None else rank for rank, _ in columns)
    if ranks[0] not in (0, 1) or ranks != list(range(ranks[0], ranks[0] + len(ranks))):
        shown = _quoted(names[:8])
        raise ValueError(f"columns {shown} are not numbered from 0 or 1 on without gaps")
    return [name for _, name in sorted(columns, key=lambda column: column[0] or 0)]


def _only(families: dict[str, list[tuple[int | None, str]]], what: str) -> list[str]:
    if len(families) > 1:
        firsts = _quoted([columns[0][1] for columns in families.values()])
        raise ValueError(f"columns {firsts} could all be the {what}; leave one of them")
    return _in_order(next(iter(families.values())))


def _unnamed(image: str, plain: dict[str, str]) -> list[str]:
    ranks = [
        name for name, text in plain.items()
        if text and text not in IMAGES and not text.startswith(("unnamed:", "__"))
    ]  # fmt: skip
    if plain[image] == "image_id" and ranks:
        return ranks
    if plain[image] == "image_id":
        raise ValueError(f"needs a column of classes beside '{image}'")
    raise ValueError(f"no column holds classes; wanted are {WANTED} (found: {_listed(plain)})")


def _listed(names: dict[str, str]) -> str:
    return ", ".join(list(names)[:12]) + (", …" if len(names) > 12 else "")


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:-1]) + f" and '{names[-1]}'"
