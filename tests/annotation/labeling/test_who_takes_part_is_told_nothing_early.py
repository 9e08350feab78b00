"""What is kept from an admin who labels with the others, and from a labeler who reviews later."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import ADMIN, LABELER, REVIEWER
from annotation.labeling.embargo import note_sighting, seen_by
from annotation.labeling.handing_in import hand_in
from annotation.labeling.tasks import close_task, reveal_task
from annotation.models import Assignment, Dataset, Image, LabelingTask, Verdict
from annotation.review.rounds import close_round, open_round
from annotation.review.scope import Scope
from tests.annotation.labeling.worlds import answer_all, make_task
from tests.conftest import client_of
from tests.factories import judge, make_dataset, make_user

pytestmark = pytest.mark.django_db


def about(client: Client, task: LabelingTask) -> str:
    return client.get(reverse("labeling_about", args=[task.pk])).content.decode()


def export(client: Client, task: LabelingTask):
    return client.get(reverse("labeling_answers", args=[task.pk, "csv"]))


def test_an_admin_who_is_examined_gets_neither_answers_nor_classes_until_the_task_is_revealed(
    admin, admin_client, labeler, groups
):
    task = make_task([labeler, admin], images=3)
    answer_all(task, labeler)
    answer_all(task, admin)

    def check_nothing_is_told() -> None:
        assert "Table of classes" not in about(admin_client, task)
        assert export(admin_client, task).status_code == 302

    check_nothing_is_told()
    hand_in(task, admin)
    check_nothing_is_told()
    assert export(client_of(make_user(ADMIN)), task).status_code == 200
    close_task(task)
    reveal_task(task)
    assert "Table of classes" in about(admin_client, task)
    assert len(export(admin_client, task).getvalue().decode().splitlines()) == 7


def test_an_admin_who_trains_with_the_others_exports_all_the_same(admin, admin_client):
    task = make_task([admin], images=3, kind="training")
    assert export(admin_client, task).status_code == 200


def revealed(people: list[User]) -> LabelingTask:
    task = make_task(people, images=3)
    for one in people:
        answer_all(task, one)
        hand_in(task, one)
    close_task(task)
    reveal_task(task)
    return task


@pytest.mark.parametrize("role", [REVIEWER, ADMIN])
def test_own_answers_wait_while_a_blind_round_asks_about_the_images(groups, role):
    person = make_user(LABELER, role)
    task = revealed([person])
    address = reverse("labeling_results", args=[task.pk])
    first = Image.objects.get(key="set-00000")
    other = make_dataset(task.taxonomy, 1, "other")
    other.datasetimage_set.update(image=first)
    current = open_round("final", [other], 1, scope=Scope(which="all"), blind=True)
    client = client_of(person)
    page = client.get(address)
    uid = str(Assignment.objects.get(image=first).uid)
    assert len(page.context["page"]) == 2
    assert "1 image is being reviewed" in page.content.decode()
    assert uid not in page.content.decode()
    close_round(current)
    page = client.get(address)
    assert len(page.context["page"]) == 3
    assert "being reviewed" not in page.content.decode()


def test_the_preview_tells_who_has_seen_how_many(admin_client, labeler, groups):
    task = make_task([], images=4)
    dataset = Dataset.objects.get()
    first, second = Image.objects.order_by("key")[:2]
    note_sighting(labeler, first.uid)
    note_sighting(labeler, second.uid)
    other = make_user(LABELER)
    ids = list(task.task_images.values_list("image_id", flat=True))
    assert seen_by([labeler, other], ids, 180) == [("linus", 2)]
    assert seen_by([labeler, other], ids, 0) == []
    form = {
        "kind": "evaluation", f"count_{dataset.pk}": 4, "seed": 1, "embargo_days": 180,
        "exposed": "leave-out", "labelers": [labeler.pk, other.pk],
    }  # fmt: skip
    address = reverse("labeling_preview", args=[dataset.taxonomy_id])

    def text(**more: object) -> str:
        return " ".join(admin_client.post(address, form | more).content.decode().split())

    assert "linus has seen 2 of them within the embargo: they are left out for linus" in text()
    assert "they are given, and the answers marked" in text(exposed="mark")
    assert "has seen" not in text(embargo_days=0)


def test_judging_a_copy_of_a_picture_before_it_is_answered_marks_the_answer(groups):
    person = make_user(LABELER, REVIEWER)
    task = make_task([person], images=2)
    first = Image.objects.get(key="set-00000")
    copies = make_dataset(task.taxonomy, 1, "copies")
    Image.objects.filter(pk__in=[first.pk, copies.images.get().pk]).update(content_hash="abc")
    current = open_round("round", [copies], 1)
    copy = copies.images.get()
    judge(current, person, copy, copy.target, Verdict.CORRECT)
    answer_all(task, person)
    Assignment.objects.update(opened=timezone.now())
    hand_in(task, person)
    assert Assignment.objects.get(exposed=True).image == first
