"""Predictions: whatever their form, they become the same top-k and the same candidates."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation.importing.datasets import import_dataset
from annotation.importing.predictions import import_predictions
from annotation.models import Candidate, Image, Participant, PredictionSet, Verdict
from taxonomy.loading import load_csv
from tests.annotation.importing.conftest import run, save, write_csv
from tests.factories import make_user

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


def test_in_a_folder_json_beside_other_files_is_a_note_on_these(photos, refused):
    (photos / "models").mkdir()
    save(photos / "models" / "one.npy", TOP)
    (photos / "models" / "config.json").write_text('{"hidden_size": 768}')
    result = run("import_predictions", "photos", photos / "models")
    assert (result["models"], result["files_skipped"]) == (1, ["config.json"])
    assert refused("import_predictions", "photos", photos / "models" / "config.json") == (
        "config.json, row 1: unknown image 'hidden_size'"
    )
    (photos / "models" / "one.npy").unlink()
    assert "unknown image" in refused("import_predictions", "photos", photos / "models")


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
    assert PredictionSet.objects.current().count() == 1
    assert PredictionSet.objects.exclude(replaced=None).count() == 1
    assert top_k_of("net") == [[5, 1], *TOP[1:]]


def top_k_of(model: str, dataset: str = "photos") -> list[list[int]]:
    kept = PredictionSet.objects.current().get(participant__name=model, dataset__name=dataset)
    assert len(kept.top_k) == 4 * kept.size * kept.k
    return np.frombuffer(kept.top_k, "<i4").reshape(kept.size, kept.k).tolist()


@pytest.mark.parametrize("form", [as_npz, as_csv, as_jsonl, as_parquet])
def test_the_top_k_are_kept_as_given(photos, form):
    run("import_predictions", "photos", form(photos / "net"))
    assert top_k_of("net") == TOP


@pytest.mark.parametrize("dtype", ["u1", "<i2", ">i2", "<u2", ">i4", "<i8", ">u8"])
def test_indices_may_be_integers_of_any_kind(photos, dtype):
    run("import_predictions", "photos", save(photos / "net.npy", TOP, dtype))
    assert top_k_of("net") == TOP


@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", "<f8"])
def test_scores_may_be_floats_of_any_kind(photos, dtype):
    run("import_predictions", "photos", save(photos / "net.npy", scores_of(TOP), dtype))
    assert [row[:2] for row in top_k_of("net")] == TOP


def test_arrays_may_be_stored_by_columns(photos):
    np.save(photos / "a.npy", np.asfortranarray(TOP))
    np.save(photos / "b.npy", np.asfortranarray(scores_of(TOP)))
    run("import_predictions", "photos", photos / "a.npy", photos / "b.npy")
    assert top_k_of("a") == [row[:2] for row in top_k_of("b")] == TOP


def test_a_plain_list_of_classes_is_a_top_1(photos):
    run("import_predictions", "photos", save(photos / "net.npy", [0, 2, -1, 3]))
    assert top_k_of("net") == [[0], [2], [-1], [3]]


def test_of_scores_the_best_five_are_kept_and_equals_by_class_index(photos):
    scores = [
        [0.1, 0.5, 0.2, 0.9, 0.3, 0.4],
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
        [-1e9, 2.0, 2.0, -3.0, 7.0, 2.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
    ]
    run("import_predictions", "photos", save(photos / "net.npy", scores, np.float32))
    assert top_k_of("net") == [
        [3, 1, 5, 4, 2], [0, 1, 2, 3, 4], [4, 1, 2, 5, 3], [5, 0, 1, 2, 3],
    ]  # fmt: skip


def test_of_indices_the_best_ten_are_kept(db, tmp_path):
    names = "\n".join(f"class {number}" for number in range(12))
    (tmp_path / "twelve.csv").write_text(f"name\n{names}\n")
    load_csv(tmp_path / "twelve.csv", "twelve")
    run("import_dataset", "photos", write_csv(tmp_path / "l.csv", "x,0", "y,1"))
    path = save(tmp_path / "net.npy", [range(12), range(11, -1, -1)])
    run("import_predictions", "photos", path)
    assert top_k_of("net") == [list(range(10)), list(range(11, 1, -1))]


def test_columns_go_by_their_rank_not_their_place(photos):
    path = write_csv(photos / "net.csv", "1,p0,0", "0,p1,2", header="top_2,image_id,Top1")
    run("import_predictions", "photos", path)
    assert top_k_of("net")[:2] == [[0, 1], [2, 0]]


def test_tables_may_write_classes_as_keys_names_or_indices(photos):
    path = write_csv(photos / "net.csv", "p0,d,1", "p1.jpg,sunglass,tusker", "p2,-1,", "p3,5,a",
                     header="image_id,first,second")  # fmt: skip
    run("import_predictions", "photos", path)
    assert top_k_of("net") == [[3, 1], [4, 2], [-1, -1], [5, 0]]


def test_images_that_a_table_leaves_out_have_no_prediction(photos):
    result = run("import_predictions", "photos", write_csv(photos / "net.csv", "p3,0", "p1,2"))
    assert top_k_of("net") == [[-1], [2], [-1], [0]]
    assert (result["predictions"], result["candidates_new"]) == (2, 2)


def test_lines_of_json_may_differ_in_length_or_hold_scores(photos):
    lines = [
        {"image_id": "p0", "predictions": ["d", 1, "sunglass"]},
        {"image_id": "p1", "top_k": [2]},
        {"image_id": "p2", "scores": [0, 1, 0.5, 0, 0, 2]},
        {"image_id": "p3", "top_k": []},
    ]
    (photos / "net.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    run("import_predictions", "photos", photos / "net.jsonl")
    assert top_k_of("net") == [
        [3, 1, 4, -1, -1], [2, -1, -1, -1, -1], [5, 1, 2, 0, 3], [-1] * 5,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "columns",
    [
        {"top1": [row[0] for row in TOP], "top2": [row[1] for row in TOP]},
        {"top2": [str(row[1]) for row in TOP], "top1": ["abcdef"[row[0]] for row in TOP]},
        {"scores": scores_of(TOP).tolist()},
    ],
)
def test_parquet_may_hold_a_column_per_rank_or_scores(photos, columns):
    pq.write_table(
        pa.table({"image_id": [f"p{n}" for n in range(4)], **columns}), photos / "n.parquet"
    )
    run("import_predictions", "photos", photos / "n.parquet")
    assert [row[:2] for row in top_k_of("n")] == TOP


def test_the_result_says_what_there_is_and_what_is_new(photos):
    (photos / "models").mkdir()
    save(photos / "models" / "a.npy", [[0], [1], [2], [3]])
    save(photos / "models" / "b.npy", [[0], [1], [3], [-1]])
    (photos / "models" / "notes.txt").write_text("not a model")
    (photos / "models" / "._b.npy").write_text("what a Mac leaves behind")
    assert run("import_predictions", "photos", photos / "models") == {
        "dataset": "photos", "models": 2, "models_new": 2, "models_replaced": 0,
        "predictions": 7, "candidates_new": 1, "candidates_total": 5,
    }  # fmt: skip
    save(photos / "models" / "c.npy", [[0], [4], [3], [2]])
    assert run("import_predictions", "photos", photos / "models") == {
        "dataset": "photos", "models": 3, "models_new": 1, "models_replaced": 0,
        "predictions": 11, "candidates_new": 2, "candidates_total": 7,
    }  # fmt: skip


def test_only_the_first_class_becomes_a_candidate(photos):
    run("import_predictions", "photos", save(photos / "net.npy", [[n, 5, 4] for n in range(4)]))
    assert pairs() == {(f"p{n}", n) for n in range(4)}


def test_candidates_stay_when_what_predicted_them_is_replaced(photos):
    run("import_predictions", "photos", save(photos / "net.npy", [[5], [1], [2], [3]]))
    Candidate.objects.filter(class_index=5).update(verdict=Verdict.CORRECT)
    save(photos / "net.npy", [[4], [1], [2], [3]])
    result = run("import_predictions", "photos", photos / "net.npy", "--replace")
    assert (result["models_replaced"], result["candidates_new"]) == (1, 1)
    assert {pair for pair in pairs() if pair[0] == "p0"} == {("p0", 0), ("p0", 4), ("p0", 5)}
    assert Candidate.objects.get(class_index=5).verdict == Verdict.CORRECT
    assert top_k_of("net")[0] == [4]


def test_replacing_by_the_same_replaces_nothing(photos):
    path = save(photos / "net.npy", TOP)
    run("import_predictions", "photos", path)
    created = PredictionSet.objects.get().created
    assert run("import_predictions", "photos", path, "--replace")["models_replaced"] == 0
    assert PredictionSet.objects.get().created == created


def test_another_form_of_the_same_predictions_is_no_change(photos):
    run("import_predictions", "photos", save(photos / "net.npy", TOP))
    assert run("import_predictions", "photos", as_csv(photos / "net"))["models_new"] == 0


def test_one_changed_file_in_a_folder_keeps_all_of_it_out(photos, refused):
    run("import_predictions", "photos", save(photos / "net.npy", TOP))
    (photos / "models").mkdir()
    save(photos / "models" / "first.npy", [[5], [5], [5], [5]])
    save(photos / "models" / "net.npy", [[5], [5], [5], [5]])
    line = refused("import_predictions", "photos", photos / "models")
    assert line == (
        "net.npy: 'net' has other predictions for 'photos' already; --replace puts these in"
        " their place"
    )


def test_a_model_may_predict_several_datasets(photos):
    run("import_dataset", "half", write_csv(photos / "half.csv", "p1,1", "p3,3"))
    run("import_predictions", "photos", save(photos / "net.npy", TOP))
    run("import_predictions", "half", save(photos / "net.npy", [[5], [3]]))
    assert Participant.objects.count() == 1
    assert top_k_of("net", "half") == [[5], [3]]
    assert pairs() >= {("p1", 2), ("p1", 5)}


def test_verdicts_outlast_further_imports(photos):
    Candidate.objects.update(verdict=Verdict.INCORRECT)
    run("import_predictions", "photos", save(photos / "net.npy", TOP))
    verdicts = Candidate.objects.filter(image__key="p1").values_list("class_index", "verdict")
    assert dict(verdicts) == {1: Verdict.INCORRECT, 2: Verdict.UNJUDGED}


def test_a_class_that_a_reviewer_took_back_is_a_candidate_once_predicted(photos):
    image = Image.objects.get(key="p0")
    image.candidates.create(class_index=5, added_by=make_user())
    assert ("p0", 5) not in pairs()
    run("import_predictions", "photos", save(photos / "net.npy", [[5], [1], [2], [3]]))
    assert ("p0", 5) in pairs()
    assert Candidate.objects.unjudged().filter(class_index=5).exists()


ranked = st.lists(st.sampled_from([-1, 0, 1, 2, 3, 4, 5]), min_size=2, max_size=2).filter(
    lambda row: (-1 not in row[:1] and row[0] != row[1]) or row == [-1, -1]
)
matrices = st.lists(ranked, min_size=4, max_size=4).filter(lambda rows: max(rows)[0] >= 0)
models = st.lists(matrices, min_size=1, max_size=5)
numbers = itertools.count()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(matrices=models, randomly=st.randoms(use_true_random=False))
def test_candidates_are_the_distinct_top_1_pairs_and_the_targets(six, matrices, randomly):
    order = list(enumerate(matrices))
    expected = {(image, image) for image in range(4)} | {
        (image, row[0]) for matrix in matrices for image, row in enumerate(matrix) if row[0] >= 0
    }
    assert candidates_of(six, order, one_by_one=True) == expected
    randomly.shuffle(order)
    assert candidates_of(six, order, one_by_one=True) == expected
    assert candidates_of(six, order, one_by_one=False) == expected


def candidates_of(
    folder: Path, order: Sequence[tuple[int, list[list[int]]]], one_by_one: bool
) -> set[tuple[int, int]]:
    """(position, class) of the candidates of a new dataset with these models' predictions."""
    name = f"set{next(numbers)}"
    labels = write_csv(folder / "labels.csv", *[f"{name}-{image},{image}" for image in range(4)])
    import_dataset(name, labels, None, "six")
    paths = [save(folder / f"net{number}.npy", matrix) for number, matrix in order]
    new = 0
    for some in [[path] for path in paths] if one_by_one else [paths]:
        new += import_predictions(name, some)["candidates_new"]
    for number, matrix in order:
        assert top_k_of(f"net{number}", name) == matrix
    found = {(int(key.rpartition("-")[2]), c) for key, c in pairs() if key.startswith(f"{name}-")}
    assert new == len(found) - 4
    return found
