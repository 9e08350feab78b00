"""The benchmark table: `make bench`, or `make bench BENCH="--reviewers 1 8 --seconds 5"`.

Everything is measured in a TUSKER_HOME of its own, from an empty database on. Each figure is
printed with the command that gives it again.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.consensus import judgments
from benchmarks.exports import exports
from benchmarks.inference import inference
from benchmarks.measuring import Line, manage, own_home, show, timed
from benchmarks.metrics import metrics
from benchmarks.references import CLASSES, references
from benchmarks.rounds import rounds
from benchmarks.search import class_search

THINK = (0.3, 0.9)


def imports(scratch: Path) -> list[Line]:
    """Taxonomy, datasets and predictions of the paper's size, by the commands."""
    from annotation.models import Candidate, Dataset, PredictionSet
    from benchmarks.world import paper_scale

    manage("migrate", "--verbosity", 0)
    seconds, _ = manage("load_taxonomy", "imagenet1k", "--json")
    lines = [
        Line("taxonomy, 1,860 synsets", f"{seconds:.1f} s", "manage.py load_taxonomy imagenet1k")
    ]
    source = paper_scale(scratch)
    images = predictions = 0
    taken = {"dataset": 0.0, "predictions": 0.0}
    peak = 0.0
    for name, table in source.tables.items():
        taken["dataset"] += manage("import_dataset", name, table, "--json")[0]
        seconds, memory = manage("import_predictions", name, source.predictions[name], "--json")
        taken["predictions"] += seconds
        peak = max(peak, memory)
        dataset = Dataset.objects.get(name=name)
        images += dataset.size
        predictions += (
            dataset.size * PredictionSet.objects.current().filter(dataset=dataset).count()
        )
    rate = f"{predictions:,} top-1 in {taken['predictions']:.1f} s"
    return [
        *lines,
        Line(
            f"{images:,} labels ({source.origin})",
            f"{taken['dataset']:.1f} s",
            "manage.py import_dataset NAME LABELS.csv",
        ),
        Line("predictions of 164 files", rate, "manage.py import_predictions DATASET FOLDER"),
        Line("import, peak memory", f"{peak:.0f} MiB", "the same"),
        Line("candidates", f"{Candidate.objects.count():,}", "the same"),
    ]  # fmt: skip


def pictures(scratch: Path) -> list[Line]:
    """Reading, checking and storing photographs, real ones if there are."""
    from benchmarks.world import photographs

    files = photographs(scratch)
    folder = files[0].parent
    labels = scratch / "pictures.csv"
    labels.write_text("image_id,class_index\n" + "".join(f"{path.name},0\n" for path in files))
    seconds, memory = manage("import_dataset", "pictures", labels, "--images", folder, "--json")
    command = "manage.py import_dataset NAME LABELS.csv --images FOLDER"
    rate = f"{len(files) / seconds:.0f} images/s, {memory:.0f} MiB"
    return [Line(f"{len(files)} photographs", rate, command)]


def reviewing(counts: list[int], seconds: float) -> list[Line]:
    """Server time of next and submit, while so many judge at once."""
    from annotation.models import Candidate, Dataset
    from annotation.review.rounds import open_round
    from benchmarks.load import make_sessions, run_load
    from benchmarks.servers import serving
    from benchmarks.survive import exported_judgments, percentiles

    current = open_round("bench", Dataset.objects.exclude(name="pictures"), 1)
    unjudged = Candidate.objects.unjudged().count()
    lines = []
    with serving() as (port, _):
        for count in counts:
            result = run_load(port, current.pk, make_sessions(count), seconds, THINK)
            options = f"--reviewers {count} --seconds {seconds:g} --think {THINK[0]} {THINK[1]}"
            command = f"python -m benchmarks.survive {options}"
            for endpoint in ("next", "submit"):
                numbers = percentiles(result.server_ms(endpoint))
                what = f"{endpoint}, {count} at once, {unjudged:,} candidates"
                value = f"p50 {numbers['p50_ms']:.1f} ms, p95 {numbers['p95_ms']:.1f} ms"
                lines.append(Line(what, f"{value} ({numbers['requests']:,} requests)", command))
            missing = result.acknowledged - exported_judgments()
            twice = len(result.handed_out_more_often_than(1))
            value = f"{len(missing)} missing, {twice} twice, {len(result.errors)} errors"
            lines.append(Line(f"{len(result.acknowledged):,} acknowledged", value, command))
    return lines


def results() -> list[Line]:
    from evaluation.reports import compute_report
    from evaluation.snapshots import take_snapshot

    snapshot = timed(take_snapshot)
    report = timed(lambda: compute_report(take_snapshot()))
    seconds, memory = manage("compute_metrics", "--json")
    made = "evaluation.reports.compute_report(take_snapshot())"
    return [
        Line("snapshot", f"{snapshot:.2f} s", "evaluation.snapshots.take_snapshot()"),
        Line("snapshot and report, warm process", f"{report:.2f} s", made),
        Line(
            "snapshot and report", f"{seconds:.1f} s, {memory:.0f} MiB", "manage.py compute_metrics"
        ),
    ]


def told(lines: list[Line]) -> list[Line]:
    """The lines, said at once on standard error: a run takes minutes."""
    for line in lines:
        print(f"{line.what}: {line.value}", file=sys.stderr)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--reviewers", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--classes", type=int, default=CLASSES, help="with reference images")
    options = parser.parse_args()
    with own_home() as scratch:
        lines = told(imports(scratch)) + told(class_search(scratch))
        manage("collectstatic", "--no-input", "--verbosity", 0)
        # Before the same photographs are a dataset: its images would be left out.
        lines += told(references(scratch, options.classes)) + told(pictures(scratch))
        lines += told(reviewing(options.reviewers, options.seconds)) + told(results())
        lines += told(rounds()) + told(inference(scratch, 8000, 2))
        lines += told(judgments(scratch)) + told(exports(scratch)) + told(metrics())
        show(lines)


if __name__ == "__main__":
    main()
