"""What results, files and dumps keep from people who take part, or may yet be asked."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest
from django.urls import reverse

from accounts.models import User
from accounts.roles import ADMIN, LABELER, REVIEWER
from annotation.exporting.records import pick_datasets
from annotation.exporting.writing import write_dump
from annotation.labeling.handing_in import hand_in
from annotation.labeling.tasks import close_task, reveal_task
from annotation.models import Image, LabelingTask, PredictionSet, Verdict
from annotation.review.rounds import open_round
from evaluation.reports import recompute
from tests.annotation.labeling.worlds import answer_all, make_task
from tests.conftest import client_of
from tests.factories import judge, make_dataset, make_taxonomy, make_user, predict

pytestmark = pytest.mark.django_db


def test_answers_to_an_evaluation_are_kept_from_who_takes_part_until_it_is_revealed(
    groups, tmp_path
):
    both, ada = make_user(LABELER, REVIEWER), make_user(ADMIN, LABELER)
    outsider, chief = make_user(REVIEWER), make_user(ADMIN)
    task = make_task([both, ada], images=4)
    for labeler in (both, ada):
        answer_all(task, labeler)
        hand_in(task, labeler)
    recompute()
    people = PredictionSet.objects.filter(participant__kind="human").order_by("pk")
    image = Image.objects.all()[0]

    def seen_by(user: User) -> list[bool]:
        """Files of answers; names beside an image, on the page and by the API; dumps."""
        client = client_of(user)
        files = [
            client.get(reverse("api_prediction_file", args=[one.pk])).status_code for one in people
        ]
        assert len(set(files)) == 1
        page = client.get(reverse("image_answers", args=[image.uid])).content
        told = client.get(reverse("api_image_answers", args=[image.uid])).content
        dump = tmp_path / f"dump-{user.pk}-{LabelingTask.objects.get().revealed is None}"
        write_dump(dump, "parquet", pick_datasets(), readers=[user])
        dumped = set(pq.read_table(dump / "predictions.parquet")["kind"].to_pylist())
        return [
            files[0] == 200, b"Human A" in page, b"Human A" in told, "human" in dumped,
        ]  # fmt: skip

    assert seen_by(both) == seen_by(ada) == [False] * 4
    assert seen_by(outsider) == seen_by(chief) == [True] * 4
    close_task(task)
    reveal_task(LabelingTask.objects.get())
    assert seen_by(both) == seen_by(ada) == [True] * 4


def test_nothing_is_told_of_images_that_a_round_may_yet_ask_the_reader_about(groups):
    dataset = make_dataset(make_taxonomy(), 2, "set", per_image=1)
    predict("model", dataset, [[0], [1]])
    predict("other", dataset, [[9], [9]])
    first, second = make_user(REVIEWER), make_user(REVIEWER)
    asked, other = Image.objects.order_by("datasetimage__position")
    current = open_round("twice", [dataset], 1, overlap=2)
    for image in (asked, other):
        judge(current, first, image, image.target, Verdict.CORRECT)
    judge(current, second, other, other.target, Verdict.CORRECT)
    recompute()

    def told(user: User) -> tuple[list[tuple[bool, list[str]]], bool]:
        client = client_of(user)
        rows = client.get(reverse("api_multi_labels", args=["set"])).json()["results"]
        models = PredictionSet.objects.order_by("pk").values_list("participant", flat=True)
        page = client.get(reverse("pair", args=list(models)), {"how": "first"}).content.decode()
        return [(row["closed"], row["correct"]) for row in rows], "1 more is closed to you" in page

    assert told(make_user(ADMIN)) == ([(False, ["c0"]), (False, ["c1"])], False)
    assert told(second) == ([(True, []), (False, ["c1"])], True)
