"""nginx in front, as docker-compose.yml has it: pictures come from the bucket without passing through the
web server, to those alone whom the web server lets have them."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from annotation.models import Image
from benchmarks.servers import free_port
from config.object_storage import FETCHED
from tests.worlds import picture_round

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed"),
]
TEMPLATE = django_settings.BASE_DIR / "deploy" / "nginx.conf.template"
# The daemon's own settings, which the image of nginx brings in Docker.
AROUND = """
    daemon off; pid {folder}/pid; error_log {folder}/error.log;
    events {{}}
    http {{ access_log off;
      client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
      uwsgi_temp_path {folder}; scgi_temp_path {folder};
      {site}
    }}
"""


@pytest.fixture
def proxy(live_server, bucket, settings, tmp_path) -> Iterator[str]:
    """Its address."""
    settings.MEDIA_PROXY = True
    settings.HOME = tmp_path / "home"
    port = free_port()
    replaced = {
        "http://web:8000": live_server.url, "listen 80;": f"listen 127.0.0.1:{port};",
        "alias /static/;": f"alias {tmp_path}/;", "${STORAGE_URL}": bucket["TUSKER_S3_ENDPOINT"],
        "${FORWARDED_PROTO}": "http",
    }  # fmt: skip
    site = re.sub(
        "|".join(map(re.escape, replaced)), lambda m: replaced[m[0]], TEMPLATE.read_text()
    )
    folder = tmp_path / "nginx"
    folder.mkdir()
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, site=site))
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    for _ in range(100):
        if (folder / "pid").exists():
            break
        assert process.poll() is None, (folder / "error.log").read_text()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


def ask(address: str, client: Client, **headers: str):
    cookies = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
    return urlopen(Request(address, headers={"Cookie": cookies, **headers}), timeout=10)


def test_a_picture_comes_from_the_bucket_to_whom_the_web_server_lets_have_it(
    proxy, reviewer_client, settings, tmp_path
):
    picture_round(tmp_path, images=1)
    address = reverse("image", args=[Image.objects.get().uid, "small"])
    told = reviewer_client.get(address)
    assert (told.content, told["X-Accel-Redirect"].split("/")[1]) == (b"", "bucket")
    with ask(proxy + address, reviewer_client) as answer:
        content = answer.read()
        headers = {name.lower(): value for name, value in answer.headers.items()}
    assert content.startswith(b"\xff\xd8")
    assert headers["content-type"] == "image/jpeg"
    assert "immutable" in headers["cache-control"]
    assert "private" in headers["cache-control"]
    assert headers["x-content-type-options"] == "nosniff"
    assert not [name for name in headers if name.startswith(("x-amz", "x-accel"))]
    assert "last-modified" not in headers
    with ask(proxy + address, reviewer_client, Range="bytes=2-9") as part:
        assert (part.status, part.read()) == (206, content[2:10])

    settings.MEDIA_PROXY = False
    assert b"".join(reviewer_client.get(address).streaming_content) == content


def test_nobody_gets_to_the_bucket_past_the_web_server(proxy, reviewer_client, tmp_path):
    picture_round(tmp_path, images=1)
    address = reverse("image", args=[Image.objects.get().uid, "small"])
    signed = reviewer_client.get(address)["X-Accel-Redirect"]
    with pytest.raises(HTTPError, match="404"):
        ask(proxy + signed, reviewer_client)
    with ask(proxy + address, Client()) as answer:
        assert answer.url.startswith(f"{proxy}/login/")
    gone = reverse("image", args=["00000000-0000-0000-0000-000000000000", "small"])
    with pytest.raises(HTTPError, match="404"):
        ask(proxy + gone, reviewer_client)


def test_errors_of_the_bucket_are_not_shown_and_not_kept(proxy, reviewer_client, tmp_path):
    picture_round(tmp_path, images=1)
    address = reverse("image", args=[Image.objects.get().uid, "small"])
    name = "/".join(reviewer_client.get(address)["X-Accel-Redirect"].split("?")[0].split("/")[3:])
    FETCHED.add(name, lambda file: file.write(b"kept here, and gone from the bucket")).close()
    default_storage.bucket.Object(name).delete()
    with pytest.raises(HTTPError, match="404") as caught:
        ask(proxy + address, reviewer_client)
    assert caught.value.headers["Cache-Control"] == "no-store"
    assert b"renditions" not in caught.value.read()
