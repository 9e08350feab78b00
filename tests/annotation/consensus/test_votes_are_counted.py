"""Majority and unanimity, and what is refused as judgments."""

from __future__ import annotations

import doctest
import importlib
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation import consensus, models
from annotation.consensus import (
    CORRECT,
    INCORRECT,
    UNCLEAR,
    UNJUDGED,
    Judgments,
    majority,
    unanimous,
)
from tests.annotation.consensus.tables import judgments_of, tables


@pytest.mark.parametrize("name", ["voting", "dawid_skene", "agreement"])
def test_docstring_examples_hold(name):
    results = doctest.testmod(importlib.import_module(f"annotation.consensus.{name}"))
    assert results.attempted > 0
    assert results.failed == 0


def test_verdicts_have_the_numbers_that_the_database_has():
    for name in ("UNJUDGED", "CORRECT", "INCORRECT", "UNCLEAR"):
        assert getattr(consensus, name) == models.Verdict[name]
    assert len(models.Verdict) == 1 + consensus.VERDICTS


@pytest.mark.parametrize(
    ("row", "verdict", "share"),
    [
        ([1, 1, 2], CORRECT, 2 / 3),
        ([2, 2, 1], INCORRECT, 2 / 3),
        ([3, 3, 1], UNCLEAR, 2 / 3),
        ([1, 1, 2, 3], CORRECT, 1 / 2),
        ([1, 2], UNJUDGED, 1 / 2),
        ([1, 1, 3, 3, 2], UNJUDGED, 2 / 5),
        ([1, 2, 3], UNJUDGED, 1 / 3),
        ([1], CORRECT, 1),
        ([3], UNCLEAR, 1),
        ([0, 2, 0], INCORRECT, 1),
        ([0, 0, 0], UNJUDGED, 0),
    ],
)
def test_the_majority_is_the_verdict_given_more_often_than_any_other(row, verdict, share):
    decision = majority(judgments_of([row]))
    assert decision.verdicts.tolist() == [verdict]
    assert decision.confidence[0] == pytest.approx(share)


@pytest.mark.parametrize(
    ("row", "verdict", "share"),
    [
        ([1, 1, 1], CORRECT, 1),
        ([2, 2], INCORRECT, 1),
        ([3, 3], UNCLEAR, 1),
        ([1, 1, 3], UNJUDGED, 2 / 3),
        ([1, 2], UNJUDGED, 1 / 2),
        ([0, 1, 0], CORRECT, 1),
        ([0, 0], UNJUDGED, 0),
    ],
)
def test_unanimous_is_what_all_say(row, verdict, share):
    decision = unanimous(judgments_of([row]))
    assert decision.verdicts.tolist() == [verdict]
    assert decision.confidence[0] == pytest.approx(share)


@settings(deadline=None)
@given(tables())
def test_both_rules_count_as_plain_loops_do(table):
    judgments = judgments_of(table)
    for number, row in enumerate(table):
        said = Counter(row[row > 0].tolist()).most_common()
        best = said[0][1] if said else 0
        tied = len([verdict for verdict, count in said if count == best]) != 1
        share = best / sum(count for _, count in said) if said else 0
        assert majority(judgments).verdicts[number] == (UNJUDGED if tied else said[0][0])
        assert unanimous(judgments).verdicts[number] == (said[0][0] if len(said) == 1 else 0)
        assert majority(judgments).confidence[number] == share
        assert unanimous(judgments).confidence[number] == share


@settings(deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_judgments_and_the_numbers_of_reviewers_are_nothing(table, random):
    columns = list(range(table.shape[1]))
    random.shuffle(columns)
    for rule in (majority, unanimous):
        before, after = rule(judgments_of(table)), rule(judgments_of(table[:, columns]))
        assert before.verdicts.tolist() == after.verdicts.tolist()
        assert before.confidence.tolist() == after.confidence.tolist()


@settings(deadline=None)
@given(tables())
def test_where_all_agree_the_majority_says_the_same(table):
    agreed = unanimous(judgments_of(table)).verdicts
    assert (majority(judgments_of(table)).verdicts == agreed)[agreed != UNJUDGED].all()


@settings(deadline=None)
@given(tables(), st.data())
def test_a_part_of_the_candidates_has_the_same_votes_by_itself(table, data):
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(table), max_size=len(table))))
    part = judgments_of(table).among(kept)
    assert (part.votes[kept] == judgments_of(table).votes[kept]).all()
    assert not part.votes[~kept].any()
    assert len(part) == np.count_nonzero(table[kept])


@pytest.mark.parametrize(
    ("candidates", "reviewers", "verdicts", "reason"),
    [
        ([0, 1], [0], [1], "different lengths: [1, 2]"),
        ([0, 3], [0, 0], [1, 1], "candidates[1]: 3 is not in 0..2"),
        ([0, -1], [0, 0], [1, 1], "candidates[1]: -1 is not in 0..2"),
        ([0], [2], [1], "reviewers[0]: 2 is not in 0..1"),
        ([0], [0], [0], "verdicts[0]: 0 is not in 1..3"),
        ([0], [0], [4], "verdicts[0]: 4 is not in 1..3"),
        ([1, 2, 1], [1, 1, 1], [1, 1, 2], "reviewer 1 judges candidate 1 twice"),
    ],
)
def test_what_are_no_judgments(candidates, reviewers, verdicts, reason):
    with pytest.raises(ValueError, match=re.escape(reason)):
        Judgments(np.array(candidates), np.array(reviewers), np.array(verdicts), 3, 2)
