"""Contact sheets and thumbnail sheets: what is on them, how large they are, when they are made."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image

from benchmarks.world import real_data
from taxonomy import tasks
from taxonomy.models import LabelClass, ReferenceImage, ReferenceSet, ThumbnailSheets
from taxonomy.reference import sheets
from taxonomy.reference.mosaic import Layout, paint
from tests.taxonomy.reference.conftest import pictures, write_folder

COLORS = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30), (30, 200, 200)]


def plain(color: tuple[int, int, int], size: tuple[int, int] = (300, 200)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


def pixel(data: bytes, x: int, y: int) -> list[int]:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))[y, x].tolist()


def close(one: object, other: object) -> bool:
    return bool(np.abs(np.subtract(one, other)).max() < 25)


def class_of(taxonomy: object, key: str) -> LabelClass:
    return LabelClass.objects.get(taxonomy=taxonomy, synset__key=key)


def made_files(folder: str) -> list[Path]:
    root = Path(settings.MEDIA_ROOT) / folder
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.fixture
def colors(tmp_path) -> Path:
    """Five plain pictures of class a."""
    files = {f"a/{number}.png": plain(color) for number, color in enumerate(COLORS)}
    return write_folder(tmp_path / "colors", files)


def test_the_tiles_stand_in_the_order_of_the_images(six, draw, colors):
    draw(colors, 5)
    label_class = class_of(six, "a")
    sheet = sheets.sheet_of(label_class)
    with default_storage.open(
        sheets.ready_sheet(six.pk, sheet.url.split("/")[-1].removesuffix(".webp"))
    ) as file:
        data = file.read()
    assert Image.open(io.BytesIO(data)).size == (1600, 160)
    for image in ReferenceImage.objects.filter(label_class=label_class):
        with default_storage.open(image.file) as file:
            there = pixel(file.read(), 0, 0)
        assert close(pixel(data, image.position * 160 + 80, 80), there)


def test_a_sheet_tells_what_a_page_needs(six, draw, colors, django_assert_num_queries):
    draw(colors, 8)
    label_class = class_of(six, "a")
    with django_assert_num_queries(2):
        sheet = sheets.sheet_of(label_class)
    assert (sheet.name, sheet.columns, sheet.rows, sheet.wanted) == ("crane", 10, 1, 8)
    pks = ReferenceImage.objects.order_by("position").values_list("pk", flat=True)
    assert [image[0] for image in sheet.images] == list(pks)
    assert {image[1:] for image in sheet.images} == {(300, 200)}
    assert sheet.image_url == f"/classes/{six.pk}/references/{{image}}/{{rendition}}.jpg"
    assert sheets.sheet_of(class_of(six, "b")) is None


def test_several_sheets_take_no_more_queries_than_one(six, draw, source, django_assert_num_queries):
    draw(source)
    classes = list(LabelClass.objects.filter(taxonomy=six))
    with django_assert_num_queries(2):
        found = sheets.sheets_of(classes)
    assert len(found) == 2


def test_a_sheet_is_ordered_for_each_class_and_the_thumbnails_once(
    six, draw, source, monkeypatch, django_capture_on_commit_callbacks
):
    ordered: list[tuple[str, int]] = []
    for task in (tasks.make_sheet, tasks.make_thumbs):
        monkeypatch.setattr(
            task, "apply_async", lambda args, task=task, **_: ordered.append((task.name, args[0]))
        )
    with django_capture_on_commit_callbacks(execute=True):
        draw(source)
    classes = [class_of(six, key).pk for key in "ac"]
    assert ordered == [
        *(("taxonomy.tasks.make_sheet", pk) for pk in classes),
        ("taxonomy.tasks.make_thumbs", six.pk),
    ]
    with django_capture_on_commit_callbacks(execute=True):
        draw(source)
    assert len(ordered) == 3


def test_without_a_broker_the_import_stands_and_sheets_are_made_on_request(
    six, draw, source, monkeypatch, django_capture_on_commit_callbacks
):
    def fail(*_: object, **__: object) -> None:
        raise tasks.make_sheet.OperationalError("no broker")

    monkeypatch.setattr(tasks.make_sheet, "apply_async", fail)
    monkeypatch.setattr(tasks.make_thumbs, "apply_async", fail)
    with django_capture_on_commit_callbacks(execute=True):
        assert draw(source)["new"] == 16
    assert made_files("sheets") == []
    row = ReferenceSet.objects.first()
    with default_storage.open(sheets.ready_sheet(six.pk, row.sheet)) as file:
        assert file.read(4) == b"RIFF"
    row.refresh_from_db()
    assert row.sheet_bytes == made_files("sheets")[0].stat().st_size


def test_the_worker_makes_what_is_missing_once(six, draw, source):
    draw(source)
    assert sheets.sheet_counts(six) == (0, 2)
    waiting = sheets.waiting_sheets()
    for label_class in waiting:
        tasks.make_sheet(label_class)
    assert sheets.waiting_sheets() == []
    assert sheets.sheet_counts(six) == (2, 2)
    times = {path: path.stat().st_mtime_ns for path in made_files("sheets")}
    tasks.make_sheet(waiting[0])
    assert {path: path.stat().st_mtime_ns for path in made_files("sheets")} == times
    tasks.make_thumbs(six.pk)
    tasks.make_thumbs(six.pk)
    assert len(made_files("thumbs")) == 1


def test_a_worker_that_starts_orders_the_sheets_that_were_lost(six, draw, source, monkeypatch):
    draw(source)
    sheets.make_sheet(class_of(six, "a").pk)
    ordered: list[int] = []
    monkeypatch.setattr(tasks.make_sheet, "delay", ordered.append)
    tasks.resume_sheets()
    assert ordered == [class_of(six, "c").pk]


def test_a_sheet_that_went_from_the_storage_is_made_again(six, draw, source):
    draw(source)
    row = ReferenceSet.objects.first()
    sheets.make_sheet(row.label_class_id)
    made_files("sheets")[0].unlink()
    with default_storage.open(sheets.ready_sheet(six.pk, row.sheet)) as file:
        assert file.read(4) == b"RIFF"


def test_an_image_that_went_from_the_storage_leaves_its_tile_grey(six, draw, colors):
    draw(colors, 5)
    gone = ReferenceImage.objects.get(position=2)
    default_storage.delete(gone.file)
    row = ReferenceSet.objects.get()
    with default_storage.open(sheets.ready_sheet(six.pk, row.sheet)) as file:
        data = file.read()
    assert close(pixel(data, 2 * 160 + 80, 80), (128, 128, 128))
    assert not close(pixel(data, 3 * 160 + 80, 80), (128, 128, 128))


@pytest.mark.django_db(transaction=True)
def test_a_replaced_class_has_another_sheet_and_the_old_one_is_deleted(six, draw, source):
    draw(source)
    old = ReferenceSet.objects.get(label_class__synset__key="a")
    sheets.make_sheet(old.label_class_id)
    draw(source, seed=9, replace=True)
    new = ReferenceSet.objects.get(label_class__synset__key="a")
    assert new.sheet != old.sheet
    assert old.sheet not in {path.stem for path in made_files("sheets")}
    with pytest.raises(FileNotFoundError):
        sheets.ready_sheet(six.pk, old.sheet)


def test_a_sheet_that_would_be_too_large_loses_quality_not_images(db):
    rng = np.random.default_rng(1)
    out = io.BytesIO()
    noise = rng.integers(0, 255, (160, 160, 3), dtype=np.uint8)
    Image.fromarray(noise).save(out, "PNG")
    default_storage.save("noise.png", io.BytesIO(out.getvalue()))
    files = dict.fromkeys(range(20), "noise.png")
    free = paint(Layout(160, 10, 10**9), files)
    most = len(free) * 3 // 5
    bound = paint(Layout(160, 10, most), files)
    assert len(bound) <= most
    assert Image.open(io.BytesIO(bound)).size == (1600, 320)


def test_the_thumbnail_of_a_class_is_the_middle_of_its_first_image(six, draw, tmp_path):
    wide = Image.new("RGB", (300, 100), COLORS[0])
    wide.paste(COLORS[1], (100, 0, 200, 100))
    (tmp_path / "wide" / "e").mkdir(parents=True)
    wide.save(tmp_path / "wide" / "e" / "only.png")
    draw(tmp_path / "wide", 1)
    thumbs = sheets.thumbs_of(six)
    assert {**thumbs, "url": ""} == {
        "url": "", "tile": 64, "columns": 20, "per_sheet": 400, "has": [4],
    }  # fmt: skip
    with default_storage.open(sheets.ready_thumbs(ThumbnailSheets.objects.get(), 0)) as file:
        data = file.read()
    for x, y in ((4 * 64 + 5, 5), (4 * 64 + 58, 58)):
        assert close(pixel(data, x, y), COLORS[1])
    assert close(pixel(data, 5, 5), (128, 128, 128))


def test_thumbnails_of_many_classes_stand_on_several_sheets(six, draw, source, monkeypatch):
    monkeypatch.setattr(sheets, "THUMBS_PER_SHEET", 2)
    draw(source)
    current = ThumbnailSheets.objects.get()
    assert current.classes == [0, 2]
    assert sheets.make_thumbs(current) == 2
    with pytest.raises(FileNotFoundError):
        sheets.ready_thumbs(current, 2)


@pytest.mark.django_db(transaction=True)
def test_new_thumbnails_have_a_new_address_and_old_files_go(six, draw, source, tmp_path):
    assert sheets.thumbs_of(six) is None
    draw(source)
    sheets.make_thumbs(ThumbnailSheets.objects.get())
    first = sheets.thumbs_of(six)
    old = set(made_files("thumbs"))
    draw(write_folder(tmp_path / "more", pictures(200, 9, "d/")))
    second = sheets.thumbs_of(six)
    assert first["url"] != second["url"]
    assert second["has"] == [0, 2, 3]
    assert old.isdisjoint(made_files("thumbs"))


def test_the_thumbnails_take_one_query(six, draw, source, django_assert_num_queries):
    draw(source)
    with django_assert_num_queries(1):
        sheets.thumbs_of(six)


@pytest.mark.realdata
@pytest.mark.skipif(real_data() is None, reason="no real photographs at ../shared/data")
def test_a_hundred_real_photographs_arrive_in_less_than_a_megabyte(six, draw, tmp_path):
    photographs = sorted((real_data() / "images").iterdir())
    for number, key in enumerate("abcde"):
        (tmp_path / "real" / key).mkdir(parents=True)
        for path in photographs[number * 100 : number * 100 + 100]:
            (tmp_path / "real" / key / path.name).write_bytes(path.read_bytes())
    assert draw(tmp_path / "real", 100)["images"] == 500
    sizes = [sheets.make_sheet(label_class) for label_class in sheets.waiting_sheets()]
    assert len(sizes) == 5
    assert all(100_000 < size < 1_000_000 for size in sizes), sizes
    with default_storage.open(
        sheets.ready_sheet(six.pk, ReferenceSet.objects.first().sheet)
    ) as file:
        assert Image.open(file).size == (1600, 1600)
