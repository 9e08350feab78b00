"""During an evaluation nothing may tell what an image is, where it is from, or what others said."""

from __future__ import annotations

import re
import uuid

import numpy as np
import pytest
from django.urls import reverse

from accounts.roles import LABELER, REVIEWER
from annotation.exporting.records import pick_datasets
from annotation.exporting.writing import write_dump
from annotation.importing.datasets import import_dataset
from annotation.importing.predictions import import_predictions
from annotation.labeling.handing_in import hand_in
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import close_task, create_task, reveal_task
from annotation.models import Candidate, Image, LabelingTask, Verdict
from taxonomy.loading import load_csv
from taxonomy.models import LabelClass
from tests.annotation.labeling.worlds import answer_all
from tests.conftest import client_of
from tests.factories import make_user
from tests.worlds import CLASSES, draw

pytestmark = pytest.mark.django_db

# Words that occur nowhere but in what must not be told.
SECRETS = ["secretset", "zebrafile", "oracle-model", "kept hidden"]
PHOTOS = 4


@pytest.fixture
def task(tmp_path, labeler) -> LabelingTask:
    (tmp_path / "classes.csv").write_text(CLASSES)
    load_csv(tmp_path / "classes.csv", "six")
    (tmp_path / "images").mkdir()
    rows = ["image_id,class_index"]
    for number in range(PHOTOS):
        draw(tmp_path / "images" / f"zebrafile-{number}.jpg", number)
        rows.append(f"zebrafile-{number},{number}")
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    import_dataset("secretset", tmp_path / "labels.csv", tmp_path / "images", "six")
    np.save(tmp_path / "oracle-model.npy", np.arange(PHOTOS, dtype=np.int32)[:, None])
    import_predictions("secretset", [tmp_path / "oracle-model.npy"])
    Image.objects.update(problem_reason="kept hidden")
    Candidate.objects.update(verdict=Verdict.CORRECT)
    sample = Sample({"secretset": PHOTOS}, balanced=False)
    return create_task("Exam", "evaluation", sample, 1, labelers=[labeler], state="open")[0]


def received(client, task: LabelingTask) -> list[bytes]:
    """Every byte, headers too, of all that the labeling page asks for."""

    def post(name: str, body: dict):
        return client.post(reverse(name, args=[task.pk]), body, content_type="application/json")

    answers = [client.get(reverse("labeling_task", args=[task.pk]))]
    listed = post("labeling_items", {"positions": list(range(PHOTOS))})
    answers.append(listed)
    for item in listed.json()["items"]:
        op = {"id": str(uuid.uuid4()), "item": item["uid"]}
        say = op | {"type": "say", "class": 2, "confidence": 1, "later": False, "note": ""}
        work = op | {"type": "work", "id": str(uuid.uuid4()), "wall_ms": 9, "active_ms": 8}
        answers.append(post("labeling_submit", {"ops": [say, work]}))
        answers += [client.get(item[name]) for name in ("src", "original")]
    answers.append(post("labeling_pin", {"class": 3, "pinned": True}))
    taxonomy = task.taxonomy_id
    addresses = [
        reverse("classes"), reverse("guide", args=[taxonomy]), reverse("home"),
        *(reverse("class_page", args=[taxonomy, one.index]) for one in LabelClass.objects.all()),
        *(reverse("class_panel", args=[taxonomy, one.index]) for one in LabelClass.objects.all()),
        answers[0].context["config"]["classes_url"], answers[0].context["config"]["hierarchy_url"],
    ]  # fmt: skip
    answers += [client.get(address, follow=True) for address in addresses]
    assert {answer.status_code for answer in answers} == {200}
    return [
        str(dict(answer.headers)).encode()
        + (b"".join(answer.streaming_content) if answer.streaming else answer.content)
        for answer in answers
    ]


def test_no_byte_tells_dataset_file_model_or_what_reviewers_said(labeler_client, task):
    everything = received(labeler_client, task)
    assert not [word for word in SECRETS if word.encode() in b"".join(everything).lower()]
    for image in Image.objects.all():
        assert not [
            told for told in (str(image.uid), image.content_hash)
            if told.encode() in b"".join(everything)
        ]  # fmt: skip


def test_the_words_looked_for_are_there_for_an_admin(admin_client, task, tmp_path):
    """Else the test above would look for nothing."""
    write_dump(tmp_path / "dump.json", "json", pick_datasets())
    seen = admin_client.get(reverse("datasets")).content + (tmp_path / "dump.json").read_bytes()
    record = admin_client.get(reverse("image_record", args=[Image.objects.first().uid])).content
    told = (seen + record).lower()
    assert [word for word in SECRETS if word.encode() not in told] in ([], ["oracle-model"])


def test_what_is_received_is_the_same_whatever_the_targets_are(labeler_client, task):
    """But for what is random or of the moment."""

    def plain(parts: list[bytes]) -> list[bytes]:
        changing = rb"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9]{64}|dur=[\d.]+|nonce-[\w+/=]+"
        return [re.sub(changing, b"*", part) for part in parts]

    first = plain(received(labeler_client, task))
    Candidate.objects.update(verdict=Verdict.INCORRECT)
    Image.objects.update(target=5)
    again = plain(received(labeler_client, task))
    # The second time the answers of the first are there.
    assert first[2:] == again[2:]


def test_while_examined_a_reviewer_sees_neither_evidence_nor_results_nor_records(task, groups):
    both = make_user(LABELER, REVIEWER)
    other = make_user(REVIEWER)
    exam = create_task(
        "Second", "evaluation", Sample({"secretset": 2}, balanced=False), 2, labelers=[both],
        state="open",
    )[0]  # fmt: skip
    examined = exam.task_images.first().image
    free = Image.objects.exclude(task_images__task=exam).first()
    evidence = reverse("class_evidence", args=[task.taxonomy_id, 0])
    client = client_of(both)

    def closed() -> list[bool]:
        return [
            b"handed in Second" in client.get(evidence).content,
            client.get(reverse("results")).status_code == 403,
            b"Not open yet" in client.get(reverse("image_record", args=[examined.uid])).content,
        ]

    assert closed() == [True, True, True]
    assert b"Not open yet" not in client.get(reverse("image_record", args=[free.uid])).content
    assert b"handed in Second" not in client_of(other).get(evidence).content
    answer_all(exam, both)
    hand_in(exam, both)
    assert closed() == [False, True, False]  # results name who answered what
    close_task(exam)
    reveal_task(LabelingTask.objects.get(pk=exam.pk))
    assert closed() == [False, False, False]


@pytest.mark.parametrize("name", ["labeling_items", "labeling_submit", "labeling_pin"])
def test_of_others_tasks_not_even_the_existence_is_told(groups, task, name):
    client = client_of(make_user(LABELER))
    body = {
        "positions": [0],
        "ops": [{"type": "work", "id": str(uuid.uuid4()), "item": str(uuid.uuid4()), "wall_ms": 1, "active_ms": 1}],
        "class": 1,
        "pinned": True,
    }  # fmt: skip
    for pk in (task.pk, task.pk + 1000):
        answer = client.post(reverse(name, args=[pk]), body, content_type="application/json")
        assert answer.status_code == 404


def test_a_picture_is_given_to_its_labeler_alone(labeler_client, task, groups):
    listed = labeler_client.post(
        reverse("labeling_items", args=[task.pk]), {"positions": [0]},
        content_type="application/json",
    )  # fmt: skip
    address = listed.json()["items"][0]["src"]
    assert labeler_client.get(address).status_code == 200
    assert client_of(make_user(LABELER)).get(address).status_code == 404
    assert labeler_client.get(address.replace("large", "huge")).status_code == 404
