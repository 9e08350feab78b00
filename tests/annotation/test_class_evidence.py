"""What reviewers found of a class: counted over judged images, told to reviewers alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.roles import LABELER, REVIEWER
from annotation import class_evidence as evidence
from annotation.importing.datasets import import_dataset
from annotation.importing.multilabels import import_multilabels
from annotation.importing.predictions import import_predictions
from annotation.models import Candidate, Image, Verdict
from annotation.review.rounds import close_round, open_round
from annotation.review.scope import Scope
from taxonomy.loading import load_imagenet1k
from taxonomy.models import LabelClass, Taxonomy
from tests.conftest import client_of
from tests.factories import make_dataset, make_taxonomy, make_user
from tests.worlds import picture_round

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.django_db


def judge(images: list[Image], **classes: Verdict) -> None:
    """On all these images: judge(images, c1=Verdict.CORRECT, …)."""
    for name, verdict in classes.items():
        for image in images:
            Candidate.objects.update_or_create(
                image=image, class_index=int(name[1:]), defaults={"verdict": verdict}
            )


@pytest.fixture
def taxonomy() -> Taxonomy:
    """Ten images: class 1 is there on six of them, where 2 was predicted on four, 3 on one;
    on three others 1 was predicted where 4 is; and on one nobody has judged.
    """
    taxonomy = make_taxonomy()
    make_dataset(taxonomy, images=10, per_image=0)
    images = list(Image.objects.order_by("pk"))
    judge(images[:6], c1=Verdict.CORRECT)
    judge(images[:4], c2=Verdict.INCORRECT)
    judge(images[4:5], c3=Verdict.INCORRECT)
    judge(images[5:6], c5=Verdict.UNCLEAR)
    judge(images[6:9], c1=Verdict.INCORRECT, c4=Verdict.CORRECT)
    judge(images[9:], c1=Verdict.UNJUDGED)
    return taxonomy


def class_of(taxonomy: Taxonomy, index: int) -> LabelClass:
    return taxonomy.classes.select_related("taxonomy", "synset").get(index=index)


def pairs(found: list[evidence.Confusion]) -> list[tuple[int, int, int]]:
    return [(one.first.index, one.second.index, one.images) for one in found]


def test_verdicts_of_a_class_are_counted(taxonomy):
    assert evidence.verdict_counts(class_of(taxonomy, 1)) == {
        "unjudged": 1, "correct": 6, "incorrect": 3, "unclear": 0,
    }  # fmt: skip


def test_a_class_is_confused_with_what_is_incorrect_where_it_is_correct(taxonomy):
    assert pairs(evidence.confused_with(class_of(taxonomy, 1))) == [(1, 2, 4), (1, 3, 1)]
    assert pairs(evidence.confused_with(class_of(taxonomy, 4))) == [(4, 1, 3)]


def test_and_is_taken_for_what_is_correct_where_it_is_incorrect(taxonomy):
    assert pairs(evidence.taken_for(class_of(taxonomy, 1))) == [(1, 4, 3)]
    assert pairs(evidence.taken_for(class_of(taxonomy, 2))) == [(2, 1, 4)]


def test_pairs_are_counted_both_ways_together(taxonomy):
    judge(list(Image.objects.order_by("pk")[9:]), c1=Verdict.INCORRECT, c2=Verdict.CORRECT)
    assert pairs(evidence.most_confused(taxonomy)) == [(1, 2, 5), (1, 4, 3), (1, 3, 1)]


def test_problematic_images_do_not_count(taxonomy):
    Image.objects.filter(
        pk__in=list(Image.objects.order_by("pk").values_list("pk", flat=True))[:3]
    ).update(problematic=True)
    assert pairs(evidence.confused_with(class_of(taxonomy, 1))) == [(1, 2, 1), (1, 3, 1)]
    assert evidence.verdict_counts(class_of(taxonomy, 1))["correct"] == 3
    assert pairs(evidence.most_confused(taxonomy))[0] == (1, 4, 3)


def test_what_nobody_predicted_confuses_nobody(taxonomy):
    who = User.objects.create_user("adds and changes her mind")
    Candidate.objects.filter(class_index=2).update(added_by=who)
    assert pairs(evidence.confused_with(class_of(taxonomy, 1))) == [(1, 3, 1)]
    assert evidence.taken_for(class_of(taxonomy, 2)) == []
    Candidate.objects.filter(class_index=1, verdict=Verdict.CORRECT).update(added_by=who)
    assert pairs(evidence.confused_with(class_of(taxonomy, 1))) == [(1, 3, 1)]


def test_classes_of_another_taxonomy_do_not_count(taxonomy):
    other = make_taxonomy(name="other")
    make_dataset(other, images=2, name="others", per_image=2)
    Candidate.objects.filter(image__taxonomy=other, class_index=1).update(verdict=Verdict.CORRECT)
    assert evidence.verdict_counts(class_of(taxonomy, 1))["correct"] == 6
    assert evidence.verdict_counts(class_of(other, 1))["correct"] == 2
    assert evidence.most_confused(other) == []


def test_it_takes_one_query_or_two_whatever_there_is(taxonomy, django_assert_num_queries):
    one = class_of(taxonomy, 1)
    for function, count in (
        (evidence.verdict_counts, 1),
        (evidence.confused_with, 2),
        (evidence.taken_for, 2),
    ):
        with django_assert_num_queries(count):
            function(one)
    with django_assert_num_queries(2):
        evidence.most_confused(taxonomy)


@pytest.fixture
def pictures(tmp_path) -> Taxonomy:
    taxonomy = picture_round(tmp_path, images=30).taxonomy
    Candidate.objects.filter(class_index=0).update(verdict=Verdict.CORRECT)
    return taxonomy


def get(client, taxonomy: Taxonomy, query: str = "") -> str:
    return client.get(reverse("class_evidence", args=[taxonomy.pk, 0]) + query).content.decode()


def test_reviewers_see_the_images_that_hold_a_class_but_not_their_names(reviewer_client, pictures):
    held = list(Image.objects.filter(candidates__class_index=0).order_by("pk"))
    text = get(reviewer_client, pictures)
    assert all(str(image.uid) in text for image in held)
    for secret in ("photo-", "model-", "photos"):
        assert secret not in text


def test_who_reviews_blind_learns_no_verdict_from_it_until_the_round_is_closed(
    reviewer_client, admin_client, pictures
):
    blind = open_round("Final", pictures.datasets.all(), 1, scope=Scope(which="all"), blind=True)
    wanted = reverse("wanted_entries", args=[pictures.pk])
    for text in (get(reviewer_client, pictures), reviewer_client.get(wanted).content.decode()):
        assert "when the blind round Final is closed" in text
        assert "<img" not in text
        assert "<dl" not in text
    assert "<dl" in get(admin_client, pictures)
    close_round(blind)
    assert "<dl" in get(reviewer_client, pictures)


def test_many_images_come_page_by_page(reviewer_client, pictures, monkeypatch):
    monkeypatch.setattr("annotation.class_views.IMAGES_PER_PAGE", 4)
    first, second = get(reviewer_client, pictures), get(reviewer_client, pictures, "?page=2")
    assert first.count("<img") == second.count("<img") == 4
    assert "Later" in first
    assert "Earlier" in second
    assert "verdict" not in second


def test_a_labeler_gets_it_only_if_he_is_a_reviewer_too(pictures, labeler_client, groups):
    address = reverse("class_evidence", args=[pictures.pk, 0])
    assert labeler_client.get(address).status_code == 403
    both = client_of(make_user(LABELER, REVIEWER))
    assert both.get(address).status_code == 200


def test_the_pairs_that_want_an_entry_link_to_their_classes(reviewer_client, taxonomy):
    address = reverse("wanted_entries", args=[taxonomy.pk])
    text = reviewer_client.get(address).content.decode()
    assert text.index("class 2") < text.index("class 4") < text.index("class 3")
    other = make_taxonomy(name="other")
    text = reviewer_client.get(reverse("wanted_entries", args=[other.pk])).content.decode()
    assert "nothing has been reviewed yet" in text


@pytest.mark.realdata
@pytest.mark.skipif(not DATA.is_dir(), reason="no real data at ../shared/data")
def test_on_real_labels_the_pairs_that_people_know_come_out():
    load_imagenet1k()
    taxonomy = Taxonomy.objects.get(name="imagenet1k")
    val = "imagenet-val-20k"
    import_dataset(val, DATA / "datasets" / f"{val}.csv")
    models = [DATA / "predictions" / val / f"{name}.npy" for name in ("alexnet", "resnet50")]
    import_predictions(val, models)
    import_multilabels(DATA / "real" / "real.json", val, "real")
    confused = {one.second.synset.name for one in evidence.confused_with(class_of(taxonomy, 281))}
    assert {"tiger cat", "Egyptian cat"} <= confused  # the tabby
    found = {(one.first.index, one.second.index) for one in evidence.most_confused(taxonomy)}
    assert len(found) == 30
    assert (281, 285) in found
