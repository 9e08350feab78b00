"""Images that people are evaluated on and what everybody looks at: never the same, or it is said."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from annotation.importing import jobs
from annotation.models import Dataset
from taxonomy.guide.images import add_image
from taxonomy.guide.writing import Draft, create_entry
from taxonomy.kept_out import kept_out
from taxonomy.models import GuideImage, Taxonomy
from tests.annotation.importing.conftest import run, write_csv
from tests.taxonomy.reference.conftest import write_folder
from tests.worlds import draw

REFUSED = "tail.jpg: is in a dataset that people are evaluated on"


def upload(client, data: bytes):
    address = reverse("guide_image_upload", args=[Taxonomy.objects.get().pk])
    return client.post(address, {"picture": SimpleUploadedFile("tail.jpg", data)})


def test_an_image_of_a_dataset_does_not_get_into_the_guide(photos, labeler_client):
    evaluated = (photos / "photos" / "p1.jpg").read_bytes()
    assert kept_out([hashlib.sha256(evaluated).hexdigest(), "0" * 64]) == {
        hashlib.sha256(evaluated).hexdigest()
    }
    response = upload(labeler_client, evaluated)
    assert (response.status_code, response.json()) == (422, {"detail": REFUSED})
    assert not GuideImage.objects.exists()
    draw(photos / "other.jpg", 7)
    assert upload(labeler_client, (photos / "other.jpg").read_bytes()).status_code == 200


def test_a_picture_of_the_guide_that_joined_a_dataset_is_refused_from_then_on(
    photos, labeler_client, admin
):
    draw(photos / "photos" / "p9.jpg", 9)
    data = (photos / "photos" / "p9.jpg").read_bytes()
    assert upload(labeler_client, data).status_code == 200
    write_csv(photos / "late.csv", "p9,0")
    run("import_dataset", "late", photos / "late.csv", "--images", photos / "photos")
    assert upload(labeler_client, data).json() == {"detail": REFUSED}


@pytest.fixture
def seen(six, admin) -> Path:
    """Four photographs of which 0 and 1 are reference images, and 1 and 2 are in the guide: 1 in
    two entries, 2 in none that is left.
    """
    (six / "photos").mkdir()
    for number in range(4):
        draw(six / "photos" / f"p{number}.jpg", number)
    data = [(six / "photos" / f"p{number}.jpg").read_bytes() for number in range(4)]
    write_folder(six / "source", {"a/x.jpg": data[0], "a/y.jpg": data[1], "c/z.jpg": data[1]})
    run("import_reference_images", six / "source", "--per-class", 2)
    taxonomy = Taxonomy.objects.get()
    shown, _ = (add_image(taxonomy, data[number], admin) for number in (1, 2))
    for title in ("Tusks", "Beaks"):
        create_entry(taxonomy, Draft(title, f"![x](guide:{shown.uid})", [0]), admin)
    create_entry(taxonomy, Draft("Other", "Nothing.", [0]), admin)
    write_csv(six / "photos.csv", *[f"p{number},{number}" for number in range(4)])
    return six


def test_a_dataset_with_images_that_everybody_has_seen_says_how_many_and_where(seen):
    result = run("import_dataset", "photos", seen / "photos.csv", "--images", seen / "photos")
    told = {
        "also_reference_images": 2,
        "also_guide_images": 2,
        "guide_entries": ["Beaks", "Tusks"],
    }
    assert {key: result[key] for key in told} == told
    again = run("import_dataset", "photos", seen / "photos.csv", "--images", seen / "photos")
    assert {key: again[key] for key in told} == told


def test_the_command_warns(seen):
    out = io.StringIO()
    arguments = ["photos", str(seen / "photos.csv"), "--images", str(seen / "photos")]
    call_command("import_dataset", *arguments, stdout=out)
    assert out.getvalue().splitlines()[-2:] == [
        "Warning: 2 images are among the reference images, which everyone who labels looks at:"
        " import those again, and others take their place.",
        "Warning: 2 images are in the labeling guide, which everyone who labels reads:"
        " “Beaks”, “Tusks”.",
    ]


def test_the_page_of_the_import_warns(seen, admin, admin_client):
    files = [str(seen / "photos.csv"), str(seen / "photos")]
    job = jobs.start("dataset", {"name": "photos", "files": files, "taxonomy": None}, admin)
    jobs.run_job(job.pk)
    page = admin_client.get(reverse("import_job", args=[job.pk])).content.decode()
    assert page.count('class="message warning" role="alert"') == 2
    assert "2 images are among the reference images" in page
    assert "“Beaks”, “Tusks”" in page
    assert "also guide images" not in page


def test_nothing_is_said_of_images_that_nobody_has_seen(photos, admin, admin_client):
    write_csv(photos / "photos.csv", "p0,0", "p1,1", "p2,2", "p3,3")
    out = io.StringIO()
    call_command("import_dataset", "photos", str(photos / "photos.csv"), stdout=out)
    assert "Warning" not in out.getvalue()
    assert "also" not in out.getvalue()
    result = run("import_dataset", "photos", photos / "photos.csv")
    assert (result["also_reference_images"], result["also_guide_images"]) == (0, 0)


def test_images_that_came_without_files_are_taken_for_nothing(seen):
    result = run("import_dataset", "photos", seen / "photos.csv")
    assert (result["also_reference_images"], result["also_guide_images"]) == (0, 0)


def test_after_the_reference_images_were_drawn_anew_nothing_is_left_to_say(seen):
    run("import_dataset", "photos", seen / "photos.csv", "--images", seen / "photos")
    run("import_reference_images", seen / "source", "--per-class", 2)
    result = run("import_dataset", "photos", seen / "photos.csv")
    assert result["also_reference_images"] == 0
    assert Dataset.objects.count() == 1
