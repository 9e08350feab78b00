"""Dumps of everything: time, size and peak memory of each format.

`python -m benchmarks.exports` prints a table, with the published predictions and the votes of ReaL's raters if they
are there, else with as many drawn ones.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.consensus import judgments
from benchmarks.measuring import Line, manage, own_home, show

COMMAND = "python -m benchmarks.exports"
OUTS = {"parquet": "dump", "json": "dump.json", "csv": "dump.csv", "huggingface": "hf"}


def exports(scratch: Path) -> list[Line]:
    """Dumps of what is there; needs images with judgments."""
    from annotation.models import Candidate, Dataset, Judgment

    counts = f"{Candidate.objects.count():,} candidates, {Judgment.objects.count():,} judgments"
    lines = [_measured(scratch / out, format, counts) for format, out in OUTS.items()]
    lines += [
        _measured(scratch / f"{format}.zip", format, "the same, zipped")
        for format in ("parquet", "json")
    ]
    smallest = Dataset.objects.order_by("size", "name").first()
    assert smallest is not None
    one = ("--dataset", smallest.name)
    lines += [
        _measured(scratch / f"one-{out}", format, f"of {smallest.size:,} images", *one)
        for format, out in list(OUTS.items())[:2]
    ]
    return lines


def _measured(out: Path, format: str, what: str, *options: str) -> Line:
    seconds, memory = manage("export_annotations", out, "--format", format, *options, "--json")
    files = [out] if out.is_file() else [path for path in out.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 2**20
    value = f"{seconds:.1f} s, {size:.0f} MiB, peak memory {memory:.0f} MiB"
    command = f"manage.py export_annotations OUT --format {format}"
    return Line(f"{format}: {what}", value, command)


def main() -> None:
    argparse.ArgumentParser(prog=COMMAND, description=__doc__).parse_args()
    with own_home() as scratch:
        from benchmarks.world import paper_scale

        manage("migrate", "--verbosity", 0)
        manage("load_taxonomy", "imagenet1k", "--json")
        source = paper_scale(scratch)
        for name, table in source.tables.items():
            manage("import_dataset", name, table, "--json")
            manage("import_predictions", name, source.predictions[name], "--json")
        judgments(scratch)
        show(exports(scratch))


if __name__ == "__main__":
    main()
