"""Many reviewers' judgments: importing them, the rules that make verdicts of them, agreement.

`python -m benchmarks.consensus` prints a table: with the votes of ReaL's raters if they are there,
else with as many drawn ones.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import numpy as np

from benchmarks.measuring import Line, manage, own_home, show

COMMAND = "python -m benchmarks.consensus"
IMAGES, PAIRS, RATERS, VOTES = 24_889, 184_962, 85, 5


def judgments(scratch: Path) -> list[Line]:
    """Needs the imagenet1k taxonomy; imports a dataset and a file of judgments on it."""
    from benchmarks.world import real_data

    real = real_data()
    if real is not None:
        labels, file = real / "datasets" / "imagenet-val-50k.csv", real / "real" / "raters.npz"
    else:
        labels, file = draw(scratch)
    manage("import_dataset", labels.stem, labels, "--json")
    seconds, memory = manage("import_judgments", file, "--json")
    again, _ = manage("import_judgments", file, "--json")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.consensus", "--rules", file.name],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    got = json.loads(done.stdout.splitlines()[-1])
    size = f"{got['judgments']:,} judgments by {got['reviewers']} ({file.name})"
    imported = f"{seconds:.1f} s, {memory:.0f} MiB; once more {again:.1f} s"
    taken = got["seconds"]
    rules = taken["majority"] + taken["unanimous"] + taken["dawid_skene"]
    return [
        Line(size, imported, "manage.py import_judgments FILE"),
        Line("read from the database", f"{taken['load']:.1f} s", COMMAND),
        Line("majority; unanimous", f"{taken['majority']:.2f} s; {taken['unanimous']:.2f} s", COMMAND),
        Line("Dawid-Skene", f"{taken['dawid_skene']:.1f} s, {got['iterations']} iterations", COMMAND),
        Line("all rules", f"{rules:.1f} s, peak memory {got['mib']:.0f} MiB", COMMAND),
        Line("kappa of all pairs, Fleiss', alpha", f"{taken['agreement']:.2f} s", COMMAND),
    ]  # fmt: skip


def draw(scratch: Path) -> tuple[Path, Path]:
    """Labels and votes of the real ones' size and layout, by raters who differ in skill."""
    rng = np.random.default_rng(1)
    labels, file = scratch / "drawn.csv", scratch / "drawn-raters.npz"
    keys = [f"drawn-{number:05d}" for number in range(IMAGES)]
    labels.write_text("image_id,class_index\n" + "".join(f"{key},0\n" for key in keys))
    places = np.sort(rng.choice(IMAGES * 1000, PAIRS, replace=False))
    info = np.stack([np.array(keys)[places // 1000], (places % 1000).astype(str)], axis=1)
    raters = rng.random((PAIRS, RATERS)).argpartition(VOTES, axis=1)[:, :VOTES]
    right = rng.random(raters.shape) < rng.uniform(0.6, 0.98, RATERS)[raters]
    truth = rng.random(PAIRS) < 0.2
    said = np.where(right, truth[:, None], ~truth[:, None]) * 2
    said[rng.random(said.shape) < 0.08] = 1
    votes = np.zeros((RATERS, PAIRS, 3), np.uint8)
    votes[raters, np.arange(PAIRS)[:, None], said] = 1
    np.savez_compressed(file, tensor=votes, info=info, ids=np.arange(RATERS))
    return labels, file


def measure_rules(round_name: str) -> None:
    """In a process of its own, for its memory: prints a JSON object."""
    from annotation import consensus
    from annotation.models import Judgment
    from annotation.review.consensus import load_judgments

    of_round = Judgment.objects.filter(round__name=round_name)
    ids = np.unique(np.fromiter(of_round.values_list("candidate_id", flat=True), np.int64))
    seconds = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = work()
        seconds[name] = time.perf_counter() - start
        return result

    found, _ = timed("load", lambda: load_judgments(ids))
    timed("majority", lambda: consensus.majority(found))
    timed("unanimous", lambda: consensus.unanimous(found))
    estimate = timed("dawid_skene", lambda: consensus.dawid_skene(found))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    timed(
        "agreement",
        lambda: (
            consensus.cohens_kappa(found),
            consensus.fleiss_kappa(found.votes),
            consensus.krippendorffs_alpha(found.votes),
        ),
    )
    answer = {
        "seconds": seconds, "mib": peak, "iterations": estimate.iterations,
        "judgments": len(found), "reviewers": found.n_reviewers,
    }  # fmt: skip
    print(json.dumps(answer))


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--rules", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rules:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
        measure_rules(options.rules)
        return
    with own_home() as scratch:
        manage("migrate", "--verbosity", 0)
        manage("load_taxonomy", "imagenet1k", "--json")
        show(judgments(scratch))


if __name__ == "__main__":
    main()
