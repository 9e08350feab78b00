"""Datasets: their images, targets and pictures."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from annotation.models import Dataset, DatasetImage, Image
from annotation.renditions import make_renditions, open_rendition
from tests.annotation.importing.conftest import run, save, stored_rows, write_csv
from tests.worlds import draw


def rendition(image: Image, name: str = "large") -> Pillow.Image:
    with open_rendition(image.content_hash, image.file, name) as file:
        return Pillow.open(io.BytesIO(file.read()))


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("image_id,wnid", ["a", "c"]),
        ("image_id,class_index", ["0", "2"]),
        ("image_id,class_name", ["African elephant", "tusker"]),
        ("image_id,label", ["d", "2"]),
    ],
)
def test_targets_are_given_by_key_index_or_name(six, header, values):
    labels = write_csv(six / "l.csv", f"x,{values[0]}", f"y,{values[1]}", header=header)
    run("import_dataset", "photos", labels, "--taxonomy", "six")
    targets = list(Image.objects.order_by("key").values_list("target", flat=True))
    assert targets == [{"a": 0, "0": 0, "African elephant": 3, "d": 3}[values[0]], 2]


def test_a_name_that_two_classes_have_is_refused_as_a_target(six, refused):
    labels = write_csv(six / "l.csv", "x,crane", header="image_id,class_name")
    assert "crane" in refused("import_dataset", "photos", labels)


def test_images_are_found_at_any_depth(six):
    for number, place in enumerate(["x.jpg", "deep/er/y.png", "n01/z.JPEG"]):
        (six / "images" / place).parent.mkdir(parents=True, exist_ok=True)
        draw(six / "images" / place, number, (60, 40 + number))
    labels = write_csv(six / "l.csv", "x,0", "y.png,1", "z,2")
    run("import_dataset", "photos", labels, "--images", six / "images")
    assert not Image.objects.filter(file="").exists()
    assert Image.objects.get(key="z").height == 42


def test_importing_again_changes_nothing(photos):
    before = stored_rows(), list(Image.objects.order_by("pk").values())
    run("import_dataset", "photos", photos / "photos.csv", "--images", photos / "photos")
    assert (stored_rows(), list(Image.objects.order_by("pk").values())) == before


def test_new_images_are_appended_and_the_others_keep_their_position(photos):
    labels = write_csv(photos / "more.csv", *[f"p{n},{n}" for n in range(4)], "q,5")
    run("import_dataset", "photos", labels)
    assert Dataset.objects.get().size == 5
    keys = DatasetImage.objects.order_by("position").values_list("image__key", flat=True)
    assert list(keys) == ["p0", "p1", "p2", "p3", "q"]


def test_two_datasets_share_their_images(photos):
    run("import_dataset", "half", write_csv(photos / "half.csv", "p1,1", "p3,3"))
    assert Image.objects.count() == 4
    assert Dataset.objects.get(name="half").size == 2


def gradient() -> np.ndarray:
    return np.tile(np.linspace(0, 255, 64), (48, 1))


def test_every_kind_of_picture_shows_right(six):
    (six / "images").mkdir()
    grey = Pillow.fromarray(gradient().astype(np.uint8))
    red = Pillow.new("RGB", (64, 48), (200, 30, 40))
    palette = red.quantize(8)
    wide = Pillow.fromarray((gradient() * 257).astype(np.uint16))
    half = Pillow.new("RGBA", (64, 48), (200, 30, 40, 0))
    pictures = {
        "cmyk.jpg": red.convert("CMYK"), "palette.png": palette, "grey.png": grey,
        "sixteen.png": wide, "clear.png": half,
    }  # fmt: skip
    for name, picture in pictures.items():
        picture.save(six / "images" / name)
    labels = write_csv(six / "l.csv", *[f"{name},0" for name in pictures])
    run("import_dataset", "photos", labels, "--images", six / "images")
    shown = {image.key: np.asarray(rendition(image), float) for image in Image.objects.all()}
    for name in ("cmyk.jpg", "palette.png"):
        assert np.abs(shown[name].mean((0, 1)) - (200, 30, 40)).max() < 8, name
    for name in ("grey.png", "sixteen.png"):
        assert np.abs(shown[name].mean(-1) - gradient()).max() < 8, name
    assert shown["clear.png"].min() > 250


def test_a_camera_held_upright_gives_an_upright_picture(six):
    (six / "images").mkdir()
    lying = Pillow.new("RGB", (60, 40), "white")
    lying.paste("black", (0, 0, 30, 40))
    exif = lying.getexif()
    exif[0x0112] = 6
    lying.save(six / "images" / "x.jpg", exif=exif)
    run("import_dataset", "photos", write_csv(six / "l.csv", "x,0"), "--images", six / "images")
    image = Image.objects.get()
    shown = rendition(image)
    assert shown.size == (40, 60) == (image.width, image.height)
    pixels = np.asarray(shown, float).mean(-1)
    assert pixels[:20].mean() < 30
    assert pixels[-20:].mean() > 225
    assert not shown.getexif()


def test_renditions_are_made_once_and_of_web_size(six, settings):
    (six / "images").mkdir()
    draw(six / "images" / "x.jpg", 1, (2000, 1000))
    run("import_dataset", "photos", write_csv(six / "l.csv", "x,0"), "--images", six / "images")
    image = Image.objects.get()
    assert make_renditions([image.content_hash]) == 2
    assert make_renditions([image.content_hash]) == 0
    assert rendition(image).size == (1280, 640)
    assert rendition(image, "small").size == (320, 160)
    assert rendition(image, "original").size == (2000, 1000)


def test_a_picture_is_served_to_those_who_review_and_to_nobody_else(
    photos, client, labeler_client, reviewer_client
):
    address = f"/images/{Image.objects.first().uid}/small.jpg"
    assert client.get(address).status_code == 302
    assert labeler_client.get(address).status_code == 403
    response = reviewer_client.get(address)
    assert response.status_code == 200
    assert "p0" not in str(response.headers)
    assert Pillow.open(io.BytesIO(b"".join(response.streaming_content))).format == "JPEG"


def test_predictions_stay_with_their_images_when_the_dataset_grows(photos):
    run("import_predictions", "photos", save(photos / "m.npy", [[0], [1], [2], [0]]))
    labels = write_csv(photos / "more.csv", *[f"p{n},{n}" for n in range(4)], "q,5")
    run("import_dataset", "photos", labels)
    (row,) = [row for row in run("compute_metrics")["rows"] if row["group"] == "all"]
    assert row["top1"]["correct"] == 3
