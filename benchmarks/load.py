"""Many reviewers at once against a running server, each judging image after image.

They speak to the server as the review page does: `next` ahead of need, one `submit` per key press,
the same submit again whenever no answer came. Now and then they skip an image, take a judgment
back, add a class or report a problem. Judgments that the server acknowledged are remembered, and
looked for in the export afterwards.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from accounts.models import User
from accounts.roles import REVIEWER

AHEAD = 4
CLASSES = 1000
SKIPPED, REPORTED, ADDED = 0.05, 0.03, 0.1  # of the images
TAKEN_BACK = 0.03  # of the judgments
DURATION = re.compile(r"dur=([\d.]+)")


@dataclass
class Log:
    """What one reviewer saw."""

    server_ms: dict[str, list[float]] = field(default_factory=dict)
    acknowledged: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lost_answers: int = 0


@dataclass
class LoadResult:
    people: int
    seconds: float
    logs: list[Log]

    def server_ms(self, endpoint: str) -> list[float]:
        return [ms for log in self.logs for ms in log.server_ms.get(endpoint, [])]

    @property
    def acknowledged(self) -> set[str]:
        return {op for log in self.logs for op in log.acknowledged}

    def handed_out_more_often_than(self, overlap: int) -> list[str]:
        """Images that more reviewers were given than are wanted."""
        counts = Counter(image for log in self.logs for image in set(log.images))
        return [image for image, count in counts.items() if count > overlap]

    @property
    def errors(self) -> list[str]:
        return [error for log in self.logs for error in log.errors]

    @property
    def lost_answers(self) -> int:
        return sum(log.lost_answers for log in self.logs)


def make_sessions(count: int, role: str = REVIEWER) -> list[str]:
    """People `load-0`, `load-1`, … with a role, and a session key for each."""
    from django.contrib.auth.models import Group

    keys = []
    for number in range(count):
        user, _ = User.objects.get_or_create(username=f"load-{number}")
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user, backend="accounts.backends.Backend")
        keys.append(client.cookies["tusker_session"].value)
    return keys


def run_load(
    port: int,
    round_id: int,
    sessions: list[str],
    seconds: float,
    think: tuple[float, float],
    kill: Callable[[], None] | None = None,
) -> LoadResult:
    """Let one reviewer per session judge for `seconds`, thinking `think` (low, high) seconds each.

    `kill` runs beside them and kills servers, so that answers are lost and asked for again;
    without it a request that fails is an error.
    """
    over = threading.Event()
    killing = kill is not None
    path = f"/review/{round_id}/api/"
    reviewers = [Reviewer(port, path, key, think, over, killing) for key in sessions]
    start = time.monotonic()
    for reviewer in reviewers:
        reviewer.start()
    if kill is not None:
        kill()
    over.wait(max(0.0, seconds - (time.monotonic() - start)))
    over.set()
    for reviewer in reviewers:
        reviewer.join()
    return LoadResult(len(sessions), time.monotonic() - start, [item.log for item in reviewers])


class Person(threading.Thread):
    """Somebody who asks a page's API below `path`, again whenever no answer comes."""

    def __init__(
        self,
        port: int,
        path: str,
        session: str,
        think: tuple[float, float],
        over: threading.Event,
        killing: bool,
    ) -> None:
        super().__init__(daemon=True)
        self.port, self.path, self.think, self.over = port, path, think, over
        self.killing = killing
        token = uuid.uuid4().hex
        self.headers = {
            "Cookie": f"tusker_session={session}; tusker_csrf={token}",
            "X-CSRFToken": token,
            "Content-Type": "application/json",
        }
        self.log = Log()
        self.random = random.Random(session)
        self.connection: http.client.HTTPConnection | None = None

    def ask(self, endpoint: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Post until an answer comes; None once the time is over without one."""
        while not self.over.is_set():
            try:
                return self.post(endpoint, body)
            except (OSError, http.client.HTTPException, ServerDown) as error:
                self.log.lost_answers += 1
                if not self.killing:
                    self.log.errors.append(f"{endpoint}: {error!r}")
                self.connection = None
                self.over.wait(0.3)
        return None

    def post(self, endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        path = f"{self.path}{endpoint}/"
        self.connection.request("POST", path, json.dumps(body), self.headers)
        response = self.connection.getresponse()
        text = response.read()
        if response.status >= 500:
            raise ServerDown(response.status)
        if response.status != 200:
            self.log.errors.append(f"{endpoint}: {response.status} {text[:200]!r}")
            raise ServerDown(response.status)
        match = DURATION.search(response.headers["Server-Timing"])
        assert match is not None
        self.log.server_ms.setdefault(endpoint, []).append(float(match[1]))
        return json.loads(text)


class Reviewer(Person):
    def run(self) -> None:
        ahead: list[dict[str, Any]] = []
        self.over.wait(self.random.uniform(0, self.think[1]))
        while not self.over.is_set():
            if len(ahead) < AHEAD:
                answer = self.ask("next", {"hold": [i["uid"] for i in ahead], "want": AHEAD})
                if answer is None:
                    return
                ahead += answer["items"]
                self.log.images += [item["uid"] for item in answer["items"]]
            if not ahead:
                self.over.wait(1)
                continue
            self.judge_image(ahead.pop(0))

    def judge_image(self, image: dict[str, Any]) -> None:
        for op in self.words(image):
            op |= {"id": str(uuid.uuid4()), "image": image["uid"]}
            if self.over.wait(self.random.uniform(*self.think)):
                return
            answer = self.ask("submit", {"ops": [op]})
            if answer is None:
                return
            if op["type"] in ("judge", "add"):
                self.log.acknowledged += answer["accepted"]
            elif op["type"] == "skip":  # it is anybody's now
                self.log.images = [uid for uid in self.log.images if uid != image["uid"]]
            self.log.errors += [str(rejected) for rejected in answer["rejected"]]

    def words(self, image: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What the reviewer has to say about an image, one key press after the other."""
        if self.random.random() < SKIPPED:
            yield {"type": "skip"}
            return
        if self.random.random() < REPORTED:
            yield {"type": "problem", "problematic": True, "reason": "blurry or too dark"}
            yield {"type": "problem", "problematic": False, "reason": ""}
        for candidate in image["candidates"]:
            if candidate["verdict"] != "unjudged":
                continue
            word = {"type": "judge", "class": candidate["class"], "ms": 1000}
            if self.random.random() < TAKEN_BACK:
                yield word | {"verdict": "correct"}
                yield word | {"verdict": "unjudged"}
            yield word | {"verdict": self.random.choice(["correct", "incorrect", "unclear"])}
        if self.random.random() < ADDED:
            index = self.random.randrange(CLASSES)
            yield {"type": "add", "class": index, "ms": 1000, "verdict": "correct"}


class ServerDown(Exception):
    """No answer that counts; the browser would try again."""
