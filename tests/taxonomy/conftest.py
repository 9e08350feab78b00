from pathlib import Path

import pytest
from django.db import transaction

from taxonomy.loading import load_imagenet1k
from taxonomy.models import Taxonomy


@pytest.fixture(scope="module")
def imagenet1k_once(django_db_setup, django_db_blocker):
    """ImageNet's taxonomy for all tests of a module, gone after the last of them."""
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        load_imagenet1k()
    yield
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture
def imagenet1k(imagenet1k_once, db):
    return Taxonomy.objects.get(name="imagenet1k")


@pytest.fixture
def write(tmp_path):
    """write("a.csv", text or bytes) -> its path"""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file
