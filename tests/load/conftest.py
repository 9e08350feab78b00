from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from config.embedded import BASE_DIR


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Iterator[dict[str, str]]:
    """An environment with a home of all these tests, whose servers are stopped in the end."""
    environment = {**os.environ, "TUSKER_HOME": str(tmp_path_factory.mktemp("load"))}
    yield environment
    stop = "from config import embedded; embedded.stop()"
    subprocess.run([sys.executable, "-c", stop], cwd=BASE_DIR, env=environment, check=True)


@pytest.fixture(scope="session")
def run(home) -> Callable[..., dict]:
    """A function of a module of benchmarks and its options, giving what it finds out."""

    def run_module(module: str, *options: str) -> dict:
        done = subprocess.run(
            [sys.executable, "-m", module, *options],
            cwd=BASE_DIR, env=home, capture_output=True, text=True, timeout=400,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run_module
