"""Six classes, and the import commands run as an admin runs them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from accounts.models import User
from annotation.models import (
    Candidate,
    Comment,
    Dataset,
    Image,
    Judgment,
    Participant,
    PredictionSet,
    ReviewRound,
    RoundItem,
)
from taxonomy.loading import load_csv
from tests.worlds import CLASSES, draw

Run = Callable[..., dict[str, Any]]


def run(command: str, *arguments: object) -> dict[str, Any]:
    """The JSON object that a command prints last."""
    out = io.StringIO()
    call_command(command, *map(str, arguments), "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def stored_files() -> list[Path]:
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def stored_rows() -> dict[str, int]:
    models = (
        Dataset, Image, Participant, PredictionSet, Candidate, User, ReviewRound, RoundItem,
        Judgment, Comment,
    )  # fmt: skip
    return {model.__name__: model.objects.count() for model in models}


@pytest.fixture
def six(db, tmp_path) -> Path:
    """The folder of the test, with the taxonomy `six` loaded."""
    (tmp_path / "classes.csv").write_text(CLASSES)
    load_csv(tmp_path / "classes.csv", "six")
    return tmp_path


@pytest.fixture
def photos(six) -> Path:
    """The dataset `photos`: four images with files, targets 0, 1, 2, 3."""
    (six / "photos").mkdir()
    for number in range(4):
        draw(six / "photos" / f"p{number}.jpg", number)
    rows = [f"p{number},{number}" for number in range(4)]
    write_csv(six / "photos.csv", *rows)
    run("import_dataset", "photos", six / "photos.csv", "--images", six / "photos")
    return six


def write_csv(path: Path, *rows: str, header: str = "image_id,class_index") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def save(path: Path, array: object, dtype: type = np.int32) -> Path:
    np.save(path, np.asarray(array, dtype))
    return path


@pytest.fixture
def refused() -> Callable[..., str]:
    """refused(command, arguments…) -> the one line it says; nothing at all is stored by it."""

    def call(command: str, *arguments: object) -> str:
        before = stored_rows(), stored_files()
        with pytest.raises(CommandError) as error:
            run(command, *arguments)
        assert (stored_rows(), stored_files()) == before
        line = str(error.value)
        assert len(line.splitlines()) == 1
        return line

    return call
