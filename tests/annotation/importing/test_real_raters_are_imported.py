"""ReaL's raters in the database: every vote, the verdicts of the majority, and how long it takes."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from annotation.models import Candidate, Judgment, ReviewRound
from annotation.review.consensus import load_judgments
from taxonomy.bulk import copy_rows
from tests.annotation.importing.conftest import run

DATA = Path(__file__).parents[4] / "shared" / "data"
VAL, VAL_20K = "imagenet-val-50k", "imagenet-val-20k"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.is_dir(), reason="no real data at ../shared/data"),
]

STORED = """
    SELECT substr(image.key, 16, 8)::int, candidate.class_index, candidate.verdict::int,
           substr(reviewer.username, 12)::int, judgment.verdict::int
    FROM annotation_judgment judgment
    JOIN annotation_candidate candidate ON candidate.id = judgment.candidate_id
    JOIN annotation_image image ON image.id = candidate.image_id
    JOIN accounts_user reviewer ON reviewer.id = judgment.reviewer_id
"""


def votes() -> np.ndarray:
    """(number of the image, class, rater, verdict) of each vote, sorted, straight from the file."""
    with np.load(DATA / "real" / "raters.npz") as archive:
        raters, pairs, said = np.nonzero(archive["tensor"])
        info, ids = archive["info"], archive["ids"]
    images = np.array([int(name[15:23]) for name in info[:, 0].tolist()])
    classes, verdicts = info[:, 1].astype(int), np.array([2, 3, 1])
    return in_order(np.stack([images[pairs], classes[pairs], ids[raters], verdicts[said]], axis=1))


def in_order(rows: np.ndarray) -> np.ndarray:
    return rows[np.lexsort(rows.T[::-1])]


def test_every_vote_is_stored_once_and_the_majority_decides():
    run("load_taxonomy", "imagenet1k")
    run("import_dataset", VAL_20K, DATA / "datasets" / f"{VAL_20K}.csv")
    file = DATA / "real" / "raters.npz"
    part = run("import_judgments", file, "--dataset", VAL_20K, "--skip-unknown")
    assert (part["judgments"], part["skipped"]) == (5 * 73_754, 924_810 - 5 * 73_754)
    assert (part["images"], part["candidates"]) == (9_963, 73_754)
    last = Judgment.objects.latest("pk").pk
    again = run("import_judgments", file, "--dataset", VAL_20K, "--skip-unknown")
    assert (again["judgments_new"], again["verdicts_changed"]) == (0, 0)
    assert Judgment.objects.latest("pk").pk == last

    run("import_dataset", VAL, DATA / "datasets" / f"{VAL}.csv")
    start = time.perf_counter()
    result = run("import_judgments", file)
    print(f"the other {result['judgments_new']:,} in {time.perf_counter() - start:.1f} s")
    assert result["judgments"] == 924_810 == result["judgments_new"] + part["judgments_new"]
    assert (result["reviewers"], result["reviewers_new"]) == (85, 85 - part["reviewers"])
    assert (result["images"], result["candidates"], result["skipped"]) == (24_889, 184_962, 0)
    assert ReviewRound.objects.get().items.count() == 24_889

    names = dict.fromkeys(("image", "index", "verdict", "rater", "said"), ">i4")
    stored = copy_rows(STORED, [], **names)
    rows = np.stack([stored[name] for name in ("image", "index", "rater", "said")], axis=1)
    assert (in_order(rows) == votes()).all()

    candidates = np.unique(np.array(Judgment.objects.values_list("candidate", flat=True)))
    counts = load_judgments(candidates)[0].votes
    leading = np.sort(counts, axis=1)
    expected = np.where(leading[:, 2] > leading[:, 1], counts.argmax(axis=1) + 1, 0)
    verdicts = dict(Candidate.objects.values_list("pk", "verdict"))
    assert [verdicts[pk] for pk in candidates.tolist()] == expected.tolist()
