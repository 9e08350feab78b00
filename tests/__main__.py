"""Runs the whole suite as two processes side by side, each with servers of its own.

`python -m tests [options of pytest]`. Tests in the browser and under load wait for much, the others
compute: together they take little more than half the time. Prints what the first says as it comes,
and then what the second said, which is in `var/other-tests.txt` meanwhile.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# About half of the time that all take; those that need no browser come before it is opened. Those under
# load are with the others: they wait, and a browser computes.
FIRST = [
    "tests/config", "tests/evaluation/inference", "tests/evaluation/demo",
    "tests/evaluation/study", "tests/browser",
]  # fmt: skip


def start(home: str, arguments: list[str], output: int | None = None) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "TUSKER_HOME": str(ROOT / "var" / home)}
    command = [sys.executable, "-m", "pytest", *arguments, *sys.argv[1:]]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)


def main() -> int:
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "other-tests.txt").open("w+b") as said:
        others = start(
            "test-home", ["tests", *(f"--ignore={path}" for path in FIRST)], said.fileno()
        )
        code = start("test-home-browser", FIRST).wait()
        code = others.wait() or code
        said.seek(0)
        sys.stdout.flush()
        sys.stdout.buffer.write(said.read())
    return code


if __name__ == "__main__":
    sys.exit(main())
