from __future__ import annotations

import uuid

import pytest

from accounts.roles import LABELER
from annotation.labeling.answers import TaskOver, submit
from annotation.labeling.handing_in import hand_in
from annotation.labeling.items import overview
from annotation.labeling.tasks import close_task, create_task, open_task, pause_task, sample_of
from annotation.models import Answer
from tests.annotation.labeling.worlds import assignments, make_task, say, work
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(labeler):
    return make_task([labeler])


@pytest.fixture
def first(task, labeler):
    return assignments(task, labeler)[0]


def test_the_last_answer_holds_and_all_are_kept(task, labeler, first):
    for index in (3, 5, None, 7):
        submit(task.pk, labeler, [say(first, index, confidence=2, note="hm")])
    first.refresh_from_db()
    assert (first.class_index, first.confidence, first.note) == (7, 2, "hm")
    assert list(Answer.objects.order_by("pk").values_list("class_index", flat=True)) == [
        3,
        5,
        None,
        7,
    ]


def test_an_answer_that_is_sent_again_is_stored_once_and_does_not_come_back(task, labeler, first):
    early, late = say(first, 3), say(first, 5)
    for ops in ([early, late], [early], [early, late, early]):
        outcome = submit(task.pk, labeler, ops)
        assert [str(op.id) for op in ops] == [str(id) for id in outcome.accepted]
    first.refresh_from_db()
    assert (first.class_index, Answer.objects.count()) == (5, 2)


def test_an_answer_can_be_taken_back_and_put_off(task, labeler, first):
    submit(task.pk, labeler, [say(first, 3)])
    assert overview(first.enrollment_id) == "a........."
    submit(task.pk, labeler, [say(first, 3, later=True)])
    assert overview(first.enrollment_id) == "l........."
    submit(task.pk, labeler, [say(first, None)])
    assert overview(first.enrollment_id) == ".........."


def test_times_of_segments_add_up_and_a_segment_that_grew_counts_once(task, labeler, first):
    long = uuid.uuid4()
    submit(task.pk, labeler, [work(first, 2000, 1500, long), work(first, 9000, 4000, long)])
    submit(task.pk, labeler, [work(first, 5000, 3000, long)])  # a late copy
    submit(task.pk, labeler, [work(first, 1000, 1000)])
    first.refresh_from_db()
    assert (first.wall_ms, first.active_ms) == (10_000, 5000)
    assert first.opened is not None


def test_a_segment_cannot_be_carried_to_another_image(task, labeler):
    first, second, *_ = assignments(task, labeler)
    one = uuid.uuid4()
    submit(task.pk, labeler, [work(first, 1000, 1000, one)])
    submit(task.pk, labeler, [work(second, 9000, 9000, one)])
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.wall_ms, second.wall_ms) == (1000, 0)


def test_an_image_of_another_labeler_or_task_is_refused_and_the_rest_stored(task, labeler, first):
    other = make_user(LABELER, name="other")
    second = create_task(
        "second", "evaluation", sample_of(task), 1, labelers=[labeler, other], state="open"
    )[0]
    theirs, elsewhere = assignments(second, other)[0], assignments(second, labeler)[0]
    ops = [say(theirs, 1), say(first, 2), say(elsewhere, 3)]
    outcome = submit(task.pk, labeler, ops)
    assert outcome.accepted == [ops[1].id]
    assert outcome.rejected == [(op.id, "no such image here") for op in (ops[0], ops[2])]
    assert list(Answer.objects.values_list("class_index", flat=True)) == [2]


def test_a_class_that_there_is_not_is_refused(task, labeler, first):
    op = say(first, 10)
    assert submit(task.pk, labeler, [op]).rejected == [(op.id, "no such class")]
    assert not Answer.objects.exists()


def test_who_takes_no_part_can_answer_nothing(task, first):
    assert submit(task.pk, make_user(LABELER), [say(first, 1)]) is None
    assert not Answer.objects.exists()


def test_nothing_is_taken_after_hand_in_nor_while_paused_nor_when_closed(task, labeler, first):
    pause_task(task)
    with pytest.raises(TaskOver, match="not open"):
        submit(task.pk, labeler, [say(first, 1)])
    open_task(task)
    submit(task.pk, labeler, [say(first, 1)])
    hand_in(task, labeler)
    with pytest.raises(TaskOver, match="handed this task in"):
        submit(task.pk, labeler, [say(first, 2)])
    close_task(task)
    with pytest.raises(TaskOver):
        submit(task.pk, labeler, [work(first, 2, 1)])
    first.refresh_from_db()
    assert (first.class_index, first.wall_ms) == (1, 0)


def post(client, task, endpoint, body):
    return client.post(
        f"/labeling/{task.pk}/api/{endpoint}/", body, content_type="application/json"
    )


def as_json(op) -> dict:
    return {"type": "say", "id": str(op.id), "item": str(op.item), "class": op.class_index}


def test_the_page_is_told_what_is_stored_and_what_was_refused(labeler_client, task, first):
    good, bad = as_json(say(first, 4)), as_json(say(first, 99))
    broken = {"type": "say", "id": "7", "item": str(first.uid)}
    answer = post(labeler_client, task, "submit", {"ops": [good, bad, broken]}).json()
    assert answer == {
        "accepted": [good["id"]],
        "rejected": [
            {"id": "7", "reason": "id: expected a UUID"},
            {"id": bad["id"], "reason": "no such class"},
        ],
    }


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("class", -1, "class: out of range"),
        ("class", "crane", "class: expected an integer"),
        ("class", True, "class: expected an integer"),
        ("confidence", 4, "confidence: expected one of (1, 2, 3)"),
        ("confidence", [], "confidence: expected one of (1, 2, 3)"),
        ("later", 1, "later: expected true or false"),
        ("note", "x" * 1001, "note: longer than 1000 characters"),
        ("note", "\0", "note: expected text"),
        ("item", "photo-1", "item: expected a UUID"),
        ("type", "judge", "type: unknown"),
    ],
)
def test_fields_that_make_no_sense_are_named(labeler_client, task, first, field, value, reason):
    op = as_json(say(first, 4)) | {field: value}
    answer = post(labeler_client, task, "submit", {"ops": [op]}).json()
    assert answer["rejected"] == [{"id": op["id"], "reason": reason}]


def test_more_active_than_wall_time_is_refused(labeler_client, task, first):
    op = {"type": "work", "id": str(uuid.uuid4()), "item": str(first.uid)}
    answer = post(labeler_client, task, "submit", {"ops": [op | {"wall_ms": 1, "active_ms": 2}]})
    assert answer.json()["rejected"][0]["reason"] == "active_ms: longer than wall_ms"


@pytest.mark.parametrize("body", ["", "[]", "{", '{"ops": []}', '{"ops": 3}', '{"ops": [1]}'])
def test_what_is_no_list_of_operations_is_refused_whole(labeler_client, task, body):
    assert post(labeler_client, task, "submit", body).status_code == 400


@pytest.mark.parametrize(
    "body", ["{", "{}", '{"positions": []}', '{"positions": ["a"]}', '{"positions": [-1]}']
)
def test_positions_that_make_no_sense_are_refused(labeler_client, task, body):
    assert post(labeler_client, task, "items", body).status_code == 400


def test_positions_beyond_the_end_give_nothing(labeler_client, task):
    answer = post(labeler_client, task, "items", {"positions": [9, 10, 2000]}).json()
    assert [item["position"] for item in answer["items"]] == [9]


def test_answers_of_whom_was_logged_in_before_are_not_taken_for_ones_own(
    labeler_client, task, labeler, first
):
    body = {"labeler": labeler.pk + 1, "ops": [as_json(say(first, 1))]}
    assert post(labeler_client, task, "submit", body).status_code == 401
    assert not Answer.objects.exists()


def test_after_hand_in_the_page_gets_no_images_and_saves_nothing(
    labeler_client, task, labeler, first
):
    post(labeler_client, task, "submit", {"ops": [as_json(say(first, 1))]})
    hand_in(task, labeler)
    assert post(labeler_client, task, "items", {"positions": [0]}).status_code == 409
    assert (
        post(labeler_client, task, "submit", {"ops": [as_json(say(first, 2))]}).status_code == 409
    )


def test_answering_costs_the_same_for_one_as_for_ten(
    labeler_client, task, labeler, django_assert_num_queries
):
    all_ten = assignments(task, labeler)
    post(labeler_client, task, "submit", {"ops": [as_json(say(all_ten[0], 1))]})  # prepares
    for some in (all_ten[:1], all_ten):
        ops = [as_json(say(one, 2)) for one in some]
        with django_assert_num_queries(6):
            assert post(labeler_client, task, "submit", {"ops": ops}).status_code == 200
        with django_assert_num_queries(4):
            body = {"positions": [one.position for one in some]}
            assert post(labeler_client, task, "items", body).status_code == 200


def test_classes_are_pinned_and_let_go(labeler_client, task):
    def pin(index, pinned):
        return post(labeler_client, task, "pin", {"class": index, "pinned": pinned})

    assert pin(4, True).json() == {"pinned": [4]}
    assert pin(2, True).json() == pin(2, True).json() == {"pinned": [4, 2]}
    assert pin(4, False).json() == {"pinned": [2]}
    for index in (10, -1, 2**40, "2", None, True):
        assert pin(index, True).status_code == 400
    assert post(labeler_client, task, "pin", "{").status_code == 400
