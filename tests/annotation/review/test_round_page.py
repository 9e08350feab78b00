"""The page about a round: what an admin sees of it, and what a reviewer may."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from annotation.models import Candidate, Image, ReviewRound, Verdict
from annotation.review.rounds import close_round, open_round, pause_round
from annotation.review.scope import Scope
from tests.conftest import client_of
from tests.factories import adjudicate, judge, make_dataset, make_taxonomy, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget():
    cache.clear()


@pytest.fixture
def dataset():
    return make_dataset(make_taxonomy(), 4, per_image=2)


def page(user: User, current: ReviewRound, **asked: object) -> str:
    cache.clear()
    answer = client_of(user).get(reverse("round_page", args=[current.pk]), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def rows(text: str, table: str) -> list[list[str]]:
    """The cells of a table, its tags taken off."""
    part = text[text.index(f'aria-label="Table of {table}"') :]
    body = re.search(r"<tbody>(.*?)</tbody>", part, re.S)[1]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in body.split("</tr>")]
    plain = [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells if row]
    return [[re.sub(r"\s+", " ", cell) for cell in row] for row in plain]


def judge_all(current: ReviewRound, user: User, verdict: int) -> None:
    for candidate in Candidate.objects.filter(round_candidates__round=current):
        judge(current, user, candidate.image, candidate.class_index, verdict)


@pytest.fixture
def judged(dataset, reviewer) -> ReviewRound:
    """Two reviewers judged all, a third said something else once."""
    current = open_round("round", [dataset], 1, overlap=3)
    judge_all(current, reviewer, Verdict.CORRECT)
    judge_all(current, make_user("reviewer", name="anna"), Verdict.CORRECT)
    image = Image.objects.get(key="set-00000")
    judge(current, make_user("reviewer", name="berta"), image, 0, Verdict.INCORRECT)
    return current


def test_an_admin_sees_every_reviewer_and_class(judged, admin):
    text = page(admin, judged)
    people = {row[0]: row[1:] for row in rows(text, "reviewers")}
    assert people["rosalind"] == ["8", "1.2 s", "100.0 of 7", "100.0 of 8", "–"]
    assert people["berta"] == ["1", "1.2 s", "0.0 of 1", "0.0 of 1", "–"]
    classes = {row[0]: row[1:] for row in rows(text, "classes")}
    assert classes["class 0"] == ["1", "3", "100", "66.7"]
    assert classes["class 4"] == ["1", "2", "67", "100.0"]
    assert "17 <small>of 24</small>" in text


def test_a_reviewer_sees_their_own_row_and_no_name_of_others(judged, reviewer):
    text = page(reviewer, judged)
    assert [row[0] for row in rows(text, "reviewers")] == ["You"]
    assert "anna" not in text
    assert "berta" not in text
    assert "Seed" not in text


def test_tables_are_sorted_as_the_address_says(judged, admin):
    text = page(admin, judged, reviewers="agreement", classes="-name")
    assert rows(text, "reviewers")[0][0] == "berta"
    names = [row[0] for row in rows(text, "classes")]
    assert names == sorted(names, reverse=True)
    assert text.count('aria-sort="descending"') == 1
    assert text.count('aria-sort="ascending"') == 1


def test_instructions_are_markdown_without_scripts(dataset, reviewer):
    text = "Look at **tusks**.\n\n<script>alert(1)</script> [x](javascript:alert(1))"
    current = open_round("round", [dataset], 1, instructions=text)
    shown = page(reviewer, current)
    assert "<strong>tusks</strong>" in shown
    assert "<script>alert" not in shown
    assert "javascript:alert" not in shown.replace("[x](javascript:alert(1))", "")


def test_on_known_answers_reviewers_learn_how_they_did_when_the_round_is_closed(
    dataset, reviewer, admin
):
    for candidate in Candidate.objects.filter(image__key__gte="set-00002"):
        adjudicate(candidate, Verdict.INCORRECT, admin)
    current = open_round("round", [dataset], 1, scope=Scope(gold=0.5))
    judge_all(current, reviewer, Verdict.INCORRECT)
    assert rows(page(reviewer, current), "reviewers") == [["You", "8", "1.2 s", "–", "–", "–"]]
    assert rows(page(admin, current), "reviewers")[0][5] == "100.0 of 4"
    close_round(current)
    assert rows(page(reviewer, current), "reviewers")[0][5] == "100.0 of 4"


def test_in_a_blind_round_a_reviewer_sees_nothing_of_what_others_said_until_it_is_closed(
    dataset, reviewer, admin
):
    current = open_round("round", [dataset], 1, overlap=3, blind=True)
    judge_all(current, make_user("reviewer"), Verdict.INCORRECT)
    judge_all(current, make_user("reviewer"), Verdict.INCORRECT)
    image = Image.objects.get(key="set-00000")
    judge(current, reviewer, image, 0, Verdict.CORRECT)
    text = page(reviewer, current)
    assert rows(text, "reviewers") == [["You", "1", "1.2 s", "–", "–", "–"]]
    classes = {row[0]: row[1:] for row in rows(text, "classes")}
    assert classes["class 0"] == ["1", "1", "100", "100.0"]
    assert classes["class 4"] == ["1", "0", "0", "–"]
    assert reverse("ranges") not in text
    other = open_round("not blind", [dataset], 2)
    assert reverse("ranges") not in page(reviewer, other)
    assert reverse("ranges") in page(admin, current)
    close_round(current)
    text = page(reviewer, current)
    assert rows(text, "reviewers") == [["You", "1", "1.2 s", "0.0 of 1", "0.0 of 1", "–"]]
    assert {row[0]: row[1:] for row in rows(text, "classes")}["class 4"][3] == "0.0"


def test_it_refreshes_itself_while_the_round_is_open_and_not_else(judged, admin):
    assert 'hx-trigger="every 15s"' in page(admin, judged)
    pause_round(judged)
    assert 'hx-trigger="every 15s"' not in page(admin, judged)


def test_a_refresh_gives_the_same_order_again(judged, admin):
    text = page(admin, judged, reviewers="agreement")
    (address,) = re.findall(r'id="round-live" hx-get="\?([^"]*)"', text)
    assert address == "reviewers=agreement"


def test_of_many_classes_the_first_are_shown_and_all_on_demand(admin):
    dataset = make_dataset(make_taxonomy(150), 150, per_image=1)
    current = open_round("round", [dataset], 1)
    text = page(admin, current)
    assert len(rows(text, "classes")) == 25
    assert "first 25 of 150 classes" in text
    assert len(rows(page(admin, current, every=1), "classes")) == 150


def test_the_number_of_queries_does_not_grow(dataset, admin):
    def queries(current: ReviewRound) -> int:
        page(admin, current)
        cache.clear()
        client = client_of(admin)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("round_page", args=[current.pk]))
        return len(captured)

    small = open_round("small", [dataset], 1, overlap=2, instructions="Look.")
    counts = [queries(small)]
    large = make_dataset(make_taxonomy(name="large"), 60, "large", per_image=4)
    current = open_round("large", [large], 1, overlap=2, instructions="Look.")
    for _ in range(2):
        judge_all(current, make_user("reviewer"), Verdict.CORRECT)
    counts.append(queries(current))
    assert counts[0] == counts[1]
    assert counts[0] <= 20
