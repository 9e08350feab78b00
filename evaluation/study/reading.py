"""The authors' released file: what people and models said, and the multi-labels.

A pickle of a dict: `labeled_images` (ids), `annot_data` {participant: {id: {"label": wnid,
"extra_info": {"start_time", "end_time"}}}}, `image_map` {id: {"problematic"}}, `image_labels` {id:
{"correct", "wrong", "unclear": wnids}}, `split_wnids` {("organism",), ("organism", "dog"),
("object",): wnids}, `all_candidates` (the ids of ImageNetV2), `wnid_map` {id: target wnid}. The
authors' notebook (modestyachts/evaluating_machine_accuracy_on_imagenet) reads it so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from dateutil import parser
from numpy.typing import NDArray

from evaluation.metrics.data import Verdict
from evaluation.study.unpickling import load_plain
from taxonomy.errors import InputError

VAL, V2 = "imagenet-val", "imagenetv2"
PARTS = ("labeled_images", "annot_data", "image_map", "image_labels", "split_wnids",
         "all_candidates", "wnid_map")  # fmt: skip
SPLITS = {"organisms": ("organism",), "dogs": ("organism", "dog"), "objects": ("object",)}
# What is listed twice counts as the first of these.
LISTS = (("correct", Verdict.CORRECT), ("unclear", Verdict.UNCLEAR), ("wrong", Verdict.INCORRECT))


@dataclass(frozen=True, eq=False)
class Study:
    """The labeled images of the study, sorted by id, and what was said of them.

    images, wnids      the ids, and all wnids of the file, sorted: classes are places in that list
    in_v2              bool [n_images], of ImageNetV2; the others are ImageNet's
    targets            int32 [n_images]
    problematic        bool [n_images]
    verdicts           per image {class: verdict}
    names, is_human    the participants, sorted
    top1               int32 [n_participants, n_images], -1 = no prediction
    seconds            float32 [n_participants, n_images], from start to end; nan = not known
    groups             {name: bool [n_classes]}
    """

    images: list[str]
    wnids: list[str]
    in_v2: NDArray[np.bool_]
    targets: NDArray[np.int32]
    problematic: NDArray[np.bool_]
    verdicts: list[dict[int, Verdict]]
    names: list[str]
    is_human: list[bool]
    top1: NDArray[np.int32]
    seconds: NDArray[np.float32]
    groups: dict[str, NDArray[np.bool_]]


def read_study(path: Path) -> Study:
    """Read the released file. Raises InputError, naming the part that is missing or wrong."""
    content = load_plain(path)
    if not isinstance(content, dict):
        raise InputError("is not a dict", file=path)
    if missing := [part for part in PARTS if part not in content]:
        raise InputError(f"has no '{missing[0]}'", file=path)
    try:
        return _study(content)
    except _Wrong as error:
        raise InputError(str(error), file=path) from error


class _Wrong(ValueError):
    pass


def _study(content: Mapping[str, Any]) -> Study:
    images = sorted(_texts(content["labeled_images"], "labeled_images"))
    if not images:
        raise _Wrong("'labeled_images' is empty")
    annotations = _mapping(content["annot_data"], "annot_data")
    targets = [_get(content, "wnid_map", image) for image in images]
    labels = [_labels(content, image) for image in images]
    answers = {
        str(name): [_answer(said, str(name), image) for image in images]
        for name, said in annotations.items()
    }
    splits = {name: _split(content, key) for name, key in SPLITS.items()}
    wnids = sorted(
        {*targets, *(wnid for listed in labels for wnid in listed)}
        | {wnid for row in answers.values() for wnid, _ in row if wnid}
        | {wnid for split in splits.values() for wnid in split}
    )
    place = {wnid: index for index, wnid in enumerate(wnids)}
    names = sorted(answers)
    top1 = [[place.get(wnid, -1) for wnid, _ in answers[name]] for name in names]
    seconds = [[time for _, time in answers[name]] for name in names]
    groups = {name: np.isin(wnids, split) for name, split in splits.items()}
    everything = np.ones(len(wnids), bool)
    shape = (len(names), len(images))
    return Study(
        images=images,
        wnids=wnids,
        in_v2=np.isin(images, _texts(content["all_candidates"], "all_candidates")),
        targets=np.array([place[wnid] for wnid in targets], np.int32),
        problematic=np.array([_is_problematic(content, image) for image in images]),
        verdicts=[{place[wnid]: verdict for wnid, verdict in one.items()} for one in labels],
        names=names,
        is_human=_who_is_human(names, np.array(seconds, np.float32).reshape(shape)),
        top1=np.array(top1, np.int32).reshape(shape),
        seconds=np.array(seconds, np.float32).reshape(shape),
        groups={"all": everything, **groups, "without-dogs": everything & ~groups["dogs"]},
    )


def _who_is_human(names: Sequence[str], seconds: NDArray[np.float32]) -> list[bool]:
    """The authors call people human_a, human_b, …; in files without such names, whose times are
    known."""
    by_name = ["human" in name.lower() for name in names]
    return by_name if any(by_name) else [bool((~np.isnan(row)).any()) for row in seconds]


def _answer(said: Any, name: str, image: str) -> tuple[str, float]:
    """(wnid, seconds); "" and nan for what was not said."""
    entry = _mapping(said, f"annot_data of '{name}'").get(image)
    if entry is None:
        return "", np.nan
    entry = _mapping(entry, f"annot_data of '{name}' on '{image}'")
    label = entry.get("label") or ""
    if not isinstance(label, str):
        raise _Wrong(f"the label of '{name}' on '{image}' is not a wnid")
    info = entry.get("extra_info")
    info = info if isinstance(info, Mapping) else {}
    begin, end = (_time(info.get(key), name, image) for key in ("start_time", "end_time"))
    if begin is None or end is None:
        return label, np.nan
    if (begin.tzinfo is None) != (end.tzinfo is None):
        begin, end = begin.replace(tzinfo=None), end.replace(tzinfo=None)
    return label, (end - begin).total_seconds()


def _time(value: Any, name: str, image: str) -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value)
        except (OverflowError, OSError, ValueError):
            raise _Wrong(f"a time of '{name}' on '{image}' is none: {value}") from None
    try:
        return parser.parse(value)
    except (ValueError, TypeError, OverflowError):
        raise _Wrong(f"a time of '{name}' on '{image}' is none: {str(value)[:40]!r}") from None


def _labels(content: Mapping[str, Any], image: str) -> dict[str, Verdict]:
    entry = _mapping(content["image_labels"], "image_labels").get(image)
    if entry is None:
        raise _Wrong(f"'image_labels' has no '{image}'")
    entry = _mapping(entry, f"image_labels of '{image}'")
    found: dict[str, Verdict] = {}
    for name, verdict in LISTS:
        for wnid in _texts(entry.get(name, []), f"image_labels of '{image}'"):
            found.setdefault(wnid, verdict)
    return found


def _is_problematic(content: Mapping[str, Any], image: str) -> bool:
    entry = _mapping(content["image_map"], "image_map").get(image)
    return bool(entry.get("problematic")) if isinstance(entry, Mapping) else False


def _get(content: Mapping[str, Any], part: str, image: str) -> str:
    found = _mapping(content[part], part).get(image)
    if not isinstance(found, str):
        raise _Wrong(f"'{part}' has no wnid of '{image}'")
    return found


def _split(content: Mapping[str, Any], key: tuple[str, ...]) -> list[str]:
    splits = _mapping(content["split_wnids"], "split_wnids")
    if key not in splits:
        raise _Wrong(f"'split_wnids' has no {key}")
    return _texts(splits[key], f"split_wnids of {key}")


def _mapping(value: Any, what: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise _Wrong(f"'{what}' is not a dict")
    return value


def _texts(value: Any, what: str) -> list[str]:
    if not isinstance(value, list | tuple | set | frozenset | dict):
        raise _Wrong(f"'{what}' is not a list")
    found = list(value)
    if not all(isinstance(one, str) for one in found):
        raise _Wrong(f"'{what}' holds what is no string")
    return list(dict.fromkeys(found))
