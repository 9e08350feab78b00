from __future__ import annotations

import gc
import secrets
from collections.abc import Iterator

import hypothesis
import pytest
from django.contrib.auth.models import Group
from django.core.management.commands.flush import Command as Flush
from django.db import connection
from django.test import Client
from playwright.sync_api import sync_playwright

from accounts.models import User
from accounts.roles import ADMIN, LABELER, REVIEWER
from benchmarks.measuring import chromium
from tests.factories import make_user

# Where a test asks for no number of its own. Every run draws others, so that little is lost.
hypothesis.settings.register_profile("suite", max_examples=20, deadline=None)
hypothesis.settings.load_profile("suite")


# Most objects of a test live as long as it does; looking for others among them takes a tenth of the time.
gc.set_threshold(200_000, 20, 20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real data last: what they leave in the tables until a vacuum would slow all others down."""
    items.sort(key=lambda item: item.get_closest_marker("realdata") is not None)


EMPTY = """
    DO $$
    DECLARE name text;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
            AND tablename NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
        LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
    END $$
"""


@pytest.fixture(autouse=True, scope="session")
def quick_flush():
    """Tables have few rows: deleting them is much quicker than TRUNCATE, which tests with
    transactions of their own would wait for."""

    def empty(self: Flush, **options: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(EMPTY)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flush, "handle", empty)
        yield


@pytest.fixture(autouse=True)
def plain_settings(settings, tmp_path):
    """Static files by their plain names, quick password hashes, uploads in a folder of the test."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def groups(db) -> None:
    """The roles' groups, which a test with a real transaction may have emptied."""
    for name in (ADMIN, REVIEWER, LABELER):
        Group.objects.get_or_create(name=name)


@pytest.fixture
def admin(groups) -> User:
    return make_user(ADMIN, name="ada")


@pytest.fixture
def reviewer(groups) -> User:
    return make_user(REVIEWER, name="rosalind")


@pytest.fixture
def labeler(groups) -> User:
    return make_user(LABELER, name="linus")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.Backend")
    return client


@pytest.fixture
def admin_client(admin) -> Client:
    return client_of(admin)


@pytest.fixture
def reviewer_client(reviewer) -> Client:
    return client_of(reviewer)


@pytest.fixture
def labeler_client(labeler) -> Client:
    return client_of(labeler)


@pytest.fixture
def bucket(settings, monkeypatch) -> Iterator[dict[str, str]]:
    """The storage is a bucket, of a server in a thread; yields how other processes get to it."""
    import boto3  # slow to load, as is the server, and few tests ask for them
    from moto.server import ThreadedMotoServer

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    where = {
        "TUSKER_S3_BUCKET": f"tusker-{secrets.token_hex(4)}",
        "TUSKER_S3_ENDPOINT": f"http://{host}:{port}",
        "TUSKER_S3_REGION": "us-east-1",
    }
    client = boto3.client("s3", endpoint_url=where["TUSKER_S3_ENDPOINT"], region_name="us-east-1")
    client.create_bucket(Bucket=where["TUSKER_S3_BUCKET"])
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "config.object_storage.CachedS3Storage",
            "OPTIONS": {
                "bucket_name": where["TUSKER_S3_BUCKET"], "addressing_style": "path",
                "endpoint_url": where["TUSKER_S3_ENDPOINT"], "region_name": "us-east-1",
                "signature_version": "s3v4",
            },
        },
    }  # fmt: skip
    yield where
    server.stop()


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests: Playwright runs once per process."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield opened
        opened.close()
