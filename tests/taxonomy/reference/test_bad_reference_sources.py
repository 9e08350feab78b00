"""Sources that are wrong: one clear line and nothing changed, or a file passed over and named."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from taxonomy.errors import InputError
from taxonomy.models import ReferenceImage, ReferenceSet
from tests.taxonomy.reference.conftest import picture, pictures, stored, tar_bytes, write_folder


@pytest.fixture
def refused(six, draw) -> Callable[..., str]:
    """refused(source, …) -> the one line it says; nothing is stored."""

    def call(source: Path, **options: object) -> str:
        before = stored(six)
        with pytest.raises(InputError) as error:
            draw(source, **options)
        assert stored(six) == before
        assert ReferenceSet.objects.count() == len({key for key, _, _ in before})
        line = str(error.value)
        assert "\n" not in line
        assert str(source.parent) not in line
        return line

    return call


def tar_of(path: Path, *members: tarfile.TarInfo, **files: bytes) -> Path:
    """A tar file with a good picture in class a and these members."""
    with tarfile.open(path, "w") as archive:
        for name, data in {"a/good.jpg": picture(1), **files}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for member in members:
            archive.addfile(member)
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, link
    return found


def back_to_itself() -> bytes:
    """A member whose size leads the reader back to its own header."""
    found = member("a/x.jpg")
    found.pax_headers = {"size": "-1536"}
    return found.tobuf(tarfile.PAX_FORMAT)


def sparse_without_map() -> bytes:
    found = member("a/x.jpg")
    found.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
    return found.tobuf(tarfile.PAX_FORMAT) + b"no map".ljust(512, b"\0")


def long_name(size: int) -> bytes:
    found = member("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    found.size = size
    return found.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "headers",
    [back_to_itself(), sparse_without_map(), long_name(8 * 2**30), long_name(0) * 2000],
    ids=["back to itself", "sparse without a map", "a name of gigabytes", "names without end"],
)
def test_headers_that_lead_a_reader_astray(refused, tmp_path, headers):
    before = member("a", tarfile.DIRTYPE).tobuf()
    (tmp_path / "s.tar").write_bytes(before + headers + bytes(1024))
    assert refused(tmp_path / "s.tar").startswith("s.tar: can't be read as a tar file: ")


def test_folders_that_are_no_class_are_listed_before_anything_is_done(refused, source):
    write_folder(source, {"zebra/x.jpg": picture(1), "yak/y.jpg": picture(2)})
    line = refused(source)
    assert line.startswith("source: folders that are no class of 'six': ")
    assert "'zebra'" in line
    assert "'yak'" in line


def test_of_very_many_unknown_folders_the_first_are_listed(refused, source):
    write_folder(source, {f"unknown{number:02d}/x.jpg": picture(1) for number in range(30)})
    assert refused(source).endswith("'unknown09' and 20 more")


def test_no_folder_is_a_class(refused, tmp_path):
    line = refused(write_folder(tmp_path / "s", {"x/1.jpg": picture(1), "y/2.jpg": picture(2)}))
    assert line.startswith("s: no folder is named after a class of 'six': ")


def test_a_name_that_means_two_classes(refused, tmp_path):
    line = refused(write_folder(tmp_path / "s", {"crane/1.jpg": picture(1)}))
    assert "'crane' means any of the classes [0, 1]; use the wnid" in line


@pytest.mark.parametrize("inside", [{}, {"a/notes.txt": b"text"}, {"a/.DS_Store": b"x"}])
def test_a_class_folder_without_pictures(refused, source, inside):
    write_folder(source, inside)
    (source / "d").mkdir()
    assert refused(source) == "source: folders without a picture: 'd'"


def test_an_empty_folder(refused, tmp_path):
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty") == "empty: holds no folder or .tar file of a class"


def test_a_folder_with_pictures_but_no_classes(refused, tmp_path):
    line = refused(write_folder(tmp_path / "s", pictures(0, 3)))
    assert line == "s: holds no folder or .tar file of a class"


def test_an_empty_folder_in_a_tar_file(refused, tmp_path):
    path = tar_of(tmp_path / "s.tar", member("d", tarfile.DIRTYPE))
    assert refused(path) == "s.tar: folders without a picture: 'd'"


def test_a_source_that_is_not_there(refused, tmp_path):
    assert refused(tmp_path / "gone") == "gone: is neither a folder nor a .tar file"


def test_the_same_class_under_two_names(refused, source):
    write_folder(source, {"0/x.jpg": picture(1)})
    assert refused(source) == "source: '0' and 'a' are the same class"


def test_the_same_class_as_folder_and_tar_file(refused, source):
    write_folder(source, {"a.tar": tar_bytes(pictures(0, 2))})
    assert refused(source) == "source: holds 'a' as a folder and as a .tar file"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (member("/etc/passwd"), "'/etc/passwd' leads out of the archive"),
        (member("a/../../x.jpg"), "'a/../../x.jpg' leads out of the archive"),
        (member("../x.jpg"), "'../x.jpg' leads out of the archive"),
        (member("a/x.jpg", tarfile.SYMTYPE, "/etc/passwd"), "'a/x.jpg' is a link"),
        (member("a/x.jpg", tarfile.LNKTYPE, "a/good.jpg"), "'a/x.jpg' is a link"),
        (member("a/x.jpg", tarfile.FIFOTYPE), "'a/x.jpg' is neither a plain file nor a folder"),
        (member("a/x.jpg", tarfile.CHRTYPE), "'a/x.jpg' is neither a plain file nor a folder"),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_a_tar_file_with_a_dangerous_member(refused, tmp_path, bad, reason, nested):
    path = tar_of(tmp_path / "bad.tar", bad)
    if nested:
        path.write_bytes(tar_bytes({"a.tar": path.read_bytes()}))
    assert refused(path) == f"bad.tar: {reason}"
    assert not list(tmp_path.rglob("passwd"))


def test_a_tar_file_with_one_name_twice(refused, tmp_path):
    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        for number in (1, 2):
            found = member("a/x.jpg")
            found.size = len(picture(number))
            archive.addfile(found, io.BytesIO(picture(number)))
    assert refused(tmp_path / "s.tar") == "s.tar: holds 'x.jpg' twice"


@pytest.mark.parametrize("name", ["s.tar.gz", "s.tgz", "s.tar.xz"])
def test_a_compressed_tar_file(refused, tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    assert refused(tmp_path / name) == f"{name}: is compressed; make it a plain .tar file first"


@pytest.mark.parametrize("data", [b"", b"no tar file at all" * 100])
def test_a_file_that_is_no_tar_file(refused, tmp_path, data):
    (tmp_path / "s.tar").write_bytes(data)
    assert refused(tmp_path / "s.tar").startswith("s.tar: can't be read as a tar file: ")


def test_a_tar_file_cut_short(refused, tmp_path):
    whole = tar_bytes({f"a/{number}.jpg": picture(number) for number in range(4)})
    (tmp_path / "s.tar").write_bytes(whole[:2100])
    assert (
        refused(tmp_path / "s.tar") == "s.tar: can't be read as a tar file: unexpected end of data"
    )


def test_a_class_folder_that_is_a_link_to_elsewhere(refused, source, tmp_path):
    write_folder(tmp_path / "elsewhere", pictures(0, 2))
    (source / "d").symlink_to(tmp_path / "elsewhere")
    assert refused(source) == "source: 'd' is a link that leaves the folder"


@pytest.mark.parametrize("per_class", [0, -1, 101])
def test_a_number_of_images_that_no_sheet_holds(refused, source, per_class):
    assert refused(source, per_class=per_class).endswith("is between 1 and 100")


def test_another_draw_needs_to_be_asked_for(refused, draw, source):
    draw(source)
    line = refused(source, seed=3)
    assert "have images from other files, seed or number" in line
    assert line.endswith("'a', 'c'")
    write_folder(source, {"c/new.jpg": picture(999)})
    assert refused(source).endswith(": 'c'")


def test_a_class_with_three_images_is_taken_and_reported_short(six, draw, source):
    write_folder(source, pictures(300, 3, "d/"))
    result = draw(source)
    assert (result["classes"], result["images"]) == (3, 19)
    assert result["short"] == [{"class": "d", "images": 3}]


def in_folder(path: Path, files: dict[str, bytes]) -> Path:
    return write_folder(path / "s", {f"a/{name}": data for name, data in files.items()})


def in_tar(path: Path, files: dict[str, bytes]) -> Path:
    return write_folder(path / "s", {"a.tar": tar_bytes(files)})


@pytest.mark.parametrize("layout", [in_folder, in_tar])
def test_a_corrupt_picture_is_passed_over_named_and_replaced(six, draw, tmp_path, layout):
    good = picture(1, (200, 200))
    files = pictures(0, 10) | {
        "cut.jpg": good[: len(good) // 2],
        "text.jpg": b"text",
        "no.jpg": b"",
    }
    result = draw(layout(tmp_path, files), 10)
    assert (result["images"], result["short"]) == (10, [])
    reasons = {entry["file"]: entry["reason"] for entry in result["damaged"]}
    assert set(reasons) <= {"cut.jpg", "text.jpg", "no.jpg"}
    assert draw(layout(tmp_path, files), 10) == {**result, "new": 0}
    result = draw(layout(tmp_path, files), 13, replace=True)
    reasons = {entry["file"]: entry["reason"] for entry in result["damaged"]}
    assert reasons["cut.jpg"].startswith("is damaged or cut short")
    assert reasons["text.jpg"].startswith("is not a picture")
    assert set(reasons) == {"cut.jpg", "text.jpg", "no.jpg"}
    assert {entry["class"] for entry in result["damaged"]} == {"a"}
    assert result["short"] == [{"class": "a", "images": 10}]


@pytest.mark.parametrize("layout", [in_folder, in_tar])
def test_files_and_pictures_that_are_too_large(six, draw, tmp_path, settings, layout):
    large = picture(1, (300, 300))
    settings.IMAGE_MAX_PIXELS = 40_000
    source = layout(tmp_path, {"wide.jpg": large, "good.jpg": picture(2)})
    assert "is 300 × 300 pixels" in draw(source, 2)["damaged"][0]["reason"]
    settings.IMAGE_MAX_BYTES = len(large) - 1
    reason = draw(source, 3, replace=True)["damaged"][0]["reason"]
    assert reason == f"is larger than {len(large) - 1:,} bytes"


def test_a_picture_that_is_a_link_to_elsewhere(six, draw, tmp_path, source):
    (tmp_path / "secret.jpg").write_bytes(picture(777))
    (source / "a" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (source / "a" / "gone.jpg").symlink_to(source / "a" / "nothing")
    result = draw(source, 25)
    reasons = {entry["file"]: entry["reason"] for entry in result["damaged"]}
    assert reasons["link.jpg"] == "is a link that leaves the folder of its class"
    assert reasons["gone.jpg"] == "can't be read: No such file or directory"
    assert len([row for row in stored(six) if row[0] == "a"]) == 20


def test_names_in_any_bytes(six, draw, tmp_path):
    folder = write_folder(tmp_path / "s", pictures(0, 3, "a/"))
    (folder / "a" / "caf\udce9.jpg").write_bytes(b"no picture")
    result = draw(folder, 4)
    assert result["damaged"][0]["file"] == "caf?.jpg"
    assert ReferenceImage.objects.count() == 3
