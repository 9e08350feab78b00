"""Who may open what: every address of the site, asked for by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Invitation, User
from accounts.people import invite
from accounts.roles import ADMIN, LABELER, REVIEWER
from annotation.importing import jobs
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import create_task
from annotation.models import Dataset, Image, Participant, PredictionSet
from api.models import Webhook
from api.tokens import make_token
from evaluation.exports import jobs as exporting
from evaluation.inference.registering import register
from evaluation.inference.runs import start_run
from evaluation.models import (
    ClassifierModel,
    ExportJob,
    FailedTask,
    InferenceRun,
    ParticipantGroup,
    Subset,
)
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from taxonomy.guide.writing import Draft, create_entry
from taxonomy.models import ReferenceImage, Taxonomy
from taxonomy.reference.importing import import_reference_images
from tests.conftest import client_of
from tests.evaluation.inference.onnx_files import write_model
from tests.factories import make_user
from tests.worlds import draw, picture_round

EVERYONE = {None, ADMIN, REVIEWER, LABELER}
PEOPLE = {ADMIN, REVIEWER, LABELER}
REVIEWING = {ADMIN, REVIEWER}

ALLOWED = {
    "api_dataset": REVIEWING,
    "api_datasets": REVIEWING,
    "api_docs": PEOPLE,
    "api_export": {ADMIN},
    "api_export_file": {ADMIN},
    "api_exports": {ADMIN},
    "api_judgments": {ADMIN},
    "api_models": {ADMIN},
    "api_multi_labels": REVIEWING,
    "api_participants": REVIEWING,
    "api_prediction_file": REVIEWING,
    "api_predictions": REVIEWING,
    "api_report": REVIEWING,
    "api_reports": REVIEWING,
    "api_root": PEOPLE,
    "api_run": {ADMIN},
    "api_runs": {ADMIN},
    "api_schema": PEOPLE,
    "api_snapshots": REVIEWING,
    "token_revoke": PEOPLE,
    "tokens": PEOPLE,
    "accept_invitation": EVERYONE,
    "adjudicate": {ADMIN},
    "audit": {ADMIN},
    "cases": REVIEWING,
    "changes": REVIEWING,
    "agreement": REVIEWING,
    "class_evidence": REVIEWING,
    "image_answers": REVIEWING,
    "image_comment": REVIEWING,
    "image_record": REVIEWING,
    "class_index": PEOPLE,
    "class_page": PEOPLE,
    "class_panel": PEOPLE,
    "class_sheet": PEOPLE,
    "class_thumbs": PEOPLE,
    "classes": PEOPLE,
    "compare": PEOPLE,
    "comparison": REVIEWING,
    "comparison_file": REVIEWING,
    "datasets": {ADMIN},
    "explorer": PEOPLE,
    "export": {ADMIN},
    "export_delete": {ADMIN},
    "export_file": {ADMIN},
    "export_job": {ADMIN},
    "figure": REVIEWING,
    "figure_data": REVIEWING,
    "figure_file": REVIEWING,
    "figure_script": REVIEWING,
    "figures": REVIEWING,
    "group_delete": {ADMIN},
    "group_edit": {ADMIN},
    "group_new": {ADMIN},
    "group_page": PEOPLE,
    "groups": PEOPLE,
    "guide": PEOPLE,
    "guide_archive": {ADMIN},
    "guide_edit": PEOPLE,
    "guide_entry": PEOPLE,
    "guide_export": PEOPLE,
    "guide_export_download": PEOPLE,
    "guide_history": PEOPLE,
    "guide_image": PEOPLE,
    "guide_image_upload": PEOPLE,
    "guide_new": PEOPLE,
    "guide_preview": PEOPLE,
    "guide_restore": PEOPLE,
    "guide_revision": PEOPLE,
    "guide_wanted": PEOPLE,
    "guide_wish": PEOPLE,
    "hierarchy": PEOPLE,
    "home": PEOPLE,
    "image": REVIEWING,
    "image_report": REVIEWING,
    "import_job": {ADMIN},
    "imports": {ADMIN},
    "invitation_revoke": {ADMIN},
    "labeling": PEOPLE,
    "labeling_about": {ADMIN},
    "labeling_answers": {ADMIN},
    "labeling_change": {ADMIN},
    "labeling_enroll": {ADMIN},
    "labeling_entry": PEOPLE,
    "labeling_feedback": PEOPLE,
    "labeling_hand_in": PEOPLE,
    "labeling_image": PEOPLE,
    "labeling_items": PEOPLE,
    "labeling_new": {ADMIN},
    "labeling_pin": PEOPLE,
    "labeling_preview": {ADMIN},
    "labeling_remark": PEOPLE,
    "labeling_results": PEOPLE,
    "labeling_submit": PEOPLE,
    "labeling_task": PEOPLE,
    "labeling_together": PEOPLE,
    "labeling_train": PEOPLE,
    "labeling_training": PEOPLE,
    "inference_change": {ADMIN},
    "inference_run": {ADMIN},
    "missed": REVIEWING,
    "operations": {ADMIN},
    "retry_import": {ADMIN},
    "retry_run": {ADMIN},
    "retry_task": {ADMIN},
    "model_new": {ADMIN},
    "model_page": {ADMIN},
    "model_preview": {ADMIN},
    "models": {ADMIN},
    "pair": REVIEWING,
    "participant": REVIEWING,
    "login": EVERYONE,
    "logout": EVERYONE,
    "password_change": PEOPLE,
    "people": {ADMIN},
    "person_change": {ADMIN},
    "recompute": {ADMIN},
    "reference_image": PEOPLE,
    "reference_sheet": PEOPLE,
    "references": PEOPLE,
    "relation_decide": REVIEWING,
    "relation_edit": REVIEWING,
    "relation_new": REVIEWING,
    "relations": PEOPLE,
    "relations_import": {ADMIN},
    "relations_propose": REVIEWING,
    "report": REVIEWING,
    "report_file": REVIEWING,
    "results": REVIEWING,
    "results_csv": REVIEWING,
    "results_status": REVIEWING,
    "review": REVIEWING,
    "review_item": REVIEWING,
    "review_next": REVIEWING,
    "review_page": REVIEWING,
    "review_progress": REVIEWING,
    "review_round": REVIEWING,
    "review_submit": REVIEWING,
    "ranges": REVIEWING,
    "ranges_figure": REVIEWING,
    "round_close": {ADMIN},
    "round_delete": {ADMIN},
    "round_new": {ADMIN},
    "round_page": REVIEWING,
    "round_pause": {ADMIN},
    "round_preview": {ADMIN},
    "round_start": {ADMIN},
    "sheet_progress": PEOPLE,
    "participant_group_delete": {ADMIN},
    "participant_group_new": {ADMIN},
    "subset_delete": {ADMIN},
    "subset_new": {ADMIN},
    "subsets": REVIEWING,
    "synset_search": {ADMIN},
    "webhook_delete": {ADMIN},
    "webhooks": {ADMIN},
    "verdict_rule": {ADMIN},
    "verdict_rule_preview": {ADMIN},
    "wanted_entries": REVIEWING,
}

# Where fewer may write than read.
WRITERS = {"api_predictions": {ADMIN}}

Route = tuple[URLPattern, set[str]]


def routes(resolver: URLResolver, above: frozenset[str] = frozenset()) -> Iterator[Route]:
    """Every pattern with the names of its address's parameters."""
    for entry in resolver.url_patterns:
        parameters = above | set(entry.pattern.converters)
        if isinstance(entry, URLResolver):
            yield from routes(entry, parameters)
        else:
            yield entry, parameters


@pytest.fixture
def addresses(db, tmp_path, admin) -> dict[str, str]:
    """An address of something that exists, for every name."""
    review_round = picture_round(tmp_path)
    taxonomy = review_round.taxonomy
    draw_reference(taxonomy, tmp_path)
    entry = create_entry(taxonomy, Draft("Cranes", "Long legs.", (0,)), admin)
    token = invite(admin, [REVIEWER])
    # One of which no round asks: those are closed to reviewers.
    image = Image.objects.create(taxonomy=taxonomy, key="in no round", target=0)
    known = {
        "change": "open",
        "entry_id": entry.pk,
        "export_id": make_export(admin).pk,
        "group_id": taxonomy.groups.create(name="some", position=9).pk,
        "hook_id": Webhook.objects.create(url="https://a.example", events=[], secret="x").pk,
        "image_id": ReferenceImage.objects.get().pk,
        "index": 0,
        "invitation_id": Invitation.objects.get().pk,
        "job_id": jobs.start("taxonomy", {"name": None, "files": []}, admin).pk,
        "kind": "html",
        "name": "vega.js",
        "number": 1,
        "failed_id": FailedTask.objects.create(name="x.y", arguments=[[], {}]).pk,
        "first_id": Participant.objects.all()[0].pk,
        "participants_id": ParticipantGroup.objects.create(name="best").pk,
        "participant_id": Participant.objects.all()[0].pk,
        "person_id": admin.pk,
        "run_id": make_run(tmp_path).pk,
        "model_id": ClassifierModel.objects.get().pk,
        "second_id": Participant.objects.all()[1].pk,
        "relation_id": taxonomy.relations.all()[0].pk,
        "rendition": "large",
        "report": "latest",
        "set_id": PredictionSet.objects.all()[0].pk,
        "report_id": compute_report(take_snapshot()).pk,
        "round_id": review_round.pk,
        "subset_id": Subset.objects.create(name="single").pk,
        "suffix": "json",
        "task_id": create_task("exam", "evaluation", Sample({"photos": 2}), 1)[0].pk,
        "taxonomy_id": taxonomy.pk,
        "token": token,
        "token_id": make_token(admin, "x", ["read"], 1)[0].pk,
        "turn_id": review_round.items.all()[0].pk,
        "uid": image.uid,
        "version": "x",
    }
    return {
        pattern.name: reverse(pattern.name, kwargs={name: known[name] for name in parameters})
        for pattern, parameters in routes(get_resolver())
    }


def make_run(folder: Path) -> InferenceRun:
    dataset = Dataset.objects.get()
    model = register(write_model(folder / "colours.onnx"), dataset.taxonomy, {})
    return start_run(model, dataset)


def make_export(admin: User) -> ExportJob:
    job = exporting.start("csv", [], "", admin)
    exporting.run_job(job.pk)
    return job


def draw_reference(taxonomy: Taxonomy, folder: Path) -> None:
    (folder / "reference" / "a").mkdir(parents=True)
    draw(folder / "reference" / "a" / "crane.jpg", 17)
    import_reference_images(taxonomy, folder / "reference")


def ask(role: str | None, method: str, address: str) -> HttpResponse:
    """What somebody of the role is answered; whatever the request did is taken back."""
    with transaction.atomic():
        client = Client() if role is None else client_of(make_user(role))
        response = getattr(client, method)(address)
        transaction.set_rollback(True)
    return response


def test_the_table_lists_every_address():
    assert {pattern.name for pattern, _ in routes(get_resolver())} == set(ALLOWED)


def test_every_view_states_who_may_open_it():
    for pattern, _ in routes(get_resolver()):
        stated = pattern.callback.roles
        expected = ALLOWED[pattern.name]
        assert (stated is None) == (None in expected), pattern.name
        assert stated is None or set(stated) == expected, pattern.name


def test_people_are_refused_what_is_not_theirs_and_nothing_else(addresses):
    for role, method, (name, address) in product(
        sorted(PEOPLE), ("get", "post"), addresses.items()
    ):
        status = ask(role, method, address).status_code
        allowed = WRITERS.get(name, ALLOWED[name]) if method == "post" else ALLOWED[name]
        assert (status == 403) == (role not in allowed) or status == 405, (name, status)


def test_strangers_are_sent_to_the_login_or_told_to_log_in(addresses):
    for method, (name, address) in product(("get", "post"), addresses.items()):
        response = ask(None, method, address)
        status = response.status_code
        if None in ALLOWED[name]:
            assert status not in (401, 403), (name, status)
        else:
            login = status == 302 and response["Location"].startswith(reverse("login"))
            assert login or status in (401, 405), (name, status)


def test_no_other_method_does_anything(addresses):
    for method, (name, address) in product(("put", "patch", "delete"), addresses.items()):
        status = ask(ADMIN, method, address).status_code
        if (name, method) == ("api_run", "patch"):
            assert status == 400  # it asks for a state
            continue
        if (name, method) == ("api_export", "delete"):
            assert status == 204
            continue
        assert status in (403, 405) or name in ("login", "logout"), (name, status)
