from __future__ import annotations

import uuid

import numpy as np
import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.roles import LABELER
from annotation.labeling.answers import submit
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import create_task
from annotation.labeling.training.chart import draw_line
from annotation.labeling.training.progress import history, train_on
from annotation.labeling.training.statistics import (
    by_class,
    confusions,
    moving_accuracy,
    to_train_next,
)
from annotation.models import Candidate, Dataset, Image, LabelingTask, TaskRemark, Verdict
from annotation.review.rounds import close_round, open_round
from annotation.review.scope import Scope
from taxonomy.errors import InputError
from taxonomy.models import GuideEntry
from tests.annotation.labeling.worlds import assignments, make_task, say
from tests.conftest import client_of
from tests.factories import make_dataset, make_taxonomy, make_user

pytestmark = pytest.mark.django_db

answers = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=40)


def arrays(rows):
    truth, answered = np.array(rows, np.int64).reshape(-1, 2).T
    return truth, answered, truth == answered


@given(answers, st.integers(1, 10))
def test_moving_accuracy_is_that_of_the_last_answers(rows, window):
    *_, right = arrays(rows)
    for place, share in enumerate(moving_accuracy(right, window)):
        last = right[max(0, place + 1 - window) : place + 1]
        assert share == pytest.approx(last.mean())


@given(answers)
def test_tallies_and_confusions_count_every_answer_once(rows):
    truth, answered, right = arrays(rows)
    tallies = by_class(truth, right)
    assert {one.index for one in tallies} == set(truth.tolist())
    assert sum(one.answers for one in tallies) == len(rows)
    assert sum(one.right for one in tallies) == right.sum()
    pairs = confusions(truth, answered, right)
    assert sum(one.count for one in pairs) == (~right).sum()
    for one in pairs:
        both = {(one.first, one.second), (one.second, one.first)}
        assert one.count == sum(row in both for row in rows)
    assert [one.count for one in pairs] == sorted((one.count for one in pairs), reverse=True)


def test_what_is_missed_most_of_late_is_proposed():
    rows = [(9, 8)] * 5 + [(1, 2), (1, 3), (2, 1), (4, 4)]
    assert to_train_next(*arrays(rows), recent=4, most=2) == [1, 2]
    assert to_train_next(*arrays([(4, 4)]), recent=4, most=2) == []
    assert to_train_next(*arrays([]), recent=4, most=2) == []


def test_the_line_runs_from_the_first_to_the_last_answer():
    line = draw_line(np.array([0.0, 0.5, 1.0]))
    assert line.points == "0.0,120.0 300.0,60.0 600.0,0.0"
    assert line.last == 1
    assert draw_line(np.array([1.0])) is None
    assert draw_line(np.ones(10_000)).points.count(",") == 300


@pytest.fixture
def task(labeler) -> LabelingTask:
    """A training over thirty images of ten classes, of a set that has sixty."""
    make_dataset(make_taxonomy(), 60, per_image=0)
    sample = Sample({"set": 30})
    return create_task("learn", "training", sample, 1, labelers=[labeler], state="open")[0]


def give(task, labeler, position: int, right: bool) -> None:
    one = assignments(task, labeler)[position]
    index = one.image.target if right else (one.image.target + 1) % 10
    submit(task.pk, labeler, [say(one, index)])


def repeated(task, labeler) -> list[tuple[int, int]]:
    """(position, class) of the repetitions."""
    return [
        (one.position, one.image.target)
        for one in assignments(task, labeler)
        if one.repeats_id is not None
    ]


def test_a_missed_class_comes_again_after_three_then_eight_then_twenty_images(task, labeler):
    missed = assignments(task, labeler)[0].image.target
    give(task, labeler, 0, right=False)
    assert repeated(task, labeler) == [(4, missed)]
    give(task, labeler, 4, right=True)
    assert repeated(task, labeler) == [(4, missed), (13, missed)]
    give(task, labeler, 13, right=True)
    assert repeated(task, labeler)[-1] == (32, missed)  # 34 would be beyond the end
    give(task, labeler, 32, right=True)
    assert len(repeated(task, labeler)) == 3


def test_a_class_that_is_missed_again_begins_anew(task, labeler):
    give(task, labeler, 0, right=False)
    give(task, labeler, 4, right=True)
    give(task, labeler, 13, right=False)
    assert [position for position, _ in repeated(task, labeler)] == [4, 13, 17]
    give(task, labeler, 17, right=True)
    assert [position for position, _ in repeated(task, labeler)] == [4, 13, 17, 26]


def test_a_repetition_shows_another_image_that_becomes_one_of_the_task(task, labeler):
    before = {one.image_id for one in assignments(task, labeler)}
    give(task, labeler, 0, right=False)
    again = next(one for one in assignments(task, labeler) if one.repeats_id)
    assert again.image_id not in before
    assert task.task_images.filter(image=again.image).exists()
    positions = [one.position for one in assignments(task, labeler)]
    assert positions == list(range(31))


def test_without_another_image_the_same_comes_again(labeler):
    task = make_task([labeler], images=10, kind="training")
    give(task, labeler, 0, right=False)
    first, again = [one for one in assignments(task, labeler) if one.position in (0, 4)]
    assert first.image_id == again.image_id


def test_no_image_of_an_evaluation_is_shown_as_a_repetition(labeler, task):
    create_task("exam", "evaluation", Sample({"set": 30}), 1)
    before = {one.image_id for one in assignments(task, labeler)}
    for position in (0, 1, 2):
        give(task, labeler, position, right=False)
    assert {one.image_id for one in assignments(task, labeler)} == before


def test_the_first_answer_counts(task, labeler):
    one = assignments(task, labeler)[0]
    wrong, right = (one.image.target + 1) % 10, one.image.target
    submit(task.pk, labeler, [say(one, wrong), say(one, right), say(one, None)])
    submit(task.pk, labeler, [say(one, right, confidence=3)])
    one.refresh_from_db()
    assert (one.class_index, one.confidence) == (wrong, 3)
    past = history(labeler.pk, task.taxonomy)
    assert (past.truth.tolist(), past.answered.tolist()) == ([right], [wrong])


def test_the_page_is_told_that_other_images_come(labeler_client, task, labeler):
    one = assignments(task, labeler)[0]
    ops = [
        {"type": "say", "id": str(uuid.uuid4()), "item": str(one.uid),
         "class": (one.image.target + 1) % 10}
    ]  # fmt: skip
    address = reverse("labeling_submit", args=[task.pk])
    answer = labeler_client.post(address, {"ops": ops}, content_type="application/json").json()
    assert answer["overview"] == "a" + "." * 30
    answer = labeler_client.post(address, {"ops": ops}, content_type="application/json").json()
    assert "overview" not in answer


def feedback(client, task, one) -> str:
    answer = client.get(reverse("labeling_feedback", args=[task.pk, one.uid]))
    return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)


def test_the_truth_is_told_after_the_answer_and_not_before(labeler_client, task, labeler):
    one = assignments(task, labeler)[0]
    assert feedback(labeler_client, task, one) == "404"
    submit(task.pk, labeler, [say(one, (one.image.target + 1) % 10)])
    told = feedback(labeler_client, task, one)
    assert f"It is class {one.image.target}" in told
    assert "this is the label that it came with" in told
    assert f'value="{(one.image.target + 1) % 10} {one.image.target}"' in told


def test_one_of_several_correct_classes_is_right(labeler_client, task, labeler):
    one = assignments(task, labeler)[0]
    for index in (2, 7):
        Candidate.objects.create(image=one.image, class_index=index, verdict=Verdict.CORRECT)
    submit(task.pk, labeler, [say(one, 7)])
    told = feedback(labeler_client, task, one)
    assert "Right: class 7" in told
    assert "One of 2 correct classes: class 2, class 7." in told
    assert not repeated(task, labeler)


def test_an_evaluation_tells_nothing(labeler_client, labeler):
    task = make_task([labeler])
    one = assignments(task, labeler)[0]
    submit(task.pk, labeler, [say(one, 1)])
    assert feedback(labeler_client, task, one) == "404"
    assert labeler_client.get(reverse("labeling_together", args=[task.pk])).status_code == 404
    assert not len(history(labeler.pk, task.taxonomy).right)


def test_ones_own_training_is_counted_and_what_is_confused_trained(labeler_client, task, labeler):
    address = reverse("labeling_training")
    assert "No training answers yet" in labeler_client.get(address).content.decode()
    give(task, labeler, 0, right=False)
    give(task, labeler, 1, right=True)
    page = labeler_client.get(address)
    assert (page.context["answers"], page.context["right"]) == (2, 1)
    ((pair, *_),) = page.context["pairs"]
    proposed = [index for index, _ in page.context["proposed"]]
    assert sorted(proposed) == [pair.first, pair.second]
    begun = labeler_client.post(
        reverse("labeling_train", args=[task.taxonomy_id]), {"classes": proposed}
    )
    made = LabelingTask.objects.exclude(pk=task.pk).get()
    assert begun["Location"] == reverse("labeling_task", args=[made.pk])
    targets = made.task_images.values_list("image__target", flat=True)
    shown = Image.objects.filter(task_images__task=task, target__in=proposed).distinct().count()
    assert (set(targets), len(targets)) == (set(proposed), shown)
    assert [part.labeler for part in made.enrollments.all()] == [labeler]


def test_training_on_what_cannot_be_trained(task, labeler):
    with pytest.raises(InputError, match="no class 10"):
        train_on([10], task.taxonomy, labeler, 1)
    with pytest.raises(InputError, match="Choose 1 to 40"):
        train_on([], task.taxonomy, labeler, 1)
    Image.objects.update(problematic=True)
    with pytest.raises(InputError, match="no images of these classes"):
        train_on([1], task.taxonomy, labeler, 1)
    LabelingTask.objects.update(kind="evaluation")
    Image.objects.update(problematic=False)
    with pytest.raises(InputError, match="no images of these classes"):
        train_on([1], task.taxonomy, labeler, 1)


def test_two_trainings_of_the_same_classes_have_names_of_their_own(task, labeler):
    names = {train_on([1, 2], task.taxonomy, labeler, seed).name for seed in (1, 2, 3)}
    assert names == {f"linus: class 1, class 2{end}" for end in ("", " (2)", " (3)")}


def test_admins_see_everybodys_training_and_labelers_only_their_own(
    admin_client, labeler_client, task, labeler, admin
):
    give(task, labeler, 0, right=True)
    address = reverse("labeling_training")
    assert admin_client.get(address, {"labeler": labeler.pk}).context["answers"] == 1
    assert labeler_client.get(address, {"labeler": admin.pk}).context["labeler"] == labeler


@pytest.fixture
def shared(groups):
    """A training of two people, of which one answers the first three images right and wrong."""
    ada, bob = make_user(LABELER, name="ann"), make_user(LABELER, name="bob")
    task = make_task([ada, bob], kind="training")
    return task, ada, bob


def test_others_answers_are_seen_on_images_that_one_has_answered(shared):
    task, ann, bob = shared
    image = assignments(task, ann)[0].image
    theirs = next(one for one in assignments(task, bob) if one.image == image)
    submit(task.pk, bob, [say(theirs, (image.target + 1) % 10)])
    address = reverse("labeling_together", args=[task.pk])
    client = client_of(ann)
    assert "Nothing answered yet" in client.get(address).content.decode()
    submit(task.pk, ann, [say(assignments(task, ann)[0], image.target)])
    page = client.get(address)
    assert page.context["answers"][0][0] == "ann"
    assert [right for *_, right in page.context["answers"]] == [True, False]
    assert "bob" in page.content.decode()
    assert "bob" not in client_of(make_user(LABELER)).get(address).content.decode()


def test_something_is_said_of_an_image_once_and_by_those_who_answered_it(shared):
    task, ann, bob = shared
    one = assignments(task, ann)[0]
    address = reverse("labeling_remark", args=[task.pk, one.uid])
    form = {"text": "Look at the ears.", "client_id": uuid.uuid4(), "back": "all=1&image=0"}
    client = client_of(ann)
    assert client.post(address, form).status_code == 404
    submit(task.pk, ann, [say(one, one.image.target)])
    for _ in range(2):
        answer = client.post(address, form)
    assert answer["Location"].endswith("/together/?all=1&image=0")
    assert TaskRemark.objects.get().text == "Look at the ears."
    assert "Look at the ears." in client.get(answer["Location"]).content.decode()
    answer = client.post(address, form | {"back": "//evil", "client_id": uuid.uuid4()})
    assert answer["Location"].endswith("/together/?")
    assert client_of(bob).post(address, form).status_code == 404


def test_a_guide_entry_is_written_beside_the_image(labeler_client, task):
    address = reverse("labeling_entry", args=[task.taxonomy_id])
    form = {"title": "Ears", "text": "Long or **short**.", "classes": "1 2"}
    assert "In the guide" in labeler_client.post(address, form).content.decode()
    entry = GuideEntry.objects.get()
    assert sorted(entry.classes.values_list("index", flat=True)) == [1, 2]
    for bad in ({"text": ""}, {"classes": "1;2"}, {"classes": "99"}):
        answer = labeler_client.post(address, form | bad).content.decode()
        assert 'role="alert"' in answer
    assert GuideEntry.objects.count() == 1


def test_training_pages_cost_the_same_for_many_answers(
    labeler_client, task, labeler, django_assert_num_queries
):
    together = reverse("labeling_together", args=[task.pk])
    for position in range(3):
        give(task, labeler, position, right=False)
    labeler_client.get(together)
    for _ in range(2):
        with django_assert_num_queries(6):
            labeler_client.get(together)
        with django_assert_num_queries(7):
            labeler_client.get(reverse("labeling_training"))
        for position in range(5, 12):
            give(task, labeler, position, right=False)


def test_datasets_of_evaluations_are_not_for_training_of_ones_own(task, labeler):
    make_dataset(task.taxonomy, 20, "other")
    create_task("exam", "evaluation", Sample({"other": 10}), 1)
    made = train_on([3], task.taxonomy, labeler, 1)
    assert set(made.scope["datasets"]) == {"set"}
    assert Dataset.objects.count() == 2


def test_a_training_of_ones_own_takes_no_image_that_an_evaluation_may_still_draw(task, labeler):
    made = train_on([3, 4], task.taxonomy, labeler, 1)
    before = set(task.task_images.values_list("image", flat=True))
    assert set(made.task_images.values_list("image", flat=True)) <= before


def test_what_a_blind_round_asks_about_is_not_told_by_feedback(labeler_client, task, labeler):
    one = assignments(task, labeler)[0]
    other = (one.image.target + 5) % 10
    Candidate.objects.create(image=one.image, class_index=other, verdict=Verdict.CORRECT)
    blind = open_round("blind", Dataset.objects.all(), 1, blind=True, scope=Scope(which="all"))
    submit(task.pk, labeler, [say(one, other)])
    assert f"It is class {one.image.target}" in feedback(labeler_client, task, one)
    close_round(blind)
    assert f"Right: class {other}" in feedback(labeler_client, task, one)


def test_what_is_asked_again_is_the_class_that_was_missed_not_a_wrong_label(task, labeler):
    one = assignments(task, labeler)[0]
    truth = (one.image.target + 5) % 10
    Candidate.objects.create(image=one.image, class_index=truth, verdict=Verdict.CORRECT)
    submit(task.pk, labeler, [say(one, one.image.target)])
    assert [target for _, target in repeated(task, labeler)] == [truth]
