"""What the worker does first, as `config.serving` starts it, and what waits for it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from celery.beat import Scheduler
from django.conf import settings

from config.celery import app
from config.serving import worker
from tests.config.test_embedded_servers import run

IMAGES = 60

# An import, which orders renditions, and then somebody who asks for new numbers.
IMPORT_AND_ASK = f"""
import os, sys
from pathlib import Path
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
from config import embedded
embedded.start()
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
import numpy as np
from PIL import Image
from annotation.importing.datasets import import_dataset
from evaluation.tasks import recompute
from taxonomy.loading import load_csv
from tests.worlds import CLASSES

folder = Path(sys.argv[1])
(folder / "classes.csv").write_text(CLASSES)
load_csv(folder / "classes.csv", "six")
(folder / "images").mkdir()
for number in range({IMAGES}):
    noise = np.random.default_rng(number).integers(0, 256, (60, 80, 3), np.uint8)
    Image.fromarray(noise).resize((1000, 750)).save(folder / "images" / f"{{number}}.jpg")
rows = [f"{{number}},{{number % 6}}" for number in range({IMAGES})]
(folder / "labels.csv").write_text("\\n".join(["image_id,class_index", *rows]))
import_dataset("photos", folder / "labels.csv", folder / "images", "six")
recompute.delay()
"""

WHEN_COMPUTED = """
import json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from evaluation.models import MetricReport
print(json.dumps(MetricReport.objects.earliest("pk").created.timestamp()))
"""


@pytest.fixture
def home(tmp_path_factory):
    path = tmp_path_factory.mktemp("worker")
    yield path
    run(path, "from config import embedded; embedded.stop()")


def renditions(home: Path) -> list[float]:
    """When each was made."""
    return [path.stat().st_mtime for path in (home / "media" / "renditions").rglob("*.jpg")]


def work_until_all_are_made(home: Path) -> None:
    environment = {**os.environ, "TUSKER_HOME": str(home), "TUSKER_QUIET_SECONDS": "600"}
    commands = [worker("bulk", 1), worker("default", 1)]
    processes = [
        subprocess.Popen(one, cwd=settings.BASE_DIR, env=environment, start_new_session=True)
        for one in commands
    ]
    try:
        deadline = time.monotonic() + 120
        while len(renditions(home)) < 2 * IMAGES:
            assert time.monotonic() < deadline, "the workers do not come to an end"
            time.sleep(0.2)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def test_new_numbers_do_not_wait_for_the_pictures_of_an_import(home, tmp_path):
    asked = run(home, IMPORT_AND_ASK, arguments=[str(tmp_path)])
    assert asked.returncode == 0, asked.stderr
    assert renditions(home) == []
    work_until_all_are_made(home)
    computed = json.loads(run(home, WHEN_COMPUTED).stdout)
    later = [made for made in renditions(home) if made > computed]
    assert len(later) > IMAGES, "most pictures were made before the numbers"


def test_ticks_that_no_worker_takes_do_not_pile_up():
    """Each is void when the next one comes."""
    scheduler = Scheduler(app, lazy=True)
    scheduler.setup_schedule()
    entries = [one for one in scheduler.schedule.values() if one.task.startswith("evaluation.")]
    assert len(entries) == 2
    for entry in entries:
        entry.options = {**entry.options, "queue": "beat-test"}
        scheduler.apply_async(entry, advance=False)
        with app.connection_for_read() as connection:
            message = connection.SimpleQueue("beat-test").get(timeout=5)
            message.ack()
        left = datetime.fromisoformat(message.headers["expires"]) - datetime.now(UTC)
        assert left <= entry.schedule.run_every
