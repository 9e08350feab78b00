import pytest
from django.core.cache import cache

from evaluation import recomputing


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Each test starts and ends without what another one has left in the cache."""
    keys = [recomputing.CHANGES_KEY, recomputing.RUNNING_KEY, recomputing.ASKED_KEY]
    cache.delete_many(keys)
    yield
    cache.delete_many(keys)
