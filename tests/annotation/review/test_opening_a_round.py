"""The form for a round: what it makes, and what it foresees."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Candidate, Judgment, Participant, ReviewRound, Verdict
from annotation.review.preview import foresee, usual_seconds
from annotation.review.rounds import PAGE, close_round, open_round
from annotation.review.scope import Scope, scope_of
from taxonomy.errors import InputError
from taxonomy.models import ClassGroup
from tests.factories import (
    adjudicate,
    judge,
    make_dataset,
    make_taxonomy,
    make_user,
    predict_with_candidates,
)

pytestmark = pytest.mark.django_db
PLAIN = {
    "name": "First", "source": "everything", "which": "unjudged", "unit": "image", "order": "random",
    "overlap": "1", "gold": "0", "seed": "7", "drawn": "1", "state": "open",
}  # fmt: skip


@pytest.fixture
def dataset():
    made = make_dataset(make_taxonomy(), 30, per_image=2)
    few = ClassGroup.objects.create(taxonomy=made.taxonomy, name="few", position=1)
    few.members.set(made.taxonomy.classes.filter(index__in=[0, 1]))
    return made


def send(client: Client, dataset, view: str = "round_new", **fields: object):
    address = {
        "round_new": reverse("round_new"),
        "round_preview": reverse("round_preview", args=[dataset.taxonomy_id]),
    }[view]
    return client.post(address, PLAIN | {"datasets": [dataset.pk]} | fields)


def preview(client: Client, dataset, **fields: object) -> str:
    answer = send(client, dataset, "round_preview", **fields)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_plain_round_is_opened_and_shown(admin_client, dataset):
    answer = send(admin_client, dataset)
    current = ReviewRound.objects.get()
    assert answer["Location"] == reverse("round_page", args=[current.pk])
    assert (current.state, current.seed, current.items.count()) == ("open", 7, 30)
    assert scope_of(current) == Scope(groups=[], classes=[], participants=[], tasks=[])


def test_everything_that_is_chosen_is_taken(admin_client, dataset):
    people = [make_user("reviewer"), make_user("reviewer"), make_user("admin")]
    predict_with_candidates("net", dataset, [3] * 30)
    send(
        admin_client, dataset, source="chosen", participants=["net"], which="all", groups=["few"],
        classes=["3", "4"], unit="class", order="informative", overlap="2", gold="20", blind="on",
        reviewers=[user.pk for user in people[:2]], instructions="Look **well**.",
    )  # fmt: skip
    current = ReviewRound.objects.get()
    assert scope_of(current) == Scope(
        which="all", groups=["few"], classes=[3, 4], participants=["net"], gold=0.2, tasks=[]
    )
    assert (current.unit, current.order, current.overlap) == ("class", "informative", 2)
    assert (current.blind, current.instructions) == (True, "Look **well**.")
    assert set(current.reviewers.all()) == set(people[:2])
    assert set(current.items.values_list("class_index", flat=True)) == {3}

    close_round(current)
    assert f"?like={current.pk}" in admin_client.get(reverse("review")).content.decode()
    form = admin_client.get(reverse("round_new"), {"like": current.pk}).context["form"]
    fields = {one.name: one.field.prepare_value(one.value()) for one in form}
    admin_client.post(reverse("round_new"), {**fields, "seed": 9, "state": "planned"})
    again = ReviewRound.objects.get(name=f"{current.name}, again")
    assert again.scope == current.scope
    assert set(again.reviewers.all()) == set(people[:2])
    for name in ("unit", "order", "overlap", "blind", "instructions"):
        assert getattr(again, name) == getattr(current, name)


def test_a_round_can_be_planned_and_opened_later(admin_client, dataset):
    send(admin_client, dataset, state="planned")
    current = ReviewRound.objects.get()
    assert (current.state, current.items.count()) == ("planned", 0)
    Candidate.objects.filter(image__key="set-00000").update(verdict=Verdict.CORRECT)
    admin_client.post(reverse("round_start", args=[current.pk]))
    current.refresh_from_db()
    assert (current.state, current.items.count()) == ("open", 29)


def test_a_final_review_takes_what_people_predicted_and_is_blind(admin_client, dataset):
    predict_with_candidates("ada", dataset, [9] * 30, Participant.Kind.HUMAN)
    predict_with_candidates("bob", dataset, [8] * 15 + [-1] * 15, Participant.Kind.HUMAN)
    for index in range(4):
        predict_with_candidates(f"net-{index}", dataset, [index] * 30)
    send(admin_client, dataset, source="final", drawn="2", which="unjudged")
    current = ReviewRound.objects.get()
    assert current.blind
    assert scope_of(current) == Scope(
        which="all", groups=[], classes=[], participants=["ada", "bob"], drawn=2, tasks=[]
    )
    assert current.round_candidates.count() == 30 + 15 + 60


def refused(answer) -> str:
    assert answer.status_code == 200
    assert not ReviewRound.objects.exists()
    return answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": ""}, "This field is required"),
        ({"datasets": []}, "This field is required"),
        ({"source": "chosen"}, "Choose whose predictions are reviewed"),
        ({"source": "final"}, "No person has predicted anything"),
        ({"overlap": "6"}, "less than or equal to 5"),
        ({"overlap": "0"}, "greater than or equal to 1"),
        ({"gold": "51"}, "less than or equal to 50"),
        ({"seed": "-1"}, "greater than or equal to 0"),
        ({"seed": str(2**63)}, "less than or equal to"),
        ({"classes": ["10"]}, "There is no class 10"),
        ({"classes": ["x"]}, "A class index is a whole number"),
        ({"groups": ["nope"]}, "Select a valid choice"),
        ({"participants": ["nope"]}, "Select a valid choice"),
        ({"unit": "pile"}, "Select a valid choice"),
        ({"instructions": "x" * 5001}, "at most 5000"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason_and_nothing_is_opened(
    admin_client, dataset, fields, reason
):
    assert reason in refused(send(admin_client, dataset, **fields))


def test_it_is_foreseen_that_there_are_too_few_people_for_the_judgments_wanted(
    admin_client, dataset
):
    make_user("reviewer")
    assert "may review here" not in preview(admin_client, dataset, overlap="2")
    text = preview(admin_client, dataset, overlap="3")
    assert "2 people may review here; 3 judgments of each candidate need as many." in text


def test_more_judgments_than_reviewers_are_refused(admin_client, dataset):
    one = make_user("reviewer")
    assert "as many reviewers" in refused(
        send(admin_client, dataset, overlap="2", reviewers=[one.pk])
    )


def test_a_name_that_is_taken_is_refused(admin_client, dataset):
    open_round("First", [dataset], 1)
    answer = send(admin_client, dataset)
    assert "There is a round &#x27;First&#x27; already." in answer.content.decode()
    assert ReviewRound.objects.count() == 1


def test_labelers_and_people_who_left_are_no_reviewers(admin_client, dataset):
    gone = make_user("reviewer", name="gone")
    gone.is_active = False
    gone.save()
    make_user("labeler", name="linus")
    make_user("reviewer", name="rita")
    text = admin_client.get(reverse("round_new")).content.decode()
    assert "rita" in text
    assert "gone" not in text
    assert "linus" not in text


def test_datasets_of_one_list_of_classes_are_offered_at_a_time(admin_client, dataset):
    other = make_dataset(make_taxonomy(name="other"), 2, "elsewhere")
    text = admin_client.get(reverse("round_new"), {"taxonomy": other.taxonomy_id}).content.decode()
    assert "elsewhere" in text
    assert f'value="{dataset.pk}"' not in text
    assert admin_client.get(reverse("round_new"), {"taxonomy": "x"}).status_code == 200


def test_without_a_dataset_there_is_nothing_to_open(admin_client):
    assert admin_client.get(reverse("round_new"))["Location"] == reverse("review")


class TestOutlook:
    @pytest.mark.parametrize("unit", ["image", "class"])
    @pytest.mark.parametrize("overlap", [1, 3])
    def test_it_is_what_opening_gives(self, dataset, unit, overlap):
        for candidate in Candidate.objects.filter(image__key__gte="set-00025"):
            adjudicate(candidate, Verdict.CORRECT, make_user("admin"))
        settings = {"scope": Scope(gold=0.1), "unit": unit, "overlap": overlap}
        outlook = foresee([dataset], 3, **settings)
        current = open_round("r", [dataset], 3, **settings)
        asked = current.round_candidates
        assert outlook.candidates == asked.count()
        assert outlook.gold == asked.filter(gold=True).count() > 0
        assert outlook.turns == current.items.count()
        assert outlook.judgments == overlap * asked.count()
        images = asked.values("candidate__image").distinct().count()
        assert outlook.images == images

    def test_full_pages_and_the_rest_are_counted(self, dataset):
        big = make_dataset(dataset.taxonomy, 10 * PAGE + 10, "big", per_image=1)
        outlook = foresee([big], 1, scope=Scope(), unit="class")
        assert (outlook.candidates, outlook.turns) == (10 * PAGE + 10, 20)

    def test_of_two_classes_reviewed_together_pages_of_images_are_counted(self, dataset):
        big = make_dataset(dataset.taxonomy, 400, "big", per_image=2)
        settings = {"scope": Scope(classes=(3, 4)), "unit": "class", "overlap": 2}
        outlook = foresee([big], 1, **settings)
        current = open_round("pair", [big], 1, **settings)
        assert outlook.candidates == current.round_candidates.count() == 160
        assert outlook.turns == current.items.count() == 10

    def test_it_stores_nothing(self, dataset):
        foresee([dataset], 1, scope=Scope(which="all"))
        assert not ReviewRound.objects.exists()

    def test_it_tells_how_long_it_takes_at_the_pace_of_the_reviewers(self, dataset):
        quick, slow = make_user("reviewer"), make_user("reviewer")
        past = open_round("past", [dataset], 1)
        images = list(dataset.images.order_by("key"))
        for user, milliseconds, part in ((quick, 1000, images[:9]), (slow, 4000, images[9:12])):
            for image in part:
                judge(past, user, image, image.target, Verdict.CORRECT)
            Judgment.objects.filter(reviewer=user).update(milliseconds=milliseconds)
        assert usual_seconds("image") == 1
        assert usual_seconds("image", [slow]) == 4
        assert usual_seconds("class") is None
        outlook = foresee(
            [dataset], 1, scope=Scope(which="all"), reviewers=[slow, quick], overlap=2
        )
        assert outlook.judgments == 120
        assert outlook.hours == pytest.approx(120 / 3600)
        assert outlook.hours_each == pytest.approx(60 / 3600)

    def test_unknown_names_are_refused(self, dataset):
        with pytest.raises(InputError, match="no participant"):
            foresee([dataset], 1, scope=Scope(participants=("nobody",)))


def test_the_preview_counts_before_there_is_a_name(admin_client, dataset):
    text = preview(admin_client, dataset, name="", overlap="2")
    assert "<dd>60</dd>" in text
    assert "<dd>120</dd>" in text
    assert "can't be said: nobody has judged by image yet" in text


def test_the_preview_says_what_is_missing_or_that_nothing_fits(admin_client, dataset):
    assert "Datasets: This field is required" in preview(admin_client, dataset, datasets=[])
    assert "Nothing to judge" in preview(admin_client, dataset, which="disputed")
    assert "0 <small>of the candidates: there are none" in preview(admin_client, dataset, gold="10")


def test_the_preview_takes_a_fixed_number_of_queries(admin_client, dataset):
    def queries(**fields: object) -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            preview(admin_client, dataset, **fields)
        return len(captured)

    few = queries(classes=["1"])
    assert queries(classes=[str(index) for index in range(10)]) == few
