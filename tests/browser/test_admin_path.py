"""An admin's way in a real browser with a real worker: import, recompute, export."""

from __future__ import annotations

import json
import re
import zipfile

import numpy as np
import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.importing.datasets import import_dataset
from annotation.models import Candidate, Dataset, Judgment, ReviewRound, Verdict
from evaluation import recomputing
from taxonomy.loading import load_csv
from tests.browser.test_accessibility import violations
from tests.workers import own_worker
from tests.worlds import CLASSES, draw

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def worker(transactional_db):
    """A Celery worker of this test, on a queue of its own."""
    cache.delete_many([recomputing.CHANGES_KEY, recomputing.RUNNING_KEY, recomputing.ASKED_KEY])
    with own_worker("admin-test"):
        yield


@pytest.fixture
def files(tmp_path, settings):
    """What an admin has at hand: classes, labels, photographs on the server, predictions."""
    settings.UPLOADS_ROOT = tmp_path / "uploads"
    settings.IMPORT_ROOTS = [tmp_path / "server"]
    (tmp_path / "server" / "photos").mkdir(parents=True)
    (tmp_path / "classes.csv").write_text(CLASSES)
    for number in range(6):
        draw(tmp_path / "server" / "photos" / f"p{number}.jpg", number)
    rows = "".join(f"p{number},{number}\n" for number in range(6))
    (tmp_path / "labels.csv").write_text(f"image_id,class_index\n{rows}")
    (tmp_path / "bad.csv").write_text("image_id,class_index\np0,0\np1,77\np2,88\n")
    np.save(tmp_path / "good-net.npy", np.array([[0], [1], [2], [3], [4], [0]], np.int32))
    np.save(tmp_path / "bad-net.npy", np.array([[1], [1], [1], [1], [1], [1]], np.int32))
    return tmp_path


def imported(page: Page) -> None:
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=30_000)


def test_import_review_recompute_export(open_page, admin, worker, files):
    page = open_page(admin)
    page.goto(reverse("home"))

    page.goto(reverse("imports") + "?kind=taxonomy")
    page.locator('input[type="file"]').set_input_files(files / "classes.csv")
    page.locator('[name="name"]').fill("six")
    imported(page)

    page.goto(reverse("imports") + "?kind=dataset")
    page.locator('[name="name"]').fill("photos")
    page.locator('[name="labels"]').set_input_files(files / "bad.csv")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing was imported")).to_be_visible(timeout=30_000)
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr").first).to_contain_text("bad.csv")
    expect(page.locator("tbody tr").first).to_contain_text("3")
    assert not Dataset.objects.exists()

    page.get_by_role("link", name="Try again").click()
    page.locator('[name="name"]').fill("photos")
    page.locator('[name="labels"]').set_input_files(files / "labels.csv")
    page.locator('[name="images_path"]').fill(str(files / "server" / "photos"))
    imported(page)

    page.get_by_role("link", name="Import predictions").click()
    page.locator('[name="predictions"]').set_input_files(
        [files / "good-net.npy", files / "bad-net.npy"]
    )
    page.locator('[name="dataset"]').select_option(label="photos")
    imported(page)
    assert Candidate.objects.count() == 6 + 5 + 1

    page.get_by_role("link", name="Open a round").click()
    page.locator('[name="name"]').fill("First round")
    page.get_by_label("photos").check()
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="First round")).to_be_visible()
    assert ReviewRound.objects.get().items.count() == 6

    page.goto(reverse("results"))
    page.get_by_role("button", name="Recompute").or_(
        page.get_by_role("button", name="Compute")
    ).first.click()
    row = page.locator("tbody tr", has_text="good-net")
    expect(row).to_contain_text("83.33", timeout=30_000)
    Candidate.objects.filter(image__key="p5", class_index=0).update(verdict=Verdict.CORRECT)
    page.get_by_role("button", name="Recompute").click()
    expect(row).to_contain_text("100.00", timeout=30_000)

    page.goto(reverse("export"))
    page.get_by_role("radio", name=re.compile("^json")).check()
    page.get_by_label("photos").check()
    page.get_by_role("button", name="Export", exact=True).click()
    row = page.get_by_role("listitem").filter(has_text="json of photos")
    expect(row.get_by_text("done")).to_be_visible(timeout=30_000)
    with page.expect_download() as download:
        row.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.startswith("annotations-photos-json-20")
    with zipfile.ZipFile(download.value.path()) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist()]
    (dump,) = [
        json.loads(text) for text in texts if text.startswith('{"format": "tusker-annotations"')
    ]
    assert [one["image_id"] for one in dump["images"]] == [f"p{number}" for number in range(6)]
    row.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("None yet.")).to_be_visible()


def test_the_judgments_of_others_are_imported_and_their_round_is_listed(
    open_page, admin, worker, files
):
    load_csv(files / "classes.csv", "six")
    import_dataset("photos", files / "labels.csv", None, "six")
    rows = ["image_id,class,reviewer,verdict", "p0,a,Ida,correct", "p0,a,Ole,correct"]
    (files / "bad-judgments.csv").write_text("\n".join([*rows, "p9,a,Ida,no", "p1,b,Ida,hm"]))
    (files / "theirs.csv").write_text("\n".join([*rows, "p9,a,Ida,no"]))
    page = open_page(admin, bypass_csp=True)
    page.goto(reverse("imports") + "?kind=judgments")
    assert violations(page) == []
    page.locator('[name="judgments"]').set_input_files(files / "bad-judgments.csv")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing was imported")).to_be_visible(timeout=30_000)
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr").last).to_contain_text("'hm' is none of correct")
    assert not Judgment.objects.exists()

    page.get_by_role("link", name="Try again").click()
    page.locator('[name="judgments"]').set_input_files(files / "theirs.csv")
    page.get_by_label("photos").check()
    page.get_by_label("Leave out judgments of images that are not there").check()
    imported(page)
    expect(page.locator(".counts")).to_contain_text("skipped")
    assert violations(page) == []
    assert Candidate.objects.get(image__key="p0").verdict == Verdict.CORRECT

    page.get_by_role("link", name="See the rounds").click()
    expect(page.get_by_role("heading", name="theirs.csv")).to_be_visible()
    expect(page.get_by_text("1 of 1 images done")).to_be_visible()
    page.goto(reverse("people"))
    expect(page.get_by_text("And 2 reviewers whose judgments were imported")).to_be_visible()
    assert violations(page) == []
