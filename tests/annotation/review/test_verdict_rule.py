"""An admin chooses the rule, after seeing what it would change."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation.models import Candidate, Image, Judgment, ReviewRound, Verdict, VerdictRule
from annotation.review import rule as rules
from annotation.review.rounds import open_round
from config.celery import app
from evaluation.reports import recompute
from taxonomy.errors import InputError
from tests.factories import judge, make_dataset, make_taxonomy, make_user

pytestmark = pytest.mark.django_db
NONE, YES, NO, UNSURE = Verdict


@pytest.fixture
def current() -> ReviewRound:
    """Three images; of the first two reviewers of three say yes, of the second all, of the third one
    of two."""
    found = open_round("round", [make_dataset(make_taxonomy(), 3, per_image=1)], 1, overlap=3)
    users = [make_user("reviewer") for _ in range(3)]
    for image, verdicts in zip(
        Image.objects.order_by("key"), ([YES, YES, NO], [YES, YES, YES], [YES, NO]), strict=True
    ):
        for user, verdict in zip(users, verdicts, strict=False):
            judge(found, user, image, image.target, verdict)
    return found


def put_in_force(method: str, confidence: float = 0.5) -> int:
    """As the page does it; how many verdicts changed."""
    rules.make_rule(method, confidence, make_user("admin")).save()
    return rules.decide_anew()


def verdicts() -> list[tuple[int, bool]]:
    return list(Candidate.objects.order_by("image__key").values_list("verdict", "disputed"))


def test_the_preview_counts_every_move_and_changes_nothing(current):
    before = verdicts()
    assert before == [(YES, False), (YES, False), (NONE, True)]
    foreseen = rules.preview(rules.make_rule("unanimous", 0.5))
    assert (foreseen.judged, foreseen.changed, foreseen.disputed) == (3, 1, (1, 2))
    assert foreseen.moves["correct"] == {"unjudged": 1, "correct": 1, "incorrect": 0, "unclear": 0}
    assert verdicts() == before
    assert not VerdictRule.objects.exists()


def test_a_chosen_rule_does_what_its_preview_said_and_the_former_one_gives_all_back(current):
    before = verdicts()
    assert put_in_force("unanimous") == 1
    assert verdicts() == [(NONE, True), (YES, False), (NONE, True)]
    assert put_in_force("majority") == 1
    assert verdicts() == before
    assert Judgment.objects.count() == 8


def test_dawid_skene_decides_anew_whenever_numbers_are_computed(current):
    put_in_force("dawid-skene")
    ties = Candidate.objects.filter(disputed=True)
    image = Image.objects.order_by("key").last()
    judge(current, make_user("reviewer"), image, image.target, NO)
    recompute()
    decided = rules.verdicts_by(rules.rule_in_force(), rules.judged_candidates())
    assert decided.verdicts.tolist() == list(
        Candidate.objects.order_by("pk").values_list("verdict", flat=True)
    )
    assert not ties.filter(verdict=YES).exists()


def test_what_is_said_while_it_computes_is_left_as_that_word_decided(current, monkeypatch):
    image = Image.objects.order_by("key").first()
    compute = rules.verdicts_by

    def slowly(rule, ids):
        decided = compute(rule, ids)
        judge(current, make_user("reviewer"), image, image.target, NO)  # now two against two
        return decided

    monkeypatch.setattr(rules, "verdicts_by", slowly)
    put_in_force("majority", 0.9)
    assert verdicts()[0] == (NONE, True)


@pytest.mark.parametrize(("method", "confidence"), [("x", 0.5), ("majority", 0.4), ("majority", 2)])
def test_what_makes_no_rule_is_refused(method, confidence):
    with pytest.raises(InputError):
        rules.make_rule(method, confidence)


def test_the_rule_holds_at_once_though_the_worker_has_not_decided_anew_yet(current, client):
    client.force_login(make_user("admin"))
    choice = {"method": "unanimous", "confidence": 0.5, "apply": 1}
    page = client.post(reverse("verdict_rule"), choice, follow=True).content.decode()
    assert "In force: <strong>Unanimous</strong>" in page
    image = Image.objects.order_by("key").first()
    judge(current, make_user("reviewer"), image, image.target, YES)
    assert verdicts()[0] == (NONE, True)


def test_the_page_is_reached_from_the_rounds_and_from_the_disputes(current, client):
    client.force_login(make_user("admin"))
    for name in ("review", "cases"):
        assert reverse("verdict_rule") in client.get(reverse(name)).content.decode()


def test_the_page_shows_what_would_change_and_then_applies_it(current, client):
    client.force_login(make_user("admin", name="ada"))
    address, choice = reverse("verdict_rule"), {"method": "unanimous", "confidence": 0.5}
    app.conf.task_always_eager = True
    try:
        assert "Computing" in client.post(address, choice).content.decode()
        shown = client.get(reverse("verdict_rule_preview"), choice).content.decode()
        assert "would change 1 of 3 verdicts" in shown
        client.post(address, choice | {"apply": 1})
    finally:
        app.conf.task_always_eager = False
    assert verdicts()[0] == (NONE, True)
    assert "by ada" in client.get(address).content.decode()
