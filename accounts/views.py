"""Getting in, and who may."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import audit, people
from accounts.forms import AccountForm, InvitationForm, PersonForm
from accounts.models import AuditEntry, Invitation, User
from accounts.roles import ADMIN, ROLES, public, roles_of, roles_required, signed_in

AUDIT_ENTRIES = 100

log_in = public(
    LoginView.as_view(template_name="accounts/login.html", redirect_authenticated_user=True)
)
log_out = public(LogoutView.as_view())


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@roles_required(*ROLES)
def password_change(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = PasswordChangeForm(user, request.POST or None)
    if form.is_valid():
        update_session_auth_hash(request, form.save())
        messages.success(request, "Your password is changed.")
        return redirect("home")
    return render(request, "accounts/password_change.html", {"form": form})


@require_http_methods(["GET", "POST"])
@roles_required(ADMIN)
def people_page(request: HttpRequest) -> HttpResponse:
    """Everybody and what they may do; a POST invites one more, and shows the link once."""
    form = InvitationForm(request.POST or None)
    link = None
    if form.is_valid():
        token = people.invite_somebody(
            signed_in(request), form.cleaned_data["roles"], form.cleaned_data["note"]
        )
        link = request.build_absolute_uri(f"/invitation/{token}/")
        form = InvitationForm()
    persons = people.accounts().prefetch_related("groups")
    context = {
        "form": form,
        "link": link,
        "persons": [
            (person, {group.name for group in person.groups.all()})
            for person in persons.order_by("username")
        ],
        "elsewhere": people.from_elsewhere().count(),
        "all_roles": ROLES,
        "invitations": people.open_invitations(),
    }
    return render(request, "accounts/people.html", context)


@require_POST
@roles_required(ADMIN)
def person_change(request: HttpRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(people.accounts(), pk=person_id)
    form = PersonForm(request.POST)
    if not form.is_valid():
        messages.error(request, "There is no such role.")
        return redirect("people")
    data = form.cleaned_data
    try:
        people.change_person(signed_in(request), person, data["roles"], data["active"])
    except people.NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Saved: {person.username}.")
    return redirect(
        "people" if ADMIN in roles_of(User.objects.get(pk=signed_in(request).pk)) else "home"
    )


@require_GET
@roles_required(ADMIN)
def audit_page(request: HttpRequest) -> HttpResponse:
    """Everything that is noted, the latest first; ?action= chooses."""
    action = request.GET.get("action", "")
    entries = AuditEntry.objects.select_related("user")
    if action in AuditEntry.Action.values:
        entries = entries.filter(action=action)
    context = {
        "page": Paginator(entries, AUDIT_ENTRIES).get_page(request.GET.get("page")),
        "action": action,
        "actions": AuditEntry.Action.values,
    }
    return render(request, "accounts/audit.html", context)


@require_POST
@roles_required(ADMIN)
def invitation_revoke(request: HttpRequest, invitation_id: int) -> HttpResponse:
    people.revoke(get_object_or_404(Invitation, pk=invitation_id))
    return redirect("people")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@public
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    invitation = people.find_invitation(token)
    if invitation is None:
        return render(request, "accounts/invitation_invalid.html", status=410)
    form = AccountForm(request.POST or None)
    if form.is_valid():
        username, password = form.cleaned_data["username"], form.cleaned_data["password1"]
        try:
            with transaction.atomic():
                user = people.accept(token, username, password)
        except people.NotPossible:
            return render(request, "accounts/invitation_invalid.html", status=410)
        except IntegrityError:  # since the form looked, another person has taken the name
            form.add_error("username", "A user with that username already exists.")
            context = {"form": form, "invitation": invitation}
            return render(request, "accounts/invitation.html", context)
        audit.note(
            user, audit.Action.ROLES, f"accepted an invitation as {', '.join(invitation.roles)}"
        )
        login(request, user, backend="accounts.backends.Backend")
        return redirect("home")
    return render(request, "accounts/invitation.html", {"form": form, "invitation": invitation})
