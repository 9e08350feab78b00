"""Rounds at the paper's size: foreseeing and opening them, and the pages about one judged twice.

`python -m benchmarks.rounds` prints the table, in a TUSKER_HOME of its own.
"""

from __future__ import annotations

from typing import Any

from benchmarks.measuring import Line, own_home, show, timed

COMMAND = "python -m benchmarks.rounds"

# Eight reviewers, each candidate's two judgments by two of them, over five days.
JUDGE = """
    INSERT INTO annotation_judgment
        (client_id, round_id, item_id, candidate_id, reviewer_id, verdict, milliseconds, created)
    SELECT gen_random_uuid(), known.round_id, item.id, known.candidate_id,
        (%(reviewers)s::bigint[])[1 + (known.place + item.slot) %% 8],
        1 + (random() < 0.4)::int + (random() < 0.05)::int, (500 + 3000 * random())::int,
        now() - random() * interval '5 days'
    FROM annotation_roundcandidate known
    JOIN annotation_rounditem item ON item.round_id = known.round_id AND item.place = known.place
    WHERE known.round_id = %(round)s
"""


def rounds() -> list[Line]:
    from django.db import transaction

    from annotation.models import Candidate, Dataset
    from annotation.review.preview import foresee
    from annotation.review.rounds import open_round
    from annotation.review.scope import Scope

    datasets = list(Dataset.objects.exclude(name="pictures").order_by("name"))
    everything, drawn = Scope(which="all"), Scope(which="all", drawn=3)

    def open_and_forget(unit: str, order: str) -> None:
        with transaction.atomic():
            open_round("bench", datasets, 1, scope=everything, unit=unit, order=order, overlap=2)
            transaction.set_rollback(True)

    size = f"{Candidate.objects.count():,} candidates"
    measured = [
        ("outlook on a round, " + size, timed(lambda: foresee(datasets, 1, scope=everything))),
        ("the same, 3 predictions drawn", timed(lambda: foresee(datasets, 1, scope=drawn))),
        ("opening by image, at random", timed(lambda: open_and_forget("image", "random"))),
        ("by image, informative first", timed(lambda: open_and_forget("image", "informative"))),
        ("by class, informative first", timed(lambda: open_and_forget("class", "informative"))),
        *judged_round(datasets),
    ]
    return [Line(what, f"{seconds:.2f} s", COMMAND) for what, seconds in measured]


def judged_round(datasets: list[Any]) -> list[tuple[str, float]]:
    """(what, seconds) of the figures on the pages about a round in which all is judged twice."""
    from django.db import connection, transaction

    from accounts.models import User
    from annotation.review.agreement import by_class, by_group, pairs, shared_words
    from annotation.review.rounds import count_progress, open_round
    from annotation.review.scope import Scope
    from annotation.review.statistics import class_rows, pace_of, reviewer_rows

    with transaction.atomic(), connection.cursor() as cursor:
        people = [User.objects.get_or_create(username=f"round-{n}")[0] for n in range(8)]
        current = open_round("judged", datasets, 1, scope=Scope(which="all"), overlap=2)
        cursor.execute(JUDGE, {"round": current.pk, "reviewers": [user.pk for user in people]})
        said = f"{cursor.rowcount:,} judgments"
        cursor.execute("ANALYZE annotation_judgment")
        progress = count_progress(current)
        words = shared_words([current.pk])

        def agreement() -> None:
            shared_words([current.pk])
            for measure in (by_class, by_group):
                measure(words, current.taxonomy)
            pairs(words)

        measured = [
            (f"progress of a round, {said}", timed(lambda: count_progress(current))),
            ("its pace", timed(lambda: pace_of(current, progress))),
            ("its reviewers", timed(lambda: reviewer_rows(current))),
            ("its classes", timed(lambda: class_rows(current))),
            ("its agreement", timed(agreement)),
        ]
        transaction.set_rollback(True)
    return measured


def main() -> None:
    with own_home():
        from benchmarks.survive import prepare

        prepare()
        show(rounds())


if __name__ == "__main__":
    main()
