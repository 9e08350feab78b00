from __future__ import annotations

import gzip
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

import pytest

from evaluation import figures
from evaluation.figures import accuracy_figure, draw, range_figure


def row(name: str, top1: float, multi_label: float, n: int = 100, kind: str = "model") -> dict:
    def cell(value: float) -> dict:
        if not n:
            return {"n": 0, "accuracy": None, "low": None, "high": None}
        return {"n": n, "accuracy": value, "low": value - 0.02, "high": value + 0.02}

    extra = {"range_low": max(0.0, multi_label - 0.1), "range_high": multi_label}
    return {
        "participant": name,
        "kind": kind,
        "top1": cell(top1),
        "multi_label": cell(multi_label) | extra,
    }


ROWS = [
    row("alexnet", 0.56, 0.63),
    row("resnet50", 0.76, 0.82),
    row("dana", 0.9, 0.95, kind="human"),
]


def test_every_participant_is_one_point_with_its_intervals():
    points = {point["participant"]: point for point in values_of(accuracy_figure(ROWS))}
    assert set(points) == {"alexnet", "resnet50", "dana"}
    assert points["resnet50"] == {
        "participant": "resnet50", "kind": "model", "images": 100,
        "top1": 0.76, "top1_low": 0.74, "top1_high": 0.78,
        "multi_label": 0.82, "low": 0.82 - 0.02, "high": 0.82 + 0.02,
        "range_low": 0.82 - 0.1, "range_high": 0.82,
    }  # fmt: skip


def values_of(spec: dict) -> list[dict]:
    """The points' data, wherever the specification keeps it."""
    for layer in spec["layer"]:
        data = layer.get("data", {}).get("values", [])
        if data and "participant" in data[0]:
            return data
    return []


def test_a_participant_without_multi_label_accuracy_is_not_drawn():
    spec = accuracy_figure([*ROWS, row("new", 0.5, 0.5, n=0)])
    assert "new" not in {point["participant"] for point in values_of(spec)}


def test_the_dashed_line_is_where_both_accuracies_are_equal_on_equal_axes():
    spec = accuracy_figure(ROWS)
    equal = spec["layer"][0]
    assert all(point["top1"] == point["multi_label"] for point in equal["data"]["values"])
    domains = {
        tuple(channel["scale"]["domain"])
        for layer in spec["layer"]
        for name, channel in layer["encoding"].items()
        if name in ("x", "y")
    }
    assert len(domains) == 1
    low, high = domains.pop()
    assert low < 0.54
    assert 0.97 < high <= 1


def test_models_and_humans_are_told_apart_only_where_there_are_both():
    assert {"model", "human"} <= texts(draw(accuracy_figure(ROWS), "svg"))
    assert not {"model", "human"} & texts(draw(accuracy_figure(ROWS[:2]), "svg"))


def texts(svg: bytes) -> set[str]:
    return {element.text for element in ElementTree.fromstring(svg).iter() if element.text}


def test_the_drawing_names_its_axes():
    assert {"top-1 accuracy", "multi-label accuracy"} <= texts(draw(accuracy_figure(ROWS), "svg"))


def test_dark_and_light_differ_in_ink_alone():
    light, dark = accuracy_figure(ROWS, "light"), accuracy_figure(ROWS, "dark")
    assert light != dark
    assert values_of(light) == values_of(dark)


def test_nothing_to_draw_is_an_empty_figure():
    assert draw(accuracy_figure([]), "svg").startswith(b"<svg")


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_paper_gets_its_format(suffix, start):
    assert draw(accuracy_figure(ROWS), suffix).startswith(start)


def test_the_script_is_made_once_and_kept(settings, tmp_path):
    settings.HOME = tmp_path
    first = figures.script()
    assert b"vegaEmbed" in gzip.decompress(first)
    file = tmp_path / "cache" / f"{figures.script_name()}.gz"
    file.write_bytes(b"kept")
    assert figures.script() == b"kept"
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_threads_that_draw_at_once_do_not_mix_up_their_figures():
    rows = [row(f"net-{place}", 0.5 + place / 100, 0.6 + place / 100) for place in range(5)]
    points = [
        {"participant": "net", "kind": "model", "judged": n, "range_low": 0.1, "range_high": 0.9}
        for n in range(5)
    ]
    drawings = [lambda: accuracy_figure(rows), lambda: range_figure(points)]
    alone = [drawing() for drawing in drawings]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda place: drawings[place % 2](), range(80)))
    for place, spec in enumerate(together):
        assert titles(spec) == titles(alone[place % 2])


def titles(spec: object) -> list[str]:
    """All titles of axes and legends in a specification, in its order."""
    if isinstance(spec, list):
        return [title for part in spec for title in titles(part)]
    if not isinstance(spec, dict):
        return []
    own = [str(spec["title"])] if "title" in spec else []
    return own + [title for part in spec.values() for title in titles(part)]
