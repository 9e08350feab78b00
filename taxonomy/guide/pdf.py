"""The whole guide as one PDF, set by Typst."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from taxonomy.guide.book import WholeGuide
from taxonomy.guide.images import path_of
from taxonomy.guide.jpeg_pages import page_of_jpeg
from taxonomy.guide.typesetting import Book, Picture, string, typeset
from taxonomy.models import GuideEntry, GuideImage
from taxonomy.progress import Progress, quiet
from taxonomy.reference.strips import strips_of

COMPILE = "import sys, typst; typst.compile(sys.argv[1], output=sys.argv[2])"
TYPESET_SECONDS = 600
STRIP_QUALITY = 80
TEMPLATE = Path(__file__).with_name("guide.typ")


def make_pdf(guide: WholeGuide, progress: Progress = quiet) -> bytes:
    """A4, with contents and an index of classes that give page numbers.

    Where classes are compared, the first reference images of each are one small picture. A picture
    that has gone from the storage is named in its place.
    """
    with tempfile.TemporaryDirectory(prefix="tusker-guide-") as name:
        folder = Path(name)
        shutil.copy(TEMPLATE, folder)
        pictures = _copy_pictures(guide.pictures, folder, progress)
        strips = _copy_strips(guide, folder, progress)
        with (folder / "main.typ").open("w") as document:
            document.writelines(_document(guide, pictures, strips, progress))
        progress("typesetting", 0, 0)
        return compile_document(folder / "main.typ")


def compile_document(path: Path) -> bytes:
    """The PDF of a Typst document, which may use files beside it.

    In a process of its own: Typst keeps what it took. Raises RuntimeError
    with Typst's words if it doesn't compile, TimeoutExpired after TYPESET_SECONDS.
    """
    pdf = path.with_suffix(".pdf")
    done = subprocess.run(
        [sys.executable, "-c", COMPILE, path, pdf],
        timeout=TYPESET_SECONDS,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"Typst ended with {done.returncode}: {done.stderr[-2000:]}")
    return pdf.read_bytes()


def _copy_pictures(
    images: list[GuideImage], folder: Path, progress: Progress
) -> dict[UUID, Picture]:
    copied = {}
    for number, image in enumerate(images):
        progress("collecting pictures", number, len(images))
        path = folder / f"{image.uid}.pdf"
        try:
            with default_storage.open(path_of(image.content_hash, "file")) as file:
                path.write_bytes(page_of_jpeg(file.read()))
        except FileNotFoundError:
            continue
        copied[image.uid] = Picture(path.name, image.width / image.height)
    return copied


def _copy_strips(guide: WholeGuide, folder: Path, progress: Progress) -> dict[int, Picture]:
    copied = {}
    for number, (index, data) in enumerate(strips_of(guide.taxonomy, guide.compared)):
        progress("collecting reference images", number, len(guide.compared))
        with Image.open(io.BytesIO(data)) as strip:
            jpeg = io.BytesIO()
            strip.save(jpeg, "JPEG", quality=STRIP_QUALITY)
            copied[index] = Picture(f"class-{index}.pdf", strip.width / strip.height)
        (folder / copied[index].path).write_bytes(page_of_jpeg(jpeg.getvalue()))
    return copied


def _document(
    guide: WholeGuide,
    pictures: dict[UUID, Picture],
    strips: dict[int, Picture],
    progress: Progress,
) -> Iterator[str]:
    labels = {one.index: _label(entries[0]) for one, entries in guide.index}
    book = Book(guide.names, pictures, labels, strips)
    count = len(guide.entries)
    about = f"{guide.taxonomy.name}, {count} {'entry' if count == 1 else 'entries'}, "
    about += f"{timezone.now():%d %B %Y}".lstrip("0")
    yield '#import "guide.typ": *\n'
    yield f"#show: guide.with(title: {string('Labeling guide')}, about: {string(about)})\n"
    done = 0
    for section in guide.sections:
        yield f"#group({string(section.title)})\n"
        for entry in section.entries:
            progress("setting entries", done, count)
            yield _entry(entry, book)
            done += 1
    rows = "".join(
        f"({string(one.name)}, {string(one.key)}, "
        f"({''.join(f'{string(_label(entry))}, ' for entry in entries)})), "
        for one, entries in guide.index
    )
    yield f"#index-of-classes(({rows}))\n"


def _entry(entry: GuideEntry, book: Book) -> str:
    assert entry.current is not None
    indices = entry.current.class_indices
    about = ", ".join(book.names.classes[index].name for index in indices)
    text = typeset(entry.current.text, indices, book)
    return f"#entry({string(_label(entry))}, {string(entry.title)}, {string(about)}, {text})\n"


def _label(entry: GuideEntry) -> str:
    return f"entry-{entry.pk}"
