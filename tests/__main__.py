"""Runs the whole suite as three processes side by side, each with servers of its own.

`python -m tests [options of pytest]`. Tests in the browser and under load wait for much, and of the
others each waits for its database: together they take little more than half the time. Prints what
the first says as it comes, and then what the others said, which is in `var/tests-*.txt` meanwhile.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SEEN = ["tests/browser", "tests/load"]
DATABASE = ["tests/annotation"]
# The home of each part's servers, and what it runs.
PARTS = {
    "test-home-browser": SEEN,
    "test-home": DATABASE,
    "test-home-rest": ["tests", *(f"--ignore={path}" for path in [*SEEN, *DATABASE])],
}


def start(home: str, arguments: list[str], output: int | None = None) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "TUSKER_HOME": str(ROOT / "var" / home)}
    command = [sys.executable, "-m", "pytest", *arguments, *sys.argv[1:]]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)


def main() -> int:
    (ROOT / "var").mkdir(exist_ok=True)
    (first, shown), *others = PARTS.items()
    said = [(ROOT / "var" / f"tests-{home}.txt").open("w+b") for home, _ in others]
    running = [
        start(home, arguments, file.fileno())
        for (home, arguments), file in zip(others, said, strict=True)
    ]
    codes = [start(first, shown).wait(), *(process.wait() for process in running)]
    sys.stdout.flush()
    for file in said:
        file.seek(0)
        sys.stdout.buffer.write(file.read())
        file.close()
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
