"""Bad input: one clear line that names file, row and reason, and nothing imported."""

from __future__ import annotations

import pickle
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from taxonomy.loading import load_imagenet1k
from tests.annotation.importing.conftest import run, save, write_csv
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
