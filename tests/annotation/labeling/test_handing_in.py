from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from accounts.roles import LABELER, REVIEWER
from annotation.labeling.answers import submit
from annotation.labeling.handing_in import hand_in, participant_of, pseudonyms
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import close_task, create_task, pause_task, reveal_task
from annotation.models import (
    Candidate,
    Dataset,
    DatasetImage,
    Enrollment,
    Image,
    Participant,
    PredictionSet,
)
from annotation.review.rounds import open_round
from taxonomy.errors import InputError
from tests.annotation.labeling.worlds import answer_all, assignments, make_task, say, work
from tests.factories import judge, make_dataset, make_user

pytestmark = pytest.mark.django_db


def predictions(dataset: str = "set") -> tuple[list[int], list[float]]:
    """Class and seconds of each image of the dataset, of the one person that has any."""
    found = PredictionSet.objects.current().get(dataset__name=dataset)
    seconds = np.frombuffer(found.seconds, "<f4")
    return np.frombuffer(found.top_k, "<i4").tolist(), seconds.tolist()


def test_answers_become_the_predictions_of_a_person_in_the_places_of_their_images(labeler):
    task = make_task([labeler], images=4)
    by_image = {one.image.key: one for one in assignments(task, labeler)}
    for number, index in enumerate([7, 8, None, 9]):
        one = by_image[f"set-{number:05d}"]
        submit(task.pk, labeler, [say(one, index), work(one, 5000, 1000 * (number + 1))])
    part = hand_in(task, labeler)
    classes, seconds = predictions()
    assert classes == [7, 8, -1, 9]
    assert seconds[:2] + seconds[3:] == [1.0, 2.0, 4.0]
    assert np.isnan(seconds[2])
    assert (part.participant.name, part.participant.kind) == ("Human A", "human")


def test_the_pairs_become_candidates_and_join_rounds_that_wait_for_them(labeler):
    task = make_task([labeler], images=2)
    review_round = open_round("next", Dataset.objects.all(), 1)
    before = Candidate.objects.count()
    answer_all(task, labeler, class_index=9)
    hand_in(task, labeler)
    assert Candidate.objects.count() == before + 2
    assert review_round.round_candidates.filter(candidate__class_index=9).count() == 2


def test_handing_in_again_changes_nothing(labeler):
    task = make_task([labeler])
    answer_all(task, labeler)
    first = hand_in(task, labeler)
    again = hand_in(task, labeler)
    assert (first.handed_in, first.participant) == (again.handed_in, again.participant)
    assert PredictionSet.objects.count() == 1


def test_a_second_task_adds_to_what_was_answered_in_the_first(labeler):
    task = make_task([labeler], images=3)
    answer_all(task, labeler, class_index=4)
    hand_in(task, labeler)
    dataset = Dataset.objects.get()
    new = Image.objects.create(taxonomy=dataset.taxonomy, key="late", target=1)
    DatasetImage.objects.create(dataset=dataset, image=new, position=3)
    Dataset.objects.update(size=4)
    sample = Sample({"set": 4}, balanced=False)
    second = create_task("second", "evaluation", sample, 2, labelers=[labeler], state="open")[0]
    only = [one for one in assignments(second, labeler) if one.image == new]
    submit(second.pk, labeler, [say(only[0], 6)])
    hand_in(second, labeler)
    assert predictions()[0] == [4, 4, 4, 6]
    assert PredictionSet.objects.count() == 2  # what was replaced is kept
    assert Participant.objects.filter(kind="human").count() == 1


def test_an_image_in_two_datasets_is_answered_for_both(labeler):
    task_set = make_task([], images=2)
    other = make_dataset(task_set.taxonomy, 1, "other")
    shared = Image.objects.get(key="set-00001")
    DatasetImage.objects.create(dataset=other, image=shared, position=1)
    Dataset.objects.filter(name="other").update(size=2)
    sample = Sample({"set": 2, "other": 1}, balanced=False)
    task = create_task("both", "evaluation", sample, 1, labelers=[labeler], state="open")[0]
    answer_all(task, labeler, class_index=5)
    hand_in(task, labeler)
    assert predictions("set")[0] == [5, 5]
    assert predictions("other")[0] == [5, 5]


def test_training_makes_no_predictions(labeler):
    task = make_task([labeler], kind="training")
    answer_all(task, labeler)
    assert hand_in(task, labeler).participant is None
    assert not PredictionSet.objects.exists()


def test_people_are_called_in_the_order_of_their_first_hand_in(groups):
    people = [make_user(LABELER) for _ in range(3)]
    Participant.objects.create(name="Human B")  # a model may be called so
    assert [participant_of(one).name for one in people] == ["Human A", "Human C", "Human D"]
    assert participant_of(people[0]).name == "Human A"


def test_pseudonyms_go_on_behind_z():
    names = list(islice(pseudonyms(), 800))
    assert names[25:28] == ["Human Z", "Human AA", "Human AB"]
    assert names[701:704] == ["Human ZZ", "Human AAA", "Human AAB"]
    assert len(set(names)) == 800


def test_nothing_can_be_handed_in_without_an_answer_or_in_a_paused_task(labeler):
    task = make_task([labeler])
    with pytest.raises(InputError, match="no answer"):
        hand_in(task, labeler)
    answer_all(task, labeler)
    pause_task(task)
    with pytest.raises(InputError, match="not open"):
        hand_in(task, labeler)
    with pytest.raises(Enrollment.DoesNotExist):
        hand_in(task, make_user(LABELER))


def test_what_a_labeler_judged_before_they_answered_it_is_marked(groups):
    both = make_user(LABELER, REVIEWER)
    task = make_task([both], images=2)
    seen, unseen = assignments(task, both)
    review_round = open_round("round", Dataset.objects.all(), 1)
    judge(review_round, both, seen.image, seen.image.target, 1)
    answer_all(task, both)
    hand_in(task, both)
    seen.refresh_from_db()
    unseen.refresh_from_db()
    assert (seen.exposed, unseen.exposed) == (True, False)


def test_a_task_is_revealed_only_when_nobody_is_at_work_on_it(labeler):
    task = make_task([labeler])
    with pytest.raises(InputError, match="Close the task first"):
        reveal_task(task)
    close_task(task)
    reveal_task(task)
    assert task.revealed is not None


def test_pictures_are_closed_to_the_labeler_from_handing_in_until_the_task_is_revealed(
    labeler_client, labeler, media_task
):
    one = assignments(media_task, labeler)[0]
    address = f"/labeling/{media_task.pk}/images/{one.uid}/large.jpg"
    assert labeler_client.get(address).status_code == 200
    answer_all(media_task, labeler)
    hand_in(media_task, labeler)
    assert labeler_client.get(address).status_code == 404
    close_task(media_task)
    reveal_task(media_task)
    assert labeler_client.get(address).status_code == 200


@pytest.fixture
def media_task(tmp_path, labeler):
    from tests.worlds import picture_round

    picture_round(tmp_path, images=2).delete()
    sample = Sample({"photos": 2}, balanced=False)
    return create_task("exam", "evaluation", sample, 1, labelers=[labeler], state="open")[0]
