"""The statistics of 72 models and 5 people on 40,683 images in 5 groups, and on ten times as many.

`python -m benchmarks.metrics` prints a table. It needs no database.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
from typing import Any

import numpy as np

from benchmarks.measuring import Line, show, timed
from evaluation.metrics import EvaluationData, Verdict, count_accuracies
from evaluation.metrics.accuracy import accuracies_within
from evaluation.metrics.class_subsets import draw_class_subsets, subset_change
from evaluation.metrics.encoding import to_json
from evaluation.metrics.gaps import fit_line, gap
from evaluation.metrics.intervals import bootstrap, wilson
from evaluation.metrics.kept import KeptAccuracies
from evaluation.metrics.outcomes import Outcomes, image_outcomes
from evaluation.metrics.pairs import count_pairs, holm_pairs, mcnemar, paired_difference
from evaluation.metrics.proportion import class_average
from evaluation.metrics.ranks import rank_participants

COMMAND = "python -m benchmarks.metrics"
MODELS, PEOPLE, IMAGES, FIRST_DATASET, LOOKED_AT, CLASSES = 72, 5, 40_683, 20_000, 2_000, 1_000
DRAWS, REPEATS, JUDGMENTS = 1_000, 5, 1_000


def draw_data(
    images: int = IMAGES, models: int = MODELS, people: int = PEOPLE, seed: int = 1
) -> EvaluationData:
    """Participants of different skill that take the same wrong classes; people see few images."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, CLASSES, images, dtype=np.int32)
    steps = rng.integers(1, CLASSES // 5, (images, 5), dtype=np.int32).cumsum(axis=1)
    # The target and five other classes that look like it, all different.
    alike = np.concatenate([targets[:, None], (targets[:, None] + steps) % CLASSES], axis=1)
    alike = alike.astype(np.int32)
    difficulty = rng.random(images)
    top_k = np.full((models + people, images, 5), -1, dtype=np.int32)
    for participant in range(models + people):
        right = difficulty * rng.random(images) < 0.3 + 0.4 * participant / (models + people)
        order = rng.permuted(np.tile(np.arange(1, 6), (64, 1)), axis=1)
        order = order[rng.integers(0, 64, images)]
        order[~right & (difficulty < 0.6), 2] = 0
        order[right] = np.arange(5)
        top_k[participant] = np.take_along_axis(alike, order, axis=1)
        if participant >= models:
            unseen = rng.permutation(images)[LOOKED_AT * images // IMAGES :]
            top_k[participant, unseen] = -1
    verdicts = np.full(alike.shape, Verdict.INCORRECT, dtype=np.uint8)
    verdicts[rng.random(images) < 0.96, 0] = Verdict.CORRECT
    verdicts[rng.random(images) < 0.20, 1] = Verdict.CORRECT
    verdicts[rng.random(alike.shape) < 0.01] = Verdict.UNJUDGED
    classes = np.arange(CLASSES)
    organisms, dogs = classes < 410, classes < 118
    return EvaluationData(
        targets=targets,
        candidate_images=np.repeat(np.arange(images, dtype=np.int32), alike.shape[1]),
        candidate_classes=alike.reshape(-1),
        verdicts=verdicts.reshape(-1),
        problematic=rng.random(images) < 0.03,
        top_k=top_k,
        groups=np.stack([classes >= 0, organisms, dogs, ~organisms, ~dogs]),
    )


def compute(data: EvaluationData) -> dict[str, Any]:
    """Every statistic of `evaluation.metrics`, for all participants and groups."""
    outcomes, groups = image_outcomes(data), data.groups[:, data.targets]
    counts = accuracies_within(outcomes, groups)
    result: dict[str, Any] = {"counts": counts}
    objects, without_dogs = data.groups[3], data.groups[4]
    drawn = [
        draw_class_subsets(data.groups[0], int(subset.sum()), DRAWS)
        for subset in (objects, without_dogs)
    ]
    for name in ("top1", "top5", "multi_label"):
        of, proportion = getattr(outcomes, name), getattr(counts, name)
        by_class = of.by_class(data.targets, data.groups.shape[1])
        result[name] = {
            "accuracy": proportion.fraction,
            "clopper-pearson": proportion.interval(),
            "wilson": wilson(proportion.correct, proportion.n),
            "bootstrap": bootstrap(proportion.correct, proportion.n),
            "class average": class_average(by_class, data.groups),
            "objects": subset_change(by_class, objects, drawn[0]),
            "without dogs": subset_change(by_class, without_dogs, drawn[1]),
        }
    for name in ("top1", "multi_label"):
        result[name]["pairs"] = compare(getattr(outcomes, name), groups)
    datasets = np.arange(len(data.targets)) < len(data.targets) * FIRST_DATASET // IMAGES
    both = outcomes.multi_label.within(np.stack([datasets, ~datasets]))
    (first, second), (n_first, n_second) = both.correct.T, both.n.T
    result["gap"] = gap(first, n_first, second, n_second)
    x, y = counts.top1.fraction[:, 0], counts.multi_label.fraction[:, 0]
    result["fit"] = {scale: fit_line(x, y, scale) for scale in ("plain", "logit", "probit")}
    return result


def compare(outcomes: Outcomes, groups: np.ndarray) -> dict[str, Any]:
    pairs = count_pairs(outcomes, groups)
    test = mcnemar(pairs)
    return {
        "test": test,
        "holm": holm_pairs(test.exact),
        "difference": paired_difference(pairs),
        "ranks": rank_participants(outcomes.within(groups), pairs, test.exact),
    }


def plain_loop(data: EvaluationData) -> list[list[int]]:
    """Top-1, top-5 and multi-label counts of all images alone, as one would write them first."""
    correct: list[set[int]] = [set() for _ in data.targets]
    rows = zip(data.candidate_images, data.candidate_classes, data.verdicts, strict=True)
    for image, index, verdict in rows:
        if verdict == Verdict.CORRECT:
            correct[image].add(int(index))
    targets, problematic = data.targets.tolist(), data.problematic.tolist()
    found = []
    for ranks in data.top_k:
        top1 = top5 = multi_label = n = 0
        for predicted, target, labels, bad in zip(
            ranks.tolist(), targets, correct, problematic, strict=True
        ):
            if predicted[0] < 0:
                continue
            top1 += predicted[0] == target
            top5 += target in predicted
            if labels and not bad:
                n += 1
                multi_label += predicted[0] in labels
        found.append([top1, top5, multi_label, n])
    return found


def judge_one_by_one(data: EvaluationData) -> float:
    """Milliseconds that kept accuracies take for a changed verdict, or a class nobody predicted."""
    kept, rng = KeptAccuracies(data), np.random.default_rng(2)
    images = rng.integers(0, len(data.targets), JUDGMENTS).tolist()
    classes = rng.integers(0, CLASSES, JUDGMENTS).tolist()
    known = kept.outcomes.correct.copy()
    classes[::2] = data.top_k[0, images[::2], 0].tolist()

    def judge() -> None:
        for image, index in zip(images, classes, strict=True):
            kept.judge(image, index, Verdict.CORRECT)

    milliseconds = 1000 * timed(judge) / JUDGMENTS
    assert (kept.outcomes.correct != known).any()
    return milliseconds


def measure(times: int, loop: bool) -> None:
    """In a process of its own, for its memory and threads: prints a JSON object."""
    data = draw_data(IMAGES * times)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = [timed(lambda: compute(data)) for _ in range(REPEATS if times == 1 else 2)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer = {
        "seconds": min(seconds), "first": seconds[0], "mib": peak, "input_mib": held,
        "sha256": hashlib.sha256(to_json(compute(data)).encode()).hexdigest(),
    }  # fmt: skip
    answer["judgment"] = judge_one_by_one(data)
    if loop:
        answer["loop"] = timed(lambda: plain_loop(data))
        counts = count_accuracies(data)
        of_all = [p.correct[:, 0] for p in (counts.top1, counts.top5, counts.multi_label)]
        expected = np.stack([*of_all, counts.multi_label.n[:, 0]], axis=1)
        assert plain_loop(data) == expected.tolist()
    print(json.dumps(answer))


def in_own_process(times: int, threads: int, *options: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.metrics", "--measure", str(times), *options],
        check=True, capture_output=True, text=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": str(threads)},
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def metrics() -> list[Line]:
    cores = os.cpu_count() or 1
    once, tenfold = in_own_process(1, cores, "--loop"), in_own_process(10, cores)
    alone = in_own_process(1, 1)
    same = "the same" if alone["sha256"] == once["sha256"] else "OTHER"
    what = f"all statistics, {MODELS} + {PEOPLE} x {IMAGES:,} images"
    return [
        Line(what, f"{once['seconds']:.2f} s, peak memory {once['mib']:.0f} MiB", COMMAND),
        Line("the same on one thread", f"{alone['seconds']:.2f} s, {same} bytes of JSON", COMMAND),
        Line(
            "a plain loop for the accuracies alone",
            f"{once['loop']:.1f} s, {once['loop'] / once['seconds']:.0f} times all statistics",
            COMMAND,
        ),
        Line(
            "all statistics, 10 x the images",
            f"{tenfold['seconds']:.1f} s, peak memory {tenfold['mib']:.0f} MiB "
            f"(input {tenfold['input_mib']:.0f})",
            COMMAND,
        ),
        Line(
            "one more judgment, accuracies kept",
            f"{once['judgment']:.2f} ms; 10 x the images {tenfold['judgment']:.2f} ms",
            COMMAND,
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--loop", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.loop)
    else:
        show(metrics())


if __name__ == "__main__":
    main()
