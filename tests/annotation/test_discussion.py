"""Disputes, problems, and how a verdict came about."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from accounts.models import User
from annotation.discussion.lists import cases, counts, next_case
from annotation.discussion.mentions import mentions_of
from annotation.discussion.records import image_record, pseudonyms
from annotation.discussion.settling import adjudicate, comment_on
from annotation.models import (
    Adjudication,
    Candidate,
    Image,
    Judgment,
    ReviewRound,
    RoundItem,
    Verdict,
    VerdictRule,
)
from annotation.review.judgments import Problem, Remark, submit
from annotation.review.queue import next_turns
from annotation.review.rounds import close_round, open_round
from annotation.review.scope import Scope
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
    (case,) = cases("disputed", make_user("admin"))
    assert (case.uid, case.class_index) == (image.uid, image.target)
    assert (case.correct, case.incorrect, case.unclear) == (1, 1, 0)


def test_each_list_has_its_own_and_can_be_narrowed_to_a_class(current, image):
    user, admin = make_user("reviewer"), make_user("admin")
    one, two, three = Image.objects.order_by("key")
    judge(current, user, one, one.target, UNSURE)
    judge(current, user, two, 7, YES, add=True)
    judge(current, user, two, two.target, NO)
    judge(current, user, two, two.target + 1, NO)
    submit(current, user, [Problem(uuid.uuid4(), three.uid, True, "blurry")])
    assert counts(admin) == {
        "disputed": 0, "unclear": 1, "missing": 1, "wrong": 1, "problematic": 1,
    }  # fmt: skip
    assert [case.class_index for case in cases("missing", admin)] == [7]
    assert [case.class_index for case in cases("wrong", admin)] == [two.target]
    assert [case.reason for case in cases("problematic", admin)] == ["blurry"]
    assert cases("unclear", admin, class_index=one.target + 1) == []
    assert counts(admin, class_index=7) == dict.fromkeys(counts(admin), 0) | {"missing": 1}


def test_from_a_case_one_gets_to_the_next_also_when_it_is_settled(current, admin_client):
    user, admin = make_user("reviewer"), make_user("admin")
    for image in Image.objects.all():
        judge(current, user, image, image.target, UNSURE)
    listed = [(case.uid, case.class_index) for case in cases("unclear", admin)]
    assert [next_case("unclear", admin, *case) for case in listed] == [*listed[1:], None]
    (uid, index), following = listed[:2]
    said = {"verdict": "correct", "reason": "so", "class": index, "kind": "unclear"}
    after = admin_client.post(reverse("adjudicate", args=[uid, index]), said, follow=True)
    assert len(cases("unclear", admin)) == len(listed) - 1
    assert after.context["next_url"] == (
        reverse("image_record", args=[following[0]])
        + f"?class={following[1]}&kind=unclear#class-{following[1]}"
    )


def test_a_later_page_of_a_list_that_became_shorter_is_the_last_there_is(current, admin_client):
    image = Image.objects.first()
    judge(current, make_user("reviewer"), image, image.target, UNSURE)
    page = admin_client.get(reverse("cases"), {"kind": "unclear", "page": 7})
    assert len(page.context["cases"]) == 1


def test_the_record_tells_every_step_in_order_and_which_words_count(current, image):
    one, two = make_user("reviewer"), make_user("reviewer")
    judge(current, one, image, image.target, YES)
    judge(current, two, image, image.target, NO)
    judge(current, one, image, image.target, NONE)
    judge(current, one, image, image.target, UNSURE)
    record = image_record(image, make_user("admin"))
    words = record.candidates[0].words
    assert [(word.verdict, not word.former) for word in words] == [
        (YES, False), (NO, True), (NONE, False), (UNSURE, True),
    ]  # fmt: skip
    assert len({word.who for word in words}) == 2


def test_the_record_tells_what_each_verdict_follows_from(current, image):
    admin, candidate = make_user("admin"), quarrel(current, image, YES, NO)

    def origin() -> str:
        return image_record(image, admin).candidates[0].origin

    assert origin() == "by the rule “majority”: 1 correct, 1 incorrect"
    again = open_round("again", current.datasets.all(), 2, scope=Scope(which="all"))
    judge(again, make_user("reviewer"), image, image.target, NO)
    assert origin() == "by the rule “majority”: 1 incorrect"
    formers = [word.former for word in image_record(image, admin).candidates[0].words]
    assert formers == ["a later round judged anew"] * 2 + [""]
    (case,) = cases("wrong", admin)
    assert (case.correct, case.incorrect) == (0, 1)
    VerdictRule.objects.create(method="dawid-skene", chosen_by=admin)
    assert origin().startswith("by Dawid-Skene, from all judgments together: 1 incorrect")
    adjudicate(candidate, admin, YES, "tusks")
    assert origin() == "by an adjudicator"


def test_a_verdict_that_was_imported_without_judgments_says_so(current, image):
    Candidate.objects.filter(image=image, class_index=image.target).update(verdict=YES)
    told, other = image_record(image, make_user("admin")).candidates
    assert told.origin == "with imported multi-labels, without a judgment"
    assert other.origin == ""


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


def test_who_goes_by_which_letter_can_not_be_computed_from_what_a_page_tells(
    current, image, settings
):
    """Not without the server's key: an image's uid and the numbers of users are no secrets."""
    users = [make_user("reviewer") for _ in range(6)]
    found = set()
    for key in "abcdefgh":
        settings.SECRET_KEY = key
        names = pseudonyms(image, [user.pk for user in users], make_user("admin"))
        found.add(tuple(names[user.pk] for user in users))
    assert len(found) > 1


def test_an_adjudicator_decides_with_a_reason_and_can_take_it_back(current, image):
    candidate, admin = quarrel(current, image, YES, NO), make_user("admin")
    adjudicate(candidate, admin, YES, "its tusks are visible")
    candidate.refresh_from_db()
    assert (candidate.verdict, candidate.disputed) == (YES, False)
    assert cases("disputed", admin) == []
    last = image_record(image, admin).candidates[0].words[-1]
    assert (last.what, last.where) == ("its tusks are visible", "adjudication")
    adjudicate(candidate, admin, NONE, "too early")
    candidate.refresh_from_db()
    assert (candidate.verdict, candidate.disputed) == (NONE, True)
    assert (Adjudication.objects.count(), Judgment.objects.count()) == (2, 2)


def test_who_is_named_in_a_comment_is_told_until_they_have_looked(current, image, client):
    writer, asked = make_user("reviewer"), make_user("reviewer", name="ada")
    close_round(current)
    comment_on(image, writer, "(@ada, @nobody): is this a crane? ada@example.org")
    assert [comment.image for comment in mentions_of(asked)] == [image]
    client.force_login(asked)
    assert "You are asked in 1 comment<" in client.get(reverse("home")).content.decode()
    page = client.get(reverse("cases")).content.decode()
    assert "is this a crane?" in page
    assert mentions_of(writer) == []
    assert client.get(reverse("image_record", args=[image.uid])).status_code == 200
    assert mentions_of(asked) == []


def test_who_is_named_while_judging_is_told_too_once_they_have_judged_themselves(current, image):
    writer, asked = make_user("reviewer"), make_user("reviewer", name="ada")
    said = Remark(uuid.uuid4(), image.uid, "A crane, @ada?")
    for _ in range(2):
        assert submit(current, writer, [said]).accepted == [said.id]
    assert mentions_of(asked) == []
    next_turns(current, asked, set(), 3)
    for index in (image.target, image.target + 1):
        judge(current, asked, image, index, YES)
    assert [comment.text for comment in mentions_of(asked)] == ["A crane, @ada?"]


def test_nobody_reads_what_others_said_of_an_image_before_they_judged_it(current, image, client):
    """Of two reviewers of each candidate, the second one must not know what the first one said."""
    first, second, apart = (make_user("reviewer") for _ in range(3))
    address = reverse("image_record", args=[image.uid])

    def status(user: User) -> int:
        client.force_login(user)
        return client.get(address).status_code

    for index in (image.target, image.target + 1):
        judge(current, first, image, index, UNSURE)
    assert RoundItem.objects.filter(image=image, done=True).count() == 1
    assert (status(first), status(second), status(make_user("admin"))) == (200, 403, 200)
    assert (len(cases("unclear", first)), len(cases("unclear", second))) == (2, 0)
    current.reviewers.set([first, second])
    assert status(apart) == 200
    for index in (image.target, image.target + 1):
        judge(current, second, image, index, UNSURE)
    assert status(second) == 200


def test_a_blind_round_that_runs_keeps_its_images_closed_to_reviewers(current, image, client):
    quarrel(current, image, YES, NO)
    blind = open_round("blind", current.datasets.all(), 2, blind=True)
    reviewer, admin = make_user("reviewer"), make_user("admin")
    address = reverse("image_record", args=[image.uid])
    for user, status, listed in ((reviewer, 403, 0), (admin, 200, 1)):
        client.force_login(user)
        assert client.get(address).status_code == status
        assert client.get(reverse("cases")).context["total"] == listed
        client.post(reverse("image_comment", args=[image.uid]), {"text": "hm @ada"})
        client.post(reverse("image_report", args=[image.uid]), {"problematic": "on"})
        image.refresh_from_db()
        assert (image.comments.count(), image.problematic) == ((0, False), (1, True))[listed]
    asked = make_user("reviewer", name="ada")
    comment_on(image, admin, "@ada, a model says so")
    client.force_login(asked)
    assert "a model says so" not in client.get(reverse("cases")).content.decode()
    close_round(blind)
    close_round(current)
    client.force_login(reviewer)
    assert client.get(address).status_code == 200


def test_reviewers_may_comment_and_only_admins_decide(current, image, client):
    candidate = quarrel(current, image, YES, NO)
    close_round(current)
    decide = reverse("adjudicate", args=[image.uid, candidate.class_index])
    client.force_login(make_user("reviewer"))
    assert client.post(decide, {"verdict": "correct", "reason": "so"}).status_code == 403
    said = client.post(
        reverse("image_comment", args=[image.uid]), {"text": "see", "class": candidate.class_index}
    )
    assert said.url.endswith(f"#class-{candidate.class_index}")
    assert candidate.comments.get().text == "see"
    client.force_login(make_user("admin"))
    for wrong, told in (
        ({"verdict": "perhaps", "reason": "so"}, "perhaps is not one of"),
        ({"verdict": "correct", "reason": "  "}, "A final verdict needs its reason."),
        ({"verdict": "correct", "reason": "x" * 2001}, "at most 2000 characters"),
        ({"verdict": "correct", "reason": "a\0b"}, "Null characters are not allowed."),
    ):
        assert told in client.post(decide, wrong, follow=True).content.decode()
    assert not Adjudication.objects.exists()
    client.post(decide, {"verdict": "correct", "reason": "so"})
    candidate.refresh_from_db()
    assert candidate.verdict == YES


def test_an_image_is_reported_and_found_fine_again_on_its_page(current, image, client):
    client.force_login(make_user("admin"))
    address = reverse("image_report", args=[image.uid])
    client.post(address, {"problematic": "on", "reason": "duplicate"})
    image.refresh_from_db()
    assert (image.problematic, image.problem_reason) == (True, "duplicate")
    assert RoundItem.objects.filter(image=image, done=True).count() == 2
    client.post(address)
    image.refresh_from_db()
    assert (image.problematic, image.problem_reason) == (False, "")
    assert not RoundItem.objects.filter(done=True).exists()
    assert [report.problematic for _, report in image_record(image, make_user()).reports] == [
        True, False,
    ]  # fmt: skip


def test_the_pages_cost_the_same_however_much_was_said(
    current, image, client, django_assert_num_queries
):
    client.force_login(make_user("admin"))
    record = reverse("image_record", args=[image.uid]) + "?kind=disputed&class=0"
    listed = reverse("cases")
    quarrel(current, image, YES, NO)
    client.get(record)
    for address, queries in ((record, 12), (listed, 5)):
        with django_assert_num_queries(queries):
            client.get(address)
        for other in Image.objects.all():
            quarrel(current, other, YES, NO, NO, YES)
            comment_on(other, make_user("reviewer"), "@nobody look")
        with django_assert_num_queries(queries):
            client.get(address)
