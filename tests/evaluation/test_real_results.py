"""The numbers that must come out of the real data, from files to report, by the commands."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from annotation.models import Dataset, DatasetImage
from evaluation.models import MetricReport
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot

DATA = Path(__file__).parents[3] / "shared" / "data"
VAL = "imagenet-val-20k"
V2_TOP = "imagenetv2-top-images"
DATASETS = {VAL: 55, "imagenetv2-threshold0.7": 54, "imagenetv2-matched-frequency": 55}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.is_dir(), reason="no real data at ../shared/data"),
]


def run(command: str, *arguments: object) -> dict[str, Any]:
    output = io.StringIO()
    call_command(command, *map(str, arguments), "--json", stdout=output)
    return json.loads(output.getvalue().splitlines()[-1])


def top1_pairs() -> int:
    """Distinct (image, class) pairs among all top-1 predictions, counted in numpy."""
    pairs = []
    for dataset in Dataset.objects.all():
        members = DatasetImage.objects.filter(dataset=dataset).order_by("position")
        images = np.fromiter(members.values_list("image_id", flat=True), np.int64)
        for data, k in dataset.prediction_sets.values_list("top_k", "k"):
            pairs.append(images * 1000 + np.frombuffer(data, np.int32).reshape(-1, k)[:, 0])
    return len(np.unique(np.concatenate(pairs)))


def test_the_real_data_gives_the_published_numbers():
    run("load_taxonomy", "imagenet1k")
    predictions = 0
    for name, models in DATASETS.items():
        run("import_dataset", name, DATA / "datasets" / f"{name}.csv")
        imported = run("import_predictions", name, DATA / "predictions" / name)
        assert imported["models"] == models
        predictions += imported["predictions"]
    assert predictions == 2_190_000
    assert top1_pairs() == 184_482
    snapshot = take_snapshot()
    assert snapshot.counts["total"]["candidates"] == 186_857
    assert snapshot.counts["total"]["images"] == 36_814
    assert snapshot.counts["total"]["unjudged"] == 186_857

    run("import_dataset", V2_TOP, DATA / "datasets" / f"{V2_TOP}.csv")
    members = DatasetImage.objects.values("image").distinct()
    assert members.filter(dataset__name=VAL).count() == 20_000
    assert members.filter(dataset__name__startswith="imagenetv2").count() == 20_683
    assert members.count() == 40_683

    run("import_multilabels", DATA / "real" / "real.json", "--dataset", VAL, "--format", "real")
    result = run("compute_metrics")
    rows = {(row["participant"], row["dataset"], row["group"]): row for row in result["rows"]}
    groups = ("all", "organisms", "dogs", "objects", "without-dogs")
    assert len(rows) == sum(DATASETS.values()) * len(groups)
    for name, top1, top5 in (
        ("resnet50", "76.14", "92.86"),
        ("pnasnet5large", "82.72", "95.94"),
        ("resnet152", "78.40", "94.17"),
    ):
        row = rows[name, VAL, "all"]
        assert row["n"] == 20_000
        for key, published in (("top1", top1), ("top5", top5)):
            assert abs(100 * row[key]["accuracy"] - float(published)) <= 0.0051
    for name, correct in (
        ("resnet50", 15_471),
        ("alexnet", 11_887),
        ("pnasnet5large", 16_324),
        ("squeezenet1_0", 12_186),
        ("resnet152", 15_855),
    ):
        cell = rows[name, VAL, "all"]["multi_label"]
        assert (cell["correct"], cell["n"]) == (correct, 18_739)

    MetricReport.objects.all().delete()
    again = compute_report(take_snapshot())
    assert again.rows == result["rows"]
