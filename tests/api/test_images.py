"""What was said of images, and saying more, by script."""

from __future__ import annotations

import uuid

import pytest

from accounts.roles import ADMIN, REVIEWER
from annotation.models import Candidate, Comment, Image, ReviewRound, Verdict
from annotation.review.rounds import close_round
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from taxonomy.reference.importing import import_reference_images
from tests.api.scripts import Script, problem
from tests.factories import judge, make_user
from tests.worlds import draw, picture_round

pytestmark = pytest.mark.django_db


def test_an_image_is_discussed_reported_and_decided(tmp_path):
    current = picture_round(tmp_path, overlap=2)
    image = Image.objects.get(key="photo-0")
    for verdict in (Verdict.CORRECT, Verdict.INCORRECT):
        judge(current, make_user(REVIEWER), image, image.target, verdict)
    ada, admin = Script(REVIEWER), Script(ADMIN)
    closed = ada("get", "image", image.uid)
    assert (closed.status_code, "'First round'" in problem(closed)["detail"]) == (403, True)
    text = {"text": "Both, I think.", "class": image.target}
    assert ada.send("post", "image_comments", image.uid, content=text).status_code == 403
    assert ada("get", "cases").json()["results"] == []
    close_round(current)

    (case,) = ada("get", "cases", query=f"?kind=disputed&class={image.target}").json()["results"]
    assert (case["uid"], case["correct"], case["incorrect"]) == (str(image.uid), 1, 1)
    for _ in range(2):  # sent again with its key it is said once
        answer = ada.send(
            "post", "image_comments", image.uid, content=text, **{"idempotency-key": "k"}
        )
        assert answer.status_code == 201, answer.content
    assert Comment.objects.count() == 1
    said = {"problematic": True, "reason": "blurry"}
    record = ada.send("post", "image_reports", image.uid, content=said).json()
    assert (record["problematic"], record["reason"]) == (True, "blurry")
    decision = {"class": image.target, "verdict": "correct", "reason": "See the beak."}
    assert ada.send("post", "image_verdicts", image.uid, content=decision).status_code == 403
    record = admin.send("post", "image_verdicts", image.uid, content=decision).json()
    (candidate,) = [one for one in record["candidates"] if one["class"] == image.target]
    assert (candidate["verdict"], candidate["final"]) == ("correct", True)
    assert [one["who"] for one in candidate["words"]][-1] == "you"
    assert {one["who"] for one in candidate["words"][:2]} < {
        "reviewer A", "reviewer B", "reviewer C",
    }  # fmt: skip
    assert candidate["comments"][0]["text"] == "Both, I think."
    assert Candidate.objects.get(image=image, class_index=image.target).verdict == Verdict.CORRECT
    names = [one.username for one in type(ada.user).objects.all()]
    assert not any(name in str(record) for name in names)

    nothing = {"text": "x", "class": 77}
    assert ada.send("post", "image_comments", image.uid, content=nothing).status_code == 404
    empty = problem(ada.send("post", "image_comments", image.uid, content={"text": ""}))
    assert empty["errors"][0]["field"] == "text"
    assert ada("get", "image", uuid.uuid4()).status_code == 404


def test_what_was_found_of_a_class_is_for_those_who_do_not_review_blind(tmp_path):
    current = picture_round(tmp_path)
    taxonomy = current.taxonomy
    Candidate.objects.filter(class_index=0).update(verdict=Verdict.CORRECT)
    Candidate.objects.filter(class_index=1).update(verdict=Verdict.INCORRECT)
    (tmp_path / "reference" / "a").mkdir(parents=True)
    draw(tmp_path / "reference" / "a" / "crane.jpg", 17)
    import_reference_images(taxonomy, tmp_path / "reference")
    script = Script(REVIEWER)
    found = script("get", "class_evidence", taxonomy.pk, 0).json()
    assert found["counts"]["correct"] == Candidate.objects.filter(class_index=0).count()
    assert found["confused"] == [{"first": 0, "second": 1, "images": 2}]
    assert script("get", "confusions", taxonomy.pk).json()["confusions"] == found["confused"]
    (reference,) = script("get", "references", taxonomy.pk, 0).json()["results"]
    bearer = {"authorization": f"Bearer {script.text}"}
    picture = script.client.get(reference["large"], headers=bearer | {"accept": "image/*"})
    assert picture["Content-Type"] == "image/jpeg"
    ReviewRound.objects.update(blind=True)
    assert script("get", "class_evidence", taxonomy.pk, 0).status_code == 403
    assert script("get", "confusions", taxonomy.pk).status_code == 403


def test_who_answered_what_is_for_those_who_are_not_asked(tmp_path):
    current = picture_round(tmp_path)
    compute_report(take_snapshot())
    image = Image.objects.get(key="photo-0")
    script = Script(REVIEWER)
    assert script("get", "image_answers", image.uid).status_code == 403
    close_round(current)
    (found,) = script("get", "image_answers", image.uid).json()["datasets"]
    assert (found["dataset"], found["target"]) == ("photos", image.target)
    given = {one["class"]: one["participants"] for one in found["answers"]}
    assert given == {1: ["model-0"], 0: ["model-1"]}
