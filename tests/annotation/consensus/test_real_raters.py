"""ReaL's raters: what the rules make of their votes, how fast, and how far they agree.

Each of 184,962 (image, class) pairs has the votes of 5 of 85 raters. Five experts judged 1,135 of
these pairs; the authors' own estimate is published for the pairs of every fifth image (Beyer et
al. 2020, google-research/reassessed-imagenet).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import krippendorff
import numpy as np
import pytest
from statsmodels.stats import inter_rater

from annotation.consensus import (
    CORRECT,
    INCORRECT,
    UNCLEAR,
    Judgments,
    agreement_with,
    agreement_with_others,
    cohens_kappa,
    dawid_skene,
    fleiss_kappa,
    krippendorffs_alpha,
    majority,
    unanimous,
)

REAL = Path(__file__).parents[4] / "shared" / "data" / "real"
SECONDS = 10

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not REAL.is_dir(), reason="no real data at ../shared/data"),
]


@dataclass(frozen=True)
class Raters:
    judgments: Judgments
    table: np.ndarray  # [raters, pairs], 0 = none
    pairs: dict[tuple[str, str], int]

    def find(self, info: np.ndarray) -> np.ndarray:
        return np.array([self.pairs[tuple(pair)] for pair in info.tolist()])


@pytest.fixture(scope="module")
def raters() -> Raters:
    with np.load(REAL / "raters.npz") as archive:
        votes, info = archive["tensor"], archive["info"]
    table = (votes @ np.array([INCORRECT, UNCLEAR, CORRECT], float)).astype(np.int8)
    reviewers, candidates = np.nonzero(table)
    judgments = Judgments(candidates, reviewers, table[reviewers, candidates], *table.shape[::-1])
    return Raters(judgments, table, {tuple(pair): n for n, pair in enumerate(info.tolist())})


@pytest.fixture(scope="module")
def experts(raters) -> tuple[np.ndarray, np.ndarray]:
    """(the pairs, what most of the five experts say of each); none of them says maybe."""
    with np.load(REAL / "golden.npz") as archive:
        no, maybe, yes = archive["tensor"].sum(axis=0).T
        assert not maybe.any()
        return raters.find(archive["info"]), np.where(yes > no, CORRECT, INCORRECT)


def test_the_votes_are_as_many_as_published(raters):
    assert len(raters.judgments) == 924_810
    assert (raters.judgments.n_candidates, raters.judgments.n_reviewers) == (184_962, 85)
    assert (raters.judgments.votes.sum(axis=1) == 5).all()


def test_all_rules_together_take_less_than_ten_seconds(raters):
    given = raters.judgments
    start = time.perf_counter()
    fresh = Judgments(
        given.candidates, given.reviewers, given.verdicts, given.n_candidates, given.n_reviewers
    )
    majority(fresh)
    unanimous(fresh)
    found = dawid_skene(fresh)
    seconds = time.perf_counter() - start
    assert seconds < SECONDS
    assert found.converged
    assert found.iterations == 26
    print(f"{seconds:.1f} s")


def test_dawid_skene_meets_the_experts_at_least_as_often_as_majority(raters, experts):
    pairs, known = experts
    counted = majority(raters.judgments).verdicts[pairs]
    estimated = dawid_skene(raters.judgments).decide().verdicts[pairs]
    assert (np.count_nonzero(estimated == known), np.count_nonzero(counted == known)) == (1047, 982)
    assert (np.count_nonzero(counted == 0), np.count_nonzero(counted == UNCLEAR)) == (48, 40)
    # Also if each tie and each unclear of the majority were half right, and where it has neither.
    clear = np.isin(counted, [CORRECT, INCORRECT])
    half_right = np.count_nonzero(counted == known) + np.count_nonzero(~clear) / 2
    assert np.count_nonzero(estimated == known) > half_right
    assert np.mean((estimated == known)[clear]) >= np.mean((counted == known)[clear])


def test_the_posterior_is_close_to_the_published_one(raters):
    """Maybe is taken for an answer of its own, as `dawid_skene` takes unclear."""
    with np.load(REAL / "scores_every_fifth_image.npz") as archive:
        pairs, published = raters.find(archive["info"]), archive["tensor"]
    posterior = dawid_skene(raters.judgments).posterior[pairs, 0]
    assert np.corrcoef(posterior, published)[0, 1] == pytest.approx(0.985, abs=0.0005)
    assert np.mean((posterior > 0.5) == (published > 0.5)) > 0.98


def test_cohens_kappa_of_every_two_raters_is_as_statsmodels_has_it(raters):
    found = cohens_kappa(raters.judgments)
    together = 0
    for a in range(85):
        judged = raters.table[:, raters.table[a] > 0]
        for b in range(a):
            cells = 3 * (judged[a] - 1) + judged[b] - 1
            counts = np.bincount(cells[judged[b] > 0], minlength=9).reshape(3, 3)
            assert found.n[a, b] == found.n[b, a] == counts.sum()
            if np.count_nonzero(counts.sum(axis=0) + counts.sum(axis=1)) < 2:
                assert np.isnan(found.kappa[a, b])
                continue
            other = inter_rater.cohens_kappa(counts, return_results=False)
            assert found.kappa[a, b] == found.kappa[b, a] == pytest.approx(other, abs=1e-9)
            together += 1
    assert together > 2000
    assert np.nanmedian(found.kappa[np.tril_indices(85, -1)]) == pytest.approx(0.40, abs=0.005)


def subsets(raters: Raters) -> dict[str, np.ndarray]:
    """Candidates: all, some classes, and those of one half of the classes."""
    classes = np.array([int(pair[1]) for pair in raters.pairs])
    chosen = {f"class {index}": classes == index for index in (0, 150, 409, 620, 999)}
    return {"all": np.ones(len(classes), bool), "first half": classes < 500, **chosen}


def test_fleiss_kappa_and_krippendorffs_alpha_are_as_the_libraries_have_them(raters):
    assert fleiss_kappa(raters.judgments.votes) == pytest.approx(0.4120, abs=5e-5)
    for name, chosen in subsets(raters).items():
        votes = raters.judgments.votes[chosen]
        assert fleiss_kappa(votes) == pytest.approx(inter_rater.fleiss_kappa(votes), abs=1e-9), name
        data = np.where(raters.table[:, chosen] == 0, np.nan, raters.table[:, chosen])
        other = krippendorff.alpha(data, level_of_measurement="nominal")
        assert krippendorffs_alpha(votes) == pytest.approx(other, abs=1e-9), name


def test_each_raters_agreement_with_the_others_and_with_the_experts_by_plain_counting(
    raters, experts
):
    pairs, known = experts
    gold = np.zeros(raters.judgments.n_candidates, np.uint8)
    gold[pairs] = known
    with_gold = agreement_with(raters.judgments, gold)
    with_others = agreement_with_others(raters.judgments)
    for rater in range(0, 85, 12):
        said = raters.table[rater, pairs]
        assert with_gold.n[rater] == np.count_nonzero(said)
        assert with_gold.agreed[rater] == np.count_nonzero(said == known)
        others = np.delete(raters.table, rater, axis=0)[:, raters.table[rater] > 0]
        votes = np.stack([np.count_nonzero(others == v, axis=0) for v in (1, 2, 3)])
        ranked = np.sort(votes, axis=0)
        decided = ranked[2] > ranked[1]
        mine = raters.table[rater][raters.table[rater] > 0]
        assert with_others.n[rater] == np.count_nonzero(decided)
        same = votes.argmax(axis=0) + 1 == mine
        assert with_others.agreed[rater] == np.count_nonzero(decided & same)
    assert with_gold.n.sum() == 5 * 1135
