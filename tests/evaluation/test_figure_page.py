from __future__ import annotations

import csv
import io
import json
from collections import Counter
from statistics import median
from urllib.parse import urlencode

import numpy as np
import pytest
from django.urls import reverse
from scipy.special import ndtri
from scipy.stats import binomtest, linregress

from annotation.models import Candidate, Dataset, Participant, PredictionSet, Verdict
from evaluation.figure_choice import choose_figure, draw_points, points_of, with_links
from evaluation.figure_points import class_points, confusion_points, label_counts
from evaluation.figures import draw, fit_of, scatter_figure
from evaluation.metrics import EvaluationData
from evaluation.metrics.outcomes import image_outcomes
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from tests.evaluation.worlds import World, build, expected_counts, random_world
from tests.factories import make_user

pytestmark = pytest.mark.django_db
ALL = {"dataset": "zebra", "against": "Antelope", "group": "all"}


@pytest.fixture
def world() -> World:
    return random_world(41, images=60, models=5)


@pytest.fixture
def report(world):
    build(world)
    Participant.objects.filter(name__in=["model-0", "model-1"]).update(kind="human")
    for number in (0, 1):
        found = PredictionSet.objects.get(
            participant__name=f"model-{number}", dataset__name="zebra"
        )
        seconds = np.arange(found.size, dtype="<f4") * (number + 1)
        seconds[::3] = np.nan
        found.seconds = seconds.tobytes()
        found.save()
    return compute_report(take_snapshot())


def drawn_by(report, **asked) -> list[dict]:
    return points_of(report, choose_figure(report.parameters, ALL | asked))


def values_of(spec: dict) -> list[list[dict]]:
    """All data that a specification holds, by layer."""
    parts = spec.get("layer", [spec])
    return [part.get("data", spec.get("data", {})).get("values", []) for part in parts]


@pytest.mark.parametrize("group", ["all", "few"])
def test_original_against_new_has_each_participants_two_accuracies_with_their_intervals(
    world, report, group
):
    points = drawn_by(report, figure="shift", group=group)
    assert len(points) == 5
    for point in points:
        for axis, dataset in (("x", "zebra"), ("y", "Antelope")):
            counts = expected_counts(world, point["participant"], dataset, group)["multi_label"]
            low, high = binomtest(*counts).proportion_ci()
            there = [point[f"{axis}{end}"] for end in ("", "_low", "_high")]
            assert there == pytest.approx([counts[0] / counts[1], low, high], abs=1e-9)


@pytest.mark.parametrize("measure", ["top1", "top5"])
def test_top_k_is_drawn_against_multi_label_accuracy_of_all_who_have_it(world, report, measure):
    points = drawn_by(report, figure="measures", measure=measure)
    assert len(points) == (5 if measure == "top1" else 4)  # one predicts a single class
    for point in points:
        counts = expected_counts(world, point["participant"], "zebra", "all")
        for axis, key in (("x", "multi_label"), ("y", measure)):
            assert point[axis] == pytest.approx(counts[key][0] / counts[key][1])


@pytest.mark.parametrize("scale", ["plain", "probit"])
def test_the_solid_line_is_scipys_through_the_models_on_the_chosen_scale(scale):
    rng = np.random.default_rng(3)
    points = [drawn_point(f"net-{n}", *rng.uniform(0.3, 0.9, 2)) for n in range(9)]
    points.append(drawn_point("dana", 0.97, 0.2, kind="human"))
    spec = scatter_figure(points, "old", "new", scale)
    change = ndtri if scale == "probit" else np.asarray
    x, y = (change([point[axis] for point in points[:-1]]) for axis in "xy")
    fit = linregress(x, y)
    assert float(fit_of(points, scale).r.value) == pytest.approx(fit.rvalue)
    equal, line, marks = values_of(spec)[0], values_of(spec)[1], values_of(spec)[-1]
    assert len(line) == len(equal) == 2
    assert all(end["at_x"] == end["at_y"] for end in equal)
    for end in line:
        assert end["at_y"] == pytest.approx(fit.intercept + fit.slope * end["at_x"])
    assert [mark["at_x"] for mark in marks[:-1]] == pytest.approx(x, abs=1e-6)
    assert {"old", "new"} <= set(draw_texts(spec))


def drawn_point(name: str, x: float, y: float, kind: str = "model") -> dict:
    ends = {
        f"{axis}{end}": min(1.0, max(0.0, value + by))
        for axis, value in (("x", x), ("y", y))
        for end, by in (("", 0), ("_low", -0.02), ("_high", 0.02))
    }
    return {"participant": name, "kind": kind, "images": 9, "images_y": 9, **ends}


def draw_texts(spec: dict) -> list[str]:
    return draw(spec, "svg").decode().replace("<", ">").split(">")


@pytest.mark.parametrize("scale", ["plain", "probit"])
@pytest.mark.parametrize(
    "accuracies", [[], [0.5], [0.0, 1.0], [1.0, 1.0, 1.0], [0.4, 0.4, 0.4, 0.4]]
)
def test_nobody_one_point_and_perfect_and_zero_accuracy_are_drawn_too(scale, accuracies):
    points = [drawn_point(str(n), value, value) for n, value in enumerate(accuracies)]
    spec = scatter_figure(points, "old", "new", scale)
    assert "NaN" not in json.dumps(spec)
    assert "Infinity" not in json.dumps(spec)
    assert draw(spec, "svg").startswith(b"<svg")


def test_labels_per_image_count_each_image_that_is_not_problematic_once(world, report):
    expected = Counter(
        sum(
            (key, index) in world.candidates and world.candidates[key, index] == Verdict.CORRECT
            for index in range(world.classes)
        )
        for key in world.datasets["zebra"]
        if key not in world.problematic and world.targets[key] in world.few
    )
    points = drawn_by(report, figure="labels", group="few")
    assert {point["labels"]: point["images"] for point in points if point["images"]} == expected
    assert sum(point["share"] for point in points) == pytest.approx(1)


@pytest.mark.parametrize("name", ["", "model-2"])
def test_classes_and_confusions_are_those_counted_image_by_image(world, report, name):
    right, answers, confused = Counter(), Counter(), Counter()
    for (participant, dataset), rows in world.predictions.items():
        if dataset != "zebra" or (name and participant != name):
            continue
        for key, row in zip(world.datasets[dataset], rows, strict=True):
            labels = {c for (k, c), v in world.candidates.items() if k == key and v == 1}
            if row[0] < 0 or not labels or key in world.problematic:
                continue
            target = world.targets[key]
            answers[target] += 1
            right[target] += row[0] in labels
            if row[0] not in labels and row[0] != target:
                confused[target, row[0]] += 1
    present = {world.targets[key] for key in world.datasets["zebra"]}
    points = drawn_by(report, figure="classes", participant=name)
    assert {p["index"]: (p["correct"], p["images"]) for p in points} == {
        index: (right[index], n) for index, n in answers.items()
    }
    assert [p["accuracy"] for p in points] == sorted(p["accuracy"] for p in points)
    pairs = drawn_by(report, figure="confusions", participant=name)
    assert {(p["label_index"], p["said_index"]): p["times"] for p in pairs} == {
        pair: n for pair, n in confused.items() if pair[1] in present
    }


def test_time_against_accuracy_has_people_on_the_images_whose_time_is_known(world, report):
    points = {point["participant"]: point for point in drawn_by(report, figure="times")}
    assert set(points) == {"model-0", "model-1"}
    for number, name in enumerate(points):
        times, hits = [], []
        rows = world.predictions[name, "zebra"]
        for place, (key, row) in enumerate(zip(world.datasets["zebra"], rows, strict=True)):
            labels = {c for (k, c), v in world.candidates.items() if k == key and v == 1}
            if place % 3 and labels and key not in world.problematic and row[0] >= 0:
                times.append(place * (number + 1))
                hits.append(row[0] in labels)
        assert points[name]["x"] == median(times)
        assert points[name]["y"] == pytest.approx(sum(hits) / len(hits))
        assert points[name]["images"] == len(hits)


@pytest.mark.parametrize(
    "figure", ["shift", "measures", "labels", "classes", "confusions", "times"]
)
def test_what_is_drawn_are_the_points_and_a_paper_gets_them_as_files(client, report, figure):
    client.force_login(make_user("reviewer"))
    query = ALL | {"figure": figure}
    points = drawn_by(report, figure=figure)
    spec = draw_points(choose_figure(report.parameters, query), points, "light")
    drawn = values_of(spec)[-1]
    assert [{key: one[key] for key in points[0]} for one in drawn] == points
    asked = "?" + urlencode(query)
    page = client.get(reverse("figures") + asked)
    assert page.context["points"] == points
    found = client.get(reverse("figure_data", args=[report.pk, "json"]) + asked).json()
    assert found == {"snapshot": report.snapshot.hash, "points": points}
    content = client.get(reverse("figure_data", args=[report.pk, "csv"]) + asked).content.decode()
    lines = list(csv.DictReader(io.StringIO(content)))
    assert [{key: line[key] for key in points[0]} for line in lines] == [
        {key: str(value) for key, value in point.items()} for point in points
    ]
    svg = client.get(reverse("figure_file", args=[report.pk, "svg"]) + asked)
    assert svg.content.startswith(b"<svg")
    assert (
        svg.content == client.get(reverse("figure_file", args=[report.pk, "svg"]) + asked).content
    )


def test_the_timeline_has_a_bar_for_each_round(client, report):
    from annotation.review.rounds import open_round

    client.force_login(make_user("admin"))
    open_round("First look", Dataset.objects.all(), seed=1)
    spec = client.get(reverse("figure_file", args=[report.pk, "json"]) + "?figure=phases").json()
    assert [bar["name"] for bar in spec["data"]["values"]] == ["First look"]
    assert "First look" in draw_texts(spec)


def test_an_unknown_choice_is_the_first_and_an_unknown_format_is_not_found(client, report):
    client.force_login(make_user("admin"))
    odd = dict.fromkeys(("figure", "dataset", "against", "group", "scale", "participant"), "<b>")
    page = client.get(reverse("figures"), odd)
    assert page.status_code == 200
    assert "<b>" not in page.content.decode()
    assert page.context["choice"].figure == "shift"
    for name in ("figure_file", "figure_data"):
        assert client.get(reverse(name, args=[report.pk, "exe"])).status_code == 404


def test_before_there_are_judgments_the_page_says_what_to_do(client, world):
    build(world)
    Candidate.objects.update(verdict=Verdict.UNJUDGED)
    compute_report(take_snapshot())
    client.force_login(make_user("admin"))
    for figure in ("shift", "measures", "classes", "times"):
        page = client.get(reverse("figures"), ALL | {"figure": figure}).content.decode()
        assert "There is nothing to draw here" in page


def test_one_image_of_one_class_and_a_group_without_image():
    data = EvaluationData(
        targets=np.array([0]), candidate_images=np.array([0]), candidate_classes=np.array([0]),
        verdicts=np.array([1]), problematic=np.array([False]), top_k=np.array([[[0]]]),
        groups=np.ones((1, 1), bool),
    )  # fmt: skip
    outcomes = image_outcomes(data).multi_label
    every, none = np.array([True]), np.array([False])
    assert label_counts(data, every)[1] == {"labels": 1, "images": 1, "share": 1.0}
    assert label_counts(data, none) == []
    assert class_points(outcomes, data, every, ["only"], None)[0]["accuracy"] == 1
    assert class_points(outcomes, data, none, ["only"], 0) == []
    assert confusion_points(outcomes, data, every, ["only"], None) == []


def test_points_lead_to_the_page_of_the_participant_or_class_behind_them(report):
    points = with_links(drawn_by(report, figure="shift"), "zebra")
    keys = dict(Participant.objects.values_list("name", "pk"))
    assert len(points) == 5
    for point in points:
        assert f"/{keys[point['participant']]}/" in point["href"]
    taxonomy = Dataset.objects.get(name="zebra").taxonomy_id
    for figure, index in (("classes", "index"), ("confusions", "label_index")):
        for point in with_links(drawn_by(report, figure=figure), "zebra"):
            assert point["href"] == reverse("class_page", args=[taxonomy, point[index]])
