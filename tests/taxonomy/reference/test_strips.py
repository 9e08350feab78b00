"""The first reference images of a class as one small picture, for the exported guide."""

from __future__ import annotations

import io

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from taxonomy.models import ReferenceImage, ReferenceSet
from taxonomy.reference.sheets import sheets_version
from taxonomy.reference.strips import MOST_BYTES, strips_of
from tests.taxonomy.reference.conftest import pictures, write_folder
from tests.taxonomy.reference.test_contact_sheets import close, made_files, pixel

pytestmark = pytest.mark.django_db


def sizes(taxonomy, indices) -> dict[int, tuple[int, int]]:
    return {
        index: Image.open(io.BytesIO(data)).size for index, data in strips_of(taxonomy, indices)
    }


def test_the_first_twelve_images_stand_in_rows_of_four(six, draw, source):
    draw(source, 20)
    (strip,) = dict(strips_of(six, [0])).values()
    assert Image.open(io.BytesIO(strip)).size == (320, 240)
    assert len(strip) <= MOST_BYTES
    for image in ReferenceImage.objects.filter(label_class__index=0, position__lt=12):
        with default_storage.open(image.file) as file:
            there = pixel(file.read(), 0, 0)
        row, column = divmod(image.position, 4)
        assert close(pixel(strip, 80 * column + 40, 80 * row + 40), there)


@pytest.mark.parametrize(("images", "size"), [(1, (80, 80)), (3, (240, 80)), (7, (320, 80))])
def test_of_fewer_images_there_are_full_rows_and_no_empty_tile(six, draw, tmp_path, images, size):
    draw(write_folder(tmp_path / "few", pictures(0, images, "a/")), 8)
    assert sizes(six, [0]) == {0: size}


def test_only_classes_that_are_asked_for_and_have_images_have_a_strip(six, draw, source):
    draw(source)
    assert set(sizes(six, [1, 2, 3])) == {2}
    assert len(made_files("strips")) == 1


def test_a_strip_is_made_once_by_two_queries_and_read_by_two(
    six, draw, source, django_assert_num_queries
):
    draw(source)
    with django_assert_num_queries(2):
        assert set(sizes(six, range(6))) == {0, 2}
    times = {path: path.stat().st_mtime_ns for path in made_files("strips")}
    with django_assert_num_queries(1):
        assert set(sizes(six, range(6))) == {0, 2}
    assert {path: path.stat().st_mtime_ns for path in made_files("strips")} == times


@pytest.mark.django_db(transaction=True)
def test_another_draw_has_another_strip_and_the_old_one_is_deleted(six, draw, source):
    draw(source)
    before = sheets_version(six)
    sizes(six, [0])
    old = set(made_files("strips"))
    draw(source, seed=9, replace=True)
    sizes(six, [0])
    assert old.isdisjoint(made_files("strips"))
    assert len(made_files("strips")) == 1
    assert sheets_version(six) != before


def test_the_version_of_all_sheets_changes_with_any_class(six, draw, source):
    assert sheets_version(six) == ""
    draw(source)
    before = sheets_version(six)
    assert sheets_version(six) == before
    ReferenceSet.objects.filter(label_class__index=2).update(sheet="other")
    assert sheets_version(six) != before
