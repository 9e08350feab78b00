"""Whatever stands in one place of a JSON file, it is read, or there is one clear error."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from annotation.importing.judgment_files import Known
from annotation.importing.labelstudio import read_labelstudio
from annotation.importing.picking import Members
from annotation.importing.predictions import read_file
from taxonomy.errors import InputError
from taxonomy.lookup import ClassLookup
from taxonomy.progress import quiet

IMAGES = Members(np.arange(4), ["p0", "p1", "p2", "p3"])
LOOKUP = ClassLookup({letter: index for index, letter in enumerate("abcdef")}, ({}, {}, {}))
CHOSEN = [{"type": "choices", "from_name": "classes", "value": {"choices": ["a", "b"]}}]
ANNOTATION = {
    "id": 5, "unique_id": "u", "completed_by": {"id": 7, "email": "x"}, "was_cancelled": False,
    "created_at": "2024-05-31", "updated_at": None, "lead_time": 1.5, "result": CHOSEN,
}  # fmt: skip
TASKS = [
    {"id": 1, "data": {"image": "/data/upload/1/p1.jpg"}, "annotations": [ANNOTATION]},
    {"id": 3, "image": "p2", "annotator": 7, "annotation_id": 4, "classes": {"choices": ["a"]}},
]
SAID = [{"label": "a", "score": 0.7}, {"label": "b", "score": 0.2}]
PREDICTIONS = [
    {"p0": {"index": [1, 2], "label": ["b", "c"], "prob": [0.5, 0.2]}, "p1": SAID},
    {"columns": ["filename", "label_0", "label_1"], "data": [["p0", "a", "b"], ["p1", "c", 3]]},
    [{"filename": "p0", "logits": [0, 1, 2, 3, 4, 5]}, {"image": {"path": "p1"}, "pred": 3.0}],
    [SAID] * 4,
]

names = st.sampled_from(["p0", "image_id", "label", "score", "data", "choices", "path", "id"])
leaves = (
    st.none() | st.booleans() | st.integers() | st.integers(-2, 7) | st.floats()
    | st.sampled_from(["p0", "a", "//[x", "LABEL_2", "-1", "\ud800"]) | st.text(max_size=3)
)  # fmt: skip
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=10,
)


def places(content: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield above
    inner = enumerate(content) if isinstance(content, list) else ()
    for key, value in content.items() if isinstance(content, dict) else inner:
        yield from places(value, (*above, key))


def changed(content: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    content = around = copy.deepcopy(content)
    for key in place[:-1]:
        around = around[key]
    around[place[-1]] = value
    return content


cheap = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.django_db
@cheap
@given(place=st.sampled_from(list(places(TASKS))), value=anything)
@example(place=(0, "annotations", 0, "unique_id"), value="\ud800")
@example(place=(0, "annotations", 0, "completed_by"), value="\ud800")
@example(place=(0, "annotations", 0, "lead_time"), value=10**400)
@example(place=(1, "id"), value="\ud800")
@example(place=(0, "annotations", 0, "was_cancelled"), value=1)
def test_tasks_of_label_studio(tmp_path, place, value):
    path = written(tmp_path, changed(TASKS, place, value))
    try:
        found = read_labelstudio(path, Known(IMAGES, LOOKUP, skip_unknown=False), quiet)
    except InputError as error:
        line = str(error)
        assert len(line.splitlines()) == 1
    else:
        assert len(set(found.ids.tolist())) == len(found)
        assert set(found.classes.tolist()) <= set(range(6))
        assert found.milliseconds.min(initial=-1) >= -1


@cheap
@given(
    change=st.sampled_from([(one, place) for one in PREDICTIONS for place in places(one)]),
    value=anything,
)
@example(change=(PREDICTIONS[0], ("p1", 0, "score")), value=10**400)
@example(change=(PREDICTIONS[2], (0, "logits", 0)), value=10**400)
def test_predictions(tmp_path, change, value):
    path = written(tmp_path, changed(*change, value))
    try:
        top_k = read_file(path, IMAGES, LOOKUP).top_k
    except InputError as error:
        line = str(error)
        assert len(line.splitlines()) == 1
    else:
        assert -1 <= top_k.min() <= top_k.max() < 6


cells = st.recursive(
    st.sampled_from(["'label'", "'score'", "'a'", "1", "0.5", "9" * 400, "None", "-", "{", "]"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.tuples(inner, inner).map(": ".join).map("{{{}}}".format),
    ),
    max_leaves=6,
)


@cheap
@given(cell=cells.map("[{}]".format) | cells)
@example(cell="[{[]: 1}]")
@example(cell="[{'label': 'a', 'score': " + "9" * 400 + "}]")
def test_a_cell_of_a_table(tmp_path, cell):
    (tmp_path / "m.csv").write_text(f'image_id,top_k\np0,"{cell}"\n')
    try:
        top_k = read_file(tmp_path / "m.csv", IMAGES, LOOKUP).top_k
    except InputError as error:
        line = str(error)
        assert len(line.splitlines()) == 1
    else:
        assert -1 <= top_k.min() <= top_k.max() < 6


def written(folder: Path, content: Any) -> Path:
    (folder / "m.json").write_text(json.dumps(content))
    return folder / "m.json"
