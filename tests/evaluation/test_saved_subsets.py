"""Saved subsets of images: reports have them like groups of classes."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation.models import Candidate, Dataset, DatasetImage, Image, Verdict
from evaluation import recomputing
from evaluation.arrays import arrays_of
from evaluation.models import Subset
from evaluation.profiles import missed_by_all
from evaluation.reports import compute_report, compute_rows
from evaluation.snapshots import take_snapshot
from evaluation.subsets import describe
from taxonomy.errors import InputError
from tests.factories import make_dataset, make_taxonomy, predict

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset() -> Dataset:
    """Ten images of class 0 to 9 with candidates for their class and the next. Images 0 to 3 have
    both as correct labels, 4 to 7 one, 8 and 9 none; 0 and 4 are problematic. a says the image's
    class, b too but of the last five images, c says class 0 always."""
    taxonomy = make_taxonomy()
    taxonomy.groups.create(name="low", position=5).members.set(taxonomy.classes.filter(index__lt=5))
    dataset = make_dataset(taxonomy, 10)
    images = [link.image for link in DatasetImage.objects.order_by("position")]
    for number, image in enumerate(images):
        right = [number, (number + 1) % 10][: 2 if number < 4 else 1 if number < 8 else 0]
        Candidate.objects.filter(image=image).update(verdict=Verdict.INCORRECT)
        Candidate.objects.filter(image=image, class_index__in=right).update(verdict=Verdict.CORRECT)
    Image.objects.filter(pk__in=[images[0].pk, images[4].pk]).update(problematic=True)
    predict("a", dataset, [[i] for i in range(10)])
    predict("b", dataset, [[i if i < 5 else 0] for i in range(10)])
    predict("c", dataset, [[0] for _ in range(10)])
    return dataset


def accuracies(name: str, **fields: object) -> tuple[int, dict[str, tuple[int, int]]]:
    """The number of images, and of each participant (correct, n) of the multi-label accuracy."""
    Subset.objects.create(name=name, **fields)
    rows = [row for row in compute_report(take_snapshot()).rows if row["group"] == name]
    found = {
        row["participant"]: (row["multi_label"]["correct"], row["multi_label"]["n"]) for row in rows
    }
    return rows[0]["n"], found


@pytest.mark.parametrize(
    ("fields", "images", "of_a", "of_b"),
    [
        ({}, 10, (6, 6), (3, 6)),
        ({"least_labels": 2}, 4, (3, 3), (3, 3)),
        ({"least_labels": 1, "most_labels": 1}, 4, (3, 3), (0, 3)),
        ({"least_labels": 1, "most_labels": 1, "problematic": True}, 4, (4, 4), (1, 4)),
        ({"most_labels": 0}, 2, (0, 0), (0, 0)),
        ({"within": "low"}, 5, (3, 3), (3, 3)),
        ({"without": "low"}, 5, (3, 3), (0, 3)),
        ({"within": "low", "without": "low"}, 0, (0, 0), (0, 0)),
        # All three agree on image 0 alone; on the others two of three do.
        ({"least_agreement": 100, "problematic": True}, 1, (1, 1), (1, 1)),
        ({"most_agreement": 99}, 9, (6, 6), (3, 6)),
    ],
)
def test_images_are_chosen_by_all_that_is_set(dataset, fields, images, of_a, of_b):
    n, found = accuracies("some", **fields)
    assert (n, found["a"], found["b"]) == (images, of_a, of_b)


def test_a_group_of_classes_that_is_given_its_name_later_comes_first(dataset):
    Subset.objects.create(name="few", most_labels=0)
    group = dataset.taxonomy.groups.create(name="few", position=9)
    group.members.set(dataset.taxonomy.classes.filter(index__lt=2))
    rows = [row for row in compute_report(take_snapshot()).rows if row["group"] == "few"]
    assert [(row["participant"], row["n"]) for row in rows] == [("a", 2), ("b", 2), ("c", 2)]


def test_a_bound_on_times_takes_no_image_that_nobody_timed(dataset):
    assert accuracies("quick", most_seconds=10**6)[0] == 0


def test_a_dataset_whose_classes_lack_the_group_has_no_such_subset(dataset):
    predict("a", make_dataset(make_taxonomy(name="other"), 4, "elsewhere"), [[0]] * 4)
    Subset.objects.create(name="low-ones", within="low")
    rows = compute_report(take_snapshot(), groups=["low-ones"]).rows
    assert {row["dataset"] for row in rows} == {"set"}


def test_a_report_keeps_the_images_though_the_subset_is_changed_or_deleted(dataset):
    Subset.objects.create(name="some", most_labels=1)
    report = compute_report(take_snapshot(), groups=["some"])
    Subset.objects.update(most_labels=0)
    assert compute_report(take_snapshot(), groups=["some"]).rows != report.rows
    Subset.objects.all().delete()
    assert compute_rows(report.snapshot, report.parameters) == report.rows
    with pytest.raises(InputError, match="There is no group 'some'"):
        compute_report(take_snapshot(), groups=["some"])


def test_pages_count_problematic_images_where_the_subset_keeps_them(dataset):
    for name, problematic in (("with", True), ("without", False)):
        Subset.objects.create(name=name, without="low", problematic=problematic)
        Subset.objects.create(name=f"{name}-low", within="low", problematic=problematic)
    arrays = arrays_of(compute_report(take_snapshot()), "set")
    assert arrays.multi_label("with-low").counted[:, arrays.images("with-low")].sum() == 15
    assert arrays.multi_label("without-low").counted[:, arrays.images("without-low")].sum() == 9
    assert missed_by_all(arrays, None, "with").tolist() == []


def test_a_new_subset_is_a_change_that_is_computed(dataset):
    before = recomputing.signature()
    Subset.objects.create(name="some", most_labels=1)
    assert recomputing.signature() != before


def test_it_is_described_in_words():
    subset = Subset(name="x", within="dogs", least_labels=1, most_labels=1, most_agreement=80)
    words = "labels of dogs, exactly 1 correct label(s), at most 80\xa0% agreement, without problematic images"
    assert describe(subset) == words


FORM = {"name": "clear", "least_labels": "1", "most_labels": "1"}


def test_an_admin_saves_and_deletes_one_on_the_page(admin_client, dataset):
    assert admin_client.post(reverse("subset_new"), FORM).status_code == 302
    compute_report(take_snapshot())
    page = admin_client.get(reverse("subsets")).content.decode()
    assert "?group=clear" in page
    assert '<td class="num">4</td>' in page
    subset = Subset.objects.get()
    assert admin_client.post(reverse("subset_delete", args=[subset.pk])).status_code == 302
    assert not Subset.objects.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "all"}, "There is a group of classes"),
        ({"name": "fast"}, "There is a group of classes"),
        ({"name": "two words"}, "valid “slug”"),
        ({"least_labels": "3"}, "This is below 3"),
        ({"most_agreement": "101"}, "less than or equal to 100"),
        ({"within": "no such group"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(admin_client, dataset, change, message):
    answer = admin_client.post(reverse("subset_new"), FORM | change)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not Subset.objects.exists()


def test_a_reviewer_sees_them_but_no_form(reviewer_client, dataset):
    Subset.objects.create(name="some")
    page = reviewer_client.get(reverse("subsets")).content.decode()
    assert "some" in page
    assert "<form" not in page.split("<main", 1)[1]
