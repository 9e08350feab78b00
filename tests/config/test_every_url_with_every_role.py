"""Who may open what: every address of the site, asked for by everybody."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.people import invite
from accounts.roles import ADMIN, LABELER, REVIEWER
from annotation.importing import jobs
from annotation.models import Image
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from taxonomy.guide.writing import Draft, create_entry
from taxonomy.models import GuideImage
from tests.conftest import client_of
from tests.factories import make_user
from tests.worlds import picture_round

EVERYONE = {None, ADMIN, REVIEWER, LABELER}
PEOPLE = {ADMIN, REVIEWER, LABELER}
REVIEWING = {ADMIN, REVIEWER}

ALLOWED = {
    "accept_invitation": EVERYONE,
    "class_index": PEOPLE,
    "classes": PEOPLE,
    "datasets": {ADMIN},
    "export": {ADMIN},
    "export_download": {ADMIN},
    "figure": REVIEWING,
    "figure_script": REVIEWING,
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
    "guide_wish": PEOPLE,
    "home": PEOPLE,
    "image": REVIEWING,
    "import_job": {ADMIN},
    "imports": {ADMIN},
    "invitation_revoke": {ADMIN},
    "login": EVERYONE,
    "logout": EVERYONE,
    "password_change": PEOPLE,
    "people": {ADMIN},
    "person_change": {ADMIN},
    "recompute": {ADMIN},
    "results": REVIEWING,
    "results_csv": REVIEWING,
    "results_status": REVIEWING,
    "review": REVIEWING,
    "review_item": REVIEWING,
    "review_next": REVIEWING,
    "review_progress": REVIEWING,
    "review_round": REVIEWING,
    "review_submit": REVIEWING,
    "round_close": {ADMIN},
    "round_new": {ADMIN},
    "wanted_entries": PEOPLE,
}


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


@pytest.fixture
def addresses(db, tmp_path, admin) -> dict[str, str]:
    """An address of something that exists, for every name."""
    review_round = picture_round(tmp_path)
    report = compute_report(take_snapshot())
    job = jobs.start("taxonomy", {"name": None, "files": []}, admin)
    token = invite(admin, [REVIEWER])
    image = Image.objects.first()
    taxonomy = review_round.taxonomy
    entry = create_entry(taxonomy, Draft("Cranes", "", [0]), admin)
    picture = GuideImage.objects.create(
        taxonomy=taxonomy, content_hash="0" * 64, width=1, height=1, author=admin
    )
    arguments = {
        **{name: [taxonomy.pk] for name in ("guide", "guide_new", "guide_preview")},
        **{name: [taxonomy.pk] for name in ("guide_image_upload", "wanted_entries")},
        **{f"guide_{page}": [taxonomy.pk, entry.pk] for page in ("archive", "edit", "entry")},
        "guide_history": [taxonomy.pk, entry.pk],
        **{f"guide_{page}": [taxonomy.pk, entry.pk, 1] for page in ("restore", "revision")},
        **{name: [taxonomy.pk, "html"] for name in ("guide_export", "guide_export_download")},
        "guide_image": [taxonomy.pk, picture.uid],
        "guide_wish": [taxonomy.pk, 0],
        "accept_invitation": [token],
        "class_index": [review_round.taxonomy_id, "x"],
        "export_download": ["json"],
        "figure": [report.pk, "svg"],
        "figure_script": ["vega.js"],
        "image": [image.uid, "small"],
        "import_job": [job.pk],
        "invitation_revoke": [
            admin.invitation_set.get().pk if hasattr(admin, "invitation_set") else 1
        ],
        "person_change": [admin.pk],
        "results_csv": [report.pk],
        "review_item": [review_round.pk, uuid.uuid4()],
        **{
            name: [review_round.pk]
            for name in ALLOWED
            if name.startswith(("review_", "round_close")) and name != "review_item"
        },
    }
    return {name: reverse(name, args=arguments.get(name, [])) for name in ALLOWED}


@pytest.fixture
def visitors(groups) -> dict[str | None, Client]:
    return {None: Client(), **{role: client_of(make_user(role)) for role in sorted(PEOPLE)}}


def test_the_table_lists_every_address():
    assert {pattern.name for pattern in patterns(get_resolver())} == set(ALLOWED)


def test_every_view_states_who_may_open_it():
    for pattern in patterns(get_resolver()):
        stated = pattern.callback.roles
        expected = ALLOWED[pattern.name]
        assert (stated is None) == (None in expected), pattern.name
        assert stated is None or set(stated) == expected, pattern.name


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", ALLOWED)
def test_nobody_opens_what_is_not_theirs(name, method, addresses, visitors):
    for role, client in visitors.items():
        if method == "post" and name in ("logout", "password_change", "person_change"):
            client = Client() if role is None else client_of(make_user(role))
        response = getattr(client, method)(addresses[name])
        allowed = role in ALLOWED[name]
        if role is None and not allowed:
            refused = response.status_code == 401 or (
                response.status_code == 302 and response["Location"].startswith(reverse("login"))
            )
            assert refused or response.status_code == 405, (name, role, response.status_code)
        else:
            assert (response.status_code == 403) == (not allowed) or response.status_code == 405, (
                name, role, response.status_code,
            )  # fmt: skip


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_no_other_method_does_anything(addresses, visitors, method):
    for name, address in addresses.items():
        response = getattr(visitors[ADMIN], method)(address)
        assert response.status_code in (403, 405) or name in ("login", "logout"), name
