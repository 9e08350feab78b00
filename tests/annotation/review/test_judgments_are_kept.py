from __future__ import annotations

import uuid

import pytest

from annotation.models import (
    Candidate,
    Comment,
    Image,
    Judgment,
    ProblemReport,
    ReviewRound,
    Verdict,
)
from annotation.models import Skip as ReviewSkip
from annotation.review.judgments import Judge, Problem, Remark, RoundClosed, Skip, submit
from annotation.review.queue import next_turns
from annotation.review.rounds import close_round, count_progress
from tests.factories import judge, make_round, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def current():
    return make_round(images=3, per_image=2)


@pytest.fixture
def image(current):
    return Image.objects.order_by("key").first()


@pytest.fixture
def user():
    return make_user("reviewer")


def verdict_of(image: Image, class_index: int) -> Verdict:
    return Verdict(Candidate.objects.get(image=image, class_index=class_index).verdict)


def test_a_judgment_decides_its_candidate(current, image, user):
    judge(current, user, image, 0, Verdict.CORRECT)
    judge(current, user, image, 1, Verdict.UNCLEAR)
    assert (verdict_of(image, 0), verdict_of(image, 1)) == (Verdict.CORRECT, Verdict.UNCLEAR)


def test_sending_a_judgment_twice_stores_it_once(current, image, user):
    op = Judge(uuid.uuid4(), image.uid, 0, Verdict.CORRECT, 900)
    for _ in range(3):
        assert submit(current, user, [op, op]).accepted == [op.id, op.id]
    assert Judgment.objects.count() == 1


def test_a_late_copy_of_an_old_judgment_does_not_undo_a_newer_one(current, image, user):
    old = Judge(uuid.uuid4(), image.uid, 0, Verdict.CORRECT, 900)
    submit(current, user, [old])
    judge(current, user, image, 0, Verdict.INCORRECT)
    submit(current, user, [old])
    assert verdict_of(image, 0) == Verdict.INCORRECT


def test_changing_ones_mind_keeps_the_former_judgment(current, image, user):
    judge(current, user, image, 0, Verdict.CORRECT)
    judge(current, user, image, 0, Verdict.INCORRECT)
    assert verdict_of(image, 0) == Verdict.INCORRECT
    assert Judgment.objects.count() == 2


def test_taking_a_judgment_back_leaves_the_last_word_to_others(current, image, user):
    judge(current, make_user("reviewer"), image, 0, Verdict.CORRECT)
    judge(current, user, image, 0, Verdict.INCORRECT)
    judge(current, user, image, 0, Verdict.UNJUDGED)
    assert verdict_of(image, 0) == Verdict.CORRECT


def test_an_image_is_done_when_its_last_candidate_is_judged(current, image, user):
    next_turns(current, user, set(), 3)
    judge(current, user, image, 0, Verdict.CORRECT)
    item = current.items.get(image=image)
    assert (item.done, item.holder) == (False, user)
    judge(current, user, image, 1, Verdict.INCORRECT)
    item.refresh_from_db()
    assert (item.done, item.leased_until) == (True, None)
    progress = count_progress(current)
    assert (progress.turns_done, progress.judgments_done) == (1, 2)


def test_undo_opens_the_image_again_and_keeps_it_with_the_reviewer(current, image, user):
    judge(current, user, image, 0, Verdict.CORRECT)
    judge(current, user, image, 1, Verdict.CORRECT)
    judge(current, user, image, 1, Verdict.UNJUDGED)
    item = current.items.get(image=image)
    assert (item.done, item.holder) == (False, user)
    others = next_turns(current, make_user("reviewer"), set(), 8).image_ids
    assert image.pk not in others


def test_a_class_that_nobody_predicted_can_be_added(current, image, user):
    judge(current, user, image, 7, Verdict.CORRECT, add=True)
    candidate = Candidate.objects.get(image=image, class_index=7)
    assert (candidate.verdict, candidate.added_by) == (Verdict.CORRECT, user)


def test_an_added_class_that_is_taken_back_is_no_candidate_any_more(current, image, user):
    judge(current, user, image, 7, Verdict.CORRECT, add=True)
    judge(current, user, image, 7, Verdict.UNJUDGED)
    for index in (0, 1):
        judge(current, user, image, index, Verdict.INCORRECT)
    assert current.items.get(image=image).done
    assert not Candidate.objects.active().filter(image=image, class_index=7).exists()


def test_a_class_that_does_not_exist_is_refused_and_the_rest_stored(current, image, user):
    bad = Judge(uuid.uuid4(), image.uid, 10, Verdict.CORRECT, 1, add=True)
    good = Judge(uuid.uuid4(), image.uid, 0, Verdict.CORRECT, 1)
    nowhere = Judge(uuid.uuid4(), uuid.uuid4(), 0, Verdict.CORRECT, 1)
    outcome = submit(current, user, [bad, good, nowhere])
    assert outcome.accepted == [good.id]
    assert sorted(id for id, _ in outcome.rejected) == sorted([bad.id, nowhere.id])
    assert Judgment.objects.count() == 1


def test_images_outside_the_round_are_refused(current, user):
    other = make_round(images=1)
    image = Image.objects.get(items__round=other)
    assert not judge(current, user, image, 0, Verdict.CORRECT).accepted


def test_an_unusable_image_is_done_and_says_why(current, image, user):
    report = Problem(uuid.uuid4(), image.uid, True, "blurry")
    submit(current, user, [report])
    image.refresh_from_db()
    assert (image.problematic, image.problem_reason) == (True, "blurry")
    assert current.items.get(image=image).done
    submit(current, user, [Problem(uuid.uuid4(), image.uid, False, "")])
    submit(current, user, [report])  # a late copy
    image.refresh_from_db()
    assert not image.problematic
    assert not current.items.get(image=image).done
    assert ProblemReport.objects.count() == 2


def test_a_skipped_image_goes_to_the_end_and_to_anyone(current, user):
    first = next_turns(current, user, set(), 1).image_ids[0]
    op = Skip(uuid.uuid4(), Image.objects.get(pk=first).uid)
    submit(current, user, [op])
    assert next_turns(current, user, set(), 3).image_ids[-1] == first


def test_a_late_copy_of_a_skip_does_not_take_the_image_from_its_new_holder(current, user):
    other = make_user("reviewer")
    first = next_turns(current, user, set(), 1).image_ids[0]
    op = Skip(uuid.uuid4(), Image.objects.get(pk=first).uid)
    submit(current, user, [op])
    assert first in next_turns(current, other, set(), 3).image_ids
    submit(current, user, [op])
    assert current.items.get(image=first).holder == other


def test_a_late_copy_of_a_skip_does_not_move_the_image_when_it_has_come_round(current, user):
    images = next_turns(current, user, set(), 3).image_ids
    op = Skip(uuid.uuid4(), Image.objects.get(pk=images[0]).uid)
    submit(current, user, [op])
    assert next_turns(current, user, set(), 3).image_ids[-1] == images[0]
    again = Skip(uuid.uuid4(), Image.objects.get(pk=images[1]).uid)
    submit(current, user, [again, op])
    assert next_turns(current, user, set(), 3).image_ids == [images[2], images[0], images[1]]
    assert ReviewSkip.objects.count() == 2


def test_comments_are_stored_once(current, image, user):
    op = Remark(uuid.uuid4(), image.uid, "Is this a crane?")
    submit(current, user, [op])
    submit(current, user, [op])
    assert [comment.text for comment in Comment.objects.all()] == ["Is this a crane?"]


def test_a_closed_round_takes_nothing(current, image, user):
    close_round(current)
    with pytest.raises(RoundClosed):
        judge(current, user, image, 0, Verdict.CORRECT)


def test_what_comes_while_the_round_is_being_closed_is_refused(user):
    """The view has found the round open; closing it was committed after that."""
    current = make_round()
    found = ReviewRound.objects.get(pk=current.pk)
    close_round(current)
    image = Image.objects.all()[0]
    with pytest.raises(RoundClosed):
        judge(found, user, image, image.target, Verdict.CORRECT)
    assert not Judgment.objects.exists()


def test_a_batch_takes_as_many_queries_as_one_judgment(user, django_assert_max_num_queries):
    current = make_round(images=40, per_image=2)
    images = list(Image.objects.filter(items__round=current))

    def ops(images):
        return [
            Judge(uuid.uuid4(), image.uid, image.target, Verdict.CORRECT, 5) for image in images
        ]

    for batch in (ops(images[:1]), ops(images[1:])):
        with django_assert_max_num_queries(9):
            submit(current, user, batch)
