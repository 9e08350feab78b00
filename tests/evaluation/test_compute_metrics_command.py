from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Candidate, Verdict
from evaluation.models import LabelSnapshot, MetricReport
from taxonomy.models import ClassGroup, Taxonomy
from tests.evaluation.worlds import build, predict, random_world
from tests.factories import make_dataset, make_taxonomy

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("compute_metrics", *arguments, stdout=output)
    return output.getvalue()


def test_json_is_one_object_with_snapshot_and_rows():
    build(random_world(50))
    result = json.loads(run("--json").splitlines()[-1])
    assert result["snapshot"] == LabelSnapshot.objects.get().hash
    assert result["rows"] == MetricReport.objects.get().rows
    assert {tuple(sorted(row)) for row in result["rows"]} == {
        ("dataset", "group", "kind", "multi_label", "n", "participant", "top1", "top5")
    }
    cell = {"correct", "n", "accuracy", "low", "high"}
    for row in result["rows"]:
        assert set(row["top1"]) == cell
        assert set(row["multi_label"]) == cell | {"range_low", "range_high"}


@pytest.mark.parametrize(
    ("arguments", "key", "names"),
    [
        (["--dataset", "zebra"], "dataset", {"zebra"}),
        (["--group", "few"], "group", {"few"}),
        (["--model", "model-0", "model-2"], "participant", {"model-0", "model-2"}),
        (["--model", "model-0", "--model", "model-2"], "participant", {"model-0", "model-2"}),
    ],
)
def test_options_choose_what_is_computed(arguments, key, names):
    build(random_world(51))
    rows = json.loads(run("--json", *arguments))["rows"]
    assert {row[key] for row in rows} == names


def make_family(taxonomy: Taxonomy, name: str, classes: set[int]) -> None:
    kind = ClassGroup.Kind.FAMILY
    family = ClassGroup.objects.create(taxonomy=taxonomy, name=name, kind=kind, position=9)
    family.members.set(taxonomy.classes.filter(index__in=classes))


def test_families_are_computed_if_they_are_named_and_only_then():
    world = random_world(53)
    taxonomy = build(world)
    plain = json.loads(run("--json"))
    plain_hash = MetricReport.objects.get().hash
    make_family(taxonomy, "same-few", world.few)
    assert json.loads(run("--json")) == plain
    assert MetricReport.objects.get().hash == plain_hash
    rows = json.loads(run("--json", "--group", "same-few", "few"))["rows"]
    of_family = [row for row in rows if row["group"] == "same-few"]
    of_group = [row for row in rows if row["group"] == "few"]
    assert of_family == [row | {"group": "same-few"} for row in of_group]
    assert len(of_group) + len(of_family) == len(rows) > 0
    assert [report.complete for report in MetricReport.objects.order_by("created")] == [True, False]


def test_a_group_of_one_taxonomy_may_be_called_as_a_family_of_another():
    build(random_world(54))
    other = make_taxonomy(name="other")
    make_family(other, "few", {0, 1})
    predict("model-0", make_dataset(other, name="of others"), [[0], [1], [2]])
    rows = json.loads(run("--json"))["rows"]
    found = {row["group"]: row["n"] for row in rows if row["dataset"] == "of others"}
    assert found == {"all": 3, "few": 2}


@pytest.mark.parametrize(
    "arguments",
    [["--dataset", "x"], ["--group", "x"], ["--model", "x"], ["--dataset", "zebra", "x"]],
)
def test_an_unknown_name_is_one_clear_line_and_leaves_no_report(arguments):
    build(random_world(52))
    with pytest.raises(CommandError) as error:
        run("--json", *arguments)
    assert "'x'" in str(error.value)
    assert "\n" not in str(error.value)
    assert not MetricReport.objects.exists()


def test_an_earlier_snapshot_gives_the_numbers_it_gave():
    build(random_world(55))
    first = json.loads(run("--json"))
    Candidate.objects.update(verdict=Verdict.CORRECT)
    assert json.loads(run("--json"))["snapshot"] != first["snapshot"]
    assert json.loads(run("--json", "--snapshot", first["snapshot"][:12])) == first


def test_without_json_people_get_a_table():
    build(random_world(53))
    text = run("--dataset", "zebra", "--group", "all")
    report = MetricReport.objects.get()
    assert report.snapshot.hash in text
    for row in report.rows:
        assert row["participant"] in text
        assert f"{100 * row['top1']['accuracy']:.2f} [" in text
