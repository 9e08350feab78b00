"""Predictions: whatever their form, they become the same top-k and the same candidates."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotation.importing.datasets import import_dataset
from annotation.importing.predictions import import_predictions
from annotation.models import Candidate, PredictionSet
from tests.annotation.importing.conftest import run, save, write_csv

TOP = [[0, 1], [2, 1], [3, 4], [3, 2]]


def pairs() -> set[tuple[str, int]]:
    rows = Candidate.objects.active().values_list("image__key", "class_index")
    return set(rows)


def scores_of(top: list[list[int]], classes: int = 6) -> np.ndarray:
    scores = np.zeros((len(top), classes), np.float32)
    for place in reversed(range(len(top[0]))):
        scores[np.arange(len(top)), [row[place] for row in top]] = 1 - place / 10
    return scores


def as_npz(path: Path) -> Path:
    np.savez(path.with_suffix(".npz"), np.array(TOP))
    return path.with_suffix(".npz")


def as_scores(path: Path) -> Path:
    return save(path.with_suffix(".npy"), scores_of(TOP), np.float32)


def as_csv(path: Path) -> Path:
    rows = [f"p{image},{first},{second}" for image, (first, second) in enumerate(TOP)]
    return write_csv(path.with_suffix(".csv"), *rows[::-1], header="image_id,top1,top2")


def as_jsonl(path: Path) -> Path:
    lines = [json.dumps({"image_id": f"p{n}", "top_k": top}) for n, top in enumerate(TOP)]
    path.with_suffix(".jsonl").write_text("\n".join(lines) + "\n")
    return path.with_suffix(".jsonl")


def as_parquet(path: Path) -> Path:
    table = pa.table({"image_id": [f"p{n}" for n in range(4)], "classes": TOP})
    pq.write_table(table, path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


def test_top_k_indices_and_their_candidates(photos):
    result = run("import_predictions", "photos", save(photos / "net.npy", TOP))
    assert result == {
        **result, "models": 1, "predictions": 4, "candidates_new": 2, "candidates_total": 6,
    }  # fmt: skip
    assert pairs() == {("p0", 0), ("p1", 1), ("p1", 2), ("p2", 2), ("p2", 3), ("p3", 3)}
    kept = PredictionSet.objects.get()
    assert kept.participant.name == "net"


@pytest.mark.parametrize("form", [as_npz, as_scores, as_csv, as_jsonl, as_parquet])
def test_every_form_says_the_same(photos, form):
    run("import_predictions", "photos", save(photos / "a.npy", TOP))
    before = pairs()
    result = run("import_predictions", "photos", form(photos / "b"))
    assert result["candidates_new"] == 0
    assert pairs() == before
    rows = run("compute_metrics")["rows"]
    by_name = {row["participant"]: row for row in rows if row["group"] == "all"}
    assert by_name["a"]["top1"] == by_name["b"]["top1"]


def test_a_folder_holds_one_model_per_file(photos):
    (photos / "models").mkdir()
    save(photos / "models" / "one.npy", TOP)
    as_csv(photos / "models" / "two")
    assert run("import_predictions", "photos", photos / "models")["models"] == 2
    names = PredictionSet.objects.values_list("participant__name", flat=True)
    assert set(names) == {"one", "two"}


def test_a_single_file_may_be_given_another_name(photos):
    run("import_predictions", "photos", save(photos / "x.npy", TOP), "--model", "ResNet-50")
    assert PredictionSet.objects.get().participant.name == "ResNet-50"


def test_importing_again_changes_nothing(photos):
    path = save(photos / "net.npy", TOP)
    run("import_predictions", "photos", path)
    before = list(PredictionSet.objects.values())
    again = run("import_predictions", "photos", path)
    assert again["candidates_new"] == 0
    assert list(PredictionSet.objects.values()) == before


def test_a_changed_file_needs_replace(photos):
    run("import_predictions", "photos", save(photos / "net.npy", TOP))
    changed = save(photos / "net.npy", [[5, 1], *TOP[1:]])
    before = pairs()
    with pytest.raises(CommandError, match="--replace"):
        run("import_predictions", "photos", changed)
    assert pairs() == before
    run("import_predictions", "photos", changed, "--replace")
    assert ("p0", 5) in pairs()
    assert PredictionSet.objects.count() == 1


matrices = arrays(np.int32, (4, 1), elements=st.integers(0, 5))


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(models=st.lists(matrices, min_size=1, max_size=4), seed=st.integers(0, 99))
def test_candidates_are_the_distinct_top_1_pairs_and_the_targets(six, models, seed):
    name = f"set-{PredictionSet.objects.count()}-{seed}-{Candidate.objects.count()}"
    labels = write_csv(six / "labels.csv", *[f"{name}-{n},{n}" for n in range(4)])
    import_dataset(name, labels, None, "six")
    order = np.random.default_rng(seed).permutation(len(models))
    for number in order.tolist():
        import_predictions(name, [save(six / f"{name}-{number}.npy", models[number])])
    expected = {(f"{name}-{n}", n) for n in range(4)}
    expected |= {(f"{name}-{n}", int(model[n, 0])) for model in models for n in range(4)}
    assert {pair for pair in pairs() if pair[0].startswith(f"{name}-")} == expected
