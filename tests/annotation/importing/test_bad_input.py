"""Bad input: one clear line that names file, row and reason, and nothing imported."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import execute_from_command_line
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from annotation.importing import datasets
from annotation.importing.picking import Members
from annotation.importing.predictions import read_file
from annotation.models import Candidate, Participant, Verdict
from taxonomy import stored
from taxonomy.errors import InputError
from taxonomy.loading import load_csv, load_imagenet1k
from taxonomy.lookup import ClassLookup
from tests.annotation.importing.conftest import run, save, stored_files, stored_rows, write_csv
from tests.worlds import draw


class Trap:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.trace,))


def png_of(width: int, height: int) -> bytes:
    """A PNG file that says it is this large, and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def test_an_unknown_wnid_in_the_labels(six, refused):
    labels = write_csv(six / "labels.csv", "x,a", "y,n123", header="image_id,wnid")
    line = refused("import_dataset", "photos", labels, "--taxonomy", "six")
    assert line.startswith("labels.csv, row 3: ")
    assert "n123" in line


def test_an_image_id_that_occurs_twice(six, refused):
    line = refused("import_dataset", "photos", write_csv(six / "labels.csv", "x,0", "y,1", "x,2"))
    assert line == "labels.csv, row 4: image 'x' occurs twice (first in row 2)"


def test_several_bad_rows_are_counted(six, refused):
    labels = write_csv(six / "labels.csv", "x,7", "y,8", ",0")
    assert "row 2" in (line := refused("import_dataset", "photos", labels))
    assert "(and 2 more rows)" in line


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("image_id,class_index\nx,0\n".encode("utf-16"), "UTF-16"),
        (b"image,class_index\nx,0\n", "image_id"),
        (b"image_id,colour\nx,red\n", "class_index"),
        (b"image_id,class_index\nx,0,1\n", "row 2"),
        (b"image_id,class_index\n\xff\xfe\x41,0\n", "UTF-8"),
        (b"image_id,class_index\n", ""),
        (b"", ""),
        (b"image_id,class_index\nx,6\n", "row 2"),
        (b"image_id,class_index\nx,-1\n", "row 2"),
        (b"image_id,class_index\nx,1.5\n", "row 2"),
    ],
)
def test_labels_that_cannot_be_read(six, refused, content, reason):
    (six / "labels.csv").write_bytes(content)
    line = refused("import_dataset", "photos", six / "labels.csv")
    assert line.startswith("labels.csv")
    assert reason in line


def test_a_label_file_that_is_not_there(six, refused):
    assert "labels.csv" in refused("import_dataset", "photos", six / "labels.csv")


@pytest.mark.parametrize(
    "name", ["../secret", "../secret.jpg", "sub/../../secret.jpg", "/etc/hosts"]
)
def test_a_path_that_leaves_the_image_folder(six, refused, name):
    (six / "images" / "sub").mkdir(parents=True)
    draw(six / "secret.jpg", 1)
    labels = write_csv(six / "labels.csv", f"{name},0")
    line = refused("import_dataset", "photos", labels, "--images", six / "images")
    assert line.startswith("labels.csv, row 2: ")


def test_a_link_that_leaves_the_image_folder(six, refused):
    (six / "images").mkdir()
    draw(six / "secret.jpg", 1)
    (six / "images" / "x.jpg").symlink_to(six / "secret.jpg")
    labels = write_csv(six / "labels.csv", "x,0")
    assert "row 2" in refused("import_dataset", "photos", labels, "--images", six / "images")


def bad_picture(folder: Path, name: str, content: bytes) -> Path:
    """Labels of a good image and a bad one."""
    (folder / "images").mkdir()
    draw(folder / "images" / "good.jpg", 1)
    (folder / "images" / name).write_bytes(content)
    return write_csv(folder / "labels.csv", "good,0", f"{Path(name).stem},1")


def test_a_jpeg_that_is_text(six, refused):
    labels = bad_picture(six, "bad.jpg", b"This is no picture.")
    line = refused("import_dataset", "photos", labels, "--images", six / "images")
    assert line.startswith("labels.csv, row 3: bad.jpg is not a picture")


def test_a_decompression_bomb(six, refused):
    labels = bad_picture(six, "bomb.png", png_of(50_000, 50_000))
    line = refused("import_dataset", "photos", labels, "--images", six / "images")
    assert line.startswith("labels.csv, row 3: bomb.png is 50,000 × 50,000 pixels")


def test_a_jpeg_cut_short(six, refused):
    draw(six / "whole.jpg", 1)
    whole = (six / "whole.jpg").read_bytes()
    labels = bad_picture(six, "cut.jpg", whole[: len(whole) // 2])
    line = refused("import_dataset", "photos", labels, "--images", six / "images")
    assert line.startswith("labels.csv, row 3: cut.jpg is damaged or cut short")


def test_an_image_that_is_missing(six, refused):
    (six / "images").mkdir()
    draw(six / "images" / "x.jpg", 1)
    labels = write_csv(six / "labels.csv", "x,0", "y,1")
    line = refused("import_dataset", "photos", labels, "--images", six / "images")
    assert line.startswith("labels.csv, row 3: ")


def test_a_target_that_contradicts_the_one_known(photos, refused):
    line = refused("import_dataset", "others", write_csv(photos / "new.csv", "p0,5"))
    assert line.startswith("new.csv, row 2: ")


def test_predictions_of_the_wrong_length(photos, refused):
    line = refused("import_predictions", "photos", save(photos / "m.npy", [[0], [1], [2]]))
    assert line.startswith("m.npy: ")
    assert "3" in line
    assert "4" in line


def test_a_class_index_outside_the_taxonomy(photos, refused):
    line = refused("import_predictions", "photos", save(photos / "m.npy", [[0], [1], [6], [2]]))
    assert line.startswith("m.npy, row 3: ")
    assert "6" in line


def test_class_index_1000_of_imagenet(db, tmp_path, refused):
    load_imagenet1k()
    labels = write_csv(tmp_path / "labels.csv", "x,0", "y,999")
    run("import_dataset", "photos", labels)
    line = refused("import_predictions", "photos", save(tmp_path / "m.npy", [[999], [1000]]))
    assert line.startswith("m.npy, row 2: ")
    assert "1000" in line


def test_scores_that_are_no_numbers(photos, refused):
    scores = np.random.default_rng(1).random((4, 6))
    scores[2, 3] = np.nan
    line = refused("import_predictions", "photos", save(photos / "m.npy", scores, np.float32))
    assert line.startswith("m.npy, row 3: ")
    assert "nan" in line


def test_scores_of_another_number_of_classes(photos, refused):
    scores = np.random.default_rng(1).random((4, 5))
    line = refused("import_predictions", "photos", save(photos / "m.npy", scores, np.float32))
    assert line.startswith("m.npy: ")


def test_a_truncated_npy(photos, refused):
    path = save(photos / "m.npy", [[0], [1], [2], [3]])
    path.write_bytes(path.read_bytes()[:-5])
    assert refused("import_predictions", "photos", path).startswith("m.npy: ")
    path.write_bytes(path.read_bytes()[:20])
    assert refused("import_predictions", "photos", path).startswith("m.npy: ")


def test_a_pickle_is_never_opened(photos, refused):
    trace = photos / "trace"
    (photos / "m.npy").write_bytes(pickle.dumps(Trap(trace)))
    assert refused("import_predictions", "photos", photos / "m.npy").startswith("m.npy: ")
    np.save(photos / "m.npy", np.array([Trap(trace)] * 4, object), allow_pickle=True)
    assert refused("import_predictions", "photos", photos / "m.npy").startswith("m.npy: ")
    np.savez(photos / "m.npz", np.array([Trap(trace)] * 4, object))
    assert refused("import_predictions", "photos", photos / "m.npz").startswith("m.npz: ")
    assert not trace.exists()


def test_an_array_of_a_class_twice_in_one_row(photos, refused):
    path = save(photos / "m.npy", [[0, 1], [1, 2], [2, 2], [3, 0]])
    assert refused("import_predictions", "photos", path).startswith("m.npy, row 3: ")


def test_predictions_for_images_that_are_not_in_the_dataset(photos, refused):
    path = write_csv(photos / "m.csv", "p0,0", "other,1")
    assert refused("import_predictions", "photos", path).startswith("m.csv, row 3: ")


def test_one_bad_file_among_good_ones_imports_none(photos, refused):
    (photos / "models").mkdir()
    save(photos / "models" / "a.npy", [[0], [1], [2], [3]])
    save(photos / "models" / "b.npy", [[0], [1], [2], [9]])
    assert refused("import_predictions", "photos", photos / "models").startswith("b.npy, row 4: ")


def test_a_folder_without_predictions(photos, refused):
    (photos / "nothing").mkdir()
    assert "nothing" in refused("import_predictions", "photos", photos / "nothing")


def test_an_unknown_dataset(photos, refused):
    path = save(photos / "m.npy", [[0], [1], [2], [3]])
    assert "phots" in refused("import_predictions", "phots", path)


def test_predictions_of_a_file_that_is_not_there(photos, refused):
    assert refused("import_predictions", "photos", photos / "m.npy") == (
        "m.npy: no such file or folder"
    )


def test_a_kind_of_file_that_is_not_read(photos, refused):
    (photos / "m.pkl").write_bytes(pickle.dumps([0, 1, 2, 3]))
    line = refused("import_predictions", "photos", photos / "m.pkl")
    assert line == "m.pkl: is none of .npy, .npz, .csv, .json, .jsonl, .parquet"


@pytest.mark.parametrize("suffix", ["npy", "npz", "csv", "json", "jsonl", "parquet"])
def test_an_empty_file(photos, refused, suffix):
    (photos / f"m.{suffix}").write_bytes(b"")
    line = refused("import_predictions", "photos", photos / f"m.{suffix}")
    assert line.startswith(f"m.{suffix}")


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.array([[0], [1], [-2], [3]]), "m.npy, row 3: class index -2 is not among 0 to 5"),
        (np.array([[0], [1], [2], [2**40]]), "m.npy, row 4: class index 1099511627776 is not"),
        (np.array([[0], [1], [2], [2**64 - 1]], np.uint64), "m.npy, row 4: class index 18446744"),
        (np.array([[0, 1], [1, -1], [-1, 2], [3, 1]]), "m.npy, row 3: has no class at rank 1"),
        (np.full((4, 6), np.inf), "m.npy, row 1: the score of class 0 is inf (image p0) (and 3"),
        (np.array(["a", "b", "c", "d"]), "m.npy: holds values of the type <U1"),
        (np.array([[True]] * 4), "m.npy: holds values of the type bool"),
        (np.array([[1j]] * 4), "m.npy: holds values of the type complex128"),
        (np.zeros(4, [("class", "i4")]), "m.npy: holds values of the type [('class', '<i4')]"),
        (np.zeros(4), "m.npy: has the shape [4]; wanted is [images, k]"),
        (np.zeros((4, 1, 1), int), "m.npy: has the shape [4, 1, 1]; wanted is [images, k]"),
        (np.array(3), "m.npy: has the shape []; wanted is [images, k]"),
        (np.zeros((4, 0), int), "m.npy: has 0 columns"),
        (np.zeros((4, 7), int), "m.npy: has 7 columns, the taxonomy has 6 classes"),
        (np.zeros((6, 4)), "m.npy: has 6 rows, the dataset has 4 images"),
        (np.full((4, 5), -1), "m.npy: predicts nothing: no image has a class"),
    ],
)
def test_arrays_that_are_no_predictions(photos, refused, array, reason):
    np.save(photos / "m.npy", array)
    line = refused("import_predictions", "photos", photos / "m.npy")
    assert line.startswith(reason)
    np.savez_compressed(photos / "m.npz", array)
    line = refused("import_predictions", "photos", photos / "m.npz")
    assert line.startswith(reason.replace("npy", "npz"))


def test_pickles_hidden_deeper_are_never_opened_either(photos, refused):
    trace = photos / "trace"
    fields = np.zeros(4, [("class", "i4"), ("more", object)])
    fields["more"] = Trap(trace)
    np.save(photos / "m.npy", fields, allow_pickle=True)
    assert "pickled" in refused("import_predictions", "photos", photos / "m.npy")
    with zipfile.ZipFile(photos / "m.npz", "w") as archive:
        archive.writestr("arr_0.npy", pickle.dumps(Trap(trace)))
    assert "is a pickle" in refused("import_predictions", "photos", photos / "m.npz")
    (photos / "m.npz").write_bytes(pickle.dumps(Trap(trace)))
    assert refused("import_predictions", "photos", photos / "m.npz").startswith("m.npz: ")
    assert not trace.exists()


@pytest.mark.parametrize(
    ("arrays", "found"),
    [
        ({}, "none"),
        ({"a": np.zeros((4, 1), int), "b": np.zeros((4, 1), int)}, "a.npy, b.npy"),
    ],
)
def test_an_archive_of_no_or_several_arrays(photos, refused, arrays, found):
    np.savez(photos / "m.npz", **arrays)
    line = refused("import_predictions", "photos", photos / "m.npz")
    assert line == f"m.npz: must hold one array (found: {found})"


def archive_of(path: Path, array: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("arr_0.npy", array)
    return path


def npy_of(array: object) -> bytes:
    out = io.BytesIO()
    np.save(out, np.asarray(array))
    return out.getvalue()


def test_archives_that_are_damaged(photos, refused):
    whole = archive_of(photos / "m.npz", npy_of(np.tile(np.arange(6), (4, 1)))).read_bytes()
    start = len(whole) // 4
    for content in (
        whole[:-30],
        whole[: len(whole) // 2],
        whole[:start]
        + bytes(byte ^ 255 for byte in whole[start : start + 40])
        + whole[start + 40 :],
        b"PK, but no zip",
    ):
        (photos / "m.npz").write_bytes(content)
        line = refused("import_predictions", "photos", photos / "m.npz")
        assert line.startswith("m.npz: is damaged or cut short")


def test_an_archive_whose_array_is_cut_short(photos, refused):
    path = archive_of(photos / "m.npz", npy_of([[0], [1], [2], [3]])[:-3])
    assert refused("import_predictions", "photos", path).startswith("m.npz: is damaged or cut")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", "m.csv, row 1: is empty"),
        ("image_id,top1\n", "m.csv: has no rows"),
        (
            "img,top1\np0,0\n",
            "m.csv, row 1: no column names the image; wanted is one of image_id, f",
        ),
        ("image_id\np0\n", "m.csv, row 1: needs a column of classes beside 'image_id'"),
        ("image_id,top1\np0,0\np1\n", "m.csv, row 3: has 1 value, the header has 2 columns"),
        ("image_id,top1\np0,0\np0,1\n", "m.csv, row 3: image 'p0' occurs twice"),
        ("image_id,top1\np0,0\np0.jpg,1\n", "m.csv, row 3: image 'p0.jpg' occurs twice"),
        ("image_id,top1\np0,n123\n", "m.csv, row 2: unknown class name 'n123'"),
        ("image_id,top1\np0,6\n", "m.csv, row 2: class index 6 is not among 0 to 5"),
        ("image_id,top1\np0,-2\n", "m.csv, row 2: unknown class name '-2'"),
        ("image_id,top2,top1\np0,1,-1\n", "m.csv, row 2: has no class at rank 1"),
        ("image_id,top1,top2\np0,1,b\n", "m.csv, row 2: class index 1 occurs twice"),
        (
            "image_id,top1\np0,crane\n",
            "m.csv, row 2: class name 'crane' means any of the classes [0, 1]; use the wnid",
        ),
    ],
)
def test_tables_of_comma_separated_values(photos, refused, content, line):
    (photos / "m.csv").write_text(content)
    assert refused("import_predictions", "photos", photos / "m.csv").startswith(line)


def test_predictions_in_utf_16(photos, refused):
    (photos / "m.csv").write_text("image_id,top1\np0,0\n", encoding="utf-16")
    assert refused("import_predictions", "photos", photos / "m.csv") == (
        "m.csv: is UTF-16; save it as UTF-8"
    )
    (photos / "m.jsonl").write_text('{"image_id": "p0", "top_k": [0]}', encoding="utf-16")
    assert refused("import_predictions", "photos", photos / "m.jsonl") == "m.jsonl: is not UTF-8"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[0, 1]", "is no object"),
        ('{"image_id": 1, "top_k": [0]}', "'image_id' names no image: it is no text"),
        ('{"image_id": "p1"}', "needs a column of classes beside 'image_id'"),
        ('{"image_id": "p1", "top_k": {}}', "'{}' is not a class"),
        ('{"image_id": "p1", "top_k": [0.5]}', "'0.5' is not a class"),
        ('{"image_id": "p1", "top_k": [true]}', "'True' is not a class"),
        ('{"image_id": "p1", "top_k": [[0]]}', "'[0]' is not a class"),
        ('{"image_id": "p1", "top_k": [3, 6]}', "class index 6 is not among 0 to 5"),
        ('{"image_id": "p1", "top_k": [-2]}', "class index -2 is not among 0 to 5"),
        ('{"image_id": "p1", "top_k": [1' + "0" * 30 + "]}", "'1000000"),
        ('{"image_id": "p1", "scores": [0, 1]}', "has 2 scores, the taxonomy has 6 classes"),
        ('{"image_id": "p1", "scores": [0, 1, 2, 3, 4, NaN]}', "the score of class 5 is nan"),
        ('{"image_id": "p1", "scores": [0, 1, 2, 3, 4, 1e999]}', "the score of class 5 is inf"),
        ('{"image_id": "p1", "scores": [0, 1, 2, 3, 4, "5"]}', "a score is not a number"),
        ('{"image_id": "p1", "scores": [0, 1, 2, 3, 4, 1' + "0" * 400 + "]}", "a score is"),
        ('{"image_id": "p1\\u0000", "top_k": [0]}', "unknown image"),
        ('{"image_id": "p1\\ud800", "top_k": [0]}', "unknown image"),
    ],
)
def test_lines_of_json(photos, refused, line, reason):
    (photos / "m.jsonl").write_text('{"image_id": "p0", "top_k": [0]}\n' + line + "\n")
    said = refused("import_predictions", "photos", photos / "m.jsonl")
    assert said.startswith(f"m.jsonl, row 2: {reason}")


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ({"img": ["p0"], "top1": [0]}, "m.parquet: no column names the image; wanted is one of"),
        ({"image_id": ["p0", "p9"], "top1": [0, 1]}, "m.parquet, row 2: unknown image 'p9'"),
        ({"image_id": ["p0"], "top1": [0.5]}, "m.parquet, row 1: '0.5' is not a class"),
        ({"image_id": ["p0"], "top_k": [[3, 6]]}, "m.parquet, row 1: class index 6 is not among"),
        ({"image_id": ["p0"], "scores": [[0.5, 1.0]]}, "m.parquet, row 1: has 2 scores, the tax"),
        ({"image_id": [], "top1": []}, "m.parquet: has no rows"),
    ],
)
def test_tables_in_parquet(photos, refused, columns, line):
    pq.write_table(pa.table(columns), photos / "m.parquet")
    assert refused("import_predictions", "photos", photos / "m.parquet").startswith(line)


def test_a_parquet_file_cut_short_or_damaged(photos, refused):
    table = pa.table({"image_id": [f"p{n}" for n in range(4)], "top1": [0, 1, 2, 3]})
    pq.write_table(table, photos / "m.parquet")
    whole = (photos / "m.parquet").read_bytes()
    for content in (whole[: len(whole) // 2], whole[:4] + b"\xff" * 60 + whole[64:], b"text"):
        (photos / "m.parquet").write_bytes(content)
        line = refused("import_predictions", "photos", photos / "m.parquet")
        assert line.startswith("m.parquet: ")
        assert "None" not in line


KEYS = ["p0", "p1", "p2", "p3"]
IMAGES = Members(np.arange(4), KEYS)
LOOKUP = ClassLookup({letter: n for n, letter in enumerate("abcdef")}, ({}, {}, {}))
ROWS = [[0, 1], [1, 2], [2, 3], [3, 4]]


def whole_files() -> dict[str, bytes]:
    """Predictions that can be read, in every form."""
    out = io.BytesIO()
    np.savez_compressed(out, np.array(ROWS))
    parquet = io.BytesIO()
    pq.write_table(pa.table({"image_id": KEYS, "top_k": ROWS}), parquet)
    lines = [
        json.dumps({"image_id": key, "top_k": row}) for key, row in zip(KEYS, ROWS, strict=True)
    ]
    table = [f"{key},{row[0]},{row[1]}" for key, row in zip(KEYS, ROWS, strict=True)]
    return {
        ".npy": npy_of(ROWS), ".npz": out.getvalue(), ".parquet": parquet.getvalue(),
        ".jsonl": "\n".join(lines).encode(), ".csv": "\n".join(["image_id,a,b", *table]).encode(),
        ".json": json.dumps(dict(zip(KEYS, ROWS, strict=True))).encode(),
    }  # fmt: skip


WHOLE = whole_files()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(suffix=st.sampled_from(sorted(WHOLE)), content=st.binary(max_size=200))
@example(".npy", np.lib.format.MAGIC_PREFIX)
@example(".npy", np.lib.format.MAGIC_PREFIX + b"\x01\x00\x0a\x00{'descr': ")
@example(".npy", np.lib.format.MAGIC_PREFIX + b"\x02\x00\xff\xff\xff\xff")
def test_any_bytes_are_predictions_or_one_clear_error(tmp_path, suffix, content):
    check_reading(tmp_path / f"m{suffix}", content)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    suffix=st.sampled_from(sorted(WHOLE)), place=st.floats(0, 1, exclude_max=True),
    content=st.binary(max_size=8), removed=st.integers(0, 8),
)  # fmt: skip
def test_any_damage_leaves_predictions_or_one_clear_error(
    tmp_path, suffix, place, content, removed
):
    whole = WHOLE[suffix]
    start = int(place * len(whole))
    check_reading(tmp_path / f"m{suffix}", whole[:start] + content + whole[start + removed :])


def check_reading(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        top_k = read_file(path, IMAGES, LOOKUP).top_k
    except InputError as error:
        line = str(error)
        assert line.startswith(path.name)
        assert len(line.splitlines()) == 1
    else:
        assert len(top_k) == 4
        assert top_k.min() >= -1
        assert top_k.max() < 6


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.csv", "image_id,top1,top2\np0,-1,\np3,,\n"),
        ("m.jsonl", '{"image_id": "p0", "top_k": []}\n{"image_id": "p1", "top_k": [-1]}\n'),
    ],
)
def test_tables_in_which_no_image_has_a_class(photos, refused, name, content):
    (photos / name).write_text(content)
    line = refused("import_predictions", "photos", photos / name)
    assert line.startswith(f"{name}: predicts nothing: no image has a class")


def test_two_files_for_one_model(photos, refused):
    (photos / "models").mkdir()
    save(photos / "models" / "net.npy", [[0], [1], [2], [3]])
    write_csv(photos / "models" / "net.csv", "p0,0")
    line = refused("import_predictions", "photos", photos / "models")
    assert line == "net.npy: there is net.csv too, for the same model"


def test_one_model_name_for_two_files(photos, refused):
    paths = [save(photos / name, [[0], [1], [2], [3]]) for name in ("a.npy", "b.npy")]
    line = refused("import_predictions", "photos", *paths, "--model", "net")
    assert line == "one model name goes with one file, not with 2"


@pytest.mark.parametrize("name", ["", "  ", "n" * 151])
def test_a_model_name_of_the_wrong_length(photos, refused, name):
    path = save(photos / "m.npy", [[0], [1], [2], [3]])
    line = refused("import_predictions", "photos", path, "--model", name)
    assert line == "m.npy: a model's name has 1 to 150 characters"


def test_a_model_name_that_is_no_text(photos, refused):
    path = save(photos / "m.npy", [[0], [1], [2], [3]])
    path = path.rename(Path(os.fsdecode(os.fsencode(photos) + b"/caf\xe9.npy")))
    assert "name" in refused("import_predictions", "photos", path)


def test_a_model_cannot_take_a_persons_name(photos, refused):
    Participant.objects.create(name="Ada", kind=Participant.Kind.HUMAN)
    path = save(photos / "Ada.npy", [[0], [1], [2], [3]])
    line = refused("import_predictions", "photos", path)
    assert line == "Ada.npy: 'Ada' is a person; give the model another name"


@pytest.mark.parametrize("name", ["a\nb", "bell\a", "half \ud83d"])
def test_a_dataset_name_that_cannot_be_shown(six, refused, name):
    line = refused("import_dataset", name, write_csv(six / "l.csv", "x,0"))
    assert line == "a dataset's name is text that can be shown"


@pytest.mark.parametrize("name", ["", "  ", "n" * 101])
def test_a_dataset_name_of_the_wrong_length(six, refused, name):
    line = refused("import_dataset", name, write_csv(six / "l.csv", "x,0"))
    assert line == "a dataset's name has 1 to 100 characters"


def test_a_taxonomy_that_is_not_there(db, tmp_path, refused):
    labels = write_csv(tmp_path / "l.csv", "x,0")
    assert "load_taxonomy imagenet1k" in refused("import_dataset", "photos", labels)
    (tmp_path / "two.csv").write_text("name\ncat\ndog\n")
    load_csv(tmp_path / "two.csv", "two")
    line = refused("import_dataset", "photos", labels, "--taxonomy", "three")
    assert line.startswith("there is no taxonomy 'three' (there is: two)")


def test_a_dataset_keeps_its_taxonomy(photos, refused):
    (photos / "two.csv").write_text("name\ncat\ndog\n")
    load_csv(photos / "two.csv", "two")
    line = refused("import_dataset", "photos", photos / "photos.csv", "--taxonomy", "two")
    assert line == "'photos' has the taxonomy 'six', not 'two'"


def test_images_of_a_dataset_that_have_gone_or_moved(photos, refused):
    labels = write_csv(photos / "l.csv", "p0,0", "p1,1")
    line = refused("import_dataset", "photos", labels)
    assert line == "l.csv: image 'p2' of the dataset is missing: it has 4 images"
    labels = write_csv(photos / "l.csv", "p0,0", "p2,2", "p1,1", "p3,3")
    line = refused("import_dataset", "photos", labels)
    assert line.startswith("l.csv, row 3: image 'p2' stands where 'p1' was")


def test_another_picture_under_the_same_image_id(photos, refused):
    draw(photos / "photos" / "p2.jpg", 5)
    line = refused("import_dataset", "photos", photos / "photos.csv", "--images", photos / "photos")
    assert line == "photos.csv, row 4: image 'p2' is there with other content"


def test_an_image_id_that_is_too_long(six, refused):
    line = refused("import_dataset", "photos", write_csv(six / "l.csv", f"{'x' * 256},0"))
    assert line == f"l.csv, row 2: image id '{'x' * 20}…' is longer than 255 characters"


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.write_text("no folder")])
def test_an_image_folder_that_is_none(six, refused, make):
    make(six / "images")
    labels = write_csv(six / "l.csv", "x,0")
    line = refused("import_dataset", "photos", labels, "--images", six / "images")
    assert line == "images: is not a folder"


def test_a_folder_without_images(six, refused):
    (six / "images" / "sub").mkdir(parents=True)
    (six / "images" / "sub" / "readme.txt").write_text("The images are elsewhere.")
    labels = write_csv(six / "l.csv", "x,0", "y,1")
    line = refused("import_dataset", "photos", labels, "--images", six / "images")
    assert line == "l.csv, row 2: image 'x' is not in the folder images (and 1 more row)"


def test_an_image_id_that_two_files_have(six, refused):
    for place in ("a", "b"):
        (six / "images" / place).mkdir(parents=True)
        draw(six / "images" / place / "x.jpg", 1, (20, 20))
    labels = write_csv(six / "l.csv", "x,0")
    line = refused("import_dataset", "photos", labels, "--images", six / "images")
    assert line == "l.csv, row 2: image 'x' could be a/x.jpg or b/x.jpg"


def test_an_absolute_path_even_into_the_image_folder(six, refused):
    (six / "images").mkdir()
    draw(six / "images" / "x.jpg", 1)
    labels = write_csv(six / "l.csv", f"{six}/images/x.jpg,0")
    line = refused("import_dataset", "photos", labels, "--images", six / "images")
    assert line.endswith("leaves the folder images")


def test_a_linked_folder_is_not_followed_out_of_the_image_folder(six, refused):
    (six / "images").mkdir()
    (six / "private").mkdir()
    draw(six / "private" / "secret.jpg", 1)
    (six / "images" / "public").symlink_to(six / "private")
    labels = write_csv(six / "l.csv", "public/secret.jpg,0")
    line = refused("import_dataset", "photos", labels, "--images", six / "images")
    assert line == "l.csv, row 2: image 'public/secret.jpg' is not in the folder images"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.symlink_to(path), "x.jpg"),
        (lambda path: path.symlink_to("nothing.jpg"), "x.jpg can't be read: No such file"),
        (os.mkfifo, "x.jpg"),
    ],
    ids=["link to itself", "link to nothing", "pipe"],
)
def test_a_name_behind_which_no_file_is(six, refused, make, reason):
    (six / "images").mkdir()
    make(six / "images" / "x.jpg")
    labels = write_csv(six / "l.csv", "x,0")
    line = refused("import_dataset", "photos", labels, "--images", six / "images")
    assert line.startswith("l.csv, row 2: ")
    assert reason in line


def test_an_image_file_that_is_too_large(six, refused, settings):
    settings.IMAGE_MAX_BYTES = 50_000
    labels = bad_picture(six, "bad.jpg", b"\xff" * 50_001)
    line = refused("import_dataset", "photos", labels, "--images", six / "images")
    assert line == "l.csv, row 3: bad.jpg is larger than 50,000 bytes".replace("l.", "labels.")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%touch trace) (w) file\n",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        b"RIFF\x04\x00\x00\x00WEBP",
        b"GIF89a",
        b"\xff\xd8\xff\xe0",
        png_of(64, 64),
        png_of(0, 0),
    ],
)  # fmt: skip
def test_files_that_are_no_pictures(six, refused, content):
    labels = bad_picture(six, "bad.jpg", content)
    line = refused("import_dataset", "photos", labels, "--images", six / "images")
    assert line.startswith("labels.csv, row 3: bad.jpg is ")


def test_a_storage_that_fails_halfway_is_left_as_it_was(six, monkeypatch):
    (six / "images").mkdir()
    for number in range(8):
        draw(six / "images" / f"p{number}.jpg", number, (50, 40 + number))
    labels = write_csv(six / "l.csv", *[f"p{number},0" for number in range(8)])
    put, calls = stored.put, []

    def full(name: str, data: bytes) -> bool:
        calls.append(name)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return put(name, data)

    monkeypatch.setattr(stored, "put", full)
    with pytest.raises(OSError, match="No space left"):
        run("import_dataset", "photos", labels, "--images", six / "images")
    assert stored_files() == []
    assert set(stored_rows().values()) == {0}


def test_a_database_that_fails_halfway_leaves_no_file(six, monkeypatch):
    (six / "images").mkdir()
    draw(six / "images" / "x.jpg", 1)
    labels = write_csv(six / "l.csv", "x,0")

    def fail(*_: object) -> int:
        raise RuntimeError("the database went away")

    monkeypatch.setattr(datasets, "add_candidates", fail)
    with pytest.raises(RuntimeError):
        run("import_dataset", "photos", labels, "--images", six / "images")
    assert stored_files() == []
    assert set(stored_rows().values()) == {0}


def test_files_that_were_there_before_stay_when_an_import_fails(photos, refused):
    draw(photos / "photos" / "q.jpg", 1, (30, 30))
    rows = [f"p{number},{number}" for number in range(4)]
    labels = write_csv(photos / "l.csv", *rows, "q,0", "lost,0")
    before = stored_files()
    assert len(before) == 4
    refused("import_dataset", "photos", labels, "--images", photos / "photos")
    (photos / "photos" / "lost.jpg").write_text("no picture")
    refused("import_dataset", "photos", labels, "--images", photos / "photos")
    assert stored_files() == before


@pytest.fixture
def validation(six) -> Path:
    """The dataset `val` of three images of ImageNet's validation set."""
    keys = [f"ILSVRC2012_val_{number:08d}.JPEG" for number in (1, 2, 3)]
    labels = write_csv(six / "val.csv", *[f"{key},{number}" for number, key in enumerate(keys)])
    run("import_dataset", "val", labels)
    return six


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "real.json: is not JSON"),
        (b"[" * 100_000, "real.json: is not JSON"),
        (b"\xff\xfe[\x00", "real.json: is not JSON"),
        (b"7", "real.json: is not a JSON list with an entry per validation image"),
        (b"{}", "real.json: has no list 'images' of objects"),
        (b"[[0], 1, [2]]", "real.json, row 2: is not a list of class indices"),
        (b"[[0], [1], [true]]", "real.json, row 3: is not a list of class indices"),
        (b"[[0], [6], [-1]]", "real.json, row 2: class index 6 is not among 0 to 5 (and 1 more"),
        (b"[[0], [1, 1], [2]]", "real.json, row 2: names a class twice"),
        (b"[[0], [1]]", "real.json: has 2 entries, none for image 'ILSVRC2012_val_00000003.JPEG'"),
    ],
)
def test_multi_labels_that_are_none(validation, refused, content, line):
    (validation / "real.json").write_bytes(content)
    said = refused("import_multilabels", validation / "real.json", "--dataset", "val")
    assert said.startswith(line)
    assert not Candidate.objects.exclude(verdict=Verdict.UNJUDGED).exists()


def test_multi_labels_for_images_of_another_origin(photos, refused):
    (photos / "real.json").write_text("[[0], [1], [2], [3]]")
    line = refused("import_multilabels", photos / "real.json", "--dataset", "photos")
    assert line == "real.json: image 'p0' is not one of ILSVRC2012_val_…"


def test_multi_labels_do_not_change_verdicts_unasked(validation, refused):
    (validation / "real.json").write_text("[[0], [], [2]]")
    (judged,) = Candidate.objects.filter(image__key__endswith="3.JPEG")
    Candidate.objects.filter(pk=judged.pk).update(verdict=Verdict.INCORRECT)
    line = refused("import_multilabels", validation / "real.json", "--dataset", "val")
    assert line.startswith("real.json: 1 verdicts on 'val' say otherwise; --replace")
    verdicts = Candidate.objects.order_by("image__key").values_list("verdict", flat=True)
    assert list(verdicts) == [Verdict.UNJUDGED, Verdict.UNJUDGED, Verdict.INCORRECT]
    result = run("import_multilabels", validation / "real.json", "--dataset", "val", "--replace")
    assert (result["labelled"], result["changed"]) == (2, 3)
    assert list(verdicts.all()) == [Verdict.CORRECT, Verdict.INCORRECT, Verdict.CORRECT]


def test_bad_input_ends_a_command_with_one_line_and_status_1(six, capsys):
    labels = write_csv(six / "l.csv", "x,7")
    with pytest.raises(SystemExit) as stopped:
        execute_from_command_line(["manage.py", "import_dataset", "photos", str(labels)])
    assert stopped.value.code == 1
    assert capsys.readouterr().err == (
        "CommandError: l.csv, row 2: class index 7 is not among 0 to 5\n"
    )
