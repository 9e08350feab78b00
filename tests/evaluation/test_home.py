from __future__ import annotations

import pytest
from django.urls import reverse

from annotation.models import Image, Participant, Verdict
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from tests.evaluation.worlds import predict
from tests.factories import judge, make_round, make_user

pytestmark = pytest.mark.django_db


def home(client, *roles: str) -> str:
    client.force_login(make_user(*roles))
    return client.get(reverse("home")).content.decode()


def test_a_reviewer_goes_on_where_the_round_stands(client):
    current = make_round()
    page = home(client, "reviewer")
    assert reverse("review_round", args=[current.pk]) in page
    assert "Start reviewing" in page
    assert reverse("imports") not in page


def test_a_reviewer_whose_round_is_done_is_told_so(client):
    current, reviewer = make_round(images=1), make_user("reviewer")
    image = Image.objects.get()
    for candidate in image.candidates.all():
        judge(current, reviewer, image, candidate.class_index, Verdict.CORRECT)
    page = home(client, "reviewer")
    assert "everything is judged" in page
    assert reverse("review_round", args=[current.pk]) not in page


def test_a_reviewer_without_a_round_is_told_to_wait(client):
    assert "No round is open" in home(client, "reviewer")


def test_an_admin_is_led_from_the_import_to_the_results(client):
    page = home(client, "admin")
    assert page.count('class="done"') == 0
    assert page.count('class="now"') == 1
    current = make_round()
    predict("resnet50", current.datasets.get(), [[0]] * 3)
    compute_report(take_snapshot())
    page = home(client, "admin")
    assert page.count('class="done"') == 4
    assert "1 dataset, 3 images" in page
    assert f"{Participant.objects.count()} participant" in page
    assert "6 candidates still unjudged" in page


def test_who_does_not_judge_in_a_round_is_not_sent_to_judge_in_it(client):
    current = make_round()
    current.reviewers.set([make_user("reviewer")])
    page = home(client, "admin")
    assert f'href="{reverse("review_round", args=[current.pk])}"' not in page
    assert reverse("round_page", args=[current.pk]) in page


def test_a_labeler_sees_nothing_of_reviewing_or_results(client):
    current = make_round()
    page = home(client, "labeler")
    assert "Nothing to label yet" in page
    for name in ("results", "review", "imports"):
        assert f'href="{reverse(name)}"' not in page
    assert current.name not in page


def test_nobody_logged_out_sees_the_start_page(client):
    response = client.get(reverse("home"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))
