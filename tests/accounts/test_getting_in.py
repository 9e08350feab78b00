"""Logging in, out, and being invited."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import people
from accounts.models import Invitation, User
from accounts.roles import ADMIN, LABELER, REVIEWER, roles_of
from tests.conftest import client_of
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NEW = {"username": "nora", "password1": "gneiss-basalt-9", "password2": "gneiss-basalt-9"}


def log_in(client: Client, name: str, password: str = PASSWORD, **more: str):
    return client.post(reverse("login"), {"username": name, "password": password, **more})


def logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_with_name_and_password_one_gets_in_and_out(client, reviewer):
    assert log_in(client, "rosalind")["Location"] == reverse("home")
    assert logged_in(client)
    client.post(reverse("logout"))
    assert not logged_in(client)


def test_a_link_cannot_log_anybody_out(reviewer_client):
    assert reviewer_client.get(reverse("logout")).status_code == 405
    assert logged_in(reviewer_client)


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(client, reviewer):
    answers = []
    for name in ("rosalind", "rosaline"):
        page = log_in(client, name, "wrong").content.decode()
        answers.append(
            "\n".join(line for line in page.splitlines() if "csrf" not in line).replace(name, "")
        )
    assert answers[0] == answers[1]
    assert not logged_in(client)


def test_after_five_wrong_passwords_even_the_right_one_is_refused_for_a_while(
    client, reviewer, admin
):
    for _ in range(5):
        log_in(client, "rosalind", "wrong")
    assert log_in(client, "rosalind").status_code == 429
    assert not logged_in(client)
    log_in(client, "ada")
    assert logged_in(client), "others get in as before"


def test_one_is_led_back_to_where_one_wanted_to_go_on_this_site_only(client, reviewer):
    assert log_in(client, "rosalind", next="/review/")["Location"] == "/review/"
    assert log_in(Client(), "rosalind", next="//evil.test/")["Location"] == reverse("home")


def test_who_may_not_log_in_any_more_is_out_at_once(reviewer, reviewer_client, admin):
    people.change(reviewer, [REVIEWER], active=False)
    assert reviewer_client.get(reverse("review")).status_code == 302
    log_in(client := Client(), "rosalind")
    assert not logged_in(client)


def test_a_changed_password_is_the_only_one_and_ends_other_sessions(reviewer, reviewer_client):
    elsewhere = client_of(reviewer)
    form = {
        "old_password": PASSWORD,
        "new_password1": NEW["password1"],
        "new_password2": NEW["password1"],
    }
    reviewer_client.post(reverse("password_change"), form)
    assert reviewer_client.get(reverse("home")).status_code == 200
    assert elsewhere.get(reverse("home")).status_code == 302
    log_in(client := Client(), "rosalind")
    assert not logged_in(client)
    log_in(client, "rosalind", NEW["password1"])
    assert logged_in(client)


@pytest.fixture
def link(admin) -> str:
    return reverse("accept_invitation", args=[people.invite(admin, [REVIEWER, LABELER])])


def test_an_invitation_makes_one_account_with_its_roles(client, link):
    assert client.get(link).status_code == 200
    client.post(link, NEW)
    assert logged_in(client)
    assert roles_of(User.objects.get(username="nora")) == {REVIEWER, LABELER}
    again = Client().post(link, {**NEW, "username": "otto"})
    assert again.status_code == 410
    assert not User.objects.filter(username="otto").exists()


def test_an_invitation_ends_when_it_expires_or_is_revoked(client, link, admin):
    Invitation.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert client.post(link, NEW).status_code == 410
    other = reverse("accept_invitation", args=[people.invite(admin, [ADMIN])])
    people.revoke(Invitation.objects.latest("pk"))
    assert client.post(other, NEW).status_code == 410
    assert not User.objects.filter(username="nora").exists()


def test_the_token_of_an_invitation_is_kept_nowhere(admin):
    token = people.invite(admin, [REVIEWER])
    assert token not in str(Invitation.objects.values())


def test_a_name_that_is_taken_is_an_error_of_the_form(client, link, reviewer):
    page = client.post(link, {**NEW, "username": "rosalind"})
    assert "already exists" in page.content.decode()
    assert Invitation.objects.get().accepted_by is None


def test_a_name_that_is_taken_in_the_same_moment_is_one_too(client, link, monkeypatch):
    make_account = User.objects.create_user

    def after_somebody_else(username, password):
        User.objects.create(username=username)
        return make_account(username, password=password)

    monkeypatch.setattr(User.objects, "create_user", after_somebody_else)
    page = client.post(link, NEW)
    assert "already exists" in page.content.decode()
    assert Invitation.objects.get().accepted_by is None


def test_an_admin_invites_in_the_browser_and_sees_the_link_once(admin_client):
    page = admin_client.post(
        reverse("people"), {"note": "Nora", "roles": [REVIEWER]}
    ).content.decode()
    link = page.partition("http://testserver")[2].partition('"')[0].partition("<")[0]
    assert Client().get(link).status_code == 200
    assert link not in admin_client.get(reverse("people")).content.decode()


def test_an_admin_changes_what_people_may_do(admin_client, labeler):
    address = reverse("person_change", args=[labeler.pk])
    admin_client.post(address, {"roles": [REVIEWER], "active": "on"})
    assert roles_of(User.objects.get(pk=labeler.pk)) == {REVIEWER}
    admin_client.post(address, {"roles": ["emperor"], "active": "on"})
    assert roles_of(User.objects.get(pk=labeler.pk)) == {REVIEWER}


def test_the_last_admin_stays_one(admin, admin_client):
    address = reverse("person_change", args=[admin.pk])
    page = admin_client.post(address, {"roles": [REVIEWER], "active": "on"}, follow=True)
    assert "Somebody must be an admin" in page.content.decode()
    assert roles_of(User.objects.get(pk=admin.pk)) == {ADMIN}
    make_user(ADMIN)
    admin_client.post(address, {"roles": [REVIEWER], "active": "on"})
    assert roles_of(User.objects.get(pk=admin.pk)) == {REVIEWER}
