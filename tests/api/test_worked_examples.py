"""The examples of docs/api.md, run against a server."""

from __future__ import annotations

import importlib.util
import re
import time

import numpy as np
import pytest
from django.conf import settings

from accounts.roles import ADMIN
from annotation.models import Candidate, Dataset, Judgment, PredictionSet, Verdict
from annotation.review.rounds import open_round, progress
from annotation.review.scope import Scope
from api.tokens import SCOPES, make_token
from evaluation import recomputing
from evaluation.reports import latest_report
from tests.factories import make_dataset, make_taxonomy, make_user

pytestmark = pytest.mark.django_db(transaction=True)

BLOCKS = re.findall(
    r"^```python\n(.*?)^```", (settings.BASE_DIR / "docs/api.md").read_text(), re.M | re.S
)


@pytest.fixture
def dataset() -> Dataset:
    dataset = make_dataset(make_taxonomy(), 30, "my-set")
    Candidate.objects.update(verdict=Verdict.INCORRECT)
    Candidate.objects.filter(class_index__lt=3).update(verdict=Verdict.CORRECT)
    return dataset


def test_the_examples_do_what_they_say(dataset, live_server, monkeypatch, capsys):
    monkeypatch.setenv("TUSKER_URL", live_server.url)
    monkeypatch.setenv("TUSKER_TOKEN", make_token(make_user(ADMIN), "x", list(SCOPES), 1)[1])
    waits: list[float] = []

    def compute_meanwhile(seconds: float) -> None:
        waits.append(seconds)
        recomputing.recompute_now(time.time())

    monkeypatch.setattr(time, "sleep", compute_meanwhile)
    space: dict = {}
    evaluate, pandas, torch, training, reviewing = BLOCKS
    exec(evaluate, space)
    assert waits == [5]
    cell = space["rows"][0]["multi_label"]
    report = latest_report()
    assert report is not None
    assert cell == next(r for r in report.rows if r["group"] == "all")["multi_label"]
    assert f"multi-label {cell['accuracy']:.1%} of {cell['n']} images" in capsys.readouterr().out

    exec(pandas, space)
    assert len(space["labels"]) == 12  # images of class 0 to 2, and 9 by the class after it
    assert "images have several labels" in capsys.readouterr().out
    if importlib.util.find_spec("torch"):
        exec(torch, space)
        assert space["targets"].sum() == space["labels"].correct.str.len().sum()

    exec(training, space)
    scores = np.eye(10)[np.arange(30) % 10]
    for epoch in (1, 2):
        assert space["push"](np.roll(scores, epoch, axis=1), epoch)["predictions"] == 30
    sets = PredictionSet.objects.filter(participant__name="training-run-7")
    assert (sets.count(), sets.current().count()) == (2, 1)

    exec(reviewing, space)
    current = open_round("by script", [dataset], 1, scope=Scope(which="all"))
    verdicts = ["correct", "incorrect"]
    assert space["review"](current.pk, lambda item: verdicts * len(item["candidates"])) == "done"
    assert progress(current).percent == 100
    assert Judgment.objects.filter(round=current).count() == current.round_candidates.count() > 0
    space["session"].close()
