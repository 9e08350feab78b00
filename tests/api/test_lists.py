"""Lists and records take as many queries however long they are."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.people import invite
from accounts.roles import LABELER, REVIEWER
from annotation.discussion import settling
from annotation.importing import jobs
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import create_task
from annotation.models import Candidate, Dataset, Image, Participant, Verdict
from annotation.review.rounds import close_round, open_round
from annotation.review.scope import Scope
from api.models import Webhook
from evaluation.exports import jobs as exporting
from evaluation.models import (
    ClassifierModel,
    FailedTask,
    InferenceRun,
    InferenceShard,
    ParticipantGroup,
    Subset,
)
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from taxonomy.guide.writing import Draft, comment, create_entry, save_entry
from taxonomy.models import GuideEntry, Taxonomy
from taxonomy.relations import Statement, enter
from tests.api.scripts import Script
from tests.factories import judge, make_dataset, make_taxonomy, make_user, predict

pytestmark = pytest.mark.django_db
IMAGES = 8


def one_more_of_each(script: Script, number: int) -> None:
    taxonomy, dataset = Taxonomy.objects.get(), Dataset.objects.get()
    person, name = make_user(LABELER), f"no-{number}"
    predict(name, dataset, [[0]] * IMAGES)
    say_more(dataset, number)
    open_round(name, [dataset], 1, reviewers=[script.user])
    create_task(name, "evaluation", Sample({"photos": 2}, balanced=False), 1, labelers=[person])
    create_entry(taxonomy, Draft(name, "Text.", (0, 1)), script.user)
    save_entry(GuideEntry.objects.earliest("pk"), Draft(name, name, (0,)), person, base=number)
    comment(GuideEntry.objects.earliest("pk"), f"Look {number}.", person)
    taxonomy.groups.create(name=name, position=number, root=taxonomy.synsets.all()[number])
    enter(taxonomy, Statement("synonym", 0, number), script.user)
    jobs.start("taxonomy", {"name": name, "files": []}, script.user)
    exporting.start("csv", [], "", script.user)
    Subset.objects.create(name=name)
    ParticipantGroup.objects.create(name=name).members.set(Participant.objects.all())
    model = ClassifierModel.objects.create(
        participant=Participant.objects.get(name=name), taxonomy=taxonomy, preprocessing={}, label_map=[]
    )  # fmt: skip
    run = InferenceRun.objects.create(model=model, dataset=dataset)
    InferenceShard.objects.create(run=run, start=0, stop=IMAGES)
    compute_report(take_snapshot())
    invite(script.user, [REVIEWER])
    Webhook.objects.create(url="https://a.example", events=[], secret="x")
    FailedTask.objects.create(name="x.y", arguments=[[], {}])


def say_more(dataset: Dataset, number: int) -> None:
    """Of the first image, which everything is said of, and of another, which becomes a case."""
    first, other = Image.objects.order_by("pk")[0], Image.objects.order_by("pk")[number]
    current = open_round(f"said-{number}", [dataset], 1, scope=Scope(which="all"), overlap=2)
    for verdict in (Verdict.CORRECT, Verdict.INCORRECT):
        somebody = make_user(REVIEWER)
        for image in (first, other):
            judge(current, somebody, image, image.target, verdict)
    close_round(current)
    candidate = Candidate.objects.filter(image=first, class_index=number).first()
    settling.comment_on(first, somebody, f"Look {number}.", candidate)
    settling.report(first, somebody, False, "")
    decided = Candidate.objects.filter(image=other).exclude(class_index=other.target)[0]
    settling.adjudicate(decided, somebody, Verdict.CORRECT, "See the beak.")


def test_a_longer_list_asks_the_database_no_more_often():
    taxonomy = make_taxonomy()
    make_dataset(taxonomy, IMAGES, "photos")
    script, reader = Script(), Script()
    for number in (1, 2):
        one_more_of_each(script, number)
    lists = {
        **dict.fromkeys(
            ["rounds", "tasks", "imports", "subsets", "participant_groups", "people", "audit",
             "predictions", "participants", "taxonomies", "datasets", "cases", "exports", "models",
             "runs", "reports", "snapshots", "invitations", "webhooks", "failed_tasks", "changes",
             "agreement", "missed", "table"], ()
        ),
        **dict.fromkeys(["guide", "groups", "relations", "classes"], (taxonomy.pk,)),
        "entry_revisions": (taxonomy.pk, GuideEntry.objects.earliest("pk").pk),
        "entry": (taxonomy.pk, GuideEntry.objects.earliest("pk").pk),
        "image": (Image.objects.earliest("pk").uid,),
    }  # fmt: skip

    def asked() -> dict[str, tuple[int, int]]:
        """Of each list how many queries it takes, and how long it is."""
        found = {}
        for name, args in lists.items():
            with CaptureQueriesContext(connection) as captured:
                answer = reader("get", name, *args)
            assert answer.status_code == 200, (name, answer.content)
            found[name] = len(captured), len(answer.content)
        return found

    asked()  # what is kept from the first time on
    few = asked()
    for number in range(3, 6):
        one_more_of_each(script, number)
    asked()
    many = asked()
    assert {name: n for name, (n, _) in many.items()} == {name: n for name, (n, _) in few.items()}
    assert {name for name in lists if many[name][1] <= few[name][1]} <= {
        "taxonomies", "datasets", "classes",
    }  # fmt: skip
    assert max(n for n, _ in few.values()) <= 13, few
