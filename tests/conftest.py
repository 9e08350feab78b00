from __future__ import annotations

import hypothesis
import pytest
from django.contrib.auth.models import Group
from django.test import Client
from playwright.sync_api import sync_playwright

from accounts.models import User
from accounts.roles import ADMIN, LABELER, REVIEWER
from benchmarks.measuring import chromium
from tests.factories import make_user

# Where a test asks for no number of its own. Every run draws others, so that little is lost.
hypothesis.settings.register_profile("suite", max_examples=20, deadline=None)
hypothesis.settings.load_profile("suite")


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


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests: Playwright runs once per process."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield opened
        opened.close()
