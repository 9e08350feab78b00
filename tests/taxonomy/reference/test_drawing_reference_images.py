"""What is drawn from a source, and that it stays so."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage

from annotation.models import Dataset, DatasetImage, Image
from taxonomy.models import ReferenceImage, ReferenceSet, Taxonomy
from taxonomy.reference.importing import drawing_order
from tests.taxonomy.reference.conftest import (
    picture,
    pictures,
    stored,
    tar_bytes,
    write_folder,
)  # fmt: skip


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def stored_files() -> list[str]:
    root = Path(settings.MEDIA_ROOT) / "references"
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_each_class_gets_as_many_as_wanted_at_random(six, source, draw):
    result = draw(source)
    assert result == {
        "taxonomy": "six", "classes": 2, "images": 16, "new": 16, "excluded": 0,
        "excluded_classes": [], "damaged": [], "short": [],
    }  # fmt: skip
    rows = stored(six)
    assert [row[:2] for row in rows] == [(key, place) for key in "ac" for place in range(8)]
    assert len({content for _, _, content in rows}) == 16
    drawn = [content for key, _, content in rows if key == "a"]
    everything = [sha(picture(number)) for number in range(20)]
    assert set(drawn) < set(everything)
    assert drawn != everything[:8]


def test_what_is_stored_is_the_file_itself_with_its_size(six, source, draw):
    draw(source)
    for image in ReferenceImage.objects.all():
        assert (image.width, image.height) == (24, 16)
        with default_storage.open(image.file) as file:
            assert sha(file.read()) == image.content_hash


def test_the_draw_is_the_same_on_every_machine():
    names = [f"n01440764_{number}.JPEG" for number in range(1300)]
    order = drawing_order(names, "n01440764", 7)
    # The first three lines of `printf "7\0n01440764\0$NAME" | sha256sum` for each name, sorted.
    assert order[:3] == ["n01440764_972.JPEG", "n01440764_421.JPEG", "n01440764_880.JPEG"]
    assert drawing_order(reversed(names), "n01440764", 7) == order
    assert sorted(order) == sorted(names)


def test_the_order_depends_on_the_seed_and_on_the_class():
    names = [str(number) for number in range(100)]
    orders = [drawing_order(names, key, seed) for key in "ab" for seed in (1, 2)]
    assert len({tuple(order) for order in orders}) == 4


def test_every_file_is_drawn_about_as_often_as_the_others():
    names = [str(number) for number in range(20)]
    counts = dict.fromkeys(names, 0)
    for seed in range(2000):
        for name in drawing_order(names, "a", seed)[:5]:
            counts[name] += 1
    # Binomial(2000, 1/4): mean 500, standard deviation 19.4; five of them either way.
    assert all(403 < count < 597 for count in counts.values())


def test_the_same_seed_draws_the_same_and_another_seed_others(six, source, draw):
    draw(source, seed=1)
    first = stored(six)
    draw(source, seed=2, replace=True)
    second = stored(six)
    draw(source, seed=1, replace=True)
    assert stored(six) == first
    assert second != first


def test_the_layout_of_the_source_makes_no_difference(six, source, draw, tmp_path):
    draw(source)
    first = stored(six)
    a, c = pictures(0, 20), pictures(100, 12, "deep/er/")
    tars = write_folder(tmp_path / "tars", {"a.tar": tar_bytes(a), "c.tar": tar_bytes(c)})
    nested = tmp_path / "nested.tar"
    nested.write_bytes(tar_bytes({"a.tar": tar_bytes(a), "./c.tar": tar_bytes(c)}))
    flat = tmp_path / "flat.tar"
    flat.write_bytes(tar_bytes({f"train/a/{n}": d for n, d in a.items()} |
                               {f"train/c/{n}": d for n, d in c.items()}))  # fmt: skip
    for other in (tars, nested, flat):
        ReferenceSet.objects.all().delete()
        ReferenceImage.objects.all().delete()
        assert draw(other)["new"] == 16
        assert stored(six) == first, other


def test_importing_again_changes_nothing(six, source, draw):
    first = draw(source)
    rows, ids = (
        stored(six),
        list(ReferenceImage.objects.values_list("pk", flat=True).order_by("pk")),
    )
    sets = list(ReferenceSet.objects.order_by("pk").values())
    again = draw(source)
    assert again == {**first, "new": 0}
    assert stored(six) == rows
    assert list(ReferenceImage.objects.values_list("pk", flat=True).order_by("pk")) == ids
    assert list(ReferenceSet.objects.order_by("pk").values()) == sets


def test_another_class_may_come_from_another_source(six, source, draw, tmp_path):
    draw(source)
    first = stored(six)
    result = draw(write_folder(tmp_path / "more", pictures(200, 9, "d/")), seed=5)
    assert (result["classes"], result["images"], result["new"]) == (1, 8, 8)
    assert [row for row in stored(six) if row[0] != "d"] == first


def test_a_picture_may_stand_for_two_classes_and_is_stored_once(six, draw, tmp_path):
    both = pictures(0, 3, "e/") | pictures(0, 3, "f/")
    assert draw(write_folder(tmp_path / "both", both), 3)["images"] == 6
    assert len(stored_files()) == 3


def test_a_picture_that_a_class_has_twice_counts_once(six, draw, tmp_path):
    files = pictures(0, 4, "a/") | {"a/copy.jpg": picture(2), "a/again.jpg": picture(3)}
    result = draw(write_folder(tmp_path / "twice", files), 6)
    assert result["short"] == [{"class": "a", "images": 4}]


def evaluate_on(taxonomy: Taxonomy, hashes: Iterable[str]) -> None:
    """Put images with these contents into a dataset."""
    dataset = Dataset.objects.create(name="evaluated", taxonomy=taxonomy)
    for position, content in enumerate(hashes):
        image = Image.objects.create(taxonomy=taxonomy, key=content, target=0, content_hash=content)
        DatasetImage.objects.create(dataset=dataset, image=image, position=position)


def test_images_of_datasets_are_left_out_and_others_drawn_instead(six, source, draw):
    banned = {sha(picture(number)) for number in (*range(10), 105)}
    evaluate_on(six, banned)
    result = draw(source)
    assert result["images"] == 16
    assert not banned & {content for _, _, content in stored(six)}
    assert 0 < result["excluded"] <= 11
    assert "a" in result["excluded_classes"]


def test_when_too_many_are_left_out_the_class_is_short(six, source, draw):
    evaluate_on(six, {sha(picture(number)) for number in range(15)})
    result = draw(source)
    assert result["excluded"] == 15
    assert result["excluded_classes"] == ["a"]
    assert result["short"] == [{"class": "a", "images": 5}]
    assert len(stored_files()) == 13


def test_an_image_that_joined_a_dataset_goes_when_the_import_runs_again(six, source, draw):
    draw(source)
    first = stored(six)
    evaluate_on(six, {first[0][2]})
    result = draw(source)
    assert result["images"] == 16
    assert (result["new"], result["excluded"], result["excluded_classes"]) == (1, 1, ["a"])
    contents = [content for _, _, content in stored(six)]
    assert first[0][2] not in contents
    assert [row for row in stored(six) if row[0] == "c"] == [row for row in first if row[0] == "c"]


@pytest.mark.django_db(transaction=True)
def test_replacing_deletes_the_files_that_no_class_shows_any_more(six, draw, tmp_path):
    draw(write_folder(tmp_path / "one", pictures(0, 4, "a/") | pictures(0, 2, "c/")), 4)
    assert len(stored_files()) == 4
    draw(write_folder(tmp_path / "two", pictures(50, 4, "a/")), 4, replace=True)
    kept = {sha(picture(number)) for number in (0, 1, 50, 51, 52, 53)}
    assert {name.removesuffix(".jpg") for name in stored_files()} == kept


def test_few_queries_per_class_however_many_images(
    six, source, draw, django_assert_max_num_queries
):
    draw(source, 1)
    with django_assert_max_num_queries(40):
        draw(source, 8, replace=True)
    with django_assert_max_num_queries(12):
        draw(source, 8)
