"""Judgments of reviewers elsewhere: what becomes of them, and of verdicts."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.people import take_in
from accounts.roles import REVIEWER
from annotation.importing.judgments import import_judgments
from annotation.models import (
    Candidate,
    Comment,
    Dataset,
    Image,
    Judgment,
    ReviewRound,
    RoundItem,
    Verdict,
)
from annotation.review.rounds import count_progress, open_round
from tests.annotation.importing.conftest import run, save, stored_rows, write_csv
from tests.factories import judge

HEADER = "image_id,class,reviewer,verdict"
CORRECT, INCORRECT, UNCLEAR, UNJUDGED = (
    Verdict.CORRECT, Verdict.INCORRECT, Verdict.UNCLEAR, Verdict.UNJUDGED,
)  # fmt: skip


def judgments_file(
    folder: Path, *rows: str, name: str = "theirs.csv", header: str = HEADER
) -> Path:
    return write_csv(folder / name, *rows, header=header)


def imported(folder: Path, *rows: str, name: str = "theirs.csv", **options: Any) -> dict[str, Any]:
    return import_judgments(judgments_file(folder, *rows, name=name), **options)


def verdict(image: str, class_index: int) -> int:
    return Candidate.objects.get(image__key=image, class_index=class_index).verdict


def everything() -> tuple[object, ...]:
    """Every row that an import of judgments may touch."""
    return (
        stored_rows(),
        list(Judgment.objects.order_by("pk").values_list()),
        list(Candidate.objects.order_by("pk").values_list()),
        list(User.objects.order_by("pk").values_list("pk", "username", "password")),
        list(RoundItem.objects.order_by("pk").values_list()),
    )


def test_each_judgment_is_stored_in_a_closed_round_that_is_called_after_the_file(photos):
    rows = [
        "p0,a,Ida,correct,1200,2024-05-31T09:30:00Z,a fine crane",
        "p0,b,Ida,no,,,",
        "p1,b,Ole,Maybe,800.4,2024-05-31 11:30:00.25+02:00,",
        "p1.jpg,tusker,Ida,YES,0,2024-05-31,",
    ]
    header = f"{HEADER},milliseconds,time,comment"
    result = run("import_judgments", judgments_file(photos, *rows, header=header))
    assert result == {
        "round": "theirs.csv", "judgments": 4, "judgments_new": 4, "judgments_withdrawn": 0,
        "skipped": 0, "reviewers": 2, "reviewers_new": 2, "images": 2, "candidates": 4, "candidates_new": 2,
        "verdicts_changed": 4, "verdicts_kept": 0,
    }  # fmt: skip
    review_round = ReviewRound.objects.get()
    assert (review_round.name, review_round.state) == ("theirs.csv", "closed")
    given = count_progress(review_round)
    assert (given.judgments_done, given.judgments_total) == (4, 4)
    assert list(review_round.datasets.values_list("name", flat=True)) == ["photos"]
    stored = Judgment.objects.filter(round=review_round).order_by("pk").values_list(
        "candidate__image__key", "candidate__class_index", "reviewer__username", "verdict",
        "milliseconds",
    )  # fmt: skip
    assert list(stored) == [
        ("p0", 0, "Ida", CORRECT, 1200), ("p0", 1, "Ida", INCORRECT, None),
        ("p1", 1, "Ole", UNCLEAR, 800), ("p1", 2, "Ida", CORRECT, 0),
    ]  # fmt: skip
    times = list(Judgment.objects.order_by("pk").values_list("created", flat=True))
    assert times[0] == datetime(2024, 5, 31, 9, 30, tzinfo=UTC)
    assert abs((times[1] - datetime.now(UTC)).total_seconds()) < 60
    assert times[2] == datetime(2024, 5, 31, 9, 30, 0, 250_000, tzinfo=UTC)
    assert times[3] == datetime(2024, 5, 31, tzinfo=UTC)
    comment = Comment.objects.get()
    assert (comment.image.key, comment.author.username) == ("p0", "Ida")
    assert (comment.text, comment.created) == ("a fine crane", times[0])
    items = review_round.items.order_by("position").values_list("image__key", "done")
    assert list(items) == [("p0", True), ("p1", True)]


def test_reviewers_from_elsewhere_are_reviewers_as_whom_nobody_can_log_in(
    photos, client, admin_client
):
    imported(photos, "p0,a,Ida,correct")
    ida = User.objects.get(username="Ida")
    assert [group.name for group in ida.groups.all()] == [REVIEWER]
    assert not ida.is_active
    assert not ida.has_usable_password()
    for password in ("!", ida.password):
        client.post(reverse("login"), {"username": "Ida", "password": password})
        assert "_auth_user_id" not in client.session
    page = admin_client.get(reverse("people")).content.decode()
    assert not re.search(r"\bIda\b", page)  # which a random token may hold
    assert "And 1 reviewer whose judgments were imported" in page


def test_a_reviewer_of_two_files_is_one(photos):
    imported(photos, "p0,a,Ida,correct")
    result = imported(photos, "p1,b,Ida,correct", "p1,b,Ole,correct", name="more.csv")
    assert (result["reviewers"], result["reviewers_new"]) == (2, 1)
    assert User.objects.get(username="Ida").judgments.count() == 2


LINES = [
    {"image_id": "p0", "class": "a", "reviewer": "Ida", "verdict": "correct"},
    {"image_id": "p0", "class": 1, "reviewer": 7, "verdict": "no", "seconds": 1.25},
    {"image_id": "p1.jpg", "wnid": "c", "reviewer": "7", "verdict": "maybe", "seconds": "2",
     "time": "2024-05-31T09:30:00Z", "comment": "“half” an élan\n"},
    {"image_id": "p2", "class_name": "tusker", "reviewer": "Ida", "verdict": "yes",
     "milliseconds": 10, "time": None, "comment": ""},
]  # fmt: skip


def test_lines_of_json_say_the_same_as_a_table(photos):
    (photos / "a.jsonl").write_text("\n\n".join(map(json.dumps, LINES)))
    assert run("import_judgments", photos / "a.jsonl")["judgments_new"] == 4
    rows = [
        "p0,a,Ida,correct,,,", "p0,1,7,no,1.25,,",
        'p1.jpg,c,7,maybe,2,2024-05-31T09:30:00Z,"“half” an élan"', "p2,2,Ida,yes,0.01,,",
    ]  # fmt: skip
    header = f"{HEADER},seconds,time,comment"
    run("import_judgments", judgments_file(photos, *rows, name="b.csv", header=header))

    def said(name: str) -> list[tuple[Any, ...]]:
        of_round = Judgment.objects.filter(round__name=name).order_by("pk")
        return list(of_round.values_list("candidate", "reviewer", "verdict", "milliseconds"))

    assert said("a.jsonl") == said("b.csv")
    assert [ms for *_, ms in said("b.csv")] == [None, 1250, 2000, 10]
    assert set(Comment.objects.values_list("text", flat=True)) == {"“half” an élan"}
    assert Comment.objects.count() == 2


def real_raters(path: Path, votes: np.ndarray, pairs: list[tuple[str, str]], ids: object) -> Path:
    np.savez_compressed(path, tensor=votes, info=np.array(pairs), ids=np.array(ids))
    return path


PAIRS = [("p0", "0"), ("p0", "5"), ("p1", "1")]
# Raters 12, 7 and 30; the second of them hasn't seen the second pair.
VOTES = np.array(
    [[[0, 0, 1], [1, 0, 0], [0, 1, 0]], [[0, 0, 1], [0, 0, 0], [0, 0, 1]],
     [[1, 0, 0], [1, 0, 0], [0, 0, 1]]]
)  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.uint8, bool])
@pytest.mark.parametrize("order", ["C", "F"])
def test_reals_votes_are_read_whatever_the_type_and_order_of_their_array(photos, dtype, order):
    votes = np.asarray(VOTES, dtype, order=order)
    result = run("import_judgments", real_raters(photos / "raters.npz", votes, PAIRS, [12, 7, 30]))
    assert (result["judgments"], result["reviewers"], result["candidates_new"]) == (8, 3, 1)
    stored = Judgment.objects.order_by("pk").values_list(
        "candidate__image__key", "candidate__class_index", "reviewer__username", "verdict",
        "milliseconds",
    )  # fmt: skip
    assert list(stored) == [
        ("p0", 0, "real-rater-12", CORRECT, None), ("p0", 0, "real-rater-7", CORRECT, None),
        ("p0", 0, "real-rater-30", INCORRECT, None), ("p0", 5, "real-rater-12", INCORRECT, None),
        ("p0", 5, "real-rater-30", INCORRECT, None), ("p1", 1, "real-rater-12", UNCLEAR, None),
        ("p1", 1, "real-rater-7", CORRECT, None), ("p1", 1, "real-rater-30", CORRECT, None),
    ]  # fmt: skip
    assert (verdict("p0", 0), verdict("p0", 5), verdict("p1", 1)) == (CORRECT, INCORRECT, CORRECT)


def test_the_suffix_tells_the_format_unless_it_is_named(photos):
    path = judgments_file(photos, "p0,a,Ida,correct", name="theirs.txt")
    assert run("import_judgments", path, "--format", "csv")["judgments"] == 1


def test_the_verdict_is_what_the_majority_says(photos):
    rows = [
        *[f"p0,a,{name},correct" for name in ("Ida", "Ole", "Una")], "p0,a,Eva,incorrect",
        "p1,b,Ida,correct", "p1,b,Ole,incorrect",
        "p2,c,Ida,unclear", "p2,c,Ole,unclear", "p2,c,Una,correct",
    ]  # fmt: skip
    result = imported(photos, *rows)
    assert (verdict("p0", 0), verdict("p1", 1), verdict("p2", 2)) == (CORRECT, UNJUDGED, UNCLEAR)
    assert result["verdicts_changed"] == 2


def test_files_about_the_same_candidates_are_counted_together(photos):
    imported(photos, "p0,a,Ida,correct", "p1,b,Ida,correct")
    result = imported(photos, "p0,a,Ole,no", "p0,a,Una,no", "p1,b,Ole,no", name="more.csv")
    assert (result["verdicts_changed"], result["verdicts_kept"]) == (2, 0)
    assert (verdict("p0", 0), verdict("p1", 1)) == (INCORRECT, UNJUDGED)


def test_what_a_reviewer_said_in_an_earlier_file_is_replaced_by_the_later_one(photos):
    imported(photos, "p0,a,Ida,correct")
    imported(photos, "p0,a,Ida,incorrect", name="more.csv")
    assert verdict("p0", 0) == INCORRECT
    assert Judgment.objects.count() == 2


def test_verdicts_of_reviewers_here_stay(photos, reviewer):
    current = open_round("here", Dataset.objects.all(), 1)
    judge(current, reviewer, Image.objects.get(key="p0"), 0, INCORRECT)
    judge(current, reviewer, Image.objects.get(key="p1"), 1, INCORRECT)
    judge(current, reviewer, Image.objects.get(key="p1"), 1, UNJUDGED)
    rows = [f"p{n},{n},{name},correct" for n in range(3) for name in ("Ida", "Ole")]
    result = imported(photos, *rows)
    assert (verdict("p0", 0), verdict("p1", 1), verdict("p2", 2)) == (INCORRECT, CORRECT, CORRECT)
    assert (result["verdicts_changed"], result["verdicts_kept"]) == (2, 1)


def test_verdicts_without_judgments_stay(photos):
    Candidate.objects.filter(image__key="p0", class_index=0).update(verdict=INCORRECT)
    result = imported(photos, "p0,a,Ida,correct", "p1,b,Ida,correct")
    assert (verdict("p0", 0), verdict("p1", 1)) == (INCORRECT, CORRECT)
    assert (result["verdicts_changed"], result["verdicts_kept"]) == (1, 1)


def test_importing_a_file_twice_changes_nothing(photos, reviewer):
    rows = ["p0,a,Ida,correct", "p1,b,Ida,correct", "p1,b,Ole,no"]
    header = f"{HEADER},comment"
    path = judgments_file(photos, *[f"{row},hm" for row in rows], header=header)
    first = run("import_judgments", path)
    current = open_round("here", Dataset.objects.all(), 1)
    judge(current, reviewer, Image.objects.get(key="p0"), 0, INCORRECT)
    before = everything()
    nothing = {
        "judgments_new": 0, "reviewers_new": 0, "candidates_new": 0, "verdicts_changed": 0,
        "verdicts_kept": 0,
    }  # fmt: skip
    assert run("import_judgments", path) == first | nothing
    copy = photos / "copy.csv"
    copy.write_bytes(path.read_bytes())
    assert run("import_judgments", copy) == first | nothing
    assert everything() == before


def test_judgments_that_were_left_out_come_in_when_their_images_are_there(photos):
    path = judgments_file(photos, "p0,a,Ida,correct", "q0,a,Ida,correct", "q0,b,Ole,no")
    result = run("import_judgments", path, "--skip-unknown")
    assert (result["judgments"], result["skipped"], result["reviewers"]) == (1, 2, 1)
    assert not User.objects.filter(username="Ole").exists()
    run("import_dataset", "later", write_csv(photos / "later.csv", "q0,0"))
    later = run("import_judgments", path)
    assert (later["judgments"], later["judgments_new"], later["skipped"]) == (3, 2, 0)
    assert (later["reviewers"], later["reviewers_new"]) == (2, 1)
    assert set(ReviewRound.objects.get().datasets.values_list("name", flat=True)) == {
        "photos", "later",
    }  # fmt: skip
    assert ReviewRound.objects.get().items.count() == 2
    again = run("import_judgments", path)
    assert (again["judgments"], again["judgments_new"]) == (3, 0)


def test_images_can_be_looked_for_in_some_datasets(photos):
    run("import_dataset", "others", write_csv(photos / "others.csv", "q0,0", "p1,1"))
    path = judgments_file(photos, "p0,a,Ida,correct", "p1,b,Ida,correct", "q0,a,Ida,correct")
    options = ("--dataset", "others", "--skip-unknown")
    assert run("import_judgments", path, *options)["skipped"] == 1
    result = run("import_judgments", path, "--dataset", "others", "photos")
    assert (result["judgments"], result["judgments_new"]) == (3, 1)


def test_open_rounds_take_in_the_new_candidates_and_verdicts(
    photos, reviewer, django_capture_on_commit_callbacks
):
    current = open_round("here", Dataset.objects.all(), 1)
    judge(current, reviewer, Image.objects.get(key="p0"), 0, CORRECT)
    with django_capture_on_commit_callbacks(execute=True):
        imported(photos, "p0,f,Ida,correct", "p0,f,Ole,no", "p1,b,Ida,correct")
    done = dict(current.items.values_list("image__key", "done"))
    # Of p0 a class is disputed; of p1 nothing is open any more.
    assert done == {"p0": False, "p1": True, "p2": False, "p3": False}


def test_a_class_that_a_reviewer_added_and_took_back_is_a_candidate_again(photos, reviewer):
    current = open_round("here", Dataset.objects.all(), 1)
    image = Image.objects.get(key="p0")
    judge(current, reviewer, image, 4, CORRECT, add=True)
    judge(current, reviewer, image, 4, UNJUDGED)
    assert not Candidate.objects.active().filter(class_index=4).exists()
    imported(photos, "p0,e,Ida,correct", "p0,e,Ole,no")
    assert Candidate.objects.active().filter(class_index=4).exists()
    assert verdict("p0", 4) == UNJUDGED


def test_the_number_of_queries_does_not_grow_with_the_judgments(photos):
    counts = []
    for number, reviewers in enumerate((2, 40)):
        rows = [f"p{n},{n},r{number}-{r},correct" for n in range(4) for r in range(reviewers)]
        path = judgments_file(photos, *rows, name=f"{number}.csv")
        with CaptureQueriesContext(connection) as queries:
            import_judgments(path)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_export_tells_of_them(photos):
    imported(photos, "p0,a,Ida,correct")
    run("export_annotations", photos / "dump.json", "--format", "json")
    images = json.loads((photos / "dump.json").read_text())["images"]
    (told,) = images[0]["judgments"]
    assert (told["class"], told["verdict"], told["round"]) == ("a", "correct", "theirs.csv")
    assert told["milliseconds"] is None
    assert "Ida" not in json.dumps(images)
    run("export_annotations", photos / "dump.csv", "--format", "csv")
    assert (photos / "dump.csv").read_text().splitlines()[1].endswith("Z,")


def test_foreign_keys_are_checked_again_after_the_import(photos):
    imported(photos, "p0,a,Ida,correct")
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)


def test_a_database_user_who_may_not_leave_out_checks_imports_all_the_same(photos):
    path = judgments_file(photos, "p0,a,Ida,correct", "p1,b,Ole,no")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE ROLE plain; GRANT ALL ON ALL TABLES IN SCHEMA public TO plain;"
            " GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO plain; GRANT USAGE ON SCHEMA public"
            " TO plain; SET ROLE plain"
        )
        try:
            result = import_judgments(path)
        finally:
            cursor.execute("RESET ROLE")
    assert result["judgments_new"] == 2
    assert (verdict("p0", 0), verdict("p1", 1)) == (CORRECT, INCORRECT)


def in_thread(work: Callable[..., object], *arguments: object) -> threading.Thread:
    def whole() -> None:
        try:
            work(*arguments)
        finally:
            connections.close_all()

    thread = threading.Thread(target=whole)
    thread.start()
    return thread


def waits_for_a_row() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype <> 'advisory'")
        return cursor.fetchone()[0] > 0


@pytest.mark.django_db(transaction=True)
def test_a_verdict_given_here_during_the_import_stays(transactional_db, photos, reviewer):
    current = open_round("here", Dataset.objects.all(), 1)
    path = judgments_file(photos, "p0,a,Ida,correct", "p0,a,Ole,correct", "p1,b,Ida,correct")
    with transaction.atomic():
        judge(current, reviewer, Image.objects.get(key="p0"), 0, INCORRECT)
        thread = in_thread(import_judgments, path)
        end = time.monotonic() + 20
        while not waits_for_a_row():
            assert time.monotonic() < end
            time.sleep(0.02)
    thread.join(20)
    assert Judgment.objects.filter(round__name="theirs.csv").count() == 3
    assert (verdict("p0", 0), verdict("p1", 1)) == (INCORRECT, CORRECT)


def test_predictions_may_follow(photos):
    imported(photos, "p0,f,Ida,correct", "p0,e,Ida,incorrect")
    result = run("import_predictions", "photos", save(photos / "m.npy", [[5], [4], [3], [2]]))
    assert result["candidates_new"] == 3
    assert verdict("p0", 5) == CORRECT


def test_the_accounts_of_people_here_are_not_taken_for_reviewers_from_elsewhere(reviewer):
    accounts = take_in(["rosalind", "Ida"])
    assert set(accounts) == {"Ida"}
    assert take_in(["Ida"]) == accounts
