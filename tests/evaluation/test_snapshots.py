from __future__ import annotations

import io
import threading

import numpy as np
import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.models import Candidate, Dataset, Image, Verdict
from evaluation import snapshots
from evaluation.models import LabelSnapshot
from evaluation.snapshots import load_labels, take_snapshot
from taxonomy.errors import InputError
from tests.evaluation.worlds import World, build, passing, random_world

pytestmark = pytest.mark.django_db
few = settings(max_examples=10, deadline=None)


def hash_of(world: World, seed: int) -> str:
    with passing():
        build(world, seed)
        return take_snapshot().hash


@few
@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_the_hash_does_not_depend_on_the_numbers_that_the_database_gave_out(seed, order):
    world = random_world(seed)
    assert hash_of(world, 0) == hash_of(world, order)


def judge_otherwise(world: World) -> None:
    pair = next(iter(world.candidates))
    world.candidates[pair] = (world.candidates[pair] + 1) % 4


@pytest.mark.parametrize(
    "change",
    [
        judge_otherwise,
        lambda world: world.problematic.symmetric_difference_update({"image-003.jpg"}),
        lambda world: world.targets.update({"image-003.jpg": 7 - world.targets["image-003.jpg"]}),
        lambda world: world.datasets.update({"other": world.datasets.pop("zebra")}),
        lambda world: world.datasets["zebra"].reverse(),
        lambda world: world.datasets["zebra"].pop(),
    ],
    ids=["verdict", "problematic", "target", "dataset name", "order of images", "images"],
)
def test_the_hash_depends_on_every(change):
    world = random_world(1)
    world.predictions.clear()
    before = hash_of(world, 0)
    change(world)
    assert hash_of(world, 0) != before


def test_unchanged_content_gives_the_same_snapshot():
    build(random_world(2))
    first = take_snapshot()
    assert take_snapshot() == first
    candidate = Candidate.objects.unjudged().first()
    Candidate.objects.filter(pk=candidate.pk).update(verdict=Verdict.UNCLEAR)
    assert take_snapshot() != first
    Candidate.objects.filter(pk=candidate.pk).update(verdict=Verdict.UNJUDGED)
    assert take_snapshot() == first
    assert LabelSnapshot.objects.count() == 2


@few
@given(st.integers(0, 10**6))
def test_the_frozen_arrays_are_what_the_database_said(seed):
    world = random_world(seed)
    with passing():
        build(world, seed)
        labels = load_labels(take_snapshot())
        keys = dict(Image.objects.values_list("id", "key"))
        names = [keys[pk] for pk in labels.image_ids.tolist()]
        frozen = labels.all
        triples = zip(
            frozen.candidate_images, frozen.candidate_classes, frozen.verdicts, strict=True
        )
        assert {(names[i], int(c)): int(v) for i, c, v in triples} == world.candidates
        assert dict(zip(names, frozen.targets.tolist(), strict=True)) == world.targets
        assert {names[i] for i in np.flatnonzero(frozen.problematic)} == world.problematic
        assert {
            name: [names[i] for i in rows] for name, rows in labels.members.items()
        } == world.datasets


def test_a_dataset_sees_the_candidates_of_its_own_images_in_its_own_order():
    world = random_world(4)
    build(world)
    labels = load_labels(take_snapshot()).dataset("Antelope")
    members = world.datasets["Antelope"]
    assert labels.targets.tolist() == [world.targets[key] for key in members]
    found = zip(labels.candidate_images, labels.candidate_classes, labels.verdicts, strict=True)
    assert {(members[i], int(c)): int(v) for i, c, v in found} == {
        pair: verdict for pair, verdict in world.candidates.items() if pair[0] in members
    }


def test_counts_tell_what_waits_for_a_reviewer():
    world = random_world(5)
    world.candidates["image-003.jpg", world.targets["image-003.jpg"]] = Verdict.UNJUDGED
    world.problematic.add("image-003.jpg")
    build(world)
    counts = take_snapshot().counts["total"]
    unjudged = [pair for pair, verdict in world.candidates.items() if not verdict]
    assert world.problematic & {key for key, _ in unjudged}
    waiting = [pair for pair in unjudged if pair[0] not in world.problematic]
    assert (
        counts["unjudged"]
        == len(waiting)
        == sum(
            not item.image.problematic
            for item in Candidate.objects.unjudged().select_related("image")
        )
    )
    assert counts["candidates"] == len(world.candidates)
    assert counts["problematic"] == len(world.problematic)


def test_a_snapshot_of_some_datasets_holds_nothing_of_the_others():
    world = random_world(6)
    build(world)
    labels = load_labels(take_snapshot(["zebra"]))
    assert list(labels.members) == ["zebra"]
    assert len(labels.image_ids) == len(world.datasets["zebra"])
    inside = [pair for pair in world.candidates if pair[0] in world.datasets["zebra"]]
    assert len(labels.all.verdicts) == len(inside)


def test_an_unknown_dataset_is_refused_by_name():
    build(random_world(7))
    with pytest.raises(InputError, match=r"no dataset 'zebras' .there are: Antelope, zebra"):
        take_snapshot(["zebra", "zebras"])


def test_without_any_dataset_there_is_nothing_to_freeze():
    with pytest.raises(InputError, match="no dataset yet"):
        take_snapshot()


def test_frozen_arrays_cannot_smuggle_in_code():
    build(random_world(8))
    snapshot = take_snapshot()
    pickled = io.BytesIO()
    np.savez(pickled, image_ids=np.array([object()], dtype=object))
    snapshot.arrays = pickled.getvalue()
    with pytest.raises(ValueError, match="allow_pickle"):
        load_labels(snapshot)


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_is_of_one_moment_though_judging_goes_on(monkeypatch):
    build(random_world(9))
    Candidate.objects.update(verdict=Verdict.UNJUDGED)
    before = take_snapshot().hash
    read = snapshots.copy_rows

    def judge_all_meanwhile():
        Candidate.objects.update(verdict=Verdict.CORRECT)
        Image.objects.update(problematic=True)
        connection.close()

    def read_late(query, *arguments, **columns):
        if query == snapshots.CANDIDATES:
            other = threading.Thread(target=judge_all_meanwhile)
            other.start()
            other.join()
        return read(query, *arguments, **columns)

    monkeypatch.setattr(snapshots, "copy_rows", read_late)
    assert take_snapshot().hash == before
    monkeypatch.undo()
    assert take_snapshot().hash != before


@pytest.mark.django_db(transaction=True)
def test_the_moment_is_over_when_the_snapshot_is_taken():
    build(random_world(10))
    take_snapshot()
    with transaction.atomic():
        Dataset.objects.filter(name="zebra").update(size=1)
    assert Dataset.objects.get(name="zebra").size == 1
