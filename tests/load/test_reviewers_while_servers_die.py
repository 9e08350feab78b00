"""Thirty-two reviewers at once on the study's 186,857 candidates, while everything is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from config.embedded import BASE_DIR


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[dict[str, str]]:
    """An environment with a home of its own, whose servers are stopped in the end."""
    environment = {**os.environ, "TUSKER_HOME": str(tmp_path_factory.mktemp("survive"))}
    yield environment
    stop = "from config import embedded; embedded.stop()"
    subprocess.run([sys.executable, "-c", stop], cwd=BASE_DIR, env=environment, check=True)


def survive(home: dict[str, str], *options: str) -> dict:
    """What `benchmarks.survive` finds out."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.survive", *options],
        cwd=BASE_DIR, env=home, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def outcome(home) -> dict:
    return survive(home, "--seconds", "30", "--kill")


def test_each_server_was_killed_and_reviewing_went_on(outcome):
    assert outcome["killed"] == ["web server", "worker", "PostgreSQL", "Redis"]
    assert outcome["reviewers"] == 32
    assert outcome["lost_answers"] > 0, "nobody noticed that servers were gone"
    assert outcome["acknowledged"] > 200


def test_every_acknowledged_judgment_is_in_the_export(outcome):
    assert outcome["missing"] == 0


def test_no_image_was_handed_to_two_reviewers(outcome):
    assert outcome["handed_out_twice"] == 0


def test_no_request_was_refused(outcome):
    assert outcome["errors"] == []


def test_with_an_overlap_of_two_nobody_judges_twice_and_nothing_is_judged_too_often(home):
    outcome = survive(home, "--seconds", "6", "--overlap", "2")
    assert outcome["acknowledged"] > 200
    assert (outcome["missing"], outcome["errors"]) == (0, [])
    assert (outcome["judged_by_too_many"], outcome["judged_twice_by_one"]) == (0, 0)
    assert outcome["handed_out_twice"] == 0
