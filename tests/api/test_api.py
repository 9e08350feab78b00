"""The API as a script uses it."""

from __future__ import annotations

import base64
import io
import json
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import LABELER, REVIEWER
from annotation.models import Candidate, Dataset, Judgment, PredictionSet, Verdict
from annotation.review.rounds import open_round
from api import parsers, tasks
from api.base import Endpoint
from api.models import KeptAnswer, Token
from api.tokens import make_token
from api.urls import urlpatterns
from evaluation.inference.registering import register
from evaluation.models import InferenceRun
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from evaluation.tasks import infer_shard
from taxonomy.errors import InputError
from tests.api.scripts import Script, problem
from tests.conftest import client_of
from tests.evaluation.inference.onnx_files import write_model
from tests.everything import one_of_everything
from tests.factories import make_dataset, make_taxonomy, predict
from tests.worlds import picture_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset() -> Dataset:
    dataset = make_dataset(make_taxonomy(), 12, "photos")
    Candidate.objects.filter(class_index=0).update(verdict=Verdict.CORRECT)
    predict("net", dataset, [[i % 10, (i + 1) % 10] for i in range(12)])
    return dataset


# --- Tokens


def test_a_token_is_kept_as_a_hash_and_shown_once(admin_client, admin):
    answer = admin_client.post(
        reverse("tokens"), {"name": "nightly", "scopes": ["read", "runs"], "days": 30}
    )
    token = Token.objects.get()
    text = answer.context["text"]
    assert text in answer.content.decode()
    assert (token.user, token.scopes) == (admin, ["read", "runs"])
    assert text not in json.dumps([str(value) for value in vars(token).values()])
    assert text not in admin_client.get(reverse("tokens")).content.decode()
    assert token.start in admin_client.get(reverse("tokens")).content.decode()


def test_nobody_revokes_anothers_token(admin_client, reviewer):
    token, _ = make_token(reviewer, "mine", ["read"], 1)
    assert admin_client.post(reverse("token_revoke", args=[token.pk])).status_code == 404
    client_of(reviewer).post(reverse("token_revoke", args=[token.pk]))
    token.refresh_from_db()
    assert token.revoked


@pytest.mark.parametrize(
    ("scopes", "days"), [(["fly"], 1), ([], 1), (["read"], 0), (["read"], 1000)]
)
def test_a_token_without_sense_is_refused(admin, scopes, days):
    with pytest.raises(InputError):
        make_token(admin, "x", scopes, days)


@pytest.mark.parametrize(
    "end",
    [
        {"revoked": timezone.now()},
        {"expires": timezone.now() - timedelta(seconds=1)},
        {"hash": "x"},
    ],
)
def test_a_token_that_ended_opens_nothing(dataset, end):
    script = Script()
    Token.objects.update(**end)
    answer = script("get", "datasets")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert "unknown, has expired or was revoked" in problem(answer)["detail"]


def test_nor_does_that_of_somebody_who_left(dataset):
    script = Script()
    type(script.user).objects.filter(pk=script.user.pk).update(is_active=False)
    assert script("get", "datasets").status_code == 401


def test_without_a_token_one_is_told_to_bring_one(dataset):
    answer = Client().get(reverse("api_datasets"))
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


def test_a_token_of_a_lesser_scope_reads_and_does_nothing_else(dataset, tmp_path):
    script = Script(scopes=("read",))
    assert script("get", "datasets").status_code == 200
    answer = script("post", "runs", data={}, content_type="application/json")
    assert answer.status_code == 403
    assert "lacks the scope 'runs'" in problem(answer)["detail"]


def test_a_token_opens_no_more_than_its_owner_may(dataset):
    for role, name, status in (
        (REVIEWER, "datasets", 200), (REVIEWER, "models", 403), (LABELER, "datasets", 403),
        (LABELER, "root", 200),
    ):  # fmt: skip
        assert Script(role)("get", name).status_code == status, (role, name)


def test_who_reviews_blind_gets_no_results(dataset):
    script = Script(REVIEWER)
    compute_report(take_snapshot())
    assert script("get", "report", "latest").status_code == 200
    open_round("blind", [dataset], 1, blind=True)
    answer = script("get", "report", "latest")
    assert answer.status_code == 403
    assert "blind" in problem(answer)["detail"]


def test_the_use_of_a_token_is_noted(dataset):
    script = Script()
    script("get", "datasets")
    script.token.refresh_from_db()
    assert timezone.now() - script.token.used < timedelta(minutes=1)


def test_too_many_requests_are_told_when_to_come_back(dataset, monkeypatch):
    from rest_framework.throttling import UserRateThrottle

    monkeypatch.setattr(UserRateThrottle, "rate", "3/min", raising=False)
    script = Script()
    answers = [script("get", "datasets") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 61


# --- Reading


def test_multi_labels_come_in_pages_in_the_datasets_order(dataset, django_assert_max_num_queries):
    script = Script()
    found, query = [], "?page_size=5"
    while True:
        with django_assert_max_num_queries(12):
            page = script("get", "multi_labels", "photos", query=query).json()
        found += page["results"]
        if page["next"] is None:
            break
        query = "?" + page["next"].partition("?")[2]
    assert [one["image_id"] for one in found] == [f"photos-{i:05d}" for i in range(12)]
    assert found[0]["correct"] == ["c0"]
    assert found[0]["unjudged"] == ["c1"]
    assert sum(len(one["correct"]) for one in found) == Candidate.objects.filter(verdict=1).count()


CURSORS = ["tampered", "bz0tMQ", "bz14", "cD3DqQ", "🐘"]
POSITIONS = ["abc", "1e5", "2020-01-01", "%00", "9" * 30]
CURSORS += [base64.b64encode(f"p={one}".encode()).decode() for one in POSITIONS]


@pytest.mark.parametrize("cursor", CURSORS)
def test_a_cursor_that_was_tampered_with_is_refused(dataset, cursor):
    answer = Script()("get", "datasets", query=f"?cursor={cursor}")
    assert answer.status_code == 404
    assert "cursor" in problem(answer)["detail"].lower()


def test_what_has_not_changed_is_not_sent_again(dataset):
    script = Script()
    first = script("get", "datasets")
    again = script("get", "datasets", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    make_dataset(make_taxonomy(name="more"), 2, "others")
    assert script("get", "datasets", headers={"if-none-match": first["ETag"]}).status_code == 200


def test_a_report_is_what_compute_metrics_prints(dataset):
    script = Script()
    assert script("get", "report", "latest").status_code == 404
    report = compute_report(take_snapshot())
    found = script("get", "report", "latest").json()
    assert found == {"snapshot": report.snapshot.hash, "rows": report.rows}
    some = script("get", "report", report.pk, query="?group=all&participant=net").json()
    assert [row["group"] for row in some["rows"]] == ["all"]
    assert script("get", "reports").json()["results"][0]["id"] == report.pk
    assert script("get", "snapshots").json()["results"][0]["hash"] == report.snapshot.hash


def test_predictions_go_out_as_they_came_in(dataset):
    script = Script()
    listed = script("get", "predictions", query="?dataset=photos").json()["results"]
    assert [(one["participant"], one["k"], one["size"]) for one in listed] == [("net", 2, 12)]
    file = script("get", "prediction_file", listed[0]["id"])
    table = pq.read_table(io.BytesIO(file.content)).to_pydict()
    assert table["top_k"] == [[i % 10, (i + 1) % 10] for i in range(12)]
    known = {"if-none-match": file["ETag"]}
    assert script("get", "prediction_file", listed[0]["id"], headers=known).status_code == 304
    answer = script(
        "post", "predictions", query="?dataset=photos&model=copy", data=file.content,
        content_type="application/vnd.apache.parquet",
    )  # fmt: skip
    assert answer.status_code == 201, answer.content
    first, second = PredictionSet.objects.order_by("pk").values_list("sha256", flat=True)
    assert first == second


# --- Writing


def ndjson(rows: list[dict]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def bring(script: Script, rows: list[dict], query: str = "?dataset=photos&model=new", **headers):
    return script(
        "post", "predictions", query=query, data=ndjson(rows),
        content_type="application/x-ndjson", headers=headers,
    )  # fmt: skip


ROWS = [{"image_id": f"photos-{i:05d}", "top_k": [i % 10]} for i in range(12)]


def test_the_same_request_sent_again_is_answered_again_and_done_once(dataset):
    script = Script()
    first, again = (bring(script, ROWS, **{"idempotency-key": "k1"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert PredictionSet.objects.filter(participant__name="new").count() == 1
    other = bring(script, ROWS[:3], **{"idempotency-key": "k1"})
    assert other.status_code == 422
    assert bring(Script(), ROWS, **{"idempotency-key": "k1"}).status_code == 201  # another's key


def test_an_answer_is_kept_for_a_week(dataset):
    script = Script()
    headers = {"idempotency-key": "k"}
    bring(script, ROWS, **headers)
    KeptAnswer.objects.update(created=timezone.now() - timedelta(days=8))
    again = bring(script, ROWS, **headers)
    assert (again.status_code, "Idempotent-Replayed" in again) == (201, False)
    assert bring(script, ROWS, **headers)["Idempotent-Replayed"] == "true"
    tasks.forget_answers()
    assert KeptAnswer.objects.count() == 1
    KeptAnswer.objects.update(created=timezone.now() - timedelta(days=8))
    tasks.forget_answers()
    assert not KeptAnswer.objects.exists()


def test_what_failed_may_be_tried_again_with_its_key(dataset):
    script = Script()
    bad = [{"image_id": "no such image", "top_k": [1]}]
    headers = {"idempotency-key": "k2"}
    assert bring(script, bad, **headers).status_code == 400
    assert bring(script, bad, **headers).status_code == 400
    assert bring(script, ROWS, **headers).status_code == 201


def test_what_was_killed_before_its_end_is_done_when_it_is_sent_again(dataset, monkeypatch):
    script = Script()
    headers = {"idempotency-key": "k3"}

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("api.views.bulk.audit.note", killed)  # what was imported is not committed yet
        with pytest.raises(KeyboardInterrupt):
            bring(script, ROWS, **headers)
    assert not PredictionSet.objects.filter(participant__name="new").exists()
    answer = bring(script, ROWS, **headers)
    assert (answer.status_code, "Idempotent-Replayed" in answer) == (201, False)
    assert bring(script, ROWS, **headers)["Idempotent-Replayed"] == "true"


def test_bad_rows_are_named(dataset):
    rows = [ROWS[0], {"image_id": "photos-00001", "top_k": [77]}]
    found = problem(bring(Script(), rows))
    assert found["errors"][0]["row"] == 2
    assert "77" in found["errors"][0]["detail"]
    found = problem(bring(Script(), [{"image_id": "p\ud800", "top_k": [1]}]))
    assert found["errors"][0]["detail"] == "unknown image 'p?'"
    assert not PredictionSet.objects.filter(participant__name="new").exists()


def test_a_reviewer_brings_no_predictions(dataset):
    assert bring(Script(REVIEWER), ROWS).status_code == 403


def test_judgments_in_bulk_become_a_round(dataset):
    script = Script()
    rows = [
        {
            "image_id": f"photos-{i:05d}",
            "class": f"c{i % 10}",
            "reviewer": name,
            "verdict": "correct",
        }
        for i in range(6)
        for name in ("r1", "r2")
    ]
    answer = script(
        "post", "judgments", query="?name=crowd&dataset=photos", data=ndjson(rows),
        content_type="application/x-ndjson",
    )  # fmt: skip
    assert answer.status_code == 201, answer.content
    assert (answer.json()["judgments"], answer.json()["reviewers"]) == (12, 2)
    assert Judgment.objects.count() == 12
    answer = script(
        "post", "judgments", query=f"?name={'🐘' * 80}&dataset=photos", data=ndjson(rows),
        content_type="application/x-ndjson",
    )  # fmt: skip
    assert problem(answer)["errors"][0]["field"] == "name"


def test_a_run_is_started_watched_paused_and_cancelled(
    tmp_path, monkeypatch, django_assert_max_num_queries, django_capture_on_commit_callbacks
):
    picture_round(tmp_path, images=4).delete()
    sent: list[int] = []
    monkeypatch.setattr(infer_shard, "delay", sent.append)
    dataset = Dataset.objects.get()
    model = register(write_model(tmp_path / "m.onnx"), dataset.taxonomy, {})
    script = Script()
    assert script("get", "models").json()["results"][0]["name"] == "m"
    with django_capture_on_commit_callbacks(execute=True):
        answer = script(
            "post", "runs", data={"model": model.pk, "dataset": dataset.name},
            content_type="application/json",
        )  # fmt: skip
    assert answer.status_code == 201, answer.content
    assert (answer.json()["state"], answer.json()["done"]) == ("running", 0)
    run = InferenceRun.objects.get()
    assert sent == [run.shards.get().pk]
    for state in ("paused", "cancelled"):
        changed = script(
            "patch", "run", run.pk, data={"state": state}, content_type="application/json"
        )
        assert changed.json()["state"] == state
    over = script(
        "patch", "run", run.pk, data={"state": "running"}, content_type="application/json"
    )
    assert "is over" in problem(over)["detail"]


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        ("{", 400, None),
        ("[]", 400, ""),
        ("{}", 400, "model"),
        ('{"model": 1, "dataset": "none"}', 400, "dataset"),
        ('{"model": "x\\u0000", "dataset": "none"}', 400, "model"),
        ("[" * 100_000 + "]" * 100_000, 400, None),
        ('{"model": "' + "x" * (11 << 20) + '"}', 413, None),
    ],
)
def test_bad_content_is_a_problem_and_no_accident(dataset, content, status, field):
    answer = Script()("post", "runs", data=content, content_type="application/json")
    found = problem(answer)
    assert answer.status_code == status, found
    if field:
        assert field in [one["field"] for one in found["errors"]]


def test_too_long_a_file_is_refused(dataset, monkeypatch):
    monkeypatch.setattr(parsers, "MOST_BYTES", 100)
    assert problem(bring(Script(), ROWS))["status"] == 413


def test_another_kind_of_content_is_refused(dataset):
    answer = Script()(
        "post", "predictions", query="?dataset=photos&model=x", data=b"x", content_type="image/png"
    )
    assert answer.status_code == 415
    problem(answer)


def test_the_schema_is_openapi_31_and_the_documentation_shows_it(admin_client):
    schema = admin_client.get(reverse("api_schema"), headers={"accept": "application/json"})
    assert schema.json()["openapi"].startswith("3.1")
    paths = schema.json()["paths"]
    assert "/api/v1/predictions/" in paths
    listing = paths["/api/v1/datasets/"]["get"]
    answered = listing["responses"]["200"]["content"]["application/json"]["schema"]
    page = schema.json()["components"]["schemas"][answered["$ref"].rpartition("/")[2]]
    assert set(page["properties"]) == {"next", "previous", "results"}
    assert "cursor" in [one["name"] for one in listing["parameters"]]
    assert "application/problem+json" in listing["responses"]["4XX"]["content"]
    page = admin_client.get(reverse("api_docs"))
    assert page.status_code == 200
    assert "unsafe-inline" in page["Content-Security-Policy"]
    assert "script-src 'self';" in page["Content-Security-Policy"] + ";"


def test_no_address_takes_other_methods_than_it_says(admin, tmp_path):
    known = one_of_everything(tmp_path, admin)
    script = Script(user=admin)
    for one in urlpatterns:
        if issubclass(getattr(one.callback, "cls", object), Endpoint):
            args = {name: known[name] for name in one.pattern.converters}
            address = reverse(str(one.name), kwargs=args)
            headers = {"authorization": f"Bearer {script.text}"}
            answer = script.client.options(address, headers=headers)
            assert (answer.status_code, "OPTIONS" in answer["Allow"]) == (405, False), address


def test_a_script_reads_the_schema_with_its_token():
    assert Script(LABELER)("get", "schema").json()["openapi"].startswith("3.1")


@pytest.mark.parametrize("address", ["no/such/", "runs/x/", "datasets/%00/"])
def test_any_other_address_is_a_problem_and_no_page(db, address):
    script = Script()
    headers = {"authorization": f"Bearer {script.text}", "if-match": "*"}
    for method in ("get", "post", "put"):
        answer = getattr(script.client, method)(f"/api/v1/{address}", headers=headers)
        assert answer.status_code in (404, 405), answer
        problem(answer)
