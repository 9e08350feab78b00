"""Groups of participants, and their majority as one more participant."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation.models import Dataset, Participant
from evaluation import recomputing
from evaluation.arrays import arrays_of
from evaluation.models import ParticipantGroup
from evaluation.reports import compute_report, compute_rows
from evaluation.snapshots import take_snapshot
from taxonomy.errors import InputError
from tests.factories import make_dataset, make_taxonomy, predict

pytestmark = pytest.mark.django_db

PEOPLE = {"Human A": [0, 1, 2, 9], "Human B": [0, 1, 9, 8], "Human C": [5, 9, 2, -1]}


@pytest.fixture
def dataset() -> Dataset:
    """Four images of class 0 to 3. Two of three people are right on the first three."""
    dataset = make_dataset(make_taxonomy(), 4)
    for name, classes in PEOPLE.items():
        predict(name, dataset, [[index] for index in classes], kind="human")
    for name in ("net", "other net"):
        predict(name, dataset, [[0, 1, 2, 3, 4]] * 4)
    return dataset


def group(name: str, *members: str, votes: bool = True) -> ParticipantGroup:
    made = ParticipantGroup.objects.create(name=name, votes=votes)
    made.members.set(Participant.objects.filter(name__in=members))
    return made


def rows_of(name: str, **asked: object) -> dict[str, dict]:
    report = compute_report(take_snapshot(), **asked)
    return {row["dataset"]: row for row in report.rows if row["participant"] == name}


def test_three_people_have_a_majority(dataset):
    row = rows_of("Human majority")["set"]
    assert (row["kind"], row["n"], row["top5"]) == ("ensemble", 4, None)
    assert (row["top1"]["correct"], row["top1"]["n"]) == (3, 4)


def test_two_people_have_none(dataset):
    Participant.objects.get(name="Human C").prediction_sets.all().delete()
    assert rows_of("Human majority") == {}


def test_a_group_that_votes_is_a_participant_where_two_of_it_have_predicted(dataset):
    predict("net", make_dataset(dataset.taxonomy, 2, "more"), [[0], [1]])
    group("nets", "net", "other net")
    group("quiet", "net", "other net", votes=False)
    assert set(rows_of("nets")) == {"set"}
    assert rows_of("quiet") == {}


def test_an_ensemble_can_be_asked_for_without_its_members(dataset):
    group("nets", "net", "other net")
    report = compute_report(take_snapshot(), participants=["nets", "Human A"])
    assert {row["participant"] for row in report.rows} == {"nets", "Human A"}
    assert compute_rows(report.snapshot, report.parameters) == report.rows
    with pytest.raises(InputError, match="no predictions of 'Nobody'"):
        compute_report(take_snapshot(), participants=["Nobody"])


def test_a_participant_of_the_same_name_comes_first(dataset):
    predict("Human majority", dataset, [[3]] * 4)
    assert rows_of("Human majority")["set"]["kind"] == "model"


def test_the_vote_is_among_the_rivals_of_a_participant(dataset):
    arrays = arrays_of(compute_report(take_snapshot()), "set")
    assert arrays.names[-1] == "Human majority"
    assert arrays.data.top_k[-1, :, 0].tolist() == [0, 1, 2, 9]


def test_changed_voters_are_a_change_that_is_computed(dataset):
    nets = group("nets", "net", "other net")
    before = recomputing.signature()
    nets.members.add(Participant.objects.get(name="Human A"))
    assert recomputing.signature() != before


def test_an_admin_saves_and_deletes_one_on_the_page(admin_client, dataset):
    members = list(Participant.objects.filter(kind="model").values_list("pk", flat=True))
    form = {"name": "nets", "members": members, "votes": "on"}
    assert admin_client.post(reverse("participant_group_new"), form).status_code == 302
    assert "net, other net" in admin_client.get(reverse("subsets")).content.decode()
    made = ParticipantGroup.objects.get()
    admin_client.post(reverse("participant_group_delete", args=[made.pk]))
    assert not ParticipantGroup.objects.exists()


@pytest.mark.parametrize(
    ("name", "members", "message"),
    [("net", 2, "A participant is called"), ("nets", 1, "at least two"), ("nets", 0, "required")],
)
def test_what_cannot_be_is_refused_with_the_reason(admin_client, dataset, name, members, message):
    chosen = list(Participant.objects.values_list("pk", flat=True)[:members])
    form = {"name": name, "members": chosen, "votes": "on"}
    answer = admin_client.post(reverse("participant_group_new"), form)
    assert answer.status_code == 422
    assert message in answer.content.decode()
