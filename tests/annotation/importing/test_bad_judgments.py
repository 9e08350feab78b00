"""Files of judgments that are refused: one line with file, row and reason, and nothing imported."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from annotation.importing.judgment_files import Known
from annotation.importing.judgments import FORMATS, SUFFIXES
from annotation.importing.picking import Members
from annotation.models import Verdict
from taxonomy.errors import InputError
from taxonomy.lookup import ClassLookup
from taxonomy.progress import quiet
from tests.annotation.importing.conftest import run, write_csv
from tests.annotation.importing.test_bad_input import Trap
from tests.annotation.importing.test_judgments import HEADER, PAIRS, VOTES, real_raters
from tests.factories import make_user


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("q9,a,Ole,correct", "unknown image 'q9'; --skip-unknown leaves out judgments of such"),
        (",a,Ole,correct", "unknown image ''"),
        ("p1,n123,Ole,correct", "unknown class name 'n123'"),
        ("p1,6,Ole,correct", "class index 6 is not among 0 to 5"),
        (
            "p1,crane,Ole,correct",
            "class name 'crane' means any of the classes [0, 1]; use the wnid",
        ),
        ("p1,,Ole,correct", "unknown class name ''"),
        ("p1,a,Ole,right", "'right' is none of correct, incorrect, unclear, yes, no, maybe"),
        ("p1,a,Ole,unjudged", "'unjudged' is none of correct,"),
        ("p1,a,Ole,", "'' is none of correct,"),
        ("p1,a,,correct", "a reviewer's name has 1 to 150 characters that can be shown"),
        (f"p1,a,{'x' * 151},correct", "a reviewer's name has 1 to 150 characters"),
        ("p1,a,O\x1ble,correct", "a reviewer's name has 1 to 150 characters that can be shown"),
        ("p0,0,Ida,no", "'Ida' judges a in image 'p0' twice (before in row 2)"),
        ("p0.jpg,a,Ida,correct", "'Ida' judges a in image 'p0' twice (before in row 2)"),
        ("p1,a,Ole", "has 3 values, the header has 4 columns"),
    ],
)
def test_rows_that_are_no_judgments(photos, refused, row, reason):
    path = write_csv(photos / "theirs.csv", "p0,a,Ida,correct", row, header=HEADER)
    assert refused("import_judgments", path).startswith(f"theirs.csv, row 3: {reason}")


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("time", "yesterday", "'yesterday' is no time (such as 2024-05-31T09:30:00Z)"),
        ("time", "2024-02-30", "'2024-02-30' is no time"),
        ("time", "1717147800", "'1717147800' is no time"),
        ("time", "0001-01-01T00:00:00+14:00", "'0001-01-01T00:00:00+14:00' is no time"),
        ("milliseconds", "fast", "'fast' is no number of milliseconds"),
        ("milliseconds", "-1", "'-1' is no number of milliseconds"),
        ("milliseconds", "nan", "'nan' is no number of milliseconds"),
        ("milliseconds", "2147483648", "'2147483648' is no number of milliseconds"),
        ("seconds", "inf", "'inf' is no number of seconds"),
        ("seconds", "1e7", "'1e7' is no number of seconds"),
        ("comment", "x" * 2001, "a comment has at most 2000 characters"),
    ],
)
def test_what_may_be_told_besides_must_make_sense(photos, refused, column, text, reason):
    rows = ["p0,a,Ida,correct,", f"p1,a,Ida,correct,{text}"]
    path = write_csv(photos / "theirs.csv", *rows, header=f"{HEADER},{column}")
    assert refused("import_judgments", path).startswith(f"theirs.csv, row 3: {reason}")


def test_every_bad_row_is_counted_those_of_left_out_images_too(photos, refused):
    rows = ["p0,a,Ida,correct", "q0,zebra,Ida,correct", "q0,a,Ida,what", "p1,a,Ida,correct"]
    path = write_csv(photos / "theirs.csv", *rows, header=HEADER)
    line = refused("import_judgments", path, "--skip-unknown")
    assert line == "theirs.csv, row 3: unknown class name 'zebra' (and 1 more row)"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "theirs.csv, row 1: is empty"),
        (f"{HEADER}\n".encode(), "theirs.csv: has no rows"),
        (b"image_id,class,reviewer\np0,a,Ida\n", "theirs.csv, row 1: column 'verdict' is missing"),
        (b"image_id,class,verdict\np0,a,no\n", "theirs.csv, row 1: column 'reviewer' is missing"),
        (b"image_id,reviewer,verdict\np0,a,no\n", "theirs.csv, row 1: needs one of the columns"),
        (f"{HEADER}\np0,a,Ida,no\n".encode("utf-16"), "theirs.csv: is UTF-16; save it as UTF-8"),
        (f"{HEADER}\np0,a,Jos\xe9,no\n".encode("latin-1"), "theirs.csv, row 2: is not UTF-8"),
        (f"{HEADER}\np0,a,I\0a,no\n".encode(), "theirs.csv, row 2: holds a NUL byte"),
    ],
)
def test_tables_that_cannot_be_read(photos, refused, content, line):
    (photos / "theirs.csv").write_bytes(content)
    assert refused("import_judgments", photos / "theirs.csv").startswith(line)


GOOD = {"image_id": "p1", "class": "a", "reviewer": "Ida", "verdict": "no"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "is not JSON"),
        ("[]", 'is no object with a text "image_id"'),
        ('{"image_id": 1}', 'is no object with a text "image_id"'),
        ('{"image_id": "p1", "class": "a", "reviewer": "Ida"}', 'needs "verdict"'),
        ('{"image_id": "p1", "class": "a", "verdict": "no"}', 'needs "reviewer"'),
        ('{"image_id": "p1", "reviewer": "Ida", "verdict": "no"}', 'needs "class"'),
        (json.dumps(GOOD | {"reviewer": ["Ida"]}), '"reviewer" is neither a text nor a number'),
        (json.dumps(GOOD | {"reviewer": None}), 'needs "reviewer"'),
        (json.dumps(GOOD | {"class": None}), 'needs "class"'),
        (json.dumps(GOOD | {"class": True}), '"class" is neither a text nor a number'),
        (json.dumps(GOOD | {"class": 0.5}), "unknown class name '0.5'"),
        (json.dumps(GOOD | {"verdict": 1}), "'1' is none of correct,"),
        (json.dumps(GOOD | {"verdict": None}), 'needs "verdict"'),
        (json.dumps(GOOD | {"milliseconds": 10**400}), "'1000"),
        (json.dumps(GOOD | {"comment": "a\0b"}), "the comment holds what is no character"),
        (json.dumps(GOOD | {"comment": "a\ud800b"}), "the comment holds what is no character"),
        (json.dumps(GOOD | {"reviewer": "a\ud800b"}), "a reviewer's name has 1 to 150"),
    ],
)
def test_lines_of_json_that_are_no_judgments(photos, refused, line, reason):
    path = photos / "theirs.jsonl"
    path.write_text(json.dumps(GOOD | {"image_id": "p0"}) + "\n" + line + "\n")
    assert refused("import_judgments", path).startswith(f"theirs.jsonl, row 2: {reason}")


def test_lines_of_json_in_utf_16(photos, refused):
    (photos / "theirs.jsonl").write_text(json.dumps(GOOD), encoding="utf-16")
    assert refused("import_judgments", photos / "theirs.jsonl") == "theirs.jsonl: is not UTF-8"


def test_a_file_that_is_not_there_or_of_no_known_kind(photos, refused):
    assert "theirs.csv" in refused("import_judgments", photos / "theirs.csv")
    (photos / "theirs.txt").write_text(HEADER)
    assert refused("import_judgments", photos / "theirs.txt") == (
        "theirs.txt: is none of .npz, .csv, .jsonl, .json; --format says what it is"
    )


def test_a_file_without_a_judgment_of_a_known_image(photos, refused):
    path = write_csv(photos / "theirs.csv", "q0,a,Ida,correct", header=HEADER)
    assert refused("import_judgments", path, "--skip-unknown") == (
        "theirs.csv: has no judgment of an image that is there"
    )


def test_a_reviewer_with_the_name_of_a_person_here(photos, refused):
    make_user("reviewer", name="Ida")
    path = write_csv(photos / "theirs.csv", "p0,a,Ole,no", "p0,a,Ida,no", header=HEADER)
    assert refused("import_judgments", path) == (
        "theirs.csv, row 3: reviewer 'Ida' has the name of a person here"
    )


def test_another_file_of_the_name_of_a_round(photos, refused):
    path = write_csv(photos / "theirs.csv", "p0,a,Ida,correct", header=HEADER)
    run("import_judgments", path)
    write_csv(path, "p0,a,Ida,correct", "p1,a,Ida,correct", header=HEADER)
    assert refused("import_judgments", path) == (
        "theirs.csv: there is a round of that name already; rename the file"
    )
    long = write_csv(photos / f"{'x' * 97}.csv", "p0,a,Ida,no", header=HEADER)
    assert "of at most 100 characters" in refused("import_judgments", long)


def test_an_unknown_dataset_or_datasets_of_two_taxonomies(photos, refused):
    path = write_csv(photos / "theirs.csv", "p0,a,Ida,correct", header=HEADER)
    assert "phots" in refused("import_judgments", path, "--dataset", "phots")
    write_csv(photos / "two.csv", "zebra", header="name")
    run("load_taxonomy", photos / "two.csv")
    labels = write_csv(photos / "labels.csv", "z0,0")
    run("import_dataset", "zoo", labels, "--taxonomy", "two")
    line = refused("import_judgments", path, "--dataset", "photos", "zoo")
    assert line == "the datasets have different taxonomies"
    run("import_judgments", path, "--dataset", "photos")
    other = write_csv(photos / "other.csv", "p0,0", header="image_id,class_index")
    run("import_dataset", "other", other, "--taxonomy", "two")
    zoo = write_csv(photos / "zoo.csv", "p0,0,Ida,correct", header=HEADER)
    run("import_judgments", zoo, "--dataset", "photos")
    assert refused("import_judgments", zoo, "--dataset", "other") == (
        "zoo.csv: is imported already, for 'six'"
    )


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"tensor": None}, "m.npz: has no array 'tensor' (found: info.npy, ids.npy)"),
        ({"info": None}, "m.npz: has no array 'info' (found: tensor.npy, ids.npy)"),
        ({"ids": np.array(["a", "b", "c"])}, "m.npz: 'ids' holds values of the type <U1"),
        ({"ids": np.array([1, 2, 1])}, "m.npz: has two raters of one id"),
        ({"ids": np.array([[1, 2, 3]])}, "m.npz: needs the arrays info [pairs, 2] and ids"),
        ({"info": np.array(["p0", "p1", "p1"])}, "m.npz: needs the arrays info [pairs, 2]"),
        ({"info": np.zeros((3, 2), int)}, "m.npz: 'info' holds values of the type int64"),
        ({"tensor": VOTES[:2]}, "m.npz: 'tensor' holds [2, 3, 3] values of the type int64; wanted"),
        ({"tensor": VOTES[..., :2]}, "m.npz: 'tensor' holds [3, 3, 2] values"),
        ({"tensor": VOTES.astype(str)}, "m.npz: 'tensor' holds [3, 3, 3] values of the type <U21"),
        ({"tensor": VOTES * 2}, "m.npz: rater 1 of 'tensor' has values that are no answer"),
        ({"tensor": np.ones((3, 3, 3))}, "m.npz: rater 1 of 'tensor' has values that are no"),
        ({"tensor": np.full((3, 3, 3), np.nan)}, "m.npz: rater 1 of 'tensor' has values that"),
        ({"info": np.array([("p0", "0"), ("q", "0"), ("p1", "1")])}, "m.npz, row 2: unknown image"),
        ({"info": np.array([("p0", "0"), ("p1", "6"), ("p1", "1")])}, "m.npz, row 2: class index"),
        ({"info": np.array([("p0", "0"), ("p1", "1"), ("p0", "0")])},
         "m.npz, row 3: 'real-rater-1' judges a in image 'p0' twice (before in row 1) (and 2 more"),
    ],
)  # fmt: skip
def test_archives_that_are_no_votes_of_raters(photos, refused, change, line):
    arrays = {"tensor": VOTES, "info": np.array(PAIRS), "ids": np.array([1, 2, 3])} | change
    kept = {name: array for name, array in arrays.items() if array is not None}
    np.savez_compressed(photos / "m.npz", **kept)
    assert refused("import_judgments", photos / "m.npz").startswith(line)


def test_a_pickle_in_an_archive_is_never_opened(photos, refused):
    trace = photos / "trace"
    for name in ("tensor", "info", "ids"):
        arrays = {"tensor": VOTES, "info": np.array(PAIRS), "ids": np.array([1, 2, 3])}
        arrays[name] = np.full(arrays[name].shape, Trap(trace), object)
        np.savez(photos / "m.npz", **arrays)
        assert refused("import_judgments", photos / "m.npz").startswith("m.npz: ")
    assert not trace.exists()


def test_an_archive_cut_short_or_damaged(photos, refused):
    path = real_raters(photos / "m.npz", VOTES.astype(float), PAIRS, [1, 2, 3])
    whole = path.read_bytes()
    for content in (
        whole[: len(whole) // 2],
        b"no archive",
        whole[:60] + b"\xff" * 40 + whole[100:],
    ):
        path.write_bytes(content)
        assert refused("import_judgments", path).startswith("m.npz: is damaged or cut short")


@pytest.mark.parametrize("change", [-8, 8])
def test_an_array_shorter_or_longer_than_it_tells(photos, refused, change):
    out = io.BytesIO()
    np.save(out, VOTES)
    tensor = out.getvalue()[:change] if change < 0 else out.getvalue() + bytes(change)
    real_raters(photos / "m.npz", VOTES, PAIRS, [1, 2, 3])
    with zipfile.ZipFile(photos / "m.npz") as archive:
        others = {name: archive.read(name) for name in ("info.npy", "ids.npy")}
    with zipfile.ZipFile(photos / "m.npz", "w") as archive:
        for name, content in {**others, "tensor.npy": tensor}.items():
            archive.writestr(name, content)
    assert refused("import_judgments", photos / "m.npz").startswith("m.npz: is damaged or cut")


IMAGES = Members(np.arange(4), ["p0", "p1", "p2", "p3"])
LOOKUP = ClassLookup({letter: n for n, letter in enumerate("abcdef")}, ({}, {}, {}))


def whole_files() -> dict[str, bytes]:
    """Judgments that can be read, in every form."""
    packed = io.BytesIO()
    np.savez_compressed(packed, tensor=VOTES, info=np.array(PAIRS), ids=np.array([1, 2, 3]))
    rows = ["p0,a,Ida,no,2024-05-31,7,hm", "p1,b,Ole,yes,,,"]
    table = "\n".join([f"{HEADER},time,milliseconds,comment", *rows])
    lines = "\n".join(json.dumps(GOOD | {"image_id": f"p{n}", "time": "2024"}) for n in range(3))
    chosen = {"type": "choices", "from_name": "classes", "value": {"choices": ["a", "1"]}}
    by = {"completed_by": 7, "created_at": "2024-05-31", "lead_time": 2, "result": [chosen]}
    tasks = [{"id": 1, "data": {"image": "/data/upload/1/p1.jpg"}, "annotations": [by]}]
    return {
        ".npz": packed.getvalue(), ".csv": table.encode(), ".jsonl": lines.encode(),
        ".json": json.dumps(tasks).encode(),
    }  # fmt: skip


WHOLE = whole_files()


@pytest.mark.django_db
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(suffix=st.sampled_from(sorted(WHOLE)), content=st.binary(max_size=200))
@example(".csv", f"{HEADER}\n".encode())
@example(".jsonl", b'{"image_id": "p0"}')
def test_any_bytes_are_judgments_or_one_clear_error(tmp_path, suffix, content):
    check_reading(tmp_path / f"m{suffix}", content)


@pytest.mark.django_db
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    suffix=st.sampled_from(sorted(WHOLE)), place=st.floats(0, 1, exclude_max=True),
    content=st.binary(max_size=8), removed=st.integers(0, 8),
)  # fmt: skip
def test_any_damage_leaves_judgments_or_one_clear_error(tmp_path, suffix, place, content, removed):
    whole = WHOLE[suffix]
    start = int(place * len(whole))
    check_reading(tmp_path / f"m{suffix}", whole[:start] + content + whole[start + removed :])


def check_reading(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    known = Known(IMAGES, LOOKUP, skip_unknown=False)
    try:
        found = FORMATS[SUFFIXES[path.suffix]](path, known, quiet)
        found.refuse_repeats(path, known)
    except InputError as error:
        line = str(error)
        assert line.startswith(path.name)
        assert len(line.splitlines()) == 1
    else:
        assert set(found.verdicts.tolist()) <= {Verdict.CORRECT, Verdict.INCORRECT, Verdict.UNCLEAR}
        assert found.classes.max(initial=0) < 6
        assert found.images.max(initial=0) < 4
        assert found.reviewers.max(initial=0) < max(len(found.names), 1)
