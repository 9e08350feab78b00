"""What changed between two snapshots, and the page that shows it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation.models import Candidate, Dataset, DatasetImage, Image, Verdict
from evaluation.changes import accuracy_changes, changed_images, compare
from evaluation.metrics.changes import Change
from evaluation.models import MetricReport
from evaluation.reports import recompute
from evaluation.snapshots import take_snapshot
from tests.evaluation.worlds import predict
from tests.factories import make_dataset, make_taxonomy, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset() -> Dataset:
    """Four images with target 0 to 3, each with the candidates target and target + 1."""
    found = make_dataset(make_taxonomy(), 4, per_image=2)
    Candidate.objects.filter(image__target=0).update(verdict=Verdict.CORRECT)
    for target in (1, 2, 3):
        say(target, target, Verdict.CORRECT)
    predict("model", found, [[0], [2], [3], [3]])
    return found


def say(target: int, index: int, verdict: Verdict) -> None:
    Candidate.objects.filter(image__target=target, class_index=index).update(verdict=verdict)


@pytest.fixture
def snapshots(dataset):
    """Before and after: image 1 gains a label, image 2 swaps its label, image 0 loses one."""
    before = recompute().snapshot
    say(1, 2, Verdict.CORRECT)
    say(2, 2, Verdict.INCORRECT)
    say(2, 3, Verdict.CORRECT)
    say(0, 1, Verdict.UNCLEAR)
    return before, recompute().snapshot


def test_images_are_counted_by_what_became_of_their_labels(snapshots):
    comparison = compare(*snapshots)
    assert comparison.changes.counts() == {
        "unchanged": 1, "added": 1, "modified": 1, "removed": 1,
    }  # fmt: skip
    ids = [int(pk) for pk in comparison.images(Change.MODIFIED)]
    (changed,) = changed_images(comparison, ids, make_user("admin"))
    assert changed.image.target == 2
    assert [one.index for one in changed.gained] == [3]
    assert [one.index for one in changed.lost] == [2]


def test_images_that_only_one_snapshot_has_are_left_out(dataset):
    before = take_snapshot()
    image = Image.objects.create(taxonomy=dataset.taxonomy, key="new", target=0)
    DatasetImage.objects.create(dataset=dataset, image=image, position=4)
    assert len(compare(before, take_snapshot()).image_ids) == 4


def test_each_participant_s_gain_is_the_difference_of_two_reports(snapshots):
    (row,) = accuracy_changes(*snapshots)
    assert (row["participant"], row["dataset"]) == ("model", "set")
    assert (row["before"], row["after"]) == (2 / 4, 4 / 4)
    assert row["gain"] == 0.5


def test_the_page_lists_the_images_of_a_kind(snapshots, client):
    client.force_login(make_user("reviewer"))
    before, after = snapshots
    page = client.get(reverse("changes"), {"kind": "modified"}).content.decode()
    for text in ("+ class 3", "\N{MINUS SIGN} class 2", "50.00", "100.00", "+50.00"):
        assert text in page
    back = client.get(
        reverse("changes"), {"from": after.hash, "to": before.hash, "kind": "removed"}
    )
    assert [one.image.target for one in back.context["images"]] == [1]
    assert client.get(reverse("changes"), {"kind": "x"}).status_code == 404
    assert client.get(reverse("changes"), {"from": "nowhere"}).status_code == 404


def test_without_a_report_over_everything_it_says_why_no_gain_is_told(snapshots, client):
    client.force_login(make_user("reviewer"))
    assert "can't be said" not in client.get(reverse("changes")).content.decode()
    MetricReport.objects.all().update(complete=False)
    assert "can't be said" in client.get(reverse("changes")).content.decode()


def test_with_one_snapshot_the_page_says_when_there_will_be_two(dataset, client):
    take_snapshot()
    client.force_login(make_user("reviewer"))
    assert "nothing to compare" in client.get(reverse("changes")).content.decode()


def test_the_page_costs_the_same_however_many_images_changed(
    snapshots, client, django_assert_max_num_queries
):
    client.force_login(make_user("reviewer"))
    with django_assert_max_num_queries(14):
        client.get(reverse("changes"), {"kind": "modified"})
