"""Datasets: their images, targets and pictures."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import default_storage
from PIL import Image as Pillow
from PIL import ImageCms

from annotation import tasks
from annotation.models import Candidate, Dataset, DatasetImage, Image
from annotation.renditions import make_renditions
from taxonomy.renditions import path_of, ready_rendition
from tests.annotation.importing.conftest import run, save, stored_files, stored_rows, write_csv
from tests.worlds import draw


def rendition(image: Image, name: str = "large") -> Pillow.Image:
    with default_storage.open(ready_rendition(image.content_hash, image.file, name)) as file:
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


def test_the_result_says_what_there_is_and_what_is_new(photos):
    rows = [f"p{number},{number}" for number in range(4)]
    draw(photos / "photos" / "q.jpg", 5)
    labels = write_csv(photos / "more.csv", *rows, "q,5")
    assert run("import_dataset", "photos", labels, "--images", photos / "photos") == {
        "dataset": "photos", "taxonomy": "six", "images": 5, "images_new": 1,
        "files": 5, "files_new": 1, "candidates_new": 1,
        "also_reference_images": 0, "also_guide_images": 0, "guide_entries": [],
    }  # fmt: skip


def test_every_target_becomes_a_candidate(photos):
    pairs = Candidate.objects.order_by("image__key").values_list("image__key", "class_index")
    assert list(pairs) == [("p0", 0), ("p1", 1), ("p2", 2), ("p3", 3)]


@pytest.mark.parametrize("name", ["african_elephant", "AFRICAN ELEPHANT", "African elephant"])
def test_names_are_read_without_case_and_with_underscores(six, name):
    labels = write_csv(six / "l.csv", f"x,{name}", header="image_id,class_name")
    run("import_dataset", "photos", labels)
    assert Image.objects.get().target == 3


def test_the_keys_of_classes_go_before_their_indices(six):
    labels = write_csv(six / "l.csv", "x,3,a", header="image_id,class_index,wnid")
    run("import_dataset", "photos", labels)
    assert Image.objects.get().target == 0


def test_images_of_one_name_are_told_apart_by_their_folders(six):
    for number, place in enumerate(["train/a/x.jpg", "train/b/x.jpg", "other/b/y.jpg"]):
        (six / "images" / place).parent.mkdir(parents=True, exist_ok=True)
        draw(six / "images" / place, number, (60, 40 + number))
    labels = write_csv(six / "l.csv", "a/x.jpg,0", "b/x,1", "y,1")
    run("import_dataset", "photos", labels, "--images", six / "images")
    heights = dict(Image.objects.values_list("key", "height"))
    assert heights == {"a/x.jpg": 40, "b/x": 41, "y": 42}


def test_a_dot_in_a_name_is_part_of_it(six):
    (six / "images").mkdir()
    draw(six / "images" / "x.1.jpg", 1, (60, 41))
    draw(six / "images" / "x.2.jpg", 2, (60, 42))
    labels = write_csv(six / "l.csv", "x.2,0", "x.1,1")
    run("import_dataset", "photos", labels, "--images", six / "images")
    assert Image.objects.get(key="x.2").height == 42


def test_a_picture_is_stored_once_under_its_hash(six):
    (six / "images").mkdir()
    draw(six / "images" / "x.jpg", 1)
    content = (six / "images" / "x.jpg").read_bytes()
    (six / "images" / "copy.jpg").write_bytes(content)
    run(
        "import_dataset", "a", write_csv(six / "a.csv", "x,0", "copy,1"), "--images", six / "images"
    )
    sha256 = hashlib.sha256(content).hexdigest()
    assert set(Image.objects.values_list("content_hash", flat=True)) == {sha256}
    (file,) = stored_files()
    assert file.read_bytes() == content
    assert file.name == f"{sha256}.jpg"


def test_the_suffix_of_a_stored_picture_says_what_it_is(six):
    (six / "images").mkdir()
    Pillow.new("RGB", (9, 9)).save(six / "images" / "x.jpg", "PNG")
    run("import_dataset", "photos", write_csv(six / "l.csv", "x,0"), "--images", six / "images")
    assert Image.objects.get().file.endswith(".png")


def test_pictures_may_follow_later(six):
    labels = write_csv(six / "l.csv", "x,0", "y,1")
    assert run("import_dataset", "photos", labels)["files"] == 0
    uids = list(Image.objects.order_by("pk").values_list("uid", flat=True))
    (six / "images").mkdir()
    for number, name in enumerate("xy"):
        draw(six / "images" / f"{name}.jpg", number, (60, 40 + number))
    result = run("import_dataset", "photos", labels, "--images", six / "images")
    assert (result["images_new"], result["files"], result["files_new"]) == (0, 2, 2)
    assert list(Image.objects.order_by("pk").values_list("uid", flat=True)) == uids
    assert Image.objects.get(key="y").height == 41


def test_a_second_import_without_pictures_keeps_those_there_are(photos):
    assert run("import_dataset", "photos", photos / "photos.csv")["files"] == 4
    assert not Image.objects.filter(file="").exists()


def stored_picture(folder: Path, file: str) -> Image:
    """The image that importing the picture at folder/images/file makes."""
    name = Path(file).stem
    labels = write_csv(folder / f"{name}.csv", f"{name},0")
    run("import_dataset", name, labels, "--images", folder / "images")
    return Image.objects.get(key=name)


def shown_of(folder: Path, picture: Pillow.Image, file: str, **options: object) -> np.ndarray:
    """The pixels [h, w, 3] that a reviewer sees of a picture."""
    (folder / "images").mkdir(exist_ok=True)
    picture.save(folder / "images" / file, **options)
    return np.asarray(rendition(stored_picture(folder, file), "original"), float)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations(six, orientation):
    """The corners of the picture as it was meant: red, green, blue, white, by reading order."""
    colours = {"red": (0, 0), "lime": (40, 0), "blue": (0, 30), "white": (40, 30)}
    meant = Pillow.new("RGB", (80, 60))
    for colour, corner in colours.items():
        meant.paste(colour, (*corner, corner[0] + 40, corner[1] + 30))
    flips = Pillow.Transpose
    undo = {
        2: flips.FLIP_LEFT_RIGHT, 3: flips.ROTATE_180, 4: flips.FLIP_TOP_BOTTOM,
        5: flips.TRANSPOSE, 6: flips.ROTATE_90, 7: flips.TRANSVERSE, 8: flips.ROTATE_270,
    }  # fmt: skip
    lying = meant.transpose(undo[orientation]) if orientation > 1 else meant
    exif = lying.getexif()
    exif[0x0112] = orientation
    shown = shown_of(six, lying, "x.jpg", exif=exif, quality=95, subsampling=0)
    assert shown.shape == (60, 80, 3)
    assert (Image.objects.get().width, Image.objects.get().height) == (80, 60)
    for y, x in ((15, 20), (15, 60), (45, 20), (45, 60)):
        assert np.abs(shown[y, x] - np.asarray(meant)[y, x]).max() < 12


def without_adobe(data: bytes) -> bytes:
    """A JPEG without the marker in which Adobe says that CMYK is inverted."""
    start = data.index(b"\xff\xee")
    length = int.from_bytes(data[start + 2 : start + 4], "big")
    return data[:start] + data[start + 2 + length :]


def test_cmyk_is_not_inverted_with_adobes_marker_or_without(six):
    (six / "images").mkdir()
    red = Pillow.new("RGB", (64, 48), (200, 30, 40))
    out = io.BytesIO()
    red.convert("CMYK").save(out, "JPEG", quality=95)
    (six / "images" / "marked.jpg").write_bytes(out.getvalue())
    inverted = Pillow.fromarray(255 - np.asarray(red.convert("CMYK")), "CMYK")
    out = io.BytesIO()
    inverted.save(out, "JPEG", quality=95)
    (six / "images" / "plain.jpg").write_bytes(without_adobe(out.getvalue()))
    for name in ("marked.jpg", "plain.jpg"):
        shown = np.asarray(rendition(stored_picture(six, name)), float)
        assert np.abs(shown.mean((0, 1)) - (200, 30, 40)).max() < 8, name


def deep_grey(dtype: type, top: float) -> Pillow.Image:
    return Pillow.fromarray((gradient() * (top / 255)).astype(dtype))


@pytest.mark.parametrize(
    ("file", "picture"),
    [
        ("x.png", lambda: deep_grey(np.uint16, 65535)),
        ("x.tif", lambda: deep_grey(np.uint16, 65535)),
        ("x.pgm", lambda: deep_grey(np.uint16, 65535)),
        ("x.tif", lambda: deep_grey(np.int32, 65535)),
        ("x.tif", lambda: deep_grey(np.int32, 10**9)),
        ("x.tif", lambda: deep_grey(np.float32, 1)),
        ("x.tif", lambda: deep_grey(np.float32, 255)),
        ("x.png", lambda: deep_grey(np.uint8, 255)),
        ("x.webp", lambda: deep_grey(np.uint8, 255)),
        ("x.bmp", lambda: deep_grey(np.uint8, 255)),
    ],
)  # fmt: skip
def test_grey_of_any_depth_keeps_its_shades(six, file, picture):
    shown = shown_of(six, picture(), file)
    assert np.abs(shown.mean(-1) - gradient()).max() < 8


def test_black_and_white_stay_so(six):
    checks = (np.indices((48, 64)).sum(0) // 16 % 2 * 255).astype(np.uint8)
    shown = shown_of(six, Pillow.fromarray(checks).convert("1"), "x.png")
    assert np.abs(shown.mean(-1) - checks)[8::16, 8::16].max() < 8


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_lies_on_white(six, mode):
    half = Pillow.new("RGBA", (64, 48), (90, 90, 90, 0))
    half.paste((90, 90, 90, 255), (32, 0, 64, 48))
    picture = half.quantize(8) if mode == "P" else half.convert(mode)
    shown = shown_of(six, picture, "x.png")
    assert shown[:, :28].min() > 245
    assert np.abs(shown[:, 36:] - 90).max() < 8


def test_an_animation_shows_its_first_picture(six):
    first, second = (Pillow.new("RGB", (64, 48), colour) for colour in ("red", "blue"))
    shown = shown_of(six, first, "x.gif", save_all=True, append_images=[second])
    assert np.abs(shown.mean((0, 1)) - (255, 0, 0)).max() < 8


def profile_of_swapped_colours() -> bytes:
    """A colour profile in which red is what sRGB calls blue, and the other way round."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
    for old, new in (b"rXYZ", b"????"), (b"bXYZ", b"rXYZ"), (b"????", b"bXYZ"):
        profile = profile.replace(old, new)
    return profile


def test_colours_are_those_of_the_embedded_profile(six):
    red = Pillow.new("RGB", (64, 48), (255, 0, 0))
    shown = shown_of(six, red, "x.jpg", icc_profile=profile_of_swapped_colours())
    assert np.abs(shown.mean((0, 1)) - (0, 0, 255)).max() < 12


@pytest.mark.parametrize("extra", [{"icc_profile": b"no profile"}, {"exif": b"Exif\0\0no EXIF"}])
def test_metadata_that_are_damaged_keep_no_picture_out(six, extra):
    shown = shown_of(six, Pillow.new("RGB", (64, 48), (200, 30, 40)), "x.jpg", **extra)
    assert np.abs(shown.mean((0, 1)) - (200, 30, 40)).max() < 8


def test_renditions_carry_no_metadata(six):
    picture = Pillow.new("RGB", (64, 48), "red")
    exif = picture.getexif()
    exif[0x010F] = "a camera"
    (six / "images").mkdir()
    picture.save(
        six / "images" / "x.jpg", exif=exif, comment=b"a comment",
        icc_profile=profile_of_swapped_colours(),
    )  # fmt: skip
    image = stored_picture(six, "x.jpg")
    with default_storage.open(ready_rendition(image.content_hash, image.file, "small")) as file:
        data = file.read()
    assert b"camera" not in data
    assert b"comment" not in data
    assert not {"exif", "icc_profile"} & set(Pillow.open(io.BytesIO(data)).info)


def test_the_worker_makes_the_renditions_of_an_import(photos):
    hashes = list(Image.objects.values_list("content_hash", flat=True))
    tasks.make_renditions(hashes)
    for content_hash in hashes:
        assert default_storage.exists(path_of(content_hash, "large"))
        assert default_storage.exists(path_of(content_hash, "small"))
        assert not default_storage.exists(path_of(content_hash, "original"))


@pytest.fixture
def ordered(monkeypatch) -> list[str]:
    """The content hashes of the renditions that a worker has been told to make."""
    hashes: list[str] = []
    monkeypatch.setattr(
        tasks.make_renditions, "apply_async", lambda args, **_: hashes.extend(args[0])
    )
    return hashes


def test_an_import_orders_the_renditions_of_new_pictures_once(
    photos, ordered, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        draw(photos / "photos" / "q.jpg", 5)
        rows = [f"p{number},{number}" for number in range(4)]
        labels = write_csv(photos / "more.csv", *rows, "q,5")
        run("import_dataset", "photos", labels, "--images", photos / "photos")
    assert ordered == [Image.objects.get(key="q").content_hash]
    with django_capture_on_commit_callbacks(execute=True):
        run("import_dataset", "photos", labels, "--images", photos / "photos")
    assert len(ordered) == 1


def test_an_import_stands_without_a_broker(six, monkeypatch, django_capture_on_commit_callbacks):
    def fail(*_: object, **__: object) -> None:
        raise tasks.make_renditions.OperationalError("no broker")

    monkeypatch.setattr(tasks.make_renditions, "apply_async", fail)
    (six / "images").mkdir()
    draw(six / "images" / "x.jpg", 1)
    with django_capture_on_commit_callbacks(execute=True):
        image = stored_picture(six, "x.jpg")
    assert rendition(image, "small").size == (320, 240)
