"""People go by pseudonyms in all that reviewers read."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from accounts.roles import ADMIN, LABELER, REVIEWER
from annotation.discussion import settling
from annotation.labeling import tasks
from annotation.labeling.changes import change_task
from annotation.labeling.sampling import Sample
from annotation.models import Candidate, Image, ReviewRound, Verdict
from annotation.review.rounds import close_round
from api.base import Download, Endpoint
from api.urls import urlpatterns
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from taxonomy.guide.writing import comment
from taxonomy.models import GuideEntry
from tests.api.scripts import Script
from tests.everything import one_of_everything
from tests.factories import judge, make_user

pytestmark = pytest.mark.django_db
NAMES = ("zebulon", "ysolde", "xaverius")


def world(folder: Path) -> dict[str, Any]:
    """What parameters may be, where an admin, a reviewer and a labeler have done all that they can."""
    admin, reviewer, labeler = (
        make_user(role, name=name)
        for role, name in zip((ADMIN, REVIEWER, LABELER), NAMES, strict=True)
    )
    known = one_of_everything(folder, admin)
    image = Image.objects.get(key="photo-0")
    current = ReviewRound.objects.get()
    for one in Image.objects.filter(datasets__name="photos"):
        judge(current, reviewer, one, one.target, Verdict.CORRECT)
    judge(current, admin, image, image.target, Verdict.INCORRECT)
    close_round(current)
    candidate = Candidate.objects.filter(image=image).exclude(class_index=image.target)[0]
    settling.comment_on(image, reviewer, "Both.", candidate)
    settling.report(image, reviewer, False, "")
    settling.adjudicate(candidate, admin, Verdict.CORRECT, "See the beak.")
    comment(GuideEntry.objects.get(), "Really?", reviewer)
    hand_in(admin, labeler)
    report = compute_report(take_snapshot())
    assert {row["kind"] for row in report.rows} == {"model", "human"}
    return known | {"uid": image.uid, "report_id": report.pk}


def hand_in(admin: User, labeler: User) -> None:
    task, _ = tasks.create_task(
        "done", "evaluation", Sample({"photos": 6}), 2, labelers=[labeler], by=admin, state="open"
    )
    script = Script(user=labeler)
    items = script("get", "task_items", task.pk, query="?position=0&position=1").json()["items"]
    ops = [
        {"id": str(uuid.uuid4()), "type": "say", "item": one["uid"], "class": 2} for one in items
    ]
    script.send("post", "task_answers", task.pk, content={"ops": ops})
    assert script("post", "task_hand_in", task.pk).status_code == 200
    for change in ("close", "reveal"):
        task.refresh_from_db()
        change_task(task, change, admin)


def test_no_answer_to_a_reviewer_holds_a_user_name(tmp_path):
    known, script = world(tmp_path), Script(REVIEWER)
    answered = set()
    for one in urlpatterns:
        view = getattr(one.callback, "cls", object)
        if not issubclass(view, Endpoint) or issubclass(view, Download):
            continue
        if REVIEWER in view.roles and hasattr(view, "get"):
            name = str(one.name).removeprefix("api_")
            answer = script("get", name, *(known[each] for each in one.pattern.converters))
            if answer.status_code == 200:
                answered.add(name)
            assert not [each for each in NAMES if each in answer.content.decode()], name
    assert answered > {
        "datasets", "participants", "participant", "predictions", "report", "table", "figure",
        "rounds", "round_statistics", "agreement", "cases", "image", "image_answers", "guide",
        "entry", "entry_revisions", "class_evidence", "relations", "missed", "pair",
    }  # fmt: skip
    assert NAMES[1] in json.dumps(Script(ADMIN)("get", "people").json())
