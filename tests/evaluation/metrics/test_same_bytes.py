"""All statistics of one input as JSON: the same bytes, whenever and on however many threads."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.metrics import compute, draw_data, plain_loop
from evaluation.metrics import count_accuracies
from evaluation.metrics.encoding import to_json
from evaluation.metrics.intervals import Estimate

ROOT = Path(__file__).parents[3]
SIZE = {"images": 3000, "models": 10, "people": 2}
CHILD = f"""
import hashlib
from benchmarks.metrics import compute, draw_data
from evaluation.metrics.encoding import to_json
print(hashlib.sha256(to_json(compute(draw_data(**{SIZE}))).encode()).hexdigest())
"""


def test_another_run_on_one_thread_gives_the_same_bytes():
    done = subprocess.run(
        [sys.executable, "-c", CHILD], check=True, capture_output=True, text=True, cwd=ROOT,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    here = to_json(compute(draw_data(**SIZE)))
    assert hashlib.sha256(here.encode()).hexdigest() == done.stdout.strip()


def test_other_input_gives_other_bytes():
    first, second = (to_json(compute(draw_data(300, 3, 1, seed))) for seed in (1, 2))
    assert first != second


def test_the_plain_loop_of_the_benchmark_counts_the_same():
    data = draw_data(500, 4, 1)
    counts = count_accuracies(data)
    of_all = [p.correct[:, 0] for p in (counts.top1, counts.top5, counts.multi_label)]
    expected = np.stack([*of_all, counts.multi_label.n[:, 0]], axis=1)
    assert plain_loop(data) == expected.tolist()


def test_json_holds_the_very_numbers_and_null_where_there_is_none():
    value = np.array([0.1, np.nan, 1 / 3])
    text = to_json(
        {"b": Estimate(value, value[:1], np.array(2.0)), "a": [np.int64(3), float("inf")]}
    )
    assert text == to_json(json.loads(text))
    assert json.loads(text) == {
        "a": [3, None],
        "b": {"value": [0.1, None, 1 / 3], "low": [0.1], "high": 2.0},
    }
