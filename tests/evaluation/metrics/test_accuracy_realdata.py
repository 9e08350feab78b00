"""Published accuracies of real models on ImageNet's validation images."""

import csv
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from evaluation.metrics import EvaluationData, Verdict, count_accuracies
from evaluation.metrics.gaps import fit_line
from evaluation.metrics.outcomes import image_outcomes
from evaluation.metrics.pairs import count_pairs, mcnemar

DATA = Path(__file__).parents[4] / "shared" / "data"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.is_dir(), reason="no real data at ../shared/data"),
]


def read_dataset(name):
    """(the number of each image in ILSVRC's validation set, its target class index)."""
    class_index = {w: i for i, w in enumerate((DATA / "imagenet/wnids.txt").read_text().split())}
    with (DATA / "datasets" / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = [int(row["image_id"].removesuffix(".JPEG").rpartition("_")[2]) for row in rows]
    return np.array(numbers), np.array([class_index[row["wnid"]] for row in rows], dtype=np.int32)


def real_candidates(numbers, top_k):
    """(images, classes, verdicts): ReaL's labels are correct, all other top-1 classes incorrect."""
    real = json.loads((DATA / "real/real.json").read_text())
    labels = [real[number - 1] for number in numbers]
    rows = np.arange(len(numbers))
    listed = 1000 * np.repeat(rows, list(map(len, labels))) + np.concatenate(labels).astype(int)
    keys = np.union1d(listed, 1000 * rows + top_k[..., 0])
    verdicts = np.where(np.isin(keys, listed), Verdict.CORRECT, Verdict.INCORRECT)
    images, classes = np.divmod(keys, 1000)
    return images.astype(np.int32), classes.astype(np.int32), verdicts.astype(np.uint8)


def read_data(name):
    """(the names of the 55 models, the dataset with ReaL's labels, one group of all classes)."""
    files = sorted((DATA / "predictions" / name).glob("*.npy"))
    top_k = np.stack([np.load(file) for file in files]).astype(np.int32)
    numbers, targets = read_dataset(name)
    images, classes, verdicts = real_candidates(numbers, top_k)
    return [file.stem for file in files], EvaluationData(
        targets=targets,
        candidate_images=images,
        candidate_classes=classes,
        verdicts=verdicts,
        problematic=np.zeros(len(targets), dtype=bool),
        top_k=top_k,
        groups=np.ones((1, 1000), dtype=bool),
    )


class TestThe20000ImagesOfTheStudy:
    @pytest.fixture(scope="class")
    @staticmethod
    def accuracies():
        """{model: its counts on all classes}, by name of the proportion."""
        models, data = read_data("imagenet-val-20k")
        proportions = vars(count_accuracies(data))
        return {
            model: {name: (int(p.correct[i, 0]), int(p.n[i, 0])) for name, p in proportions.items()}
            for i, model in enumerate(models)
        }

    def test_all_55_models_are_evaluated_on_the_same_images(self, accuracies):
        assert len(accuracies) == 55
        assert {counts["top1"][1] for counts in accuracies.values()} == {20_000}
        assert {counts["multi_label"][1] for counts in accuracies.values()} == {18_739}

    @pytest.mark.parametrize(
        ("model", "top1", "top5"),
        [("resnet50", 76.14, 92.86), ("pnasnet5large", 82.72, 95.94), ("resnet152", 78.40, 94.17)],
    )
    def test_top1_and_top5_accuracy(self, accuracies, model, top1, top5):
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
    def test_multi_label_accuracy_with_the_labels_of_real(self, accuracies, model, correct):
        counts = accuracies[model]
        # Nothing is left to judge, so the range is the accuracy itself.
        assert counts["multi_label"] == counts["lowest"] == counts["highest"] == (correct, 18_739)


class TestAll50000ValidationImages:
    @pytest.fixture(scope="class")
    @staticmethod
    def world():
        models, data = read_data("imagenet-val-50k")
        return models, data, count_accuracies(data)

    def test_46837_images_are_evaluated(self, world):
        models, _, counts = world
        assert len(models) == 55
        assert set(counts.multi_label.n.ravel().tolist()) == {46_837}

    def test_multi_label_follows_top1_accuracy_with_a_correlation_of_0_9966(self, world):
        counts = world[2]
        fit = fit_line(counts.top1.fraction[:, 0], counts.multi_label.fraction[:, 0])
        assert round(float(fit.r.value), 4) == 0.9966
        assert fit.r.low < 0.9966 < fit.r.high

    def test_the_median_gain_is_6_49_points(self, world):
        counts = world[2]
        gain = counts.multi_label.fraction[:, 0] - counts.top1.fraction[:, 0]
        assert round(100 * float(np.median(gain)), 2) == 6.49

    def test_pairs_are_those_of_the_models_own_files(self, world):
        models, data, _ = world
        outcomes = image_outcomes(data).top1
        pairs = count_pairs(outcomes, np.ones((1, 50_000), dtype=bool))
        i, j = models.index("resnet50"), models.index("alexnet")
        first, second = (
            np.load(DATA / f"predictions/imagenet-val-50k/{models[k]}.npy")[:, 0] == data.targets
            for k in (i, j)
        )
        assert pairs.only[0, i, j] == np.sum(first & ~second)
        assert pairs.only[0, j, i] == np.sum(second & ~first)
        assert mcnemar(pairs).exact[0, i, j] < 1e-50
