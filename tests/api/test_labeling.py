"""Labeling by script: an evaluation reveals nothing before its time, here either."""

from __future__ import annotations

import json
import uuid

import pytest

from accounts.models import AuditEntry
from accounts.roles import ADMIN, LABELER
from annotation.models import Enrollment, Image, LabelingTask, PredictionSet
from tests.api.scripts import Script, problem
from tests.factories import make_user
from tests.worlds import picture_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(tmp_path) -> Script:
    picture_round(tmp_path).delete()
    return Script(ADMIN)


def make(admin: Script, *people: str, **more: object) -> int:
    content = {"name": "exam", "datasets": {"photos": 6}, "seed": 1, "labelers": people, **more}
    made = admin.send("post", "tasks", content=content)
    assert made.status_code == 201, made.content
    return made.json()["id"]


def say(item: dict, index: int) -> dict:
    return {"id": str(uuid.uuid4()), "type": "say", "item": item["uid"], "class": index}


def items_of(script: Script, task: int) -> dict:
    return script("get", "task_items", task, query="?position=0&position=1&position=5").json()


def test_an_evaluation_from_its_drawing_to_its_results(admin):
    linus = Script(user=make_user(LABELER, name="linus"))
    task = make(admin, "linus", state="planned")
    assert linus("get", "task", task).status_code == 404  # planned
    assert admin.send("patch", "task", task, content={"change": "open"}).json()["state"] == "open"
    assert [one["total"] for one in linus("get", "tasks").json()["results"]] == [6]

    found = items_of(linus, task)
    told = json.dumps([{**one, "uid": "", "src": "", "original": ""} for one in found["items"]])
    assert found["overview"] == "......"
    assert set(found["items"][0]) == {
        "position", "uid", "src", "original", "width", "height", "class", "confidence", "later",
        "note",
    }  # fmt: skip
    assert not any(image.key in told or str(image.uid) in told for image in Image.objects.all())
    bearer = {"authorization": f"Bearer {linus.text}"}
    picture = linus.client.get(found["items"][0]["src"], headers=bearer)
    assert picture["Content-Type"] == "image/jpeg"
    assert picture.getvalue()

    said = [say(one, 2) for one in found["items"]]
    for _ in range(2):  # sent again it counts once
        stored = linus.send("post", "task_answers", task, content={"ops": said}).json()
        assert stored == {"accepted": [one["id"] for one in said], "rejected": []}
    uid = found["items"][0]["uid"]
    assert linus("get", "task_feedback", task, uid).status_code == 404  # an evaluation has none
    assert linus("get", "task_results", task).status_code == 404
    (row,) = admin("get", "task_labelers", task).json()["labelers"]
    assert (row["username"], row["answered"], row["total"]) == ("linus", 3, 6)

    assert linus("post", "task_hand_in", task).status_code == 200
    assert linus("post", "task_hand_in", task).status_code == 200  # again
    assert PredictionSet.objects.current().filter(participant__user=linus.user).count() == 1
    answer = linus("get", "task_items", task, query="?position=0")
    assert (answer.status_code, problem(answer)["detail"]) == (
        409, "You have handed this task in.",
    )  # fmt: skip
    assert linus.client.get(found["items"][0]["src"], headers=bearer).status_code == 404

    refused = admin.send("patch", "task", task, content={"change": "reveal"})
    assert "Close the task first" in problem(refused)["detail"]
    for change in ("close", "reveal"):
        assert admin.send("patch", "task", task, content={"change": change}).status_code == 200
    assert AuditEntry.objects.filter(action="reveal", subject="exam").count() == 1
    results = linus("get", "task_results", task).json()
    assert [one["answer"] for one in results["answers"]].count(2) == 3
    assert {bool(one["correct"]) for one in results["answers"]} == {True}
    lines = json.loads(b"".join(admin("get", "task_export", task, "json").streaming_content))
    assert len(lines["answers"]) == 6


def test_training_tells_the_truth_after_the_answer_alone(admin):
    linus = Script(user=make_user(LABELER, name="linus"))
    task = make(admin, "linus", kind="training")
    item = items_of(linus, task)["items"][0]
    assert linus("get", "task_feedback", task, item["uid"]).status_code == 404
    linus.send("post", "task_answers", task, content={"ops": [say(item, 0)]})
    found = linus("get", "task_feedback", task, item["uid"]).json()
    assert found["right"] == (0 in found["correct"])


def test_a_sample_is_foreseen_and_a_labeler_trains_on_classes(admin):
    plan = {"name": "x", "datasets": {"photos": 6}, "seed": 1}
    drawn = admin.send("post", "task_preview", content=plan).json()
    assert (drawn["datasets"], drawn["fewest"], drawn["most"]) == ({"photos": 6}, 1, 1)
    linus = Script(user=make_user(LABELER, name="linus"))
    wanted = {"taxonomy": "six", "classes": [0, 1]}
    assert linus.send("post", "training", content=wanted).status_code == 400  # none was shown yet
    task = make(admin, "linus", kind="training")
    made = linus.send("post", "training", content=wanted).json()
    assert (made["kind"], made["state"], made["total"]) == ("training", "open", 2)
    assert linus("get", "task_together", task).json() == {"images": []}  # nothing answered yet
    items = items_of(linus, task)["items"]
    linus.send("post", "task_answers", task, content={"ops": [say(one, 0) for one in items]})
    found = linus("get", "task_together", task).json()["images"]
    assert {one["item"] for one in found} == {one["uid"] for one in items}
    assert found[0]["answers"] == [{"labeler": "linus", "class": 0}]
    words = {"id": str(uuid.uuid4()), "item": found[0]["item"], "text": "Look at the beak."}
    for _ in range(2):
        said = linus.send("post", "task_remarks", task, content=words).json()["remarks"]
        assert [(one["author"], one["text"]) for one in said] == [("linus", words["text"])]
    own = linus("get", "training", query="?taxonomy=six").json()
    assert own["answers"] == sum(one["answers"] for one in own["classes"]) == 3
    assert Script(LABELER)("get", "task_together", task).status_code == 404


def test_others_have_no_part_in_it(admin):
    make_user(LABELER, name="linus")
    task = make(admin, "linus")
    other = Script(LABELER)
    assert other("get", "tasks").json()["results"] == []
    for name in ("task", "task_results"):
        assert other("get", name, task).status_code == 404
    assert other("get", "task_items", task, query="?position=0").status_code == 404
    assert other("post", "task_hand_in", task).status_code == 404
    assert other("get", "task_labelers", task).status_code == 403
    content = {"labelers": [other.user.username]}
    admin.send("post", "task_labelers", task, content=content)
    assert Enrollment.objects.filter(task=task, labeler=other.user).exists()
    # An admin who takes part is told as little.
    admin.send("post", "task_labelers", task, content={"labelers": [admin.user.username]})
    assert admin("get", "task_export", task, "json").status_code == 403


def test_a_task_that_makes_no_sense_is_refused_by_its_fields(admin):
    for change, field in (
        ({"datasets": {"none": 1}}, "datasets"), ({"datasets": {}}, "datasets"),
        ({"labelers": ["nobody"]}, "labelers"), ({"classes": [99]}, "classes"),
        ({"groups": ["none"]}, "groups"), ({"kind": "party"}, "kind"),
    ):  # fmt: skip
        content = {"name": "x", "datasets": {"photos": 1}, **change}
        found = problem(admin.send("post", "tasks", content=content))
        assert field in {one["field"].partition(".")[0] for one in found["errors"]}, found
    assert not LabelingTask.objects.exists()
