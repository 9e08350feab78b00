"""Twenty labelers at an evaluation, while everything is killed."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def outcome(run) -> dict:
    options = ("--labelers", "20", "--images", "30", "--think", "0.2", "0.3", "--kill")
    return run("benchmarks.labelers", *options)


def test_each_server_was_killed_and_labeling_went_on(outcome):
    assert outcome["killed"] == ["web server", "worker", "PostgreSQL", "Redis"]
    assert outcome["lost_answers"] > 0, "nobody noticed that servers were gone"


def test_every_answer_and_every_time_is_there(outcome):
    assert outcome["answers"] == 20 * 30
    assert (outcome["missing"], outcome["different"], outcome["errors"]) == (0, 0, [])
