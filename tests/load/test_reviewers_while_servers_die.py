"""Thirty-two reviewers at once on the study's 186,857 candidates, while everything is killed.

Each candidate is wanted twice, so that nobody may judge it twice and no third person may get it.
"""

from __future__ import annotations

import pytest

MODULE = "benchmarks.survive"


@pytest.fixture(scope="module")
def outcome(run) -> dict:
    return run(MODULE, "--seconds", "20", "--overlap", "2", "--kill")


def test_each_server_was_killed_and_reviewing_went_on(outcome):
    assert outcome["killed"] == ["web server", "worker", "PostgreSQL", "Redis"]
    assert outcome["reviewers"] == 32
    assert outcome["lost_answers"] > 0, "nobody noticed that servers were gone"
    assert outcome["acknowledged"] > 200


def test_every_acknowledged_judgment_is_in_the_export(outcome):
    assert outcome["missing"] == 0


def test_nobody_judges_twice_and_nothing_is_judged_or_handed_out_too_often(outcome):
    assert (outcome["judged_by_too_many"], outcome["judged_twice_by_one"]) == (0, 0)
    assert outcome["handed_out_twice"] == 0


def test_no_request_was_refused(outcome):
    assert outcome["errors"] == []
