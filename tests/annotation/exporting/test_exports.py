"""What an export says, and what its file is called, whatever names the datasets have."""

from __future__ import annotations

import csv
import io
import json
from email.message import Message

import pytest
from django.urls import reverse

from annotation.exporting.records import pseudonym
from annotation.models import Candidate, DatasetImage, Verdict
from tests.factories import adjudicate, make_dataset, make_taxonomy, make_user

NAMES = ["imagenet-val", "my set", 'the "best" set', "Bäume und 木", "a/b\\c", "50 %; x=1", "a, b"]


def file_of(response) -> str:
    """What the file is called, read from the header as RFC 6266 has it."""
    header = response.headers["Content-Disposition"]
    assert header.isascii()
    assert "=?" not in header, "no browser reads MIME's encoded words here"
    message = Message()
    message["Content-Disposition"] = header
    assert message.get_content_disposition() == "attachment"
    return message.get_filename()


def rows_of(response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.getvalue().decode())))


@pytest.mark.parametrize("name", NAMES)
def test_the_file_of_one_dataset_is_called_after_it(admin_client, name):
    make_dataset(make_taxonomy(), name=name)
    address = reverse("export_download", args=["csv"])
    found = file_of(admin_client.get(address, {"dataset": name}))
    shown = name.replace("/", "_").replace("\\", "_").replace('"', "_")
    assert found.startswith(f"annotations-{shown}-20")
    assert found.endswith(".csv")


def test_the_file_of_all_datasets_is_called_after_none(admin_client):
    taxonomy = make_taxonomy()
    for name in NAMES:
        make_dataset(taxonomy, name=name)
    found = file_of(admin_client.get(reverse("export_download", args=["json"])))
    assert found.startswith("annotations-20")
    assert found.endswith(".json")


def test_the_datasets_of_an_image_can_be_told_apart_whatever_their_names(admin_client):
    taxonomy = make_taxonomy()
    first, *others = [make_dataset(taxonomy, images=1, name=name) for name in NAMES]
    image = first.images.get()
    DatasetImage.objects.bulk_create(
        DatasetImage(dataset=dataset, image=image, position=1) for dataset in others
    )
    rows = rows_of(admin_client.get(reverse("export_download", args=["csv"])))
    (found,) = {row["datasets"] for row in rows if row["image_id"] == image.key}
    assert sorted(json.loads(found)) == sorted(NAMES)
    others_found = {row["datasets"] for row in rows if row["image_id"] != image.key}
    assert sorted(map(json.loads, others_found)) == sorted([dataset.name] for dataset in others)


def test_a_verdict_that_no_judgment_gave_is_exported_with_its_reason(admin_client):
    make_dataset(make_taxonomy(), images=1, per_image=1)
    ruth = make_user("admin")
    adjudicate(Candidate.objects.get(), Verdict.CORRECT, ruth, "Its tusks are visible.")
    export = json.loads(admin_client.get(reverse("export_download", args=["json"])).getvalue())
    (image,) = export["images"]
    (told,) = image["adjudications"]
    assert told.pop("decided_at").endswith("Z")
    assert told == {
        "class": "c0", "verdict": "correct", "reviewer": pseudonym(ruth.pk),
        "reason": "Its tusks are visible.",
    }  # fmt: skip
    assert image["correct"] == ["c0"]
