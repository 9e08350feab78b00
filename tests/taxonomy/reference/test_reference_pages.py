"""The pages with reference images, and the pictures on them, as each person gets them."""

from __future__ import annotations

import io
import re

import pytest
from django.conf import settings
from django.urls import reverse
from PIL import Image

from taxonomy.models import ReferenceImage, ReferenceSet, ThumbnailSheets
from taxonomy.reference.comparing import compared
from tests.taxonomy.reference.conftest import write_folder

YEAR = "private, max-age=31536000, immutable"
SECRET = "ILSVRC2012_secret_name"


@pytest.fixture
def named(tmp_path):
    """Photographs whose names and metadata must not be told: two of class a, one of class c."""
    files = {}
    for number, key in enumerate("aac"):
        out = io.BytesIO()
        picture = Image.new("RGB", (1600, 1200), (90 * number, 60, 60))
        exif = picture.getexif()
        exif[0x010E] = f"{SECRET} by a photographer"
        picture.save(out, "JPEG", exif=exif, comment=SECRET.encode())
        files[f"{key}/{SECRET}_{number}.JPEG"] = out.getvalue()
    return write_folder(tmp_path / "named", files)


def addresses_of(taxonomy) -> list[str]:
    image = ReferenceImage.objects.first()
    return [
        reverse("references", args=[taxonomy.pk]),
        reverse("compare", args=[taxonomy.pk]) + "?class=0&class=2",
        reverse("reference_sheet", args=[taxonomy.pk, ReferenceSet.objects.first().sheet]),
        reverse("class_thumbs", args=[taxonomy.pk, ThumbnailSheets.objects.get().version, 0]),
        reverse("reference_image", args=[taxonomy.pk, image.pk, "large"]),
        reverse("reference_image", args=[taxonomy.pk, image.pk, "original"]),
    ]


@pytest.mark.parametrize("role", ["admin", "reviewer", "labeler"])
def test_everyone_gets_them_and_nobody_learns_where_they_came_from(six, draw, named, role, request):
    client = request.getfixturevalue(f"{role}_client")
    draw(named)
    for address in addresses_of(six):
        response = client.get(address)
        assert response.status_code == 200, address
        told = b"".join(response).decode(errors="replace") + str(response.headers) + address
        for secret in (SECRET, *ReferenceImage.objects.values_list("content_hash", flat=True)):
            assert secret not in told, address


def test_pictures_are_kept_for_a_year_and_have_their_types(six, draw, named, labeler_client):
    draw(named)
    for address in addresses_of(six)[2:]:
        response = labeler_client.get(address)
        assert response["Cache-Control"] == YEAR
        kind = "image/jpeg" if address.endswith("jpg") else "image/webp"
        assert response["Content-Type"] == kind
        assert "Content-Disposition" not in response
        assert Image.open(io.BytesIO(b"".join(response))).format == kind[6:].upper()


def test_the_large_image_fits_a_screen_and_the_original_is_as_it_came(
    six, draw, named, admin_client
):
    draw(named)
    large, original = addresses_of(six)[4:]
    assert Image.open(io.BytesIO(b"".join(admin_client.get(large)))).size == (1280, 960)
    assert Image.open(io.BytesIO(b"".join(admin_client.get(original)))).size == (1600, 1200)


def test_what_is_not_there_is_not_found(six, draw, named, admin_client, tmp_path):
    draw(named)
    image = ReferenceImage.objects.first()
    other = six.pk + 1
    for address in (
        reverse("reference_image", args=[six.pk, image.pk, "huge"]),
        reverse("reference_image", args=[six.pk, 0, "large"]),
        reverse("reference_image", args=[six.pk, 10**30, "large"]),
        reverse("reference_image", args=[other, image.pk, "large"]),
        reverse("reference_sheet", args=[six.pk, "0" * 32]),
        reverse("reference_sheet", args=[other, ReferenceSet.objects.first().sheet]),
        reverse("class_thumbs", args=[six.pk, ThumbnailSheets.objects.get().version, 7]),
        reverse("class_thumbs", args=[other, "x", 0]),
        reverse("references", args=[other]),
        reverse("sheet_progress", args=[other]),
        reverse("compare", args=[other]),
    ):
        assert admin_client.get(address).status_code == 404, address
    (settings.MEDIA_ROOT / image.file).unlink()
    address = reverse("reference_image", args=[six.pk, image.pk, "large"])
    assert admin_client.get(address).status_code == 404


def test_an_old_address_of_thumbnails_leads_to_the_new_one(six, draw, named, admin_client):
    draw(named)
    response = admin_client.get(reverse("class_thumbs", args=[six.pk, "old", 0]))
    version = ThumbnailSheets.objects.get().version
    assert response.url == reverse("class_thumbs", args=[six.pk, version, 0])


def test_the_overview_tells_who_has_how_many_those_with_images_first(
    six, draw, named, reviewer_client
):
    draw(named, 2)
    page = reviewer_client.get(reverse("references", args=[six.pk])).content.decode()
    assert "3 images of 2 of 6 classes" in " ".join(page.split())
    states = re.findall(r'data-text="([^"]*)" data-state="(\w+)"', page)
    assert states == [
        ("crane  a", "full"), ("tusker  c", "short"), ("crane  b", "missing"),
        ("African elephant  d", "missing"), ("sunglass  e", "missing"),
        ("sunglasses  f", "missing"),
    ]  # fmt: skip
    assert "1 of 2" in page
    assert "Import" not in page.split("<main")[1]


def test_the_progress_of_the_sheets_is_asked_for_until_all_are_made(six, draw, named, admin_client):
    draw(named)
    address = reverse("sheet_progress", args=[six.pk])
    page = admin_client.get(address).content.decode()
    assert "0 of 2 contact sheets" in page
    assert f'hx-get="{address}"' in page
    for row in ReferenceSet.objects.all():
        admin_client.get(reverse("reference_sheet", args=[six.pk, row.sheet]))
    page = admin_client.get(address).content.decode()
    assert "contact sheets" not in page
    assert "hx-get" not in page


def test_without_images_the_page_says_what_to_do(six, admin_client, labeler_client):
    address = reverse("references", args=[six.pk])
    page = admin_client.get(address).content.decode()
    assert reverse("imports") + "?kind=references" in page
    assert "import_reference_images DIR" in page
    page = labeler_client.get(address).content.decode()
    assert "An admin imports them" in page
    assert reverse("imports") not in page


def test_a_comparison_holds_its_classes_in_order_each_once(six, draw, named, labeler_client):
    draw(named)
    page = labeler_client.get(reverse("compare", args=[six.pk]) + "?class=2&class=0&class=2")
    columns = page.context["columns"]
    assert [column.label_class.index for column in columns] == [2, 0]
    assert [column.without for column in columns] == ["?class=0", "?class=2"]
    assert [column.moved for column in columns] == ["", "?class=0&class=2"]
    assert page.content.decode().count("<reference-sheet") == 2


def test_a_comparison_with_a_class_without_images(six, draw, named, labeler_client):
    draw(named)
    page = labeler_client.get(reverse("compare", args=[six.pk]) + "?class=1&class=0")
    assert "There are no reference images of this class yet" in page.content.decode()


@pytest.mark.parametrize(
    "query", ["class=6", "class=-1", "class=x", "class=", "class=²", "class=" + "9" * 30,
              "class=0&class=1&class=2&class=3"],
)  # fmt: skip
def test_a_comparison_of_what_is_not_there(six, admin_client, query):
    assert admin_client.get(f"{reverse('compare', args=[six.pk])}?{query}").status_code == 404


def test_the_pages_take_few_queries(
    six, draw, source, admin_client, django_assert_max_num_queries, django_assert_num_queries
):
    draw(source)
    with django_assert_num_queries(3):
        compared(six, ["0", "2", "3"])
    with django_assert_max_num_queries(10):
        admin_client.get(reverse("references", args=[six.pk]))
    with django_assert_max_num_queries(10):
        admin_client.get(reverse("compare", args=[six.pk]) + "?class=0&class=2&class=3")
