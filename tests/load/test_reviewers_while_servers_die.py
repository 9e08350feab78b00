"""Thirty-two reviewers at once on the study's 186,857 candidates, while everything is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from config.embedded import BASE_DIR


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> dict:
    """What `benchmarks.survive` found out in a home of its own."""
    home = tmp_path_factory.mktemp("survive")
    command = [sys.executable, "-m", "benchmarks.survive", "--seconds", "30", "--kill"]
    environment = {**os.environ, "TUSKER_HOME": str(home)}
    try:
        done = subprocess.run(
            command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, timeout=400
        )
    finally:
        stop = "from config import embedded; embedded.stop()"
        subprocess.run([sys.executable, "-c", stop], cwd=BASE_DIR, env=environment, check=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


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
