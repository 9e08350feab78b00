"""Fills an empty Tusker with something to try it on."""

from __future__ import annotations

import json
import re
import secrets
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from PIL.Image import Image

from accounts.models import User
from accounts.roles import ROLES
from annotation.importing.datasets import import_dataset
from annotation.importing.multilabels import import_multilabels
from annotation.importing.predictions import import_predictions
from annotation.importing.references import import_references
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import create_task
from annotation.models import Candidate, Dataset, ReviewRound, RoundItem, Verdict
from annotation.review.judgments import Judge, submit
from annotation.review.rounds import open_round
from evaluation.demo.classifiers import fit_all
from evaluation.demo.scenes import Scene, draw_reference_images, draw_scenes
from evaluation.inference.following import run_here
from evaluation.inference.registering import register
from evaluation.inference.runs import start_run
from evaluation.models import InferenceRun
from evaluation.reports import recompute
from taxonomy.errors import InputError
from taxonomy.loading import load_imagenet1k
from taxonomy.models import LabelClass
from taxonomy.progress import Progress, quiet

DATASET = "drawn-scenes"
ROUND = "First review"
SCENES = 240
REFERENCES = 20
TASK_IMAGES = 48
SEED = 2020
LOGINS_FILE = "demo-logins.json"

Follow = Callable[[InferenceRun, Progress], None]


def logins() -> dict[str, str]:
    """Password of each demo account; drawn once per TUSKER_HOME, since the server may be public."""
    path = settings.HOME / LOGINS_FILE
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(json.dumps({role: secrets.token_urlsafe(9) for role in ROLES}))
    return json.loads(path.read_text())


def make_accounts() -> dict[str, User]:
    """One account per role, named after it."""
    accounts = {}
    for role, password in logins().items():
        user, new = User.objects.get_or_create(username=role)
        if new:
            user.set_password(password)
            user.save()
            user.groups.add(Group.objects.get(name=role))
        accounts[role] = user
    return accounts


def load_drawn(progress: Progress = quiet, run: Follow = run_here) -> dict[str, Any]:
    """Draw the demo world and bring it in as an admin would: files, importers, models, a round.

    `run` sees the runs of the models through. Half of the round is judged already, from what the
    drawings are known to hold.
    """
    accounts = make_accounts()
    if ReviewRound.objects.filter(name=ROUND).exists():
        return summary()
    load_imagenet1k()
    progress("drawing scenes", 0, SCENES)
    scenes = []
    for scene in draw_scenes(SCENES, SEED):
        scenes.append(scene)
        progress("drawing scenes", len(scenes), SCENES)
    with tempfile.TemporaryDirectory(prefix="tusker-demo-") as name:
        folder = Path(name)
        write_scenes(scenes, folder)
        progress("fitting classifiers", 0, 1)
        references = draw_reference_images(REFERENCES, SEED)
        models = write_models(references, folder / "models")
        write_references(references, folder / "references")
        progress("fitting classifiers", 1, 1)
        import_dataset(DATASET, folder / "labels.csv", folder / "images", progress=progress)
        run_models(models, run, progress)
        import_references(folder / "references", None, REFERENCES, SEED, progress=progress)
    with transaction.atomic():
        current = open_round(ROUND, Dataset.objects.filter(name=DATASET), SEED)
        judge_half(current, accounts["reviewer"], scenes)
    make_tasks(accounts["labeler"])
    recompute()
    return summary()


def make_tasks(labeler: User) -> None:
    """A training and an evaluation for the labeler, two images of every class each."""
    for name, kind in (("Learn the classes", "training"), ("Evaluation", "evaluation")):
        sample = Sample({DATASET: TASK_IMAGES})
        create_task(name, kind, sample, SEED, labelers=[labeler], state="open")


def write_scenes(scenes: Sequence[Scene], folder: Path) -> None:
    (folder / "images").mkdir()
    rows = ["image_id,wnid"]
    for scene in scenes:
        scene.image.save(folder / "images" / f"{scene.key}.jpg", quality=90)
        rows.append(f"{scene.key},{scene.target}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_references(references: Mapping[str, Sequence[Image]], folder: Path) -> None:
    """A folder per class, named after its wnid."""
    for wnid, images in references.items():
        (folder / wnid).mkdir(parents=True)
        for number, image in enumerate(images):
            image.save(folder / wnid / f"{number:03d}.png")


def write_models(
    references: Mapping[str, Sequence[Image]], folder: Path
) -> list[tuple[Path, dict[str, Any]]]:
    """Fitted classifiers as ONNX files, each with what it has to be registered with."""
    folder.mkdir()
    classes, models = fit_all(references)
    found = []
    for name, content in models.items():
        path = folder / f"{name}.onnx"
        path.write_bytes(content)
        found.append((path, {"resize": "stretch", "label_map": {"classes": classes}}))
    return found


def run_models(
    models: Sequence[tuple[Path, dict[str, Any]]], run: Follow, progress: Progress
) -> None:
    dataset = Dataset.objects.get(name=DATASET)
    for path, asked in models:
        run(start_run(register(path, dataset.taxonomy, asked), dataset), progress)


def judge_half(current: ReviewRound, reviewer: User, scenes: Sequence[Scene]) -> None:
    """Judge the first half of the round's images by what was drawn in them."""
    contents = {scene.key: set(scene.contents) for scene in scenes}
    keys = dict(
        LabelClass.objects.filter(taxonomy=current.taxonomy).values_list("index", "synset__key")
    )
    half = RoundItem.objects.filter(round=current).order_by("position")[: len(scenes) // 2]
    candidates = Candidate.objects.filter(image__in=half.values("image")).select_related("image")
    rng = np.random.default_rng(current.seed)
    ops = [
        Judge(
            uuid.uuid4(),
            candidate.image.uid,
            candidate.class_index,
            Verdict.CORRECT
            if keys[candidate.class_index] in contents[candidate.image.key]
            else Verdict.INCORRECT,
            int(rng.lognormal(7.2, 0.5)),
        )
        for candidate in candidates
    ]
    submit(current, reviewer, ops)


def load_real(folder: Path, progress: Progress = quiet) -> dict[str, Any]:
    """Load a folder of real data: `datasets/*.csv`, `predictions/DATASET/`, `images/`, `real/`.

    Whatever part is missing is left out. Photographs are named after their class
    (`n01440764_tench.JPEG`) and become a dataset of their own, with a round.
    Raises InputError if the folder holds none of it.
    """
    make_accounts()
    load_imagenet1k()
    tables = [path for path in sorted(folder.glob("datasets/*.csv")) if _predictions(folder, path)]
    photographs = sorted((folder / "images").glob("n[0-9]*_*.*"))
    if not tables and not photographs:
        raise InputError("holds neither datasets with predictions nor photographs", file=folder)
    for table in tables:
        import_dataset(table.stem, table, progress=progress)
        import_predictions(table.stem, [folder / "predictions" / table.stem], progress=progress)
    multi_labels = folder / "real" / "real.json"
    if multi_labels.exists() and Dataset.objects.filter(name="imagenet-val-20k").exists():
        import_multilabels(multi_labels, "imagenet-val-20k", "real", progress=progress)
    if photographs:
        load_photographs(photographs, progress)
    recompute()
    return summary()


def _predictions(folder: Path, table: Path) -> bool:
    return any((folder / "predictions" / table.stem).glob("*"))


def load_photographs(paths: Sequence[Path], progress: Progress) -> None:
    rows = [f"{path.name},{re.split('_', path.name)[0]}" for path in paths]
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8") as labels:
        labels.write("\n".join(["image_id,wnid", *rows]) + "\n")
        labels.flush()
        import_dataset("photographs", Path(labels.name), paths[0].parent, progress=progress)
    if not ReviewRound.objects.filter(name="Photographs").exists():
        open_round("Photographs", Dataset.objects.filter(name="photographs"), SEED)


def summary() -> dict[str, Any]:
    candidates = Candidate.objects.active()
    return {
        "datasets": {dataset.name: dataset.size for dataset in Dataset.objects.all()},
        "candidates": candidates.count(),
        "judged": candidates.exclude(verdict=Verdict.UNJUDGED).count(),
        "logins": logins(),
    }
