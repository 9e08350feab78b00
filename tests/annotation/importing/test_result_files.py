"""Predictions as timm's inference script and Hugging Face's pipelines and datasets leave them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from annotation.importing.columns import IMAGES as IMAGE_COLUMNS
from annotation.importing.columns import WANTED
from annotation.importing.picking import Members
from annotation.importing.predictions import read_file
from taxonomy.errors import InputError
from taxonomy.lookup import ClassLookup
from tests.annotation.importing.conftest import run
from tests.annotation.importing.test_predictions import top_k_of

KEYS = ["val/p0.JPEG", "p1.jpg", "p2", "train/crane/p3.png"]
FILES = ["p0.JPEG", "/data/p1.png", "some/where/p2.jpg", "crane/p3.png"]
WNIDS = ["n00", "n01", "n02", "n03", "n04", "n05"]
NAMES = [
    "tench, Tinca tinca",
    "bull's eye",
    'the "crane"',
    "tusker",
    "great white shark",
    "sun, sol",
]
IMAGES = Members(np.arange(4), KEYS)
LOOKUP = ClassLookup(
    {wnid: index for index, wnid in enumerate(WNIDS)},
    ({}, {name: [index] for index, name in enumerate(NAMES)}, {}),
)
Rows = list[list[int]]
Write = Callable[[Rows, Path], Path]


def frame(top: Rows, separate: bool = False, labels: list[str] | None = None) -> pd.DataFrame:
    """Columns as timm's script makes them: file name, perhaps index and label, and prob."""
    indices = np.array(top)
    columns: dict[str, np.ndarray] = {"index": indices}
    if labels:
        columns["label"] = np.array(labels, object)[indices]
    columns["prob"] = np.tile(np.linspace(0.9, 0.1, len(top[0]), dtype=np.float32), (len(top), 1))
    data: dict[str, Any] = {"filename": FILES}
    for name, values in columns.items():
        if values.shape[1] == 1:
            data[name] = list(values[:, 0])
        elif separate:
            data |= {f"{name}_{rank}": values[:, rank] for rank in range(values.shape[1])}
        else:
            data[name] = list(values)
    return pd.DataFrame(data)


def timm_csv(top: Rows, path: Path) -> Path:
    with np.printoptions(threshold=sys.maxsize):
        frame(top, labels=NAMES).to_csv(path.with_suffix(".csv"), index=False)
    return path.with_suffix(".csv")


def timm_csv_of_labels(top: Rows, path: Path) -> Path:
    made = frame(top, labels=[f"{name}: what it is" for name in NAMES])
    made.drop(columns="index").to_csv(path.with_suffix(".csv"), index=False)
    return path.with_suffix(".csv")


def timm_csv_of_columns(top: Rows, path: Path) -> Path:
    frame(top, separate=True, labels=WNIDS).to_csv(path.with_suffix(".csv"), index=False)
    return path.with_suffix(".csv")


def old_timm_csv(top: Rows, path: Path) -> Path:
    lines = [f"{file},{','.join(map(str, row))}" for file, row in zip(FILES, top, strict=True)]
    path.with_suffix(".csv").write_text("\n".join(lines) + "\n")
    return path.with_suffix(".csv")


def timm_json(top: Rows, path: Path) -> Path:
    made = frame(top, labels=NAMES).set_index("filename")
    made.to_json(path.with_suffix(".json"), indent=4, orient="index")
    return path.with_suffix(".json")


def timm_json_of_columns(top: Rows, path: Path) -> Path:
    made = frame(top, separate=True, labels=WNIDS)
    made.to_json(path.with_suffix(".json"), indent=4, orient="split", index=False)
    return path.with_suffix(".json")


def records(top: Rows, path: Path) -> Path:
    frame(top).to_json(path.with_suffix(".json"), orient="records")
    return path.with_suffix(".json")


def json_lines_by_another_name(top: Rows, path: Path) -> Path:
    frame(top, labels=NAMES).to_json(path.with_suffix(".json"), lines=True, orient="records")
    return path.with_suffix(".json")


def timm_parquet(top: Rows, path: Path) -> Path:
    frame(top, labels=WNIDS).set_index("filename").to_parquet(path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


def timm_parquet_of_columns(top: Rows, path: Path) -> Path:
    made = frame(top, separate=True, labels=NAMES)
    made.to_parquet(path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


def said(row: list[int], names: list[str]) -> list[dict[str, Any]]:
    """What a pipeline says of an image; not in order, as others may write it."""
    ranked = [{"label": names[index], "score": 1 / (2 + rank)} for rank, index in enumerate(row)]
    return ranked[1:] + ranked[:1]


def pipeline_by_file(top: Rows, path: Path) -> Path:
    answers = {file: said(row, NAMES) for file, row in zip(FILES, top, strict=True)}
    path.with_suffix(".json").write_text(json.dumps(answers))
    return path.with_suffix(".json")


def pipeline_in_order(top: Rows, path: Path) -> Path:
    labels = [f"LABEL_{index}" for index in range(6)]
    path.with_suffix(".json").write_text(json.dumps([said(row, labels) for row in top]))
    return path.with_suffix(".json")


def pipeline_lines(top: Rows, path: Path) -> Path:
    lines = [
        json.dumps({"image": file, "predictions": said(row, WNIDS)})
        for file, row in zip(FILES, top, strict=True)
    ]
    path.with_suffix(".jsonl").write_text("\n".join(lines))
    return path.with_suffix(".jsonl")


def pipeline_in_cells(top: Rows, path: Path) -> Path:
    cells = [said(row, NAMES) for row in top]
    pd.DataFrame({"file": FILES, "preds": cells}).to_csv(path.with_suffix(".csv"), index=False)
    return path.with_suffix(".csv")


def pipeline_in_parquet(top: Rows, path: Path) -> Path:
    table = pa.table({"image_path": FILES, "prediction": [said(row, NAMES) for row in top]})
    pq.write_table(table, path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


CLASSES = [
    timm_csv, timm_csv_of_labels, timm_csv_of_columns, old_timm_csv, timm_json,
    timm_json_of_columns, records, json_lines_by_another_name, timm_parquet,
    timm_parquet_of_columns, pipeline_by_file, pipeline_in_order, pipeline_lines,
    pipeline_in_cells, pipeline_in_parquet,
]  # fmt: skip


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    width=st.shared(st.integers(1, 6), key="width"),
    top=st.shared(st.integers(1, 6), key="width").flatmap(
        lambda k: st.lists(
            st.permutations(range(6)).map(lambda row: row[:k]), min_size=4, max_size=4
        )
    ),
)
@example(width=1, top=[[5], [4], [0], [1]])
def test_classes_in_every_shape_are_the_same_top_k(tmp_path, width, top):
    for write in CLASSES:
        path = write(top, tmp_path / write.__name__)
        assert read_file(path, IMAGES, LOOKUP).top_k.tolist() == top, write.__name__


def score_frame(scores: np.ndarray, name: str) -> pd.DataFrame:
    return pd.DataFrame({"filename": FILES, name: list(scores)})


def scores_csv(scores: np.ndarray, path: Path) -> Path:
    score_frame(scores, "logit").to_csv(path.with_suffix(".csv"), index=False)
    return path.with_suffix(".csv")


def scores_csv_of_columns(scores: np.ndarray, path: Path) -> Path:
    columns = {f"prob_{index}": scores[:, index] for index in range(6)}
    table = pd.DataFrame({"filename": FILES, "label": "tusker", **columns})
    table.to_csv(path.with_suffix(".csv"), index=False)
    return path.with_suffix(".csv")


def scores_json(scores: np.ndarray, path: Path) -> Path:
    table = score_frame(scores, "probs").set_index("filename")
    table.to_json(path.with_suffix(".json"), orient="index", double_precision=15)
    return path.with_suffix(".json")


def scores_parquet(scores: np.ndarray, path: Path) -> Path:
    score_frame(scores, "prob").set_index("filename").to_parquet(path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


def scores_parquet_of_columns(scores: np.ndarray, path: Path) -> Path:
    columns = {f"logit_{index}": scores[:, index] for index in range(6)}
    pq.write_table(pa.table({"file_name": FILES, **columns}), path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


def dataset_with_logits(scores: np.ndarray, path: Path) -> Path:
    """Of Hugging Face's `datasets`: the image, its true label, and what `map` added."""
    pictures = [{"bytes": b"not read", "path": file} for file in FILES]
    logits = pa.FixedSizeListArray.from_arrays(pa.array(scores.ravel(), pa.float32()), 6)
    table = pa.table({"image": pictures, "label": [0, 1, 2, 3], "logits": logits})
    pq.write_table(table, path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


SCORES = [
    scores_csv, scores_csv_of_columns, scores_json, scores_parquet, scores_parquet_of_columns,
    dataset_with_logits,
]  # fmt: skip


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.permutations(range(6)), min_size=4, max_size=4))
def test_scores_in_every_shape_are_the_same_best_five(tmp_path, ranks):
    scores = np.array(ranks, np.float32) / 4 - 0.5
    for write in SCORES:
        path = write(scores, tmp_path / write.__name__)
        found = read_file(path, IMAGES, LOOKUP).top_k
        assert found.tolist() == np.argsort(-scores, axis=1)[:, :5].tolist(), write.__name__


def test_a_file_of_timm_is_imported_under_its_name(photos):
    made = pd.DataFrame(
        {"filename": [f"p{n}.jpg" for n in range(4)], "index": list(np.array([[0, 1]] * 4))}
    )
    made.to_csv(photos / "resnet50-224.csv", index=False)
    assert run("import_predictions", "photos", photos / "resnet50-224.csv")["predictions"] == 4
    assert top_k_of("resnet50-224") == [[0, 1]] * 4


def test_names_with_all_lemmas_and_images_left_out(photos):
    rows = {"p1.jpg": "tusker", "val/p3.jpg": ["sunglass", "f"], "p2": None}
    (photos / "net.json").write_text(json.dumps(rows))
    run("import_predictions", "photos", photos / "net.json")
    assert top_k_of("net") == [[-1, -1], [2, -1], [-1, -1], [4, 5]]


NO_IMAGE = f"no column names the image; wanted is one of {', '.join(IMAGE_COLUMNS)}"
NO_ROW = "is no object, or no row with a value for each column"


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as error:
        read_file(path, IMAGES, LOOKUP)
    line = str(error.value)
    assert len(line.splitlines()) == 1
    return line


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            "filename,size\np2,3\n",
            f"row 1: no column holds classes; wanted are {WANTED} (found: filename, size)",
        ),
        (
            "filename,path,label\np2,p2,3\n",
            "row 1: columns 'filename' and 'path' could all name the image; leave one, or add image_id",
        ),
        (
            "filename,label,prediction\np2,3,3\n",
            "row 1: columns 'label' and 'prediction' could all be the classes; leave one of them",
        ),
        (
            "filename,logits,probs\np2,[1],[2]\n",
            "row 1: columns 'logits' and 'probs' could all be the scores; leave one of them",
        ),
        (
            "filename,top1,top3\np2,1,2\n",
            "row 1: columns 'top1' and 'top3' are not numbered from 0 or 1 on without gaps",
        ),
        (
            "filename,label,labels\np2,1,2\n",
            "row 1: columns 'label' and 'labels' are not numbered from 0 or 1 on without gaps",
        ),
        (
            "filename,index,label\np2,1,tusker\n",
            "row 2: class index 1 and label 'tusker' are different classes",
        ),
        ("filename,label\np2,\"['a' 'b\"\n", "row 2: '['a' 'b' is no list such as [1, 2, 3]"),
        ("filename,label\np2,[1 [2]]\n", "row 2: '[1 [2]]' is no list such as [1, 2, 3]"),
        (
            "filename,prob\np2,[0.1 ... 0.2]\n",
            "row 2: '[0.1 ... 0.2]' was shortened with '...' when it was written",
        ),
        ("filename,prob\np2,[0.1 0.2]\n", "row 2: has 2 scores, the taxonomy has 6 classes"),
        ("filename,prob\np2,[0.1 x]\n", "row 2: 'x' is no score: it is no number"),
        ("filename,label\np2,[0 1 2 3 4 5 -1]\n", "row 2: lists 7 classes, the taxonomy has 6"),
        ("filename,label\np2,[{'label': 'tusker'}]\n", "row 2: the score of 'tusker' is no number"),
        (
            "filename,label\np2,[{'label': f()}]\n",
            "row 2: '[{'label': f()}]…' is no list of labels and scores",
        ),
        ("p2,1\nq2,2\np1,9\n", "row 2: unknown image 'q2' (and 1 more row)"),
        (
            "filename,label\np1,1\nx/p1.jpg,2\nother/val/p0,1\n,1\n",
            "row 3: image 'x/p1.jpg' occurs twice (and 1 more row)",
        ),
    ],
)
def test_tables_that_say_too_little_or_too_much(tmp_path, content, line):
    (tmp_path / "m.csv").write_text(content)
    assert refusal(tmp_path / "m.csv") == f"m.csv, {line}"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("7", "m.json: is neither a JSON list nor an object"),
        ("[]", "m.json: has no rows"),
        ("[7]", f"m.json, row 1: {NO_ROW}"),
        (
            '{"p1": [{"score": 1}]}',
            'm.json, row 1: needs a "label" and a "score" in each entry of the list',
        ),
        (
            '[[{"label": "n01", "score": 1}]]',
            "m.json: has 1 entries without an image's name, the dataset has 4 images",
        ),
        (
            json.dumps([[{"label": "n01", "score": 1}]] * 5),
            "m.json, row 5: is one too many: the dataset has 4 images",
        ),
        ('{"columns": "ab", "data": []}', 'm.json: needs "columns", a list of names'),
        (
            '{"columns": ["a", "a"], "data": []}',
            'm.json: needs different "columns", and "data", a list of rows',
        ),
        ('{"columns": ["file", "label"], "data": [["p1"]]}', f"m.json, row 1: {NO_ROW}"),
        ('{"images": 3}', "m.json, row 1: unknown image 'images'"),
        ('[{"label": "n01", "score": 1}]', f"m.json, row 1: {NO_IMAGE} (found: label, score)"),
    ],
)
def test_json_that_holds_no_predictions(tmp_path, content, line):
    (tmp_path / "m.json").write_text(content)
    assert refusal(tmp_path / "m.json") == line


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ({"filename": ["p1"], "size": [3]}, "m.parquet: no column holds classes; wanted are"),
        (
            {"image": [{"bytes": b""}], "logits": [[1.0]]},
            "m.parquet: 'image' names no image: it has no path",
        ),
        (
            {"image": [{"path": None}], "logits": [[1.0]]},
            "m.parquet, row 1: 'image' names no image: it is no text",
        ),
        (
            {"filename": ["p1", "p2"], "probs": [[0.5] * 6, [0.5] * 5]},
            "m.parquet, row 2: has 5 scores, the taxonomy has 6 classes",
        ),
        (
            {"filename": ["p1", "p2"], "probs": [[0.5] * 6, [0.5] * 5 + [None]]},
            "m.parquet, row 2: the score of class 5 is nan",
        ),
        (
            {"filename": ["p1", "p2"], "probs": [[0.5] * 6, None]},
            "m.parquet, row 2: has 0 scores, the taxonomy has 6 classes",
        ),
        (
            {"filename": ["p1", "p1"], "probs": [[0.5] * 6] * 2},
            "m.parquet, row 2: image 'p1' occurs twice",
        ),
        ({"filename": ["p1", "x"], "pred": [3.0, 2.5]}, "m.parquet, row 2: unknown image 'x'"),
        ({"filename": ["p1", "p2"], "pred": [3.0, 2.5]}, "m.parquet, row 2: '2.5' is not a class"),
    ],
)
def test_parquet_that_holds_no_predictions(tmp_path, columns, line):
    pq.write_table(pa.table(columns), tmp_path / "m.parquet")
    assert re.sub(r"\(found.*", "", refusal(tmp_path / "m.parquet")).startswith(line)


def test_a_file_that_fits_two_images_is_named_with_both(tmp_path):
    images = Members(np.arange(3), ["a/x.jpg", "b/x.jpg", "a/y.jpg"])
    (tmp_path / "m.csv").write_text("filename,label\nsomewhere/b/x.png,1\ny,2\nx.jpg,3\n")
    with pytest.raises(InputError) as error:
        read_file(tmp_path / "m.csv", images, LOOKUP)
    assert str(error.value) == "m.csv, row 4: image 'x.jpg' could be a/x.jpg or b/x.jpg"
