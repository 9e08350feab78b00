"""Statements are planned once per connection, and before the first request if asked."""

from __future__ import annotations

import pytest
from django.db import connection

from annotation.models import ReviewRound, RoundItem
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


def test_a_row_that_is_fetched_is_as_django_would_have_it():
    current = make_round(images=1)
    fetched = prepared.fetch(ReviewRound, current.pk)
    expected = ReviewRound.objects.get(pk=current.pk)
    assert fetched.__dict__ | {"_state": None} == expected.__dict__ | {"_state": None}
    assert fetched.scope["which"] == "unjudged"
    assert prepared.fetch(ReviewRound, current.pk + 1) is None
