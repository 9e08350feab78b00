"""Disputes, problems, and how a verdict came about."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from annotation.discussion.lists import cases, counts
from annotation.discussion.records import image_record, mentions_of
from annotation.discussion.settling import adjudicate, comment_on
from annotation.models import Adjudication, Candidate, Image, Judgment, ReviewRound, Verdict
from annotation.review.judgments import Problem, submit
from annotation.review.rounds import close_round, open_round
from taxonomy.errors import InputError
from tests.factories import judge, make_dataset, make_taxonomy, make_user

pytestmark = pytest.mark.django_db
NONE, YES, NO, UNSURE = Verdict


@pytest.fixture
def current() -> ReviewRound:
    return open_round("round", [make_dataset(make_taxonomy(), 3, per_image=2)], 1, overlap=2)


@pytest.fixture
def image(current) -> Image:
    return Image.objects.order_by("key").first()


def quarrel(current: ReviewRound, image: Image, *verdicts: Verdict) -> Candidate:
    """Reviewers judge the target of an image, one after the other."""
    for verdict in verdicts:
        judge(current, make_user("reviewer"), image, image.target, verdict)
    return Candidate.objects.get(image=image, class_index=image.target)


def test_what_reviewers_contradict_each_other_on_is_listed_with_its_votes(current, image):
    quarrel(current, image, YES, NO)
    (case,), total = cases("disputed", admin=False)
    assert total == 1
    assert (case.uid, case.class_index) == (image.uid, image.target)
    assert (case.correct, case.incorrect, case.unclear) == (1, 1, 0)


def test_each_list_has_its_own_and_can_be_narrowed_to_a_class(current, image):
    user = make_user("reviewer")
    one, two, three = Image.objects.order_by("key")
    judge(current, user, one, one.target, UNSURE)
    judge(current, user, two, 7, YES, add=True)
    submit(current, user, [Problem(uuid.uuid4(), three.uid, True, "blurry")])
    assert counts(admin=False) == {"disputed": 0, "unclear": 1, "missing": 1, "problematic": 1}
    assert [case.class_index for case in cases("missing", False)[0]] == [7]
    assert [case.reason for case in cases("problematic", False)[0]] == ["blurry"]
    assert cases("unclear", False, class_index=one.target + 1) == ([], 0)


def test_the_record_tells_every_step_in_order_and_which_words_count(current, image):
    one, two = make_user("reviewer"), make_user("reviewer")
    judge(current, one, image, image.target, YES)
    judge(current, two, image, image.target, NO)
    judge(current, one, image, image.target, NONE)
    judge(current, one, image, image.target, UNSURE)
    record = image_record(image, make_user("admin"))
    words = record.candidates[0].words
    assert [(word.verdict, word.counts) for word in words] == [
        (YES, False), (NO, True), (NONE, False), (UNSURE, True),
    ]  # fmt: skip
    assert len({word.who for word in words}) == 2


def test_people_go_by_letters_that_differ_from_image_to_image_and_oneself_by_you(current):
    users = [make_user("reviewer") for _ in range(2)]
    reader = users[0]
    names: dict[str, set[str]] = {}
    for image in Image.objects.all():
        for user in users:
            judge(current, user, image, image.target, YES)
        words = image_record(image, reader).candidates[0].words
        names[image.key] = {word.who for word in words}
    assert all(found == {"you", "reviewer A"} for found in names.values())


def test_an_adjudicator_decides_with_a_reason_and_can_take_it_back(current, image):
    candidate, admin = quarrel(current, image, YES, NO), make_user("admin")
    with pytest.raises(InputError, match="reason"):
        adjudicate(candidate, admin, YES, "  ")
    adjudicate(candidate, admin, YES, "its tusks are visible")
    candidate.refresh_from_db()
    assert (candidate.verdict, candidate.disputed) == (YES, False)
    assert cases("disputed", admin=True) == ([], 0)
    last = image_record(image, admin).candidates[0].words[-1]
    assert (last.what, last.where) == ("its tusks are visible", "adjudication")
    adjudicate(candidate, admin, NONE, "too early")
    candidate.refresh_from_db()
    assert (candidate.verdict, candidate.disputed) == (NONE, True)
    assert (Adjudication.objects.count(), Judgment.objects.count()) == (2, 2)


def test_who_is_named_in_a_comment_is_told_until_they_have_looked(current, image, client):
    writer, asked = make_user("reviewer"), make_user("reviewer", name="ada")
    comment_on(image, writer, "@ada, @nobody: is this a crane?")
    assert [comment.image for comment in mentions_of(asked)] == [image]
    client.force_login(asked)
    page = client.get(reverse("cases")).content.decode()
    assert "is this a crane?" in page
    assert client.get(reverse("image_record", args=[image.uid])).status_code == 200
    assert mentions_of(asked) == []


def test_a_blind_round_that_runs_keeps_its_images_closed_to_reviewers(current, image, client):
    quarrel(current, image, YES, NO)
    blind = open_round("blind", current.datasets.all(), 2, blind=True)
    reviewer, admin = make_user("reviewer"), make_user("admin")
    address = reverse("image_record", args=[image.uid])
    for user, status, listed in ((reviewer, 403, 0), (admin, 200, 1)):
        client.force_login(user)
        assert client.get(address).status_code == status
        assert client.get(reverse("cases")).context["total"] == listed
        refused = client.post(reverse("image_comment", args=[image.uid]), {"text": "hm"})
        assert refused.status_code == (403 if status == 403 else 302)
    close_round(blind)
    client.force_login(reviewer)
    assert client.get(address).status_code == 200


def test_reviewers_may_comment_and_only_admins_decide(current, image, client):
    candidate = quarrel(current, image, YES, NO)
    decide = reverse("adjudicate", args=[image.uid, candidate.class_index])
    client.force_login(make_user("reviewer"))
    assert client.post(decide, {"verdict": "correct", "reason": "so"}).status_code == 403
    said = client.post(
        reverse("image_comment", args=[image.uid]), {"text": "see", "class": candidate.class_index}
    )
    assert said.url.endswith(f"#class-{candidate.class_index}")
    assert candidate.comments.get().text == "see"
    client.force_login(make_user("admin"))
    assert client.post(decide, {"verdict": "perhaps", "reason": "so"}).status_code == 404
    client.post(decide, {"verdict": "correct", "reason": "so"})
    candidate.refresh_from_db()
    assert candidate.verdict == YES


def test_the_pages_cost_the_same_however_much_was_said(
    current, image, client, django_assert_num_queries
):
    client.force_login(make_user("admin"))
    record, listed = reverse("image_record", args=[image.uid]), reverse("cases")
    quarrel(current, image, YES, NO)
    client.get(record)
    for address, queries in ((record, 11), (listed, 9)):
        with django_assert_num_queries(queries):
            client.get(address)
        for other in Image.objects.all():
            quarrel(current, other, YES, NO, NO, YES)
            comment_on(other, make_user("reviewer"), "@nobody look")
        with django_assert_num_queries(queries):
            client.get(address)
