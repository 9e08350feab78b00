"""Pictures sorted by class, as folders and tar files, and the import that draws from them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from taxonomy.loading import load_csv
from taxonomy.models import ReferenceImage, Taxonomy
from taxonomy.reference.importing import import_reference_images
from tests.worlds import CLASSES

Rows = list[tuple[str, int, str]]


def picture(number: int, size: tuple[int, int] = (24, 16)) -> bytes:
    """A JPEG that differs from those with other numbers."""
    out = io.BytesIO()
    color = (number * 7 % 256, number * 31 % 256, number // 3 % 256)
    Image.new("RGB", size, color).save(out, "JPEG", comment=f"number {number}".encode())
    return out.getvalue()


def pictures(first: int, count: int, folder: str = "") -> dict[str, bytes]:
    return {f"{folder}{number:03d}.JPEG": picture(number) for number in range(first, first + count)}


def write_folder(root: Path, files: dict[str, bytes]) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def tar_bytes(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def stored(taxonomy: Taxonomy) -> Rows:
    """(class key, position, content hash) of all reference images."""
    images = ReferenceImage.objects.filter(label_class__taxonomy=taxonomy)
    rows = images.order_by("label_class__index", "position")
    return list(rows.values_list("label_class__synset__key", "position", "content_hash"))


@pytest.fixture
def six(db, tmp_path) -> Taxonomy:
    """Classes with the keys a to f: two cranes, tusker, African elephant, sunglass, sunglasses."""
    (tmp_path / "classes.csv").write_text(CLASSES)
    load_csv(tmp_path / "classes.csv", "six")
    return Taxonomy.objects.get(name="six")


@pytest.fixture
def source(tmp_path) -> Path:
    """Twenty pictures of class a, twelve of class c."""
    files = pictures(0, 20, "a/") | pictures(100, 12, "c/deep/er/")
    return write_folder(tmp_path / "source", files)


@pytest.fixture
def draw(six) -> Callable[..., dict[str, Any]]:
    """draw(source, …) -> the result of importing eight images per class into `six`."""

    def call(source: Path, per_class: int = 8, **options: Any) -> dict[str, Any]:
        return import_reference_images(six, source, per_class, **options)

    return call
