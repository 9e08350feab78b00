"""The released file of the study, one of that shape drawn here: its tables, and its import."""

from __future__ import annotations

import collections
import datetime
import io
import json
import os
import pickle
import random
from io import StringIO
from pathlib import Path
from statistics import median

import pytest
from django.core.management import call_command

from annotation.models import Candidate, Dataset, Image, Participant, PredictionSet
from evaluation.metrics import clopper_pearson
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from evaluation.study.importing import import_study
from evaluation.study.reading import read_study
from evaluation.study.tables import accuracy_table, study_rows
from evaluation.study.unpickling import load_plain
from taxonomy.errors import InputError
from taxonomy.loading import IMAGENET1K_FILE

PEOPLE = ["human_a", "human_b", "human_c", "human_d", "human_e"]
MODELS = ["resnet50", "alexnet", "efficientnet-b7"]
DOG, FISH, THING = (
    ["n02085620", "n02085782"],
    ["n01440764", "n01443537"],
    ["n02699494", "n02708093"],
)
WNIDS = [*DOG, *FISH, *THING]
START = datetime.datetime(2019, 11, 6, 10, 0, 0)


def make_study(images: int = 120, seed: int = 1) -> dict:
    """What the authors' file holds, of images of six classes, every third of ImageNetV2."""
    rng = random.Random(seed)
    ids = [
        f"{number:040x}" if number % 3 == 0 else f"ILSVRC2012_val_{number:08d}.JPEG"
        for number in range(1, images + 1)
    ]
    target = {image: WNIDS[place % 6] for place, image in enumerate(ids)}
    labels, annotations = {}, collections.defaultdict(dict)
    for image in ids:
        others = [wnid for wnid in WNIDS if wnid != target[image]]
        more = rng.sample(others, 2)
        labels[image] = {"correct": [target[image], more[0]], "wrong": [more[1]], "unclear": []}
        if rng.random() < 0.2:
            labels[image] = {"correct": {more[0]}, "wrong": {target[image]}}
        for name in [*PEOPLE, *MODELS]:
            label = target[image] if rng.random() < 0.7 else rng.choice(WNIDS)
            end = START + datetime.timedelta(seconds=rng.randrange(5, 120))
            times = {"start_time": START.isoformat() + "Z", "end_time": str(end) + "+00:00"}
            info = times if name in PEOPLE else {}
            annotations[name][image] = {"label": label, "extra_info": info}
    return {
        "labeled_images": ids[:-5],
        "annot_data": dict(annotations),
        "image_map": {
            image: {"id": image, "problematic": place % 17 == 0} for place, image in enumerate(ids)
        },
        "image_labels": labels,
        "split_wnids": {
            ("organism",): [*DOG, *FISH], ("organism", "dog"): DOG, ("object",): THING,
        },
        "all_candidates": {image for image in ids if len(image) == 40},
        "wnid_map": target,
        "initial_annots": {},
    }  # fmt: skip


def write(folder: Path, content: object) -> Path:
    path = folder / "human_accuracy.pickle"
    path.write_bytes(pickle.dumps(content))
    return path


@pytest.fixture
def study() -> dict:
    return make_study()


@pytest.fixture
def file(tmp_path, study) -> Path:
    return write(tmp_path, study)


def graded(study: dict, name: str, v2: bool, chosen) -> tuple[int, int]:
    """(correct, all) by hand, as the paper defines multi-label accuracy."""
    correct = n = 0
    for image in study["labeled_images"]:
        if (image in study["all_candidates"]) != v2 or not chosen(image):
            continue
        if study["image_map"][image]["problematic"]:
            continue
        n += 1
        correct += (
            study["annot_data"][name][image]["label"] in study["image_labels"][image]["correct"]
        )
    return correct, n


def seconds(study: dict, name: str, image: str) -> float:
    info = study["annot_data"][name][image]["extra_info"]
    ends = [
        datetime.datetime.fromisoformat(info[key]).replace(tzinfo=None)
        for key in ("start_time", "end_time")
    ]
    return (ends[1] - ends[0]).total_seconds()


def test_the_tables_are_those_that_counting_by_hand_gives(study, file):
    splits = {key: set(value) for key, value in study["split_wnids"].items()}

    def of(image: str) -> str:
        return study["wnid_map"][image]

    groups = {
        "all": lambda image: True,
        "organisms": lambda image: of(image) in splits["organism",],
        "dogs": lambda image: of(image) in splits["organism", "dog"],
        "objects": lambda image: of(image) in splits["object",],
        "without-dogs": lambda image: of(image) not in splits["organism", "dog"],
        "fast": lambda image: median(seconds(study, name, image) for name in PEOPLE) <= 60,
    }
    rows = {
        (row["participant"], row["dataset"], row["group"]): row
        for row in study_rows(read_study(file))
    }
    assert len(rows) == 8 * 2 * 6
    for (name, dataset, group), row in rows.items():
        correct, n = graded(study, name, dataset == "imagenetv2", groups[group])
        cell = row["multi_label"]
        assert (cell["correct"], cell["n"]) == (correct, n)
        if n == 0:  # no dog is of ImageNetV2 here
            assert (cell["accuracy"], cell["low"]) == (None, None)
            continue
        low, high = clopper_pearson(correct, n)
        assert (cell["low"], cell["high"]) == (pytest.approx(low), pytest.approx(high))
        assert row["kind"] == ("human" if name in PEOPLE else "model")
        assert row["top5"] is None
    hits = sum(
        study["annot_data"]["alexnet"][image]["label"] == of(image)
        for image in study["labeled_images"]
        if image in study["all_candidates"]
    )
    assert rows["alexnet", "imagenetv2", "all"]["top1"]["correct"] == hits


@pytest.mark.django_db
def test_imported_it_gives_the_same_numbers(study, file):
    expected = {
        (row["participant"], row["dataset"], row["group"]): row
        for row in study_rows(read_study(file))
    }
    result = import_study(file)
    assert (result["people"], result["models"]) == (5, 3)
    assert result["datasets"] == {"imagenet-val": 77, "imagenetv2": 38}
    rows = compute_report(take_snapshot()).rows
    found = {(row["participant"], row["dataset"], row["group"]): row for row in rows}
    assert set(expected) <= set(found)
    assert {key: found[key] for key in expected} == expected


@pytest.mark.django_db
def test_importing_it_again_changes_nothing(file):
    import_study(file)
    snapshot = take_snapshot().hash
    counts = [model.objects.count() for model in (Image, Candidate, PredictionSet, Participant)]
    again = import_study(file)
    assert (again["candidates_new"], again["verdicts_changed"]) == (0, 0)
    assert take_snapshot().hash == snapshot
    assert [
        model.objects.count() for model in (Image, Candidate, PredictionSet, Participant)
    ] == counts


@pytest.mark.django_db
def test_an_import_that_fails_leaves_nothing(tmp_path, study):
    study["annot_data"]["human_a"][study["labeled_images"][0]]["label"] = "n99999999"
    with pytest.raises(InputError, match="'n99999999' is no class of imagenet1k"):
        import_study(write(tmp_path, study))
    assert not Dataset.objects.exists()
    assert not Participant.objects.exists()


def test_the_gap_is_that_between_the_two_datasets(file):
    rows = study_rows(read_study(file))
    lines = accuracy_table(rows, ["all", "fast", "no such group"])
    assert [set(line["cells"]) for line in lines] == [{"all", "fast"}] * 8
    accuracies = [line["cells"]["all"]["imagenet-val"]["accuracy"] for line in lines]
    assert accuracies == sorted(accuracies, reverse=True)
    cell = lines[0]["cells"]["all"]
    difference = cell["imagenet-val"]["accuracy"] - cell["imagenetv2"]["accuracy"]
    assert cell["gap"]["value"] == pytest.approx(difference)
    assert cell["gap"]["low"] < difference < cell["gap"]["high"]


def run(command: str, *options: object) -> str:
    out = StringIO()
    call_command(command, *map(str, options), stdout=out)
    return out.getvalue()


def test_the_command_prints_both_tables_or_json(file):
    text = run("reproduce_study", file)
    assert "Table 1" in text
    assert "Table 2" in text
    assert all(name in text for name in [*PEOPLE, *MODELS])
    assert len(json.loads(run("reproduce_study", file, "--json"))["rows"]) == 96


@pytest.mark.django_db
def test_the_command_imports(file):
    result = json.loads(run("import_study", file, "--json").splitlines()[-1])
    assert result["datasets"] == {"imagenet-val": 77, "imagenetv2": 38}


class Evil:
    def __reduce__(self):
        return os.system, ("echo harm",)


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        (Evil(), "system"),
        ({"labeled_images": [Evil()]}, "system"),
        (Path("/etc"), "Path"),
        (io.BytesIO(b"x"), "BytesIO"),
        (bytearray(9), "bytearray"),
    ],
)
def test_a_pickle_that_names_anything_else_is_refused_and_not_run(tmp_path, content, refused):
    with pytest.raises(InputError, match=f"holds '.*{refused}', which is refused"):
        load_plain(write(tmp_path, content))


def test_containers_strings_numbers_and_dates_are_read(tmp_path):
    content = {
        ("a", 1): [1.5, None, True, {2}, frozenset({"x"})],
        "d": collections.defaultdict(list, {"k": [START]}),
        "o": collections.OrderedDict(a=datetime.timedelta(1), b=datetime.UTC),
    }
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        path = tmp_path / f"{protocol}.pickle"
        path.write_bytes(pickle.dumps(content, protocol))
        if protocol >= 3:
            assert load_plain(path) == content


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda study: study.pop("wnid_map"), "has no 'wnid_map'"),
        (lambda study: study.update(labeled_images=[]), "'labeled_images' is empty"),
        (lambda study: study.update(labeled_images=["x"]), "'wnid_map' has no wnid of 'x'"),
        (lambda study: study.update(annot_data=[]), "'annot_data' is not a dict"),
        (lambda study: study["split_wnids"].pop(("object",)), "'split_wnids' has no"),
        (lambda study: study["image_labels"].clear(), "'image_labels' has no"),
        (
            lambda study: study["annot_data"]["human_a"].update(
                {study["labeled_images"][0]: {"label": 7}}
            ),
            "the label of 'human_a' on .* is not a wnid",
        ),
        (
            lambda study: study["annot_data"]["human_a"][study["labeled_images"][0]].update(
                extra_info={"start_time": "noon", "end_time": "later"}
            ),
            "a time of 'human_a' on .* is none: 'noon'|'later'",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_named(tmp_path, study, change, reason):
    change(study)
    with pytest.raises(InputError, match=reason):
        read_study(write(tmp_path, study))


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"\x80\x04N.", b"\x80\x04]\x94(K\x01"])
def test_what_is_no_pickle_of_a_dict_is_refused(tmp_path, content):
    path = tmp_path / "x.pickle"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a"):
        read_study(path)
    with pytest.raises(InputError, match="can't be read"):
        read_study(tmp_path / "nothing.pickle")


def test_who_said_nothing_of_an_image_has_no_prediction_there(tmp_path, study):
    del study["annot_data"]["alexnet"][study["labeled_images"][0]]
    rows = study_rows(read_study(write(tmp_path, study)))
    n = {
        row["participant"]: row["n"]
        for row in rows
        if row["group"] == "all" and row["dataset"] == "imagenet-val"
    }
    assert n["resnet50"] - n["alexnet"] == 1


def test_the_wnids_of_this_test_are_classes_of_imagenet():
    text = IMAGENET1K_FILE.read_text(encoding="utf-8")
    assert all(wnid in text for wnid in WNIDS)
