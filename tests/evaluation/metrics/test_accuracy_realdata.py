"""Published accuracies of real models on ImageNet's validation images."""

import csv
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from evaluation.metrics import EvaluationData, Verdict, count_accuracies

DATA = Path(__file__).parents[4] / "shared" / "data"
DATASET = "imagenet-val-20k"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.is_dir(), reason="no real data at ../shared/data"),
]


def read_dataset():
    """(the number of each image in ILSVRC's validation set, its target class index)."""
    class_index = {w: i for i, w in enumerate((DATA / "imagenet/wnids.txt").read_text().split())}
    with (DATA / "datasets" / f"{DATASET}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = [int(row["image_id"].removesuffix(".JPEG").rpartition("_")[2]) for row in rows]
    return np.array(numbers), np.array([class_index[row["wnid"]] for row in rows], dtype=np.int32)


def real_candidates(numbers, top_k):
    """(images, classes, verdicts): ReaL's labels are correct, all other top-1 classes incorrect."""
    real = json.loads((DATA / "real/real.json").read_text())
    listed = {(row, c) for row, number in enumerate(numbers) for c in real[number - 1]}
    rows = range(len(numbers))
    predicted = {pair for top1 in top_k[..., 0].tolist() for pair in zip(rows, top1, strict=True)}
    pairs = sorted(listed | predicted)
    verdicts = [Verdict.CORRECT if pair in listed else Verdict.INCORRECT for pair in pairs]
    images, classes = np.array(pairs, dtype=np.int32).T
    return images, classes, np.array(verdicts, dtype=np.uint8)


@pytest.fixture(scope="module")
def accuracies():
    """{model: its counts on all classes} of the 55 models, by name of the proportion."""
    files = sorted((DATA / "predictions" / DATASET).glob("*.npy"))
    top_k = np.stack([np.load(file) for file in files]).astype(np.int32)
    numbers, targets = read_dataset()
    images, classes, verdicts = real_candidates(numbers, top_k)
    data = EvaluationData(
        targets=targets,
        candidate_images=images,
        candidate_classes=classes,
        verdicts=verdicts,
        problematic=np.zeros(len(targets), dtype=bool),
        top_k=top_k,
        groups=np.ones((1, 1000), dtype=bool),
    )
    proportions = vars(count_accuracies(data))
    return {
        file.stem: {name: (int(p.correct[i, 0]), int(p.n[i, 0])) for name, p in proportions.items()}
        for i, file in enumerate(files)
    }


def test_all_55_models_are_evaluated_on_the_same_images(accuracies):
    assert len(accuracies) == 55
    assert {counts["top1"][1] for counts in accuracies.values()} == {20_000}
    assert {counts["multi_label"][1] for counts in accuracies.values()} == {18_739}


@pytest.mark.parametrize(
    ("model", "top1", "top5"),
    [("resnet50", 76.14, 92.86), ("pnasnet5large", 82.72, 95.94), ("resnet152", 78.40, 94.17)],
)
def test_top1_and_top5_accuracy(accuracies, model, top1, top5):
    # Some lie exactly between two hundredths of a percent: rounded exactly, half to even.
    counts = accuracies[model]
    hundredths = [round(Fraction(10_000 * c, n)) for c, n in (counts["top1"], counts["top5"])]
    assert hundredths == [round(100 * top1), round(100 * top5)]


@pytest.mark.parametrize(
    ("model", "correct"),
    [
        ("resnet50", 15_471),
        ("alexnet", 11_887),
        ("pnasnet5large", 16_324),
        ("squeezenet1_0", 12_186),
        ("resnet152", 15_855),
    ],
)
def test_multi_label_accuracy_with_the_labels_of_real(accuracies, model, correct):
    counts = accuracies[model]
    # Nothing is left to judge, so the range is the accuracy itself.
    assert counts["multi_label"] == counts["lowest"] == counts["highest"] == (correct, 18_739)
