from __future__ import annotations

import csv
import json
import re

import numpy as np
import pytest
from django.urls import reverse

from accounts.roles import LABELER
from annotation.labeling.answers import submit
from annotation.labeling.handing_in import count_exposed, hand_in, leave_out_exposed
from annotation.labeling.statistics import blockers, labeler_rows
from annotation.labeling.tasks import close_task, create_task, reveal_task, sample_of
from annotation.labeling.timeline import timeline
from annotation.models import (
    Assignment,
    Candidate,
    Dataset,
    Enrollment,
    LabelingTask,
    PredictionSet,
    ReviewRound,
    Verdict,
)
from annotation.review.rounds import close_round, open_round, start_round
from annotation.review.scope import Scope
from taxonomy.errors import InputError
from tests.annotation.labeling.worlds import answer_all, assignments, make_task, say, work
from tests.factories import make_dataset, make_taxonomy, make_user

pytestmark = pytest.mark.django_db


def form_of(dataset: Dataset, **more: object) -> dict[str, object]:
    return {
        "name": "Exam", "kind": "evaluation", f"count_{dataset.pk}": 10, "balanced": "on",
        "seed": 3, "embargo_days": 180, "exposed": "leave-out", **more,
    }  # fmt: skip


@pytest.fixture
def dataset() -> Dataset:
    return make_dataset(make_taxonomy(), 20)


def test_an_admin_makes_and_opens_a_task(admin_client, dataset, labeler):
    answer = admin_client.post(
        reverse("labeling_new"), form_of(dataset, labelers=[labeler.pk], instructions="Look well.")
    )
    task = LabelingTask.objects.get()
    assert answer["Location"] == reverse("labeling_about", args=[task.pk])
    assert (task.state, task.seed, task.instructions) == ("open", 3, "Look well.")
    assert (task.task_images.count(), task.enrollments.get().labeler) == (10, labeler)
    assert task.created_by is not None


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": ""}, "This field is required"),
        ({"count": 21}, "less than or equal to 20"),
        ({"count": ""}, "Say how many images"),
        ({"classes": [99]}, "There is no class 99"),
        ({"classes": [1]}, "has only 2 images to draw, and 10 are wanted"),
        ({"labelers": [10**9]}, "not one of the available choices"),
        ({"embargo_days": -1}, "greater than or equal to 0"),
        ({"groups": ["cats"]}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_beside_the_form_and_before_it_is_sent(
    admin_client, dataset, change, text
):
    if "count" in change:
        change = {f"count_{dataset.pk}": change["count"]}
    form = form_of(dataset, **change)
    assert text in admin_client.post(reverse("labeling_new"), form).content.decode()
    assert not LabelingTask.objects.exists()
    if "name" not in change:
        preview = reverse("labeling_preview", args=[dataset.taxonomy_id])
        assert text in admin_client.post(preview, form).content.decode()


def test_the_preview_tells_what_will_be_drawn_and_stores_nothing(admin_client, dataset, labeler):
    preview = reverse("labeling_preview", args=[dataset.taxonomy_id])
    form = form_of(dataset, name="", labelers=[labeler.pk]) | {f"count_{dataset.pk}": 15}
    text = " ".join(admin_client.post(preview, form).content.decode().split())
    assert "<dd>15</dd>" in text
    assert "1 to 2 images of each" in text
    assert not LabelingTask.objects.exists()


def test_the_page_about_a_task_counts_people_times_and_classes(
    admin_client, labeler, groups, django_assert_num_queries
):
    task = make_task([labeler], images=4)
    ones = assignments(task, labeler)
    for number, one in enumerate(ones[:3]):
        submit(task.pk, labeler, [say(one, 1), work(one, 60_000, (number + 1) * 10_000)])
    (row,) = labeler_rows(task)
    assert (row["answered"], row["total"], row["later"]) == (3, 4, 0)
    assert (row["low"], row["median"], row["high"]) == (15, 20, 25)
    assert float(row["hours"]) == pytest.approx(60 / 3600)
    assert float(row["wall_hours"]) == pytest.approx(180 / 3600)
    page = admin_client.get(reverse("labeling_about", args=[task.pk])).content.decode()
    assert "20.0 s <small>15.0–25.0</small>" in page
    with django_assert_num_queries(10):
        admin_client.get(reverse("labeling_about", args=[task.pk]))


def test_an_admin_is_told_what_keeps_the_next_phase_from_beginning(labeler, groups):
    other = make_user(LABELER, name="other")
    task = make_task([labeler, other], images=3)

    def said() -> list[str]:
        return blockers(task, labeler_rows(task))

    assert said() == ["linus has not begun.", "other has not begun."]
    submit(task.pk, labeler, [say(assignments(task, labeler)[0], 1)])
    answer_all(task, other)
    assert said() == ["linus has 2 to go.", "other has answered everything and not handed in."]
    hand_in(task, other)
    answer_all(task, labeler)
    hand_in(task, labeler)
    assert said() == ["Everybody has handed in: close the task and open the final review."]
    close_task(task)
    assert said() == ["Open the final review: what was answered has no verdict yet."]
    final = open_round(
        "final", Dataset.objects.all(), 1, scope=Scope(which="all", tasks=("exam",)),
        state=ReviewRound.State.PLANNED,
    )  # fmt: skip
    assert said() == ["The final review 'final' is not open."]
    start_round(final)
    assert said() == ["The final review 'final' is 0 % done."]
    close_round(final)
    assert said() == ["The final review is over: the task can be revealed."]
    reveal_task(task)
    assert said() == []


def test_a_closed_evaluation_that_nobody_handed_in_has_nothing_to_review(labeler):
    task = make_task([labeler], images=3)
    close_task(task)
    assert blockers(task, labeler_rows(task)) == [
        "Nobody has handed in: there is nothing to review."
    ]


def test_buttons_change_the_state_or_say_why_not(admin_client, labeler):
    task = make_task([labeler])

    def press(change: str) -> str:
        address = reverse("labeling_change", args=[task.pk, change])
        answer = admin_client.post(address, follow=True)
        task.refresh_from_db()
        return answer.content.decode()

    assert "Close the task first" in press("reveal")
    press("pause")
    assert task.state == "paused"
    press("open")
    press("close")
    assert task.state == "closed"
    assert "changes no more" in press("open")
    assert "Only a planned task can be deleted" in press("delete")
    press("reveal")
    assert task.revealed is not None
    address = reverse("labeling_change", args=[task.pk, "burn"])
    assert admin_client.post(address).status_code == 404


def test_people_are_added(admin_client, labeler, groups):
    task = make_task([labeler])
    other = make_user(LABELER)
    address = reverse("labeling_enroll", args=[task.pk])
    admin_client.post(address, {"labelers": [other.pk, labeler.pk, "x"]})
    assert task.enrollments.count() == 2
    assert "Choose who takes part" in admin_client.post(address, follow=True).content.decode()


def test_answers_are_exported_with_their_times_and_without_names(admin_client, labeler):
    task = make_task([labeler], images=2)
    first, second = assignments(task, labeler)
    said = [say(first, 4, confidence=3, note="=1+1"), work(first, 9000, 8000)]
    submit(task.pk, labeler, said)

    def exported(suffix: str) -> str:
        address = reverse("labeling_answers", args=[task.pk, suffix])
        return admin_client.get(address).getvalue().decode()

    rows = list(csv.DictReader(exported("csv").splitlines()))
    assert [row["image_id"] for row in rows] == [first.image.key, second.image.key]
    row = rows[0]
    assert (row["class"], row["target"]) == ("c4", f"c{first.image.target}")
    assert (row["wall_ms"], row["active_ms"], row["confidence"]) == ("9000", "8000", "3")
    assert row["note"] == "'=1+1"
    assert row["labeler"].startswith("labeler-")
    hand_in(task, labeler)
    answers = json.loads(exported("json"))["answers"]
    assert [one["labeler"] for one in answers] == ["Human A"] * 2
    assert answers[0]["note"] == "=1+1"
    assert "linus" not in exported("json") + exported("csv")
    assert admin_client.get(reverse("labeling_answers", args=[task.pk, "xml"])).status_code == 404


def test_exposed_answers_can_be_left_out_of_the_predictions(labeler):
    task = make_task([labeler], images=3, exposed="mark")
    with pytest.raises(InputError, match="No answer that was handed in"):
        leave_out_exposed(task)
    answer_all(task, labeler)
    Assignment.objects.filter(image__key="set-00001").update(exposed=True)
    hand_in(task, labeler)
    leave_out_exposed(task)
    current = PredictionSet.objects.current().get()
    assert np.frombuffer(current.top_k, "<i4").tolist() == [3, -1, 3]
    assert np.isnan(np.frombuffer(current.seconds, "<f4")).tolist() == [False, True, False]
    count_exposed(task)
    current = PredictionSet.objects.current().get()
    assert np.frombuffer(current.top_k, "<i4").tolist() == [3, 3, 3]
    assert not np.isnan(np.frombuffer(current.seconds, "<f4")).any()


def test_the_list_shows_labelers_their_own_tasks_and_nothing_of_the_images(
    labeler_client, labeler, groups
):
    task = make_task([labeler])
    page = labeler_client.get(reverse("labeling")).content.decode()
    assert reverse("labeling_task", args=[task.pk]) in page
    assert "0 of 10 images answered" in page
    assert "set" not in page.replace("charset", "").replace("offset", "").split("<main")[1]
    home = labeler_client.get(reverse("home")).content.decode()
    assert "Start labeling" in home
    first = assignments(task, labeler)[0]
    submit(task.pk, labeler, [say(first, 1), work(first, 300_000, 240_000)])
    page = labeler_client.get(reverse("labeling")).content.decode()
    assert "36 min to go at your pace" in page
    Enrollment.objects.all().delete()
    page = labeler_client.get(reverse("labeling")).content.decode()
    assert "Tasks that an admin gives you appear here" in page
    assert "exam" not in page


def test_the_list_costs_the_same_for_many_tasks(admin_client, admin, django_assert_max_num_queries):
    make_task([admin])
    address = reverse("labeling")
    admin_client.get(address)
    for number in range(5):
        create_task(
            f"more {number}", "evaluation", sample_of(LabelingTask.objects.first()), 1,
            labelers=[admin], state="open",
        )  # fmt: skip
    with django_assert_max_num_queries(11):
        admin_client.get(address)


def test_the_timeline_has_rounds_and_tasks_in_the_order_of_the_phases(labeler):
    assert timeline() is None
    task = make_task([labeler], images=4)
    open_round("initial", Dataset.objects.all(), 1)
    answer_all(task, labeler)
    hand_in(task, labeler)
    close_task(task)
    open_round("final", Dataset.objects.all(), 1, scope=Scope(which="all", tasks=("exam",)))
    found = timeline()
    assert [(bar.phase, bar.name) for bar in found.bars] == [
        ("Initial annotation", "initial"), ("Evaluation", "exam"), ("Final review", "final"),
    ]  # fmt: skip
    assert found.bars[1].percent == 100
    assert all(bar.x >= 0 and bar.x + bar.width <= 1000 for bar in found.bars)


def test_the_final_review_begins_with_what_the_task_was(admin_client, labeler):
    task = make_task([labeler])
    answer_all(task, labeler)
    hand_in(task, labeler)
    close_task(task)
    page = admin_client.get(reverse("round_new"), {"task": task.pk})
    form = page.context["form"]
    assert form.initial["name"] == "Final review of exam"
    assert [one.name for one in form.initial["datasets"]] == ["set"]
    assert (form.initial["source"], form.initial["tasks"]) == ("final", ["exam"])


def test_own_answers_are_seen_when_the_task_is_revealed_and_not_before(
    labeler_client, labeler, django_assert_num_queries
):
    task = make_task([labeler], images=2)
    first, second = assignments(task, labeler)
    submit(task.pk, labeler, [say(first, 9), say(second, second.image.target)])
    Candidate.objects.update_or_create(
        image=first.image, class_index=8, defaults={"verdict": Verdict.CORRECT}
    )
    hand_in(task, labeler)
    address = reverse("labeling_results", args=[task.pk])
    close_task(task)
    assert labeler_client.get(address).status_code == 404
    reveal_task(task)
    page = labeler_client.get(address).content.decode()
    assert "1 of 2 answers are held correct" in page
    assert re.search(r"Held correct: <a href=[^>]*>class 8</a>", page)
    only = labeler_client.get(address, {"only": "wrong"})
    assert [one.answer for one in only.context["page"]] == [(9, "class 9")]
    with django_assert_num_queries(6):
        labeler_client.get(address)
