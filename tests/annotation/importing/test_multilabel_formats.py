"""Multi-labels in TFDS's format and as an export, there and back."""

from __future__ import annotations

import json
import zipfile

import pytest

from annotation.exporting.records import pick_datasets
from annotation.exporting.writing import write_dump
from annotation.importing.multilabels import import_multilabels
from annotation.models import Candidate, Dataset, Image, Verdict
from taxonomy.errors import InputError, InputErrors
from tests.factories import make_dataset, make_taxonomy

pytestmark = pytest.mark.django_db

PREFIX = "ILSVRC2012_val_"


@pytest.fixture
def dataset() -> Dataset:
    """Three validation images whose targets are class 0, 1 and 2, with candidates 0 1, 1 2, 2 3."""
    dataset = make_dataset(make_taxonomy(), 3)
    for number, image in enumerate(Image.objects.order_by("pk"), start=1):
        Image.objects.filter(pk=image.pk).update(key=f"{PREFIX}{number:08d}.JPEG")
    return dataset


def key(number: int) -> str:
    return f"{PREFIX}{number:08d}.JPEG"


def verdicts() -> dict[tuple[str, int], str]:
    rows = Candidate.objects.values_list("image__key", "class_index", "verdict")
    return {(name[-6], index): Verdict(verdict).label for name, index, verdict in rows}


TFDS = {
    "initial_annots": {
        key(1): {"correct": ["c0", "c7"], "wrong": ["c1"]},
        key(2): {"unclear": ["c2"]},
    },
    "problematic_images": {key(2): True, "somewhere-else": True},
    "imagenet_m": [],
}


@pytest.fixture
def tfds(tmp_path):
    path = tmp_path / "human_accuracy.json"
    path.write_text(json.dumps(TFDS))
    return path


def test_the_file_of_tfds_gives_verdicts_and_problematic_images(dataset, tfds):
    found = import_multilabels(tfds, "set")
    assert found == {
        "dataset": "set", "images": 3, "labelled": 1, "correct": 2, "incorrect": 1, "unclear": 1,
        "problematic": 1, "changed": 4, "candidates_new": 1,
    }  # fmt: skip
    assert verdicts() == {
        ("1", 0): "correct", ("1", 7): "correct", ("1", 1): "incorrect",
        ("2", 1): "unjudged", ("2", 2): "unclear",
        ("3", 2): "unjudged", ("3", 3): "unjudged",
    }  # fmt: skip
    assert list(Image.objects.filter(problematic=True).values_list("key", flat=True)) == [key(2)]
    again = import_multilabels(tfds, "set", "tfds")
    assert (again["changed"], again["problematic"], again["candidates_new"]) == (0, 0, 0)


def test_an_image_that_the_file_calls_fine_is_fine_again(dataset, tfds):
    Image.objects.update(problematic=True, problem_reason="dark")
    import_multilabels(tfds, "set")
    rows = Image.objects.order_by("key").values_list("problematic", "problem_reason")
    assert list(rows) == [(False, ""), (True, "dark"), (True, "dark")]


@pytest.mark.parametrize("suffix", ["tfds", "json"])
def test_an_export_comes_back_as_it_was(dataset, tfds, tmp_path, suffix):
    import_multilabels(tfds, "set")
    before = verdicts()
    out = tmp_path / "out.json"
    write_dump(out, suffix, pick_datasets())
    Candidate.objects.update(verdict=Verdict.UNJUDGED)
    Image.objects.update(problematic=False, problem_reason="")
    import_multilabels(out, "set")
    assert verdicts() == before
    assert Image.objects.get(problematic=True).problem_reason == "problematic"


def test_tfds_reads_from_the_export_what_the_database_says(dataset, tfds, tmp_path):
    """By the rules of TFDS's builder: images by their prefix, three lists of wnids each of which may
    be missing, problematic images by the keys of an object."""
    import_multilabels(tfds, "set")
    out = tmp_path / "out.json"
    write_dump(out, "tfds", pick_datasets())
    content = json.loads(out.read_text())
    annotated = {
        name: labels for name, labels in content["initial_annots"].items()
        if name[: len(PREFIX)] == PREFIX
    }  # fmt: skip
    assert annotated == {
        key(1): {"correct": ["c0", "c7"], "wrong": ["c1"], "unclear": []},
        key(2): {"correct": [], "wrong": [], "unclear": ["c2"]},
    }
    assert list(content["problematic_images"].keys()) == [key(2)]
    assert [annotated[name] for name in content["imagenet_m"]] == []


def test_a_real_list_has_the_correct_classes_at_the_places_of_the_images(dataset, tfds, tmp_path):
    import_multilabels(tfds, "set")
    Candidate.objects.filter(image__key=key(2), class_index=1).update(verdict=Verdict.CORRECT)
    out = tmp_path / "real.json"
    write_dump(out, "real", pick_datasets())
    entries = json.loads(out.read_text())
    assert len(entries) == 50_000
    assert entries[0] == [0, 7]
    assert not any(entries[1:])  # the second image is problematic
    with pytest.raises(InputError, match="say otherwise"):
        import_multilabels(out, "set")


def test_a_zip_from_the_export_page_comes_in_as_it_is(dataset, tfds, tmp_path):
    import_multilabels(tfds, "set")
    for format in ("json", "tfds"):
        out = tmp_path / f"{format}.zip"
        write_dump(out, format, pick_datasets())
        assert import_multilabels(out, "set")["changed"] == 0
    content = bytearray(out.read_bytes())
    place = zipfile.ZipFile(out).getinfo("annotations.json").header_offset
    content[place + 30 + len("annotations.json") + 9] ^= 255
    out.write_bytes(content)
    with pytest.raises(InputError, match="damaged zip"):
        import_multilabels(out, "set")
    write_dump(tmp_path / "parquet.zip", "parquet", pick_datasets())
    with pytest.raises(InputError, match=r"without annotations\.json"):
        import_multilabels(tmp_path / "parquet.zip", "set")


def test_other_images_have_no_place_in_a_real_list(dataset, tmp_path):
    Image.objects.filter(key=key(1)).update(key="photo")
    with pytest.raises(InputError, match="not for 'photo'"):
        write_dump(tmp_path / "real.json", "real", pick_datasets())
    assert not list(tmp_path.glob("*real*"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"initial_annots": []}, "has no 'initial_annots' of images"),
        ({"initial_annots": {}, "problematic_images": 3}, "has no 'initial_annots' of images"),
        ({"initial_annots": {"nowhere": {}}}, "row 1: there is no image 'nowhere'"),
        ({"initial_annots": {key(1): []}}, "row 1: is not an object"),
        ({"initial_annots": {key(1): {"wrong": "c1"}}}, "row 1: 'wrong' is not a list"),
        ({"initial_annots": {key(1): {"wrong": ["x"]}}}, "row 1: unknown wnid 'x'"),
        ({"initial_annots": {key(1): {"wrong": [1]}}}, "row 1: unknown wnid '1'"),
        (
            {"initial_annots": {key(1): {"wrong": ["c1"], "correct": ["c1"]}}},
            "row 1: class 'c1' is listed with two verdicts",
        ),
        ({"images": [1]}, "has no list 'images' of objects"),
        ({"images": [{"image_id": key(1)}] * 2}, f"row 2: image '{key(1)}' occurs twice"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_imported(dataset, tmp_path, content, reason):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(content))
    before = verdicts()
    with pytest.raises((InputError, InputErrors)) as error:
        import_multilabels(path, "set")
    assert reason in str(error.value)
    assert verdicts() == before
