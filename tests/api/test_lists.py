"""Lists take as many queries however long they are."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import LABELER
from annotation.importing import jobs
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import create_task
from annotation.models import Dataset, Participant
from annotation.review.rounds import open_round
from evaluation.models import ParticipantGroup, Subset
from taxonomy.guide.writing import Draft, create_entry
from taxonomy.models import Taxonomy
from taxonomy.relations import Statement, enter
from tests.api.scripts import Script
from tests.factories import make_dataset, make_taxonomy, make_user, predict

pytestmark = pytest.mark.django_db


def one_more_of_each(script: Script, number: int) -> None:
    taxonomy, dataset = Taxonomy.objects.get(), Dataset.objects.get()
    person, name = make_user(LABELER), f"no-{number}"
    predict(name, dataset, [[0]] * 4)
    open_round(name, [dataset], 1, reviewers=[script.user])
    create_task(name, "evaluation", Sample({"photos": 2}, balanced=False), 1, labelers=[person])
    create_entry(taxonomy, Draft(name, "Text.", (0, 1)), script.user)
    taxonomy.groups.create(name=name, position=number, root=taxonomy.synsets.all()[number])
    enter(taxonomy, Statement("synonym", 0, number), script.user)
    jobs.start("taxonomy", {"name": name, "files": []}, script.user)
    Subset.objects.create(name=name)
    ParticipantGroup.objects.create(name=name).members.set(Participant.objects.all())


def test_a_longer_list_asks_the_database_no_more_often():
    taxonomy = make_taxonomy()
    make_dataset(taxonomy, 4, "photos")
    script = Script()
    one_more_of_each(script, 1)
    lists = {
        **dict.fromkeys(
            ["rounds", "tasks", "imports", "subsets", "participant_groups", "people", "audit",
             "predictions", "participants", "taxonomies", "datasets", "cases"], ()
        ),
        **dict.fromkeys(["guide", "groups", "relations", "classes"], (taxonomy.pk,)),
    }  # fmt: skip

    def queries() -> dict[str, int]:
        found = {}
        for name, args in lists.items():
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert script("get", name, *args).status_code == 200
            found[name] = len(captured)
        return found

    queries()  # what is kept from the first time on
    few = queries()
    for number in range(2, 6):
        one_more_of_each(script, number)
    assert queries() == few
    assert max(few.values()) <= 12, few
