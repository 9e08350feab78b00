"""The whole guide as one PDF and one HTML file."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
import typst
from django.core.files.storage import default_storage
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from taxonomy.guide import exporting, pdf
from taxonomy.guide.book import whole_guide
from taxonomy.guide.class_names import ClassNames, NamedClass
from taxonomy.guide.exporting import announce, export_of, make_export
from taxonomy.guide.images import add_image, path_of
from taxonomy.guide.jpeg_pages import page_of_jpeg
from taxonomy.guide.typesetting import Book, typeset
from taxonomy.guide.writing import Draft, create_entry, save_entry
from taxonomy.lookup import ClassLookup
from taxonomy.models import ReferenceImage, ReferenceSet
from taxonomy.progress import quiet
from taxonomy.reference.importing import import_reference_images
from taxonomy.reference.sheets import sheet_version
from tests.taxonomy.guide.conftest import jpeg
from tests.taxonomy.reference.conftest import pictures, write_folder

TEXT = """# What *decides*

A **bold** word, ~~struck~~, `code #x`, [a link](https://a.example/?a=1&b="2"), [[c]] and [[crane]].

```compare
A: a
B: d
nose: beak #[1] | trunk $x$
```

![its foot](guide:{uid})

1. one
2. two
   - deeper

   still two

> said "so"

| a | b |
| :-: | --: |
| 1 | 2 |

    some code

***

A hard\\
break, a [relative](/x/), a ![stranger](https://evil.example/x.png) and [[unicorn]].
"""


@pytest.fixture
def guide(six, admin):
    image = add_image(six, jpeg(size=(400, 300)), admin)
    create_entry(six, Draft("Cranes & others", TEXT.format(uid=image.uid), [0, 1]), admin)
    create_entry(six, Draft("#Elephants <$1>", "Tusks. @here *x*", [2, 3]), admin)
    create_entry(six, Draft("No class", "", []), admin)
    return six


def document(taxonomy, folder) -> str:
    """What is given to Typst."""
    shutil.copy(pdf.TEMPLATE, folder)
    book = whole_guide(taxonomy)
    pictures = pdf._copy_pictures(book.pictures, folder, quiet)
    strips = pdf._copy_strips(book, folder, quiet)
    path = folder / "main.typ"
    path.write_text("".join(pdf._document(book, pictures, strips, quiet)))
    return str(path)


def test_the_pdf_has_every_entry_in_its_contents_with_a_page(guide, tmp_path):
    path = document(guide, tmp_path)
    headings = json.loads(typst.query(path, "heading.where(outlined: true)"))
    assert [one["body"].get("text") for one in headings if one["level"] == 2] == [
        "#Elephants <$1>", "Cranes & others", "No class",
    ]  # fmt: skip
    assert [one["body"].get("text") for one in headings if one["level"] == 1][
        -1
    ] == "Index of classes"
    assert len(json.loads(typst.query(path, "image"))) == 1
    addresses = [one["dest"] for one in json.loads(typst.query(path, "link"))]
    assert "https://a.example/?a=1&b=%222%22" in addresses


def test_the_pdf_opens_and_says_what_was_written(guide):
    data = default_storage.open(make_export(guide, "pdf")).read()
    assert data.startswith(b"%PDF-1.7")
    assert data.rstrip().endswith(b"%%EOF")
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) reads the rest")
    text = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True
    ).stdout.decode()
    words = " ".join(text.split())
    for expected in (
        "#Elephants <$1>", "Tusks. @here x", "beak #[1]", "trunk $x$", "code #x",
        "large long-necked wading bird of marshes", "unicorn (no such class)", "Index of classes",
        "stranger (no picture of the guide)",
    ):  # fmt: skip
        assert expected in words
    contents = re.search(r"Contents(.*?)\f", text, re.DOTALL)[1]
    page = int(re.search(r"#Elephants <\$1>\D+(\d+)", contents)[1])
    assert "Tusks." in text.split("\f")[page - 1]
    assert re.search(rf"tusker c\D+{page}\b", text)


NAMES = ClassNames(
    [NamedClass(0, "a", ('#"x\\', "[y]"), "$", "*"), NamedClass(1, "b", ("c",), "", "")],
    ClassLookup({"a": 0, "b": 1}, ({"twin": [0, 1]}, {}, {})),
)
SPECIAL = st.sampled_from([
    "#", "$", "*", "_", "`", "```\n", "<a>", "@x", "\\", "\\u{", '"', "~", "//", "/*", "*/", "[", "]",
    "{", "}", "(", ")", ";", "#let x = 1", "#panic()", "= H\n", "- ", "+ ", "/ a: b", "'", "--", "…",
    "![x](guide:y)", "[x](https://a)", "[](#)", "[x]()", "[[a]]", "[[twin]]", "[[",
    "```compare\nA: a\nB: b\n", "x: y | z\n",
    "| a | b |\n|-|-|\n| c | d |\n", "> ", "1. ", "999999999) ", "~~", "**", "***", "\n\n", "    ", "\x85", "\x1b",
    "\u2028", "\u202e", "\ufeff", "\ufffe", "👩‍👩‍👧", "ﬃ", "\U000e0001",
])  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(text=st.lists(SPECIAL | st.text(max_size=6), max_size=25).map("".join))
def test_whatever_is_written_compiles(tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp() / "typst"
    folder.mkdir(exist_ok=True)
    shutil.copy(pdf.TEMPLATE, folder)
    content = typeset(text, [], Book(NAMES, {}, {1: "entry-1"}))
    document = f'#import "guide.typ": *\n#entry("entry-1", "x", "", {content})\n'
    (folder / "main.typ").write_text(document)
    assert typst.compile(folder / "main.typ").startswith(b"%PDF")


@pytest.mark.parametrize(
    "text",
    [
        "**a" * 2_000 + "**" * 2_000,
        "> " * 3_000 + "a",
        "- " * 3_000 + "a",
        "*_" * 3_000,
        "[x](https://" + "a" * 9_000 + ")",
    ],
    ids=lambda text: text[:4],
)
def test_deep_and_long_texts_compile(tmp_path, text):
    shutil.copy(pdf.TEMPLATE, tmp_path)
    content = typeset(text, [], Book(NAMES, {}))
    (tmp_path / "main.typ").write_text(f'#import "guide.typ": *\n#{content}\n')
    assert typst.compile(tmp_path / "main.typ").startswith(b"%PDF")


class Page(HTMLParser):
    def __init__(self, html: str):
        super().__init__()
        self.ids: set[str] = set()
        self.sources: list[str] = []
        self.targets: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.add(tag)
        self.ids |= {found["id"]} if "id" in found else set()
        self.sources += [found[name] for name in ("src",) if name in found]
        self.targets += [found["href"] for name in ("href",) if name in found]


def test_the_html_file_needs_nothing_else(guide):
    html = default_storage.open(make_export(guide, "html")).read().decode()
    page = Page(html)
    assert len(page.sources) == 1
    assert page.sources[0].startswith("data:image/jpeg;base64,/9j/")
    assert page.tags.isdisjoint({"script", "link", "iframe"})
    inner = [target[1:] for target in page.targets if target.startswith("#")]
    assert set(inner) <= page.ids
    assert {
        "index",
        "class-0",
        "class-3",
        *(f"entry-{one.pk}" for one in guide.guide_entries.all()),
    } <= page.ids
    assert "#Elephants &lt;$1&gt;" in html
    assert "@import" not in html
    assert "url(" not in html


@pytest.fixture
def pictured(guide, tmp_path):
    """The guide, which compares classes 0 and 3, with reference images of 0 and 2."""
    files = pictures(0, 5, "a/") | pictures(100, 5, "c/")
    import_reference_images(guide, write_folder(tmp_path / "source", files), 5)
    return guide


def test_compared_classes_show_their_reference_images_in_the_html_file(pictured):
    html = default_storage.open(make_export(pictured, "html")).read().decode()
    page = Page(html)
    strips = [source for source in page.sources if source.startswith("data:image/webp;base64,")]
    assert len(strips) == 1
    with Image.open(io.BytesIO(base64.b64decode(strips[0].partition(",")[2]))) as strip:
        assert (strip.format, strip.size) == ("WEBP", (320, 80))
    side = re.search(r'<div class="guide-side" data-class-index="0">.*?</div>', html, re.DOTALL)[0]
    assert 'alt="Reference images of crane" width="320" height="80"' in side
    assert "hx-get" not in html


def test_compared_classes_show_their_reference_images_in_the_pdf(pictured, tmp_path):
    images = json.loads(typst.query(document(pictured, tmp_path), "image"))
    assert [one["alt"] for one in images] == ["Reference images of crane", "its foot"]
    data = default_storage.open(make_export(pictured, "pdf")).read()
    assert data.count(b"/DCTDecode") == 2


def test_other_reference_images_are_another_export(guide, tmp_path):
    make_export(guide, "html")
    files = write_folder(tmp_path / "source", pictures(0, 5, "a/"))
    import_reference_images(guide, files, 5)
    guide.refresh_from_db()
    assert export_of(guide, "html").state == "none"
    first = make_export(guide, "html")
    assert export_of(guide, "html").state == "ready"
    # Another draw with the same first image: no other thumbnail, and yet another strip.
    ReferenceImage.objects.get(position=4).delete()
    ReferenceSet.objects.update(sheet=sheet_version(["another"]))
    assert export_of(guide, "html").state == "none"
    assert make_export(guide, "html") != first


@pytest.mark.parametrize("size", [(40, 30), (1, 700)])
def test_a_jpeg_is_a_page_as_it_is_and_of_its_size(tmp_path, size):
    data = jpeg("crimson", size)
    page = page_of_jpeg(data)
    assert data in page
    (tmp_path / "page.pdf").write_bytes(page)
    (tmp_path / "main.typ").write_text(
        '#set page(width: auto, height: auto, margin: 0pt)\n#image("page.pdf")'
    )
    shown = Image.open(io.BytesIO(typst.compile(tmp_path / "main.typ", format="png", ppi=72)))
    assert shown.size == size
    red, green, blue, _ = shown.convert("RGBA").getpixel((0, size[1] // 2))
    assert abs(red - 220) + abs(green - 20) + abs(blue - 60) < 20


def test_an_export_is_made_once_and_anew_when_the_guide_has_changed(guide, admin):
    first = make_export(guide, "html")
    written = default_storage.get_modified_time(first)
    assert make_export(guide, "html") == first
    assert default_storage.get_modified_time(first) == written
    entry = guide.guide_entries.get(title="No class")
    save_entry(entry, Draft("No class", "Now.", []), admin, base=1)
    assert export_of(guide, "html").state == "none"
    second = make_export(guide, "html")
    assert second != first
    assert not default_storage.exists(first)
    assert export_of(guide, "html").state == "ready"


def test_it_tells_how_far_it_is(guide):
    steps = []
    pdf.make_pdf(
        whole_guide(guide), lambda step, done=0, total=0: steps.append((step, done, total))
    )
    assert steps == [
        ("collecting pictures", 0, 1),
        ("setting entries", 0, 3),
        ("setting entries", 1, 3),
        ("setting entries", 2, 3),
        ("typesetting", 0, 0),
    ]


def test_a_worker_is_asked_once(guide):
    assert announce(export_of(guide, "pdf"))
    assert export_of(guide, "pdf").state == "running"
    assert not announce(export_of(guide, "pdf"))


def test_what_goes_wrong_is_told_and_can_be_tried_again(guide, monkeypatch):
    monkeypatch.setattr(pdf, "TEMPLATE", pdf.TEMPLATE.with_name("pdf.py"))  # no guide.typ there
    with pytest.raises(RuntimeError, match=r"guide\.typ"):
        make_export(guide, "pdf")
    assert export_of(guide, "pdf").state == "failed"
    monkeypatch.undo()
    assert announce(export_of(guide, "pdf"))
    make_export(guide, "pdf")
    assert export_of(guide, "pdf").state == "ready"


@pytest.mark.parametrize("kind", exporting.MAKERS)
def test_a_picture_that_has_gone_is_named_and_the_rest_is_there(guide, kind):
    image = guide.guide_images.get()
    default_storage.delete(path_of(image.content_hash, "file"))
    assert export_of(guide, kind).state == "none"
    make_export(guide, kind)
    assert export_of(guide, kind).state == "ready"


def test_an_export_is_downloaded_under_a_name_of_its_own(guide, labeler_client):
    address = reverse("guide_export_download", args=[guide.pk, "html"])
    assert labeler_client.get(address).status_code == 404
    make_export(guide, "html")
    response = labeler_client.get(address)
    assert response["Content-Disposition"] == 'attachment; filename="labeling-guide-six.html"'
    assert b"Index of classes" in response.getvalue()
    assert (
        labeler_client.get(reverse("guide_export_download", args=[guide.pk, "exe"])).status_code
        == 404
    )
