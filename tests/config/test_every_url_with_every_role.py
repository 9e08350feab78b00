"""Who may open what: every address of the site, asked for by everybody."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from itertools import product

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.roles import ADMIN, LABELER, REVIEWER
from tests.conftest import client_of
from tests.everything import one_of_everything
from tests.factories import make_user

EVERYONE = {None, ADMIN, REVIEWER, LABELER}
PEOPLE = {ADMIN, REVIEWER, LABELER}
REVIEWING = {ADMIN, REVIEWER}

ALLOWED = {
    "api_agreement": REVIEWING,
    "api_class": PEOPLE,
    "api_classes": PEOPLE,
    "api_entry": PEOPLE,
    "api_entry_archive": PEOPLE,
    "api_entry_comments": PEOPLE,
    "api_entry_restore": PEOPLE,
    "api_entry_revisions": PEOPLE,
    "api_group": PEOPLE,
    "api_groups": PEOPLE,
    "api_guide": PEOPLE,
    "api_relation": PEOPLE,
    "api_relation_proposals": PEOPLE,
    "api_relations": PEOPLE,
    "api_taxonomies": PEOPLE,
    "api_changes": REVIEWING,
    "api_figure": REVIEWING,
    "api_figures": REVIEWING,
    "api_missed": REVIEWING,
    "api_numbers": REVIEWING,
    "api_pair": REVIEWING,
    "api_participant": REVIEWING,
    "api_participant_groups": REVIEWING,
    "api_subsets": REVIEWING,
    "api_table": REVIEWING,
    "api_participant_group": {ADMIN},
    "api_subset": {ADMIN},
    "api_audit": {ADMIN},
    "api_failed_task_retry": {ADMIN},
    "api_failed_tasks": {ADMIN},
    "api_import": {ADMIN},
    "api_import_retry": {ADMIN},
    "api_imports": {ADMIN},
    "api_invitation": {ADMIN},
    "api_invitations": {ADMIN},
    "api_model": {ADMIN},
    "api_model_tries": {ADMIN},
    "api_operations": {ADMIN},
    "api_people": {ADMIN},
    "api_person": {ADMIN},
    "api_run_retry": {ADMIN},
    "api_webhook": {ADMIN},
    "api_webhooks": {ADMIN},
    "api_class_wish": PEOPLE,
    "api_document": REVIEWING,
    "api_figure_file": REVIEWING,
    "api_guide_pictures": PEOPLE,
    "api_guide_wanted": PEOPLE,
    "api_ranges": REVIEWING,
    "api_relations_file": {ADMIN},
    "api_round_preview": {ADMIN},
    "api_round_statistics": REVIEWING,
    "api_table_file": REVIEWING,
    "api_task_preview": {ADMIN},
    "api_training": PEOPLE,
    "api_verdict_rule_preview": {ADMIN},
    "api_class_evidence": REVIEWING,
    "api_confusions": REVIEWING,
    "api_references": PEOPLE,
    "api_reference_file": PEOPLE,
    "api_task_together": PEOPLE,
    "api_guide_export": PEOPLE,
    "api_task_remarks": PEOPLE,
    "api_dataset": REVIEWING,
    "api_datasets": REVIEWING,
    "api_docs": PEOPLE,
    "api_export": {ADMIN},
    "api_export_file": {ADMIN},
    "api_exports": {ADMIN},
    "api_cases": REVIEWING,
    "api_image": REVIEWING,
    "api_image_answers": REVIEWING,
    "api_image_comments": REVIEWING,
    "api_image_reports": REVIEWING,
    "api_image_verdicts": REVIEWING,
    "api_image_file": REVIEWING,
    "api_judgments": {ADMIN},
    "api_models": {ADMIN},
    "api_multi_labels": REVIEWING,
    "api_nowhere": PEOPLE,
    "api_participants": REVIEWING,
    "api_prediction_file": REVIEWING,
    "api_predictions": REVIEWING,
    "api_report": REVIEWING,
    "api_reports": REVIEWING,
    "api_root": PEOPLE,
    "api_round": REVIEWING,
    "api_round_item": REVIEWING,
    "api_round_judgments": REVIEWING,
    "api_round_next": REVIEWING,
    "api_round_progress": REVIEWING,
    "api_round_turn": REVIEWING,
    "api_rounds": REVIEWING,
    "api_run": {ADMIN},
    "api_runs": {ADMIN},
    "api_schema": PEOPLE,
    "api_snapshots": REVIEWING,
    "api_task": PEOPLE,
    "api_task_answers": PEOPLE,
    "api_task_export": {ADMIN},
    "api_task_feedback": PEOPLE,
    "api_task_hand_in": PEOPLE,
    "api_task_image": PEOPLE,
    "api_task_items": PEOPLE,
    "api_task_labelers": {ADMIN},
    "api_task_results": PEOPLE,
    "api_tasks": PEOPLE,
    "api_verdict_rule": {ADMIN},
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
WRITERS: dict[str, set[str]] = {
    "api_entry_archive": {ADMIN},
    "api_numbers": {ADMIN},
    "api_participant_groups": {ADMIN},
    "api_subsets": {ADMIN},
    "api_group": {ADMIN},
    "api_groups": {ADMIN},
    "api_image_verdicts": {ADMIN},
    "api_relation": REVIEWING,
    "api_relation_proposals": REVIEWING,
    "api_relations": REVIEWING,
    "api_predictions": {ADMIN},
    "api_round": {ADMIN},
    "api_rounds": {ADMIN},
    "api_task": {ADMIN},
    "api_tasks": {ADMIN},
}

# Methods other than GET and POST that the API takes.
OTHERS = {
    "api_nowhere": ("put", "patch", "delete"),
    "api_export": ("delete",),
    "api_round": ("patch", "delete"),
    "api_run": ("patch",),
    "api_class_wish": ("put",),
    "api_entry": ("put",),
    "api_entry_archive": ("put",),
    "api_group": ("put", "delete"),
    "api_participant_group": ("delete",),
    "api_invitation": ("delete",),
    "api_model": ("put",),
    "api_person": ("patch",),
    "api_webhook": ("delete",),
    "api_relation": ("put", "patch"),
    "api_subset": ("delete",),
    "api_task": ("patch", "delete"),
    "api_verdict_rule": ("put",),
}

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
    known = one_of_everything(tmp_path, admin)
    return {
        pattern.name: reverse(pattern.name, kwargs={name: known[name] for name in parameters})
        for pattern, parameters in routes(get_resolver())
    }


@pytest.fixture
def ask(addresses, groups) -> Callable[[str | None, str, str], HttpResponse]:
    """What somebody of a role is answered; whatever the request did is taken back."""
    sessions = {role: client_of(make_user(role)).cookies for role in sorted(PEOPLE)}

    def asked(role: str | None, method: str, address: str) -> HttpResponse:
        client = Client()
        if role is not None:
            client.cookies = copy.deepcopy(sessions[role])
        with transaction.atomic():
            response = getattr(client, method)(address)
            transaction.set_rollback(True)
        return response

    return asked


def test_the_table_lists_every_address():
    assert {pattern.name for pattern, _ in routes(get_resolver())} == set(ALLOWED)


def test_every_view_states_who_may_open_it():
    for pattern, _ in routes(get_resolver()):
        stated = pattern.callback.roles
        expected = ALLOWED[pattern.name]
        assert (stated is None) == (None in expected), pattern.name
        assert stated is None or set(stated) == expected, pattern.name


def test_people_are_refused_what_is_not_theirs_and_nothing_else(addresses, ask):
    for role, (name, address) in product(sorted(PEOPLE), addresses.items()):
        for method in ("get", "post", *OTHERS.get(name, ())):
            status = ask(role, method, address).status_code
            allowed = ALLOWED[name] if method == "get" else WRITERS.get(name, ALLOWED[name])
            refused = status == 403
            assert refused == (role not in allowed) or status == 405, (name, role, method, status)


def test_strangers_are_sent_to_the_login_or_told_to_log_in(addresses, ask):
    for method, (name, address) in product(("get", "post"), addresses.items()):
        response = ask(None, method, address)
        status = response.status_code
        if None in ALLOWED[name]:
            assert status not in (401, 403), (name, status)
        else:
            login = status == 302 and response["Location"].startswith(reverse("login"))
            assert login or status in (401, 405), (name, status)


def test_no_other_method_does_anything(addresses, ask):
    for method, (name, address) in product(("put", "patch", "delete"), addresses.items()):
        if method not in OTHERS.get(name, ()):
            status = ask(ADMIN, method, address).status_code
            assert status in (403, 405) or name in ("login", "logout"), (name, status)
