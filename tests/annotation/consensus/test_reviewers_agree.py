"""Agreement, against published examples and independent libraries."""

from __future__ import annotations

import math
from fractions import Fraction

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.stats import inter_rater

from annotation.consensus import (
    agreement_with,
    agreement_with_others,
    cohens_kappa,
    fleiss_kappa,
    krippendorffs_alpha,
    majority,
)
from tests.annotation.consensus.tables import judgments_of, tables

EXACT = 1e-9


def pair_table(table, a, b):
    """How often a said one and b the other verdict, [3, 3], by plain counting."""
    counts = np.zeros((3, 3), int)
    for said_a, said_b in table[:, [a, b]].tolist():
        if said_a and said_b:
            counts[said_a - 1, said_b - 1] += 1
    return counts


class TestCohensKappa:
    def test_the_example_of_every_textbook(self):
        """20 times both say correct, 15 times both incorrect, 5 and 10 times they differ."""
        rows = [[1, 1]] * 20 + [[1, 2]] * 5 + [[2, 1]] * 10 + [[2, 2]] * 15
        found = cohens_kappa(judgments_of(rows))
        assert found.kappa[0, 1] == pytest.approx(0.4, abs=EXACT)
        assert found.n[0, 1] == 50

    @settings(deadline=None)
    @given(tables(fewest_reviewers=2))
    def test_every_pair_is_as_statsmodels_has_it(self, table):
        found = cohens_kappa(judgments_of(table))
        for a in range(table.shape[1]):
            for b in range(table.shape[1]):
                counts = pair_table(table, a, b)
                assert found.n[a, b] == counts.sum()
                alone = np.count_nonzero(counts.sum(axis=0) + counts.sum(axis=1)) < 2
                if alone:
                    assert math.isnan(found.kappa[a, b])
                else:
                    other = inter_rater.cohens_kappa(counts, return_results=False)
                    assert found.kappa[a, b] == pytest.approx(other, abs=EXACT)

    def test_who_judged_nothing_together_has_none(self):
        found = cohens_kappa(judgments_of([[1, 0], [0, 1], [2, 0]]))
        assert found.n.tolist() == [[2, 0], [0, 1]]
        assert np.isnan(found.kappa).tolist() == [[False, True], [True, True]]

    @settings(deadline=None)
    @given(tables(), st.data())
    def test_of_a_subset_it_is_that_of_its_rows(self, table, data):
        kept = np.array(
            data.draw(st.lists(st.booleans(), min_size=len(table), max_size=len(table)))
        )
        assume(kept.any())
        part = cohens_kappa(judgments_of(table).among(kept))
        alone = cohens_kappa(judgments_of(table[kept]))
        np.testing.assert_array_equal(part.kappa, alone.kappa)
        np.testing.assert_array_equal(part.n, alone.n)


# Fleiss 1971: 30 patients, 6 psychiatrists; here the ten subjects and 14 raters of the example
# that follows his formulas in Wikipedia's article, where kappa is 0.210.
FLEISS = """
0 0 0 0 14
0 2 6 4 2
0 0 3 5 6
0 3 9 2 0
2 2 8 1 1
7 7 0 0 0
3 2 6 3 0
2 5 3 2 2
6 5 2 1 0
0 2 2 3 7
"""


class TestFleissKappa:
    def test_a_published_example(self):
        votes = np.array(FLEISS.split(), int).reshape(10, 5)
        assert fleiss_kappa(votes) == pytest.approx(0.210, abs=5e-4)

    @settings(deadline=None)
    @given(tables(fewest_reviewers=2, full=True))
    def test_with_the_same_number_of_judgments_it_is_as_statsmodels_has_it(self, table):
        votes = judgments_of(table).votes
        assume(np.count_nonzero(votes.any(axis=0)) > 1)
        assert fleiss_kappa(votes) == pytest.approx(inter_rater.fleiss_kappa(votes), abs=EXACT)

    @settings(deadline=None)
    @given(tables())
    def test_with_varying_numbers_it_is_what_its_formula_says(self, table):
        votes = judgments_of(table).votes
        rows = [[Fraction(count) for count in row] for row in votes.tolist() if sum(row) > 1]
        if len({v for row in rows for v, count in enumerate(row) if count}) < 2:
            assert math.isnan(fleiss_kappa(votes))
            return
        observed = sum(
            sum(count * (count - 1) for count in row) / (sum(row) * (sum(row) - 1)) for row in rows
        ) / len(rows)
        chance = sum((sum(row[v] / sum(row) for row in rows) / len(rows)) ** 2 for v in range(3))
        expected = float((observed - chance) / (1 - chance))
        assert fleiss_kappa(votes) == pytest.approx(expected, abs=EXACT)

    def test_a_candidate_with_one_judgment_makes_no_difference(self):
        votes = np.array([[2, 1, 0], [0, 3, 0], [1, 1, 1]])
        more = np.vstack([votes, [[1, 0, 0], [0, 0, 1], [0, 0, 0]]])
        assert fleiss_kappa(more) == fleiss_kappa(votes)


# The data of Krippendorff's paper of 2011: four observers, twelve units, nominal alpha 0.743.
KRIPPENDORFF = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""


class TestKrippendorffsAlpha:
    def test_the_example_of_its_author(self):
        units = np.array(KRIPPENDORFF.replace(".", "0").split(), int).reshape(4, 12).T
        votes = np.stack(
            [np.count_nonzero(units == value, axis=1) for value in range(1, 6)], axis=1
        )
        assert krippendorffs_alpha(votes) == pytest.approx(0.743, abs=5e-4)

    @settings(deadline=None)
    @given(tables())
    def test_it_is_as_the_library_krippendorff_has_it(self, table):
        votes = judgments_of(table).votes
        if np.count_nonzero(votes[votes.sum(axis=1) > 1].any(axis=0)) < 2:
            assert math.isnan(krippendorffs_alpha(votes))
            return
        data = np.where(table.T == 0, np.nan, table.T)
        other = krippendorff.alpha(data, level_of_measurement="nominal")
        assert krippendorffs_alpha(votes) == pytest.approx(other, abs=EXACT)

    def test_perfect_agreement_is_one_and_systematic_disagreement_is_below_zero(self):
        assert krippendorffs_alpha(np.array([[3, 0, 0], [0, 3, 0]])) == 1
        assert krippendorffs_alpha(np.array([[1, 1, 0], [1, 1, 0]])) < 0


class TestAgreementWithTheOthers:
    def test_ones_own_word_does_not_count_for_the_majority(self):
        """Two against one: the one differs from the others, each of the two meets a tie."""
        share = agreement_with_others(judgments_of([[1, 1, 2]]))
        assert share.n.tolist() == [0, 0, 1]
        assert share.agreed.tolist() == [0, 0, 0]

    @settings(deadline=None)
    @given(tables())
    def test_it_is_the_majority_without_oneself(self, table):
        share = agreement_with_others(judgments_of(table))
        for reviewer in range(table.shape[1]):
            others = np.delete(table, reviewer, axis=1)
            known = majority(judgments_of(others)).verdicts
            mine = table[:, reviewer]
            comparable = (mine > 0) & (known > 0)
            assert share.n[reviewer] == np.count_nonzero(comparable)
            assert share.agreed[reviewer] == np.count_nonzero(comparable & (known == mine))

    def test_who_has_nothing_to_compare_has_no_share(self):
        share = agreement_with_others(judgments_of([[1, 0], [1, 0]]))
        assert np.isnan(share.fraction).all()


def test_agreement_with_gold_counts_only_what_is_known():
    judgments = judgments_of([[1, 2], [2, 2], [1, 1], [0, 3]])
    share = agreement_with(judgments, np.array([1, 2, 0, 3]))
    assert share.n.tolist() == [2, 3]
    assert share.agreed.tolist() == [2, 2]
    assert share.fraction == pytest.approx([1, 2 / 3])
