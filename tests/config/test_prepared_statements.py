"""Statements are planned once per connection, and before the first request if asked."""

from __future__ import annotations

import pytest
from django.db import connection

from annotation.models import RoundItem
from annotation.review import judgments, queue
from config import prepared
from tests.factories import make_round

pytestmark = pytest.mark.django_db(transaction=True)


def planned() -> dict[str, int]:
    """Statement -> how often it was executed by a plan that is kept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, generic_plans FROM pg_prepared_statements")
        return dict(cursor.fetchall())


def test_warming_plans_everything_and_does_nothing():
    make_round(images=2, per_image=1)
    connection.close()
    prepared.warm()
    names = planned()
    for statement in (queue.LEASE, queue.RENEW, judgments.JUDGE, judgments.SKIP):
        assert names[statement.name] == 1
    assert not RoundItem.objects.exclude(holder=None).exists()


def test_a_new_connection_prepares_again():
    prepared.warm()
    connection.close()
    assert queue.LEASE.run(0, 0, 60, 1, 1, 0) == []
    assert list(planned()) == [queue.LEASE.name]
