from __future__ import annotations

import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from taxonomy.errors import InputError
from taxonomy.guide.images import add_image, path_of
from taxonomy.loading import load_csv
from taxonomy.models import GuideImage, Taxonomy
from tests.taxonomy.guide.conftest import jpeg


def upload(client, taxonomy, data: bytes, name: str = "tail.jpg"):
    address = reverse("guide_image_upload", args=[taxonomy.pk])
    return client.post(address, {"picture": SimpleUploadedFile(name, data)})


def test_an_uploaded_picture_can_be_shown_in_a_text(six, labeler_client):
    response = upload(labeler_client, six, jpeg())
    image = GuideImage.objects.get()
    assert response.json() == {"markdown": f"![describe the picture](guide:{image.uid})"}
    preview = labeler_client.post(
        reverse("guide_preview", args=[six.pk]), {"text": response.json()["markdown"]}
    )
    address = reverse("guide_image", args=[six.pk, image.uid])
    assert f'<img src="{address}"' in preview.content.decode()
    served = labeler_client.get(address)
    assert served["Content-Type"] == "image/jpeg"
    assert "immutable" in served["Cache-Control"]
    assert Image.open(io.BytesIO(served.getvalue())).size == (40, 30)


def test_what_is_served_is_made_anew_without_what_was_hidden_in_the_file(six, admin):
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    out = io.BytesIO()
    Image.new("RGB", (3000, 1500), "teal").save(out, "JPEG", exif=exif, comment=b"<script>")
    image = add_image(six, out.getvalue() + b"<script>alert(1)</script>", admin)
    with default_storage.open(path_of(image.content_hash, "page")) as file:
        served = file.read()
    assert (image.width, image.height) == (1400, 700)
    assert Image.open(io.BytesIO(served)).size == (1400, 700)
    assert b"secret" not in served
    assert b"script" not in served


def test_the_same_picture_again_is_the_same_picture(six, admin, labeler):
    assert add_image(six, jpeg(), admin) == add_image(six, jpeg(), labeler)
    assert add_image(six, jpeg("red"), admin) != add_image(six, jpeg(), labeler)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not a picture"),
        (b"<svg onload='alert(1)'/>", "is not a picture"),
        (b"GIF89a<script>alert(1)</script>", "is not a picture"),
        (jpeg(size=(400, 300))[:900], "is damaged or cut short"),
    ],
    ids=["empty", "svg", "gif", "cut short"],
)
def test_what_is_no_picture_is_refused_with_its_name_and_the_reason(
    six, admin_client, data, reason
):
    response = upload(admin_client, six, data, "tail.jpg")
    assert response.status_code == 422
    assert response.json()["detail"].startswith(f"tail.jpg: {reason}")
    assert not GuideImage.objects.exists()


def test_a_picture_of_too_many_pixels_or_bytes_is_refused(six, admin, admin_client, settings):
    settings.IMAGE_MAX_PIXELS = 100
    with pytest.raises(InputError, match="at most 100 in all"):
        add_image(six, jpeg(), admin)
    settings.IMAGE_MAX_BYTES = 100
    assert "is larger than" in upload(admin_client, six, jpeg()).json()["detail"]


def test_an_upload_without_a_picture_says_so(six, admin_client):
    response = admin_client.post(reverse("guide_image_upload", args=[six.pk]))
    assert (response.status_code, response.json()) == (422, {"detail": "There is no picture."})


def test_a_picture_of_another_taxonomy_is_not_there(six, admin, admin_client, write):
    load_csv(write("other.csv", "name\nx\ny\n"))
    other = Taxonomy.objects.get(name="other")
    image = add_image(six, jpeg(), admin)
    assert admin_client.get(reverse("guide_image", args=[other.pk, image.uid])).status_code == 404
