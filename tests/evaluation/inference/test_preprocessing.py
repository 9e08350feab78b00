from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from evaluation.inference.label_maps import read_label_map
from evaluation.inference.preprocessing import Preprocessing, guess, read_preprocessing
from taxonomy.errors import InputError
from taxonomy.lookup import ClassLookup


def jpeg(width: int, height: int) -> bytes:
    """Red on the left, blue on the right, green in the middle third."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 3, 0] = pixels[:, width // 3 : -(width // 3), 1] = 255
    pixels[:, -(width // 3) :, 2] = 255
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def test_the_short_side_is_scaled_and_the_middle_cut_out():
    picture = Preprocessing(size=70, crop=0.7, dtype="uint8").picture(jpeg(300, 100))
    assert picture.size == (70, 70)
    assert picture.getpixel((35, 35)) == (0, 255, 0)
    assert picture.getpixel((0, 35)) == (0, 255, 0)  # red and blue are cut off


def test_a_large_picture_looks_the_same_as_without_draft_decoding():
    big = jpeg(3000, 1500)
    quick = np.asarray(Preprocessing(size=64).picture(big), float)
    with Image.open(io.BytesIO(big)) as image:
        side = round(64 / 0.875)
        plain = image.resize((2 * side, side), Image.Resampling.BILINEAR)
        left, top = (2 * side - 64) // 2, (side - 64) // 2
        slow = np.asarray(plain.crop((left, top, left + 64, top + 64)), float)
    assert np.abs(quick - slow).mean() < 3


def test_stretching_keeps_everything():
    picture = Preprocessing(size=30, resize="stretch").picture(jpeg(300, 100))
    assert [picture.getpixel((x, 15)) for x in (2, 15, 27)] == [
        (255, 0, 0), (0, 255, 0), (0, 0, 255),
    ]  # fmt: skip


def test_numbers_come_in_the_layout_order_of_channels_and_scale_asked_for():
    wide = Preprocessing(size=30, resize="stretch", layout="NHWC", dtype="uint8")
    square = wide.square(jpeg(300, 100))
    squares = np.stack([square, square])
    plain = wide.numbers(squares)[1]
    assert (plain.shape, plain.dtype, plain[15, 2].tolist()) == ((30, 30, 3), np.uint8, [255, 0, 0])
    turned = Preprocessing(
        size=30, resize="stretch", channels="BGR", mean=(0, 0, 0), std=(1, 2, 4)
    ).numbers(squares)[1]
    assert (turned.shape, turned.dtype) == ((3, 30, 30), np.float32)
    assert turned[:, 15, 2].tolist() == [0, 0, 0.25]
    normal = Preprocessing(size=30, resize="stretch").numbers(squares)[1]
    assert normal[:, 15, 2] == pytest.approx([(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225])


@pytest.mark.parametrize(
    ("shape", "kind", "expected"),
    [
        ([1, 224, 224, 3], "tensor(uint8)", (224, "NHWC", "uint8")),
        (["N", 3, 299, 299], "tensor(float)", (299, "NCHW", "float32")),
        ([None, 3, "H", "W"], "tensor(float)", (224, "NCHW", "float32")),
    ],
)
def test_the_input_tells_size_layout_and_type(shape, kind, expected):
    found = guess(shape, kind)
    assert (found.size, found.layout, found.dtype) == expected


@pytest.mark.parametrize(
    ("shape", "kind", "reason"),
    [
        ([1, 784], "tensor(float)", "has 2 dimensions; images have 4"),
        ([1, 1, 28, 28], "tensor(float)", "is the 3 channels"),
        ([1, 3, 224, 160], "tensor(float)", "is not square: 224 x 160"),
        ([1, 3, 224, 224], "tensor(int64)", "images go in as uint8 or float"),
    ],
)
def test_inputs_that_are_no_images(shape, kind, reason):
    with pytest.raises(InputError, match=reason):
        guess(shape, kind)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"size": 0}, "size: expected 1 to 2048"),
        ({"size": "big"}, "size: expected"),
        ({"crop": 1.5}, "crop: expected a share"),
        ({"interpolation": "magic"}, "interpolation: expected one of nearest"),
        ({"layout": "CHWN"}, "layout: expected one of"),
        ({"mean": [1, 2]}, "mean: expected three numbers"),
        ({"std": [1, 1, 0]}, "std: must not be 0"),
        ({"std": [1, 1, float("nan")]}, "std: expected three numbers"),
        ({"sise": 224}, "sise: unknown"),
    ],
)
def test_settings_that_make_no_sense_are_named(values, reason):
    with pytest.raises(InputError, match=reason):
        read_preprocessing(values, Preprocessing(size=224))


LOOKUP = ClassLookup({"a": 0, "b": 1, "c": 2}, ({}, {}, {}))


@pytest.mark.parametrize(
    ("value", "outputs", "expected"),
    [
        (None, 3, [0, 1, 2]),
        (None, 4, [-1, 0, 1, 2]),
        ({"offset": 2}, 4, [-1, -1, 0, 1]),
        ({"classes": ["c", None, "a", "unknown"]}, 4, [2, -1, 0, -1]),
        ({"classes": [1, 0, 2]}, 3, [1, 0, 2]),
    ],
)
def test_outputs_are_given_classes(value, outputs, expected):
    assert read_label_map(value, outputs, LOOKUP).tolist() == expected


@pytest.mark.parametrize(
    ("value", "outputs", "reason"),
    [
        (None, 10, "has 10 outputs and the taxonomy 3 classes"),
        ({"offset": -1}, 3, "offset must lie between"),
        ({"classes": ["a", "b"]}, 3, "expected a list of 3"),
        ({"classes": ["a", "b", "a"]}, 3, "two outputs are class 0"),
        ({"classes": [0, 1, 3]}, 3, "there is no class 3"),
        ({"classes": [0, 1, True]}, 3, "neither a class's key nor its index"),
        ({"classes": ["x", "y", "z"]}, 3, "no output is a class"),
        ({"shift": 1}, 3, "expected {'offset'"),
    ],
)
def test_label_maps_that_make_no_sense(value, outputs, reason):
    with pytest.raises(InputError, match=reason):
        read_label_map(value, outputs, LOOKUP)
