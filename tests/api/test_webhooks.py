"""Other programs are told of events: signed, and again until they have heard."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.urls import reverse

from annotation.models import Candidate, Dataset
from annotation.review.rounds import close_round
from api import tasks, webhooks
from api.models import Webhook
from evaluation.inference.registering import register
from evaluation.inference.runs import do_shard, finish_run, open_shards, start_run
from evaluation.snapshots import take_snapshot
from tests.evaluation.inference.onnx_files import write_model
from tests.factories import make_round
from tests.worlds import picture_round

pytestmark = pytest.mark.django_db


class Listener:
    """A server that keeps what it is sent, and answers with the next of `answers`, then 204."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.heard.append((dict(self.headers), body))
                self.send_response(listener.answers.pop(0) if listener.answers else 204)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def hook(listener) -> Webhook:
    return Webhook.objects.create(url=listener.url, events=Webhook.Event.values, secret="s" * 64)


@pytest.fixture
def told(monkeypatch, django_capture_on_commit_callbacks):
    """A function that runs something and gives what webhooks were ordered to be told by it."""
    sent: list[tuple[int, dict]] = []
    monkeypatch.setattr(tasks.tell, "delay", lambda pk, content: sent.append((pk, content)))

    def ordered(work) -> list[tuple[int, dict]]:
        sent.clear()
        with django_capture_on_commit_callbacks(execute=True):
            work()
        return list(sent)

    return ordered


def test_a_closed_round_a_finished_run_and_a_new_snapshot_are_told(hook, told, tmp_path):
    current = make_round()
    ((pk, content),) = told(lambda: close_round(current))
    assert (pk, content["event"]) == (hook.pk, "round.closed")
    assert content["round"] == {"id": current.pk, "name": current.name}
    assert told(lambda: close_round(current)) == []

    (only,) = told(take_snapshot)
    assert only[1]["snapshot"]["hash"] == take_snapshot().hash
    assert told(take_snapshot) == []
    Candidate.objects.update(verdict=1)
    assert len(told(take_snapshot)) == 1

    picture_round(tmp_path, images=2).delete()
    dataset = Dataset.objects.get(name="photos")
    run = start_run(register(write_model(tmp_path / "m.onnx"), dataset.taxonomy, {}), dataset)
    for shard in open_shards(run):
        do_shard(shard)
    ((_, content),) = told(lambda: finish_run(run.pk))
    assert content["event"] == "run.finished"
    assert (content["run"]["state"], content["run"]["model"]) == ("done", "m")


def test_only_those_are_told_who_want_to_hear(hook, told):
    Webhook.objects.update(events=["run.finished"])
    assert told(lambda: close_round(make_round())) == []


def test_what_is_sent_is_signed(hook, listener):
    webhooks.send(hook, {"event": "round.closed", "round": {"name": "Bäume"}})
    ((headers, body),) = listener.heard
    moment, _, signature = headers["Tusker-Signature"].partition(",")
    text = moment.removeprefix("t=").encode() + b"." + body
    expected = hmac.new(hook.secret.encode(), text, hashlib.sha256).hexdigest()
    assert signature == f"v1={expected}"
    assert json.loads(body)["round"]["name"] == "Bäume"
    hook.refresh_from_db()
    assert hook.told
    assert hook.problem == ""


@pytest.mark.parametrize("answer", [500, 404, 301, 302])
def test_what_is_no_success_is_noted_and_tried_again(hook, listener, answer):
    listener.answers = [answer]
    with pytest.raises(webhooks.Unheard):
        webhooks.send(hook, {"event": "x"})
    hook.refresh_from_db()
    assert hook.problem == f"answered {answer}"
    assert hook.told is None
    assert len(listener.heard) == 1  # no redirect was followed
    assert webhooks.Unheard in tasks.tell.autoretry_for
    webhooks.send(hook, {"event": "x"})
    hook.refresh_from_db()
    assert (hook.problem, hook.told is not None) == ("", True)


def test_nobody_at_the_address_is_a_problem_like_others(hook, listener):
    listener.server.shutdown()
    listener.server.server_close()
    with pytest.raises(webhooks.Unheard, match="can't be reached"):
        tasks.tell.run(hook.pk, {"event": "x"})
    hook.delete()
    tasks.tell.run(hook.pk or 0, {"event": "x"})  # deleted meanwhile: nothing to do


def test_an_admin_adds_one_sees_the_secret_once_and_deletes_it(admin_client):
    form = {"url": "https://a.example/hook", "events": ["run.finished"]}
    answer = admin_client.post(reverse("webhooks"), form)
    hook = Webhook.objects.get()
    assert hook.secret in answer.content.decode()
    assert hook.secret not in admin_client.get(reverse("webhooks")).content.decode()
    admin_client.post(reverse("webhook_delete", args=[hook.pk]))
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    "url", ["ftp://a.example", "javascript:alert(1)", "file:///etc/passwd", "x y"]
)
def test_other_addresses_are_refused(admin_client, url):
    answer = admin_client.post(reverse("webhooks"), {"url": url, "events": ["run.finished"]})
    assert not Webhook.objects.exists()
    assert "valid URL" in answer.content.decode()
