"""The whole guide as one PDF, set by Typst."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import typst
from django.core.files.storage import default_storage
from django.utils import timezone

from taxonomy.guide.book import WholeGuide
from taxonomy.guide.images import path_of
from taxonomy.guide.typesetting import Book, Picture, string, typeset
from taxonomy.models import GuideEntry, GuideImage
from taxonomy.progress import Progress, quiet

TEMPLATE = Path(__file__).with_name("guide.typ")


def make_pdf(guide: WholeGuide, progress: Progress = quiet) -> bytes:
    """A4, with contents and an index of classes that give page numbers.

    A picture that has gone from the storage is named in its place.
    """
    with tempfile.TemporaryDirectory(prefix="tusker-guide-") as name:
        folder = Path(name)
        shutil.copy(TEMPLATE, folder)
        pictures = _copy_pictures(guide.pictures, folder, progress)
        with (folder / "main.typ").open("w") as document:
            document.writelines(_document(guide, pictures, progress))
        progress("typesetting", 0, 0)
        return typst.compile(folder / "main.typ", root=folder)


def _copy_pictures(
    images: list[GuideImage], folder: Path, progress: Progress
) -> dict[UUID, Picture]:
    copied = {}
    for number, image in enumerate(images):
        progress("collecting pictures", number, len(images))
        path = folder / f"{image.uid}.jpg"
        try:
            with default_storage.open(path_of(image.content_hash, "file")) as file:
                path.write_bytes(file.read())
        except FileNotFoundError:
            continue
        copied[image.uid] = Picture(path.name, image.width / image.height)
    return copied


def _document(
    guide: WholeGuide, pictures: dict[UUID, Picture], progress: Progress
) -> Iterator[str]:
    labels = {one.index: _label(entries[0]) for one, entries in guide.index}
    book = Book(guide.names, pictures, labels)
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
