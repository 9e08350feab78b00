"""What follows from reports, by script."""

from __future__ import annotations

import pytest

from accounts.roles import ADMIN, REVIEWER
from annotation.models import Candidate, Dataset, Participant, Verdict
from annotation.review.rounds import open_round
from evaluation.models import MetricReport, ParticipantGroup, Subset
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from evaluation.tasks import recompute
from tests.api.scripts import Script, problem
from tests.factories import make_dataset, make_taxonomy, predict

pytestmark = pytest.mark.django_db
N = 12


@pytest.fixture
def report() -> MetricReport:
    """All targets are correct; `good` is always right, `half` on even images, `bad` never."""
    dataset = make_dataset(make_taxonomy(), N, "photos")
    take_snapshot()
    Candidate.objects.update(verdict=Verdict.INCORRECT)
    for one in Candidate.objects.select_related("image"):
        if one.class_index == one.image.target:
            Candidate.objects.filter(pk=one.pk).update(verdict=Verdict.CORRECT)
    predict("good", dataset, [[i % 10] for i in range(N)])
    predict("half", dataset, [[(i % 10 + i % 2) % 10] for i in range(N)])
    predict("bad", dataset, [[(i + 1) % 10] for i in range(N)])
    return compute_report(take_snapshot())


@pytest.fixture
def ordered(monkeypatch) -> list[bool]:
    found: list[bool] = []
    monkeypatch.setattr(recompute, "delay", lambda: found.append(True))
    return found


def test_figures_and_the_table_have_the_numbers_of_the_report(report):
    script = Script(REVIEWER)
    kinds = {one["name"] for one in script("get", "figures").json()["figures"]}
    assert {"shift", "measures", "classes"} <= kinds
    found = script("get", "figure", "measures", query="?dataset=photos&group=all").json()
    assert found["snapshot"] == report.snapshot.hash
    assert {one["participant"]: one["x"] for one in found["points"]} == {
        "good": 1.0, "half": 0.5, "bad": 0.0,
    }  # fmt: skip
    table = script("get", "table", query="?group=all&metric=multi_label&sort=all|photos").json()
    assert table["columns"] == [{"group": "all", "dataset": "photos"}]
    assert [(one["name"], one["cells"][0]["value"]) for one in table["lines"]] == [
        ("good", 1.0), ("half", 0.5), ("bad", 0.0),
    ]  # fmt: skip
    for name, args in (("figure", ["measures"]), ("table", []), ("missed", [])):
        answer = script("get", name, *args, query="?dataset=phtos")
        assert problem(answer)["errors"][0]["field"] == "dataset"  # no other one instead
    for name, args, fields in (
        ("figure", ["classes"], ["measure", "participant"]),
        ("figure_file", ["latest", "json"], ["figure", "measure", "participant", "scale", "theme"]),
        ("table", [], ["metric", "participant", "who", "sort"]),
        ("table_file", ["csv"], ["metric", "participant", "who"]),
        ("cases", [], ["class"]),
    ):  # fmt: skip
        for field in fields:
            answer = script("get", name, *args, query=f"?{field}=typo")
            assert problem(answer)["errors"][0]["field"] == field, (name, field)
    people = script("get", "table", query="?who=People&participant=good").json()["lines"]
    assert [one["name"] for one in people] == ["good"]
    assert script("get", "figure", "party").status_code == 404


def test_figures_tables_and_the_report_come_as_files(report):
    script = Script(REVIEWER)
    drawn = script("get", "figure_file", "latest", "json", query="?figure=measures")
    assert drawn.json()["$schema"].startswith("https://vega.github.io/schema/vega-lite")
    picture = {"accept": "image/svg+xml"}
    svg = script("get", "figure_file", report.pk, "svg", query="?figure=labels", headers=picture)
    assert (svg["Content-Type"], b"<svg" in svg.content) == ("image/svg+xml", True)
    assert script("get", "figure_file", "latest", "exe").status_code == 404
    table = script("get", "table_file", "csv", query="?group=all&metric=multi_label")
    assert b"good,model,1.0" in table.content
    ranges = script("get", "ranges", query="?group=all").json()["points"]
    assert {one["participant"] for one in ranges} == {"good", "half", "bad"}


def test_participants_stand_beside_each_other(report):
    script = Script(REVIEWER)
    ids = dict(Participant.objects.values_list("name", "pk"))
    pair = script("get", "pair", ids["good"], ids["half"], query="?group=all").json()
    assert (pair["pair"]["n"], pair["pair"]["first"], pair["pair"]["second"]) == (12, 6, 0)
    assert pair["count"] == 6
    assert {one["image_id"][-1] for one in pair["results"]} == {"1", "3", "5", "7", "9"}
    missed = script("get", "missed").json()
    assert (missed["count"], missed["results"]) == (0, [])
    profile = script("get", "participant", ids["half"], query="?group=all").json()
    assert next(one["rank"] for one in profile["ranks"] if one["group"] == "all") == 2
    assert {one["name"] for one in profile["rivals"]} == {"good", "bad"}
    assert all(one["target"] != one["predicted"] for one in profile["confusions"])
    changes = script("get", "changes").json()
    assert changes["counts"]["added"] == N
    assert len(changes["results"]) == N
    answer = script("get", "changes", query="?from=nothing")
    assert "There is no snapshot" in problem(answer)["detail"]


def test_subsets_and_groups_are_saved_and_deleted_by_admins(
    report, ordered, django_capture_on_commit_callbacks
):
    admin, script = Script(ADMIN), Script(REVIEWER)
    content = {"name": "single", "most_labels": 1}
    assert script.send("post", "subsets", content=content).status_code == 403
    with django_capture_on_commit_callbacks(execute=True):
        made = admin.send("post", "subsets", content=content, **{"idempotency-key": "s"})
        assert not ordered  # what they follow from is not committed yet
    assert made.status_code == 201, made.content
    assert admin.send("post", "subsets", content=content, **{"idempotency-key": "s"}).json() == (
        made.json()
    )
    assert Subset.objects.get().most_labels == 1
    found = problem(admin.send("post", "subsets", content={"name": "all"}))
    assert found["errors"][0]["field"] == "name"  # a group of classes is called so
    low = {"name": "none", "least_labels": 3, "most_labels": 1}
    assert problem(admin.send("post", "subsets", content=low))["errors"][0]["field"] == (
        "most_labels"
    )
    group = {"name": "best", "members": ["good", "half"], "votes": True}
    with django_capture_on_commit_callbacks(execute=True):
        first, again = (
            admin.send("post", "participant_groups", content=group, **{"idempotency-key": "g"})
            for _ in range(2)
        )
    assert (first.status_code, again.json()) == (201, first.json())
    assert (
        problem(admin.send("post", "participant_groups", content=group))["errors"][0]["field"]
        == "name"
    )
    alone = problem(
        admin.send("post", "participant_groups", content=group | {"name": "x", "members": ["good"]})
    )
    assert alone["errors"] == [{"field": "members", "detail": "A vote needs at least two."}]
    assert script("get", "subsets").json()["results"][0]["name"] == "single"
    assert script("get", "participant_groups").json()["results"][0]["members"] == ["good", "half"]
    assert admin("delete", "subset", made.json()["id"]).status_code == 204
    assert (
        admin("delete", "participant_group", ParticipantGroup.objects.get().pk).status_code == 204
    )
    assert admin("post", "numbers").json() == {"state": "asked"}
    assert len(ordered) == 5


def test_nothing_of_it_is_told_to_who_reviews_blind(report):
    script = Script(REVIEWER)
    open_round("blind", Dataset.objects.all(), 1, blind=True)
    for name in ("figures", "table", "missed", "changes", "subsets", "numbers"):
        assert script("get", name).status_code == 403, name
