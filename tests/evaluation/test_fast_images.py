"""The group `fast`: images for which people need at most a minute."""

from __future__ import annotations

import numpy as np
import pytest

from annotation.models import Dataset, PredictionSet
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from evaluation.subsets import human_seconds
from taxonomy.errors import InputError
from tests.factories import make_dataset, make_taxonomy, predict

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset() -> Dataset:
    """Ten images whose targets are class 0 to 9; two people, one of whom did not label the last."""
    dataset = make_dataset(make_taxonomy(), 10)
    predict("net", dataset, [[index] for index in range(10)])
    people = {"Human A": [10.0] * 5 + [100.0] * 5, "Human B": [70.0, 120.0] * 4 + [10.0, np.nan]}
    for name, seconds in people.items():
        made = predict(name, dataset, [[0]] * 9 + [[-1]], kind="human")
        PredictionSet.objects.filter(pk=made.pk).update(seconds=np.array(seconds, "<f4").tobytes())
    return dataset


def fast_rows(**asked: object) -> dict[str, dict]:
    rows = compute_report(take_snapshot(), **asked).rows
    return {row["participant"]: row for row in rows if row["group"] == "fast"}


def test_the_median_of_all_people_decides(dataset):
    """Medians: 40, 65, 40, 65, 40, 110, 85, 110, 55, 100."""
    rows = fast_rows()
    assert set(rows) == {"net", "Human A", "Human B"}
    assert [rows["net"][key] for key in ("n", "dataset")] == [4, "set"]
    assert rows["net"]["top1"]["correct"] == 4  # images 0, 2, 4 and 8
    assert rows["Human A"]["top1"]["correct"] == 1


def test_without_human_times_there_is_no_such_group(dataset):
    PredictionSet.objects.update(seconds=None)
    assert human_seconds("set").shape == (0, 10)
    assert fast_rows() == {}
    with pytest.raises(InputError, match="There is no group 'fast'"):
        fast_rows(groups=["fast"])


def test_it_can_be_asked_for_alone_and_computed_again(dataset):
    rows = fast_rows(groups=["fast"], participants=["net"])
    report = compute_report(take_snapshot(), groups=["fast"], participants=["net"])
    assert report.rows == list(rows.values())
    assert report.parameters["groups"] == ["fast"]


def test_other_groups_are_as_without_it(dataset):
    with_it = [row for row in compute_report(take_snapshot()).rows if row["group"] != "fast"]
    PredictionSet.objects.update(seconds=None)
    assert compute_report(take_snapshot()).rows == with_it
