"""What the review page gets from the server: all it needs, and nothing that it must not know."""

from __future__ import annotations

import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Candidate, Image, Judgment, Participant, ReviewRound, Verdict
from annotation.review.rounds import close_round
from taxonomy.relations import Statement, enter
from tests.factories import make_round
from tests.worlds import picture_round

pytestmark = pytest.mark.django_db


def post(client, name: str, current: ReviewRound, body: object):
    return client.post(reverse(name, args=[current.pk]), json.dumps(body), "application/json")


def take(client, current: ReviewRound, want: int = 4) -> list[dict]:
    return post(client, "review_next", current, {"hold": [], "want": want}).json()["items"]


def judgment(item: dict, verdict: str = "correct", **more: object) -> dict:
    return {
        "type": "judge", "id": str(uuid.uuid4()), "image": item["uid"], "ms": 900,
        "class": item["candidates"][0]["class"], "verdict": verdict, **more,
    }  # fmt: skip


def queries(client, name: str, current: ReviewRound, body: object) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert post(client, name, current, body).status_code == 200
    return len(captured)


def test_query_counts_stay_the_same_whatever_the_size(reviewer_client):
    counts = []
    for images, per_image in ((20, 2), (60, 8)):
        current = make_round(images=images, per_image=per_image)
        take(reviewer_client, current, 1)  # statements are prepared once per connection
        item = take(reviewer_client, current, 1)[0]
        post(reviewer_client, "review_submit", current, {"ops": [judgment(item)]})
        page = reverse("review_round", args=[current.pk])
        with CaptureQueriesContext(connection) as captured:
            assert reviewer_client.get(page).status_code == 200
        opening = len(captured)
        ops = [judgment(item, "incorrect") for item in take(reviewer_client, current, 8)]
        counts.append(
            (
                opening,
                queries(reviewer_client, "review_next", current, {"hold": [], "want": 4}),
                queries(reviewer_client, "review_submit", current, {"ops": ops}),
            )
        )
    assert counts[0] == counts[1]
    assert min(counts[0]) > 0
    assert max(counts[0]) <= 16


def test_an_item_tells_neither_target_nor_source_nor_file(tmp_path, reviewer_client):
    current = picture_round(tmp_path)
    response = post(reviewer_client, "review_next", current, {"hold": [], "want": 4})
    page = reviewer_client.get(reverse("review_round", args=[current.pk]))
    for told in (response, page):
        text = told.content.decode() + str(told.headers)
        for secret in ("photo-", '"target"', "participant", "model-0", "model-1", "predicted"):
            assert secret not in text
    assert Participant.objects.filter(name="model-0").exists()
    keys = {"class", "verdict", "added"}
    assert all(set(c) == keys for item in response.json()["items"] for c in item["candidates"])


def test_the_page_brings_hints_of_accepted_relations_and_of_no_others(
    tmp_path, reviewer, reviewer_client
):
    current = picture_round(tmp_path)
    enter(current.taxonomy, Statement("subset", 3, 2, "tusks are visible"), reviewer)
    page = reviewer_client.get(reverse("review_round", args=[current.pk]))
    assert page.context["config"]["hints"] == {
        2: ["Also correct wherever African elephant is, if tusks are visible."],
        3: ["Where it is correct, tusker is correct too, if tusks are visible."],
    }
    assert current.taxonomy.relations.filter(state="proposed").exists()


def test_the_order_of_candidates_does_not_give_the_target_away(tmp_path, reviewer_client):
    current = picture_round(tmp_path, images=60)
    places = []
    for item in take(reviewer_client, current, 8):
        target = Image.objects.get(uid=item["uid"]).target
        classes = [candidate["class"] for candidate in item["candidates"]]
        places.append(classes.index(target) / (len(classes) - 1))
    assert 0 < sum(places) < len(places)


def test_a_judgment_sent_twice_is_stored_once(reviewer_client):
    current = make_round()
    op = judgment(take(reviewer_client, current, 1)[0])
    for _ in range(2):
        answer = post(reviewer_client, "review_submit", current, {"ops": [op]}).json()
        assert answer == {"accepted": [op["id"]], "rejected": []}
    assert Judgment.objects.count() == 1
    assert Candidate.objects.filter(verdict=Verdict.CORRECT).count() == 1


def test_words_of_another_person_are_not_taken(reviewer_client, reviewer):
    current = make_round()
    op = judgment(take(reviewer_client, current, 1)[0])
    body = {"ops": [op], "reviewer": reviewer.pk + 1}
    assert post(reviewer_client, "review_submit", current, body).status_code == 401
    assert not Judgment.objects.exists()


def test_a_closed_round_takes_nothing_more(reviewer_client):
    current = make_round()
    op = judgment(take(reviewer_client, current, 1)[0])
    close_round(current)
    assert post(reviewer_client, "review_submit", current, {"ops": [op]}).status_code == 409
    assert not Judgment.objects.exists()


@pytest.mark.parametrize("body", [[], {}, {"ops": 1}, {"ops": [1]}, "x", None])
def test_what_is_no_submit_is_refused(reviewer_client, body):
    assert post(reviewer_client, "review_submit", make_round(), body).status_code == 400


def test_json_that_is_nested_too_deeply_is_refused(reviewer_client):
    url = reverse("review_submit", args=[make_round().pk])
    answer = reviewer_client.post(url, "[" * 100_000, content_type="application/json")
    assert answer.status_code == 400


def test_a_comment_with_half_a_character_is_rejected_and_the_judgment_beside_it_stored(
    reviewer_client,
):
    current = make_round()
    op = judgment(take(reviewer_client, current, 1)[0])
    half = {"type": "comment", "id": str(uuid.uuid4()), "image": op["image"], "text": "a \ud83d b"}
    answer = post(reviewer_client, "review_submit", current, {"ops": [half, op]}).json()
    assert answer["accepted"] == [op["id"]]
    assert answer["rejected"] == [{"id": half["id"], "reason": "text: expected text"}]


def test_one_bad_operation_does_not_hold_up_the_others(reviewer_client):
    current = make_round()
    item = take(reviewer_client, current, 1)[0]
    good, unknown = judgment(item), {**judgment(item), "image": str(uuid.uuid4())}
    bad = {**judgment(item), "verdict": "perhaps"}
    answer = post(reviewer_client, "review_submit", current, {"ops": [unknown, bad, good]}).json()
    assert answer["accepted"] == [good["id"]]
    assert {rejected["id"] for rejected in answer["rejected"]} == {unknown["id"], bad["id"]}


def test_an_image_that_another_reviewer_holds_cannot_be_opened(reviewer_client, admin_client):
    current = make_round()
    uid = take(reviewer_client, current, 1)[0]["uid"]
    address = reverse("review_item", args=[current.pk, uid])
    assert reviewer_client.get(address).status_code == 200
    assert admin_client.get(address).status_code == 404
