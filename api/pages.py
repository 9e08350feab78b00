"""The pages about the API: a person's tokens, and the documentation."""

from __future__ import annotations

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from drf_spectacular.views import SpectacularSwaggerSplitView

from accounts import audit
from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required, signed_in
from api import webhooks
from api.models import Token, Webhook
from api.tokens import LONGEST_DAYS, SCOPES, make_token

PEOPLE = (ADMIN, REVIEWER, LABELER)


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="What it is for.")
    scopes = forms.MultipleChoiceField(
        choices=[(name, f"{name}: {about}") for name, about in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple, initial=["read"],
    )  # fmt: skip
    days = forms.IntegerField(
        min_value=1, max_value=LONGEST_DAYS, initial=90, label="Days it lasts"
    )


@require_http_methods(["GET", "POST"])
@roles_required(*PEOPLE)
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens; a new one is shown once."""
    user = signed_in(request)
    form = TokenForm(request.POST or None)
    text = ""
    if form.is_valid():
        data = form.cleaned_data
        token, text = make_token(user, data["name"], data["scopes"], data["days"])
        audit.note(user, audit.Action.TOKEN, f"made {token} for {', '.join(token.scopes)}")
        form = TokenForm()
    context = {
        "form": form,
        "text": text,
        "tokens": user.tokens.all(),
        "now": timezone.now(),
    }
    response = render(request, "api/tokens.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@roles_required(*PEOPLE)
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(Token, pk=token_id, user=signed_in(request))
    Token.objects.filter(pk=token.pk, revoked=None).update(revoked=timezone.now())
    audit.note(signed_in(request), audit.Action.TOKEN, f"revoked {token}")
    return redirect("tokens")


class WebhookForm(forms.Form):
    url = forms.URLField(
        max_length=500, assume_scheme="https", label="Address",
        help_text="It gets a POST, and is tried again until it answers with success.",
    )  # fmt: skip
    events = forms.MultipleChoiceField(
        choices=[(one, one) for one in Webhook.Event.values], widget=forms.CheckboxSelectMultiple
    )

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if not url.startswith(("http://", "https://")):
            raise forms.ValidationError("Enter a valid URL of http or https.")
        return url


@require_http_methods(["GET", "POST"])
@roles_required(ADMIN)
def hooks(request: HttpRequest) -> HttpResponse:
    """Who is told of what; the secret of a new one is shown once."""
    form = WebhookForm(request.POST or None)
    secret = ""
    if form.is_valid():
        secret = webhooks.add(**form.cleaned_data).secret
        form = WebhookForm()
    context = {"form": form, "secret": secret, "hooks": Webhook.objects.all()}
    response = render(request, "api/webhooks.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@roles_required(ADMIN)
def hook_delete(request: HttpRequest, hook_id: int) -> HttpResponse:
    get_object_or_404(Webhook, pk=hook_id).delete()
    return redirect("webhooks")


docs = csp_update({"style-src": [SELF, UNSAFE_INLINE], "img-src": [SELF, "data:"]})(
    roles_required(*PEOPLE)(SpectacularSwaggerSplitView.as_view(url_name="api_schema"))
)
docs.roles = frozenset(PEOPLE)  # type: ignore[attr-defined]
