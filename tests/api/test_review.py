"""Reviewing by script: the rules of the page, from the same functions."""

from __future__ import annotations

import json
import uuid

import pytest
from django.urls import reverse

from accounts.roles import ADMIN, REVIEWER
from annotation.models import Candidate, Judgment, ReviewRound, VerdictRule
from annotation.review.rounds import close_round, pause_round
from annotation.tasks import decide_anew, preview_rule
from tests.api.scripts import Script, problem
from tests.conftest import client_of
from tests.factories import make_user
from tests.worlds import picture_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def blind(tmp_path) -> ReviewRound:
    picture_round(tmp_path).delete()
    admin, ada = Script(ADMIN), make_user(REVIEWER, name="ada")
    settings = {
        "name": "Blind", "datasets": ["photos"], "seed": 5, "blind": True, "reviewers": ["ada"],
        "state": "planned",
    }  # fmt: skip
    made = admin.send("post", "rounds", content=settings)
    assert made.status_code == 201, made.content
    assert (made.json()["state"], made.json()["judges"]) == ("planned", False)
    assert not Script(user=ada)("get", "rounds").json()["results"]
    number = made.json()["id"]
    assert admin.send("patch", "round", number, content={"state": "open"}).json()["state"] == "open"
    return ReviewRound.objects.get(pk=number)


def judge(item: dict, verdict: str = "correct") -> dict:
    return {
        "id": str(uuid.uuid4()), "type": "judge", "image": item["uid"], "verdict": verdict,
        "class": item["candidates"][0]["class"], "ms": 900,
    }  # fmt: skip


def test_a_reviewer_takes_turns_and_judges_as_on_the_page(blind):
    script = Script(user=blind.reviewers.get())
    found = script.send("post", "round_next", blind.pk, content={"want": 2}).json()
    page = client_of(script.user).post(
        reverse("review_next", args=[blind.pk]), json.dumps({"want": 2}), "application/json"
    )
    pictures = ("src", "original")
    shown = [{k: v for k, v in one.items() if k not in pictures} for one in found["items"]]
    there = [{k: v for k, v in one.items() if k not in pictures} for one in page.json()["items"]]
    assert shown == there  # nothing that the page does not tell either
    assert len(shown) == 2
    picture = script.client.get(
        found["items"][0]["src"], headers={"authorization": f"Bearer {script.text}"}
    )
    assert picture["Content-Type"] == "image/jpeg"

    said = judge(found["items"][0])
    bad = {"id": str(uuid.uuid4()), "type": "fly"}
    for _ in range(2):  # sent again it counts once
        answer = script.send("post", "round_judgments", blind.pk, content={"ops": [said, bad]})
        assert answer.json()["accepted"] == [said["id"]]
        assert answer.json()["rejected"] == [{"id": bad["id"], "reason": "type: unknown"}]
    assert Judgment.objects.get().reviewer == script.user
    assert script("get", "round_progress", blind.pk).json()["mine"]["judged"] == 1
    again = script("get", "round_item", blind.pk, found["items"][0]["uid"]).json()
    assert "correct" in [one["verdict"] for one in again["candidates"]]


def test_others_and_closed_rounds_take_nothing(blind):
    script = Script(user=blind.reviewers.get())
    for other in (Script(REVIEWER), Script(ADMIN)):
        assert other.send("post", "round_next", blind.pk, content={}).status_code == 403
    assert Script(REVIEWER)("get", "round", blind.pk).status_code == 403
    item = script.send("post", "round_next", blind.pk, content={}).json()["items"][0]
    pause_round(blind)
    found = script.send("post", "round_next", blind.pk, content={"hold": [item["uid"]]}).json()
    assert (found["state"], len(found["items"])) == ("paused", 3)
    close_round(blind)
    answer = script.send("post", "round_judgments", blind.pk, content={"ops": [judge(item)]})
    assert (answer.status_code, problem(answer)["detail"]) == (409, "This round is closed.")
    answer = script.send("post", "round_next", blind.pk, content={"want": 99})
    assert problem(answer)["errors"] == [{"field": "want", "detail": "out of range"}]
    mine = {"reviewer": script.user.pk + 1, "ops": [judge(item)]}
    assert script.send("post", "round_judgments", blind.pk, content=mine).status_code == 403


def test_a_round_that_makes_no_sense_is_refused_by_its_fields(blind):
    admin = Script(ADMIN)
    for change, field in (
        ({"datasets": ["none"]}, "datasets"), ({"overlap": 9}, "overlap"),
        ({"source": "chosen"}, "participants"), ({"classes": [99]}, "classes"),
        ({"reviewers": ["nobody"]}, "reviewers"), ({"name": "Blind"}, None),
    ):  # fmt: skip
        content = {"name": "New", "datasets": ["photos"], **change}
        found = problem(admin.send("post", "rounds", content=content))
        assert found["status"] == 400
        assert field is None or field in [one["field"] for one in found["errors"]], found
    assert problem(admin("delete", "round", blind.pk))["detail"].startswith("Only a planned")
    sent = {"name": "New", "datasets": ["photos"]}
    first, second = (
        admin.send("post", "rounds", content=sent, **{"idempotency-key": "r"}).json()
        for _ in range(2)
    )
    assert first == second


def test_a_round_is_foreseen_and_its_statistics_are_told_as_far_as_they_may(blind):
    admin, ada = Script(ADMIN), Script(user=blind.reviewers.get())
    plan = {"name": "next", "datasets": ["photos"], "overlap": 1, "which": "all"}
    outlook = admin.send("post", "round_preview", content=plan).json()
    assert outlook["judgments"] == outlook["candidates"] == Candidate.objects.count()
    item = ada.send("post", "round_next", blind.pk, content={}).json()["items"][0]
    ada.send("post", "round_judgments", blind.pk, content={"ops": [judge(item)]})
    (row,) = admin("get", "round_statistics", blind.pk).json()["reviewers"]
    assert (row["name"], row["judged"]) == ("ada", 1)
    own = ada("get", "round_statistics", blind.pk).json()
    assert own["only_own"]
    assert [one["name"] for one in own["reviewers"]] == ["You"]
    assert own["reviewers"][0]["agreement"] is own["reviewers"][0]["gold_agreement"] is None


def test_agreement_is_told_as_the_page_tells_it(blind, tmp_path):
    ada = Script(user=blind.reviewers.get())
    assert ada("get", "agreement").status_code == 404  # at a blind round she is told nothing
    assert ada("get", "agreement", query=f"?round={blind.pk}").status_code == 403
    item = ada.send("post", "round_next", blind.pk, content={}).json()["items"][0]
    ada.send("post", "round_judgments", blind.pk, content={"ops": [judge(item)]})
    close_round(blind)
    found = ada("get", "agreement", query=f"?round={blind.pk}").json()
    assert (found["rounds"], found["overall"]["candidates"]) == (["Blind"], 0)


def test_an_admin_puts_a_rule_in_force(db, monkeypatch):
    ordered: list[bool] = []
    monkeypatch.setattr(decide_anew, "delay", lambda: ordered.append(True))
    script = Script(ADMIN)
    rule = {"method": VerdictRule.Method.values[-1], "confidence": 0.75}
    assert script.send("put", "verdict_rule", content=rule).json() == rule
    assert script("get", "verdict_rule").json() == rule
    assert ordered == [True]
    wanted: list[tuple] = []
    monkeypatch.setattr(preview_rule, "delay", lambda *args: wanted.append(args))
    assert script.send("post", "verdict_rule_preview", content=rule).json() == {"preview": None}
    preview_rule(*wanted[0])
    query = f"?method={rule['method']}&confidence=0.75"
    found = script("get", "verdict_rule_preview", query=query).json()["preview"]
    assert (found["judged"], found["changed"], found["disputed"]) == (0, 0, [0, 0])
    assert script("get", "verdict_rule_preview", query="?method=party").status_code == 400
    assert Script(REVIEWER)("get", "verdict_rule").status_code == 403
