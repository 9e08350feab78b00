from __future__ import annotations

import json
from io import StringIO

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.roles import LABELER, REVIEWER
from annotation.labeling.answers import submit
from annotation.labeling.embargo import note_sighting
from annotation.labeling.sampling import Sample, draw_sample, read_dataset_counts
from annotation.labeling.tasks import close_task, create_task, delete_task, enroll, open_task
from annotation.models import Dataset, DatasetImage, Image, LabelingTask, ReviewRound, TaskImage
from annotation.review.rounds import open_round
from annotation.review.scope import Scope
from taxonomy.errors import InputError
from taxonomy.models import ReferenceImage, Taxonomy
from tests.annotation.labeling.worlds import answer_all, assignments, make_task, say
from tests.factories import judge, make_dataset, make_taxonomy, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def taxonomy() -> Taxonomy:
    """Ten classes; sets `a` and `b` of forty images each, four of every class."""
    taxonomy = make_taxonomy()
    make_dataset(taxonomy, 40, "a", per_image=0)
    make_dataset(taxonomy, 40, "b", per_image=0)
    return taxonomy


def create(name: str, datasets: dict[str, int], kind: str = "evaluation", seed: int = 1, **more):
    sample = Sample(datasets, more.pop("balanced", True), **more.pop("of", {}))
    return create_task(name, kind, sample, seed, **more)[0]


def keys(task: LabelingTask) -> list[str]:
    rows = TaskImage.objects.filter(task=task).order_by("place")
    return list(rows.values_list("image__key", flat=True))


@given(
    seed=st.integers(0, 2**63 - 1),
    a=st.integers(1, 30),
    b=st.integers(1, 30),
    trained=st.integers(1, 10),
)
@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_for_any_seed_a_sample_is_balanced_disjoint_from_training_and_the_same_again(
    taxonomy, seed, a, b, trained
):
    LabelingTask.objects.all().delete()
    training = create("training", {"a": trained}, "training", seed)
    first = create("first", {"a": a, "b": b}, seed=seed)
    images = set(keys(first))
    assert not images & set(keys(training))
    for name, count in (("a", a), ("b", b)):
        drawn = Image.objects.filter(task_images__task=first, key__startswith=f"{name}-")
        per_class = np.bincount(drawn.values_list("target", flat=True), minlength=10)
        assert per_class.sum() == count
        assert per_class.max() - per_class.min() <= 1
    second = create("second", {"a": a, "b": b}, seed=seed)
    assert keys(first) == keys(second)


def test_datasets_are_shuffled_together(taxonomy):
    where = [key[0] for key in keys(create("task", {"a": 20, "b": 20}))]
    halves = [where[:20].count("a"), where[20:].count("a")]
    assert min(halves) >= 4  # one after the other they would be 20 and 0


def test_each_labeler_has_an_order_of_their_own_that_the_seed_and_their_number_give(taxonomy):
    people = [make_user(LABELER) for _ in range(3)]
    first = create("first", {"a": 20}, labelers=people)
    second = create("second", {"a": 20}, labelers=people)

    def orders(task):
        return [[one.image.key for one in assignments(task, person)] for person in people]

    assert orders(first) == orders(second)
    assert len({tuple(order) for order in orders(first)}) == 3
    assert {tuple(sorted(order)) for order in orders(first)} == {tuple(sorted(keys(first)))}


def test_neither_reference_images_nor_the_same_picture_twice_get_into_an_evaluation(taxonomy):
    for number, image in enumerate(Image.objects.filter(key__startswith="a-").order_by("key")):
        Image.objects.filter(pk=image.pk).update(content_hash=f"{number:064d}")
    images = list(Image.objects.filter(key__startswith="a-").order_by("key"))
    twin = Image.objects.get(key="b-00003")
    Image.objects.filter(pk=twin.pk).update(content_hash=images[3].content_hash)
    reference = taxonomy.classes.get(index=0)
    ReferenceImage.objects.create(
        label_class=reference, content_hash=images[0].content_hash, position=0, file="x",
        width=1, height=1,
    )  # fmt: skip
    Image.objects.filter(pk=images[1].pk).update(problematic=True)
    drawn = draw_sample(Sample({"a": 0, "b": 0}), "evaluation", 1)
    assert drawn.datasets == {"a": 38, "b": 39}
    assert drawn.left_out == {
        "a": {"shown among the classes": 1, "problematic": 1},
        "b": {"the same picture under another name": 1},
    }


def test_an_image_in_both_datasets_is_drawn_once(taxonomy):
    both = Dataset.objects.create(name="both", taxonomy=taxonomy, size=40)
    for member in DatasetImage.objects.filter(dataset__name="a"):
        DatasetImage.objects.create(dataset=both, image=member.image, position=member.position)
    task = create("task", {"a": 20, "both": 20})
    assert len(set(keys(task))) == 40


def test_training_takes_nothing_from_an_evaluation(taxonomy):
    evaluation = create("exam", {"a": 20})
    training = create("learn", {"a": 20}, "training")
    assert not set(keys(evaluation)) & set(keys(training))
    with pytest.raises(InputError, match="20 in a task of evaluation"):
        create("more", {"a": 30}, "training")


def test_only_the_classes_asked_for_are_drawn(taxonomy):
    task = create("task", {"a": 6}, of={"classes": (2, 7, 9)})
    targets = Image.objects.filter(task_images__task=task).values_list("target", flat=True)
    assert sorted(targets) == [2, 2, 7, 7, 9, 9]


@pytest.mark.parametrize(
    ("datasets", "of", "reason"),
    [
        ({"a": 41}, {}, "'a' has only 40 images to draw, and 41 are wanted."),
        ({"c": 1}, {}, "There is no dataset 'c'."),
        ({}, {}, "A task needs at least one dataset."),
        ({"a": 5}, {"classes": (3,)}, "'a' has only 4 images to draw, and 5 are wanted."),
        ({"a": 5}, {"classes": (10,)}, "The taxonomy 'tiny' has no class 10."),
        ({"a": 5}, {"groups": ("cats",)}, "There is no group 'cats'."),
    ],
)
def test_what_cannot_be_drawn_is_said_and_nothing_stored(taxonomy, datasets, of, reason):
    with pytest.raises(InputError) as error:
        create("task", datasets, of=of)
    assert str(error.value) == reason
    assert not LabelingTask.objects.exists()


def test_a_class_with_too_few_images_is_named(taxonomy):
    Image.objects.filter(key__in=["a-00003", "a-00013"]).update(target=4)
    with pytest.raises(InputError, match=r"only 2 images of class 3 \(class 3\) to draw, and 3"):
        create("task", {"a": 30})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": ""}, "1 to 100 characters"),
        ({"name": "x" * 101}, "1 to 100 characters"),
        ({"name": "taken"}, "There is a task 'taken' already"),
        ({"seed": -1}, "A seed is a number"),
        ({"seed": 2**63}, "A seed is a number"),
        ({"embargo_days": -1}, "An embargo has"),
    ],
)
def test_names_seeds_and_embargoes_that_make_no_sense(taxonomy, change, reason):
    create("taken", {"a": 1})
    asked = {"name": "task", "datasets": {"a": 1}, "seed": 1} | change
    with pytest.raises(InputError, match=reason):
        create(**asked)
    assert LabelingTask.objects.count() == 1


def test_datasets_of_two_taxonomies_do_not_mix(taxonomy):
    make_dataset(make_taxonomy(name="other"), 5, "c")
    with pytest.raises(InputError, match="share one taxonomy"):
        create("task", {"a": 1, "c": 1})


@pytest.mark.parametrize("text", ["a:0", "a:-1", "a:x", "a:٣"])
def test_counts_that_are_none(text):
    with pytest.raises(InputError, match="is not NAME:COUNT"):
        read_dataset_counts([text])


def test_names_with_colons_and_without_counts():
    assert read_dataset_counts(["a:b:7", "c"]) == {"a:b": 7, "c": 0}
    with pytest.raises(InputError, match="named twice"):
        read_dataset_counts(["a:1", "a"])


def run(*options: str) -> dict:
    out = StringIO()
    call_command("create_labeling_task", *options, "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def test_the_command_draws_from_two_datasets(taxonomy, labeler):
    made = run(
        "Exam", "--dataset", "a:20", "--dataset", "b:10", "--balanced", "--seed", "7",
        "--labeler", "linus", "--open",
    )  # fmt: skip
    assert made == {
        "task": LabelingTask.objects.get().pk, "name": "Exam", "kind": "evaluation",
        "state": "open", "images": 30, "classes": 10, "datasets": {"a": 20, "b": 10},
        "left_out": {"a": {}, "b": {}}, "labelers": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "options", [["--dataset", "a:99"], ["--dataset", "a:1", "--labeler", "nobody"]]
)
def test_the_command_says_what_is_wrong_and_makes_nothing(taxonomy, options):
    with pytest.raises(CommandError):
        run("Exam", "--seed", "1", *options)
    assert not LabelingTask.objects.exists()


@pytest.fixture
def both(groups):
    return make_user(LABELER, REVIEWER, name="both")


def see(image: Image, user, how: str) -> None:
    if how == "a picture of it was served":
        note_sighting(user, image.uid)
    elif how == "it was judged":
        judge(open_round("round", Dataset.objects.all(), 1), user, image, image.target, 1)
    elif how == "it was labelled":
        sample = Sample({"a": 40}, balanced=False)
        task = create_task("before", "evaluation", sample, 1, labelers=[user], state="open")[0]
        one = next(one for one in assignments(task, user) if one.image == image)
        submit(task.pk, user, [say(one, 1)])


@pytest.mark.parametrize("how", ["a picture of it was served", "it was judged", "it was labelled"])
def test_what_somebody_has_seen_is_left_out_for_them_or_marked(both, labeler, how):
    make_dataset(make_taxonomy(), 40, "a")
    image = Image.objects.get(key="a-00005")
    see(image, both, how)
    left_out = create("left out", {"a": 40}, labelers=[both, labeler])
    assert image not in [one.image for one in assignments(left_out, both)]
    assert len(assignments(left_out, both)) == 39
    assert len(assignments(left_out, labeler)) == 40
    marked = create("marked", {"a": 40}, labelers=[both], exposed="mark")
    assert [one.image for one in assignments(marked, both) if one.exposed] == [image]
    free = create("free", {"a": 40}, labelers=[both], embargo_days=0)
    assert len(assignments(free, both)) == 40


def test_the_same_picture_under_another_key_counts_as_seen(taxonomy, both):
    Image.objects.filter(key__in=["a-00001", "b-00002"]).update(content_hash="f" * 64)
    note_sighting(both, Image.objects.get(key="a-00001").uid)
    task = create("task", {"b": 40}, labelers=[both])
    assert "b-00002" not in [one.image.key for one in assignments(task, both)]


def test_who_has_seen_everything_can_take_no_part(taxonomy, both):
    for image in Image.objects.filter(key__startswith="a-"):
        note_sighting(both, image.uid)
    with pytest.raises(InputError, match="both has seen every image of 'task' within 180 days"):
        create("task", {"a": 40}, labelers=[both])
    assert not LabelingTask.objects.exists()


def test_people_join_later_but_not_a_closed_task(taxonomy, both, labeler):
    task = create("task", {"a": 10}, labelers=[both])
    open_task(task)
    assert [part.number for part in enroll(task, [both, labeler])] == [1]
    close_task(task)
    with pytest.raises(InputError, match="takes nobody on"):
        enroll(task, [make_user(LABELER)])
    with pytest.raises(InputError, match="changes no more"):
        open_task(task)


def test_only_what_was_never_open_can_be_deleted(taxonomy, labeler):
    delete_task(create("planned", {"a": 10}, labelers=[labeler]))
    task = create("open", {"a": 10}, state="open")
    with pytest.raises(InputError, match="Only a planned task"):
        delete_task(task)


def test_a_round_over_the_images_of_a_task(labeler):
    task = make_task([labeler], images=10)
    make_dataset(task.taxonomy, 5, "rest")
    answer_all(task, labeler)
    review_round = open_round("r", Dataset.objects.all(), 1, scope=Scope(tasks=("exam",)))
    asked = review_round.round_candidates.values_list("candidate__image__key", flat=True)
    assert {key.split("-")[0] for key in asked} == {"set"}
    with pytest.raises(InputError, match="no labeling task 'nothing'"):
        open_round("s", Dataset.objects.all(), 1, scope=Scope(tasks=("nothing",)))
    assert ReviewRound.objects.count() == 1
