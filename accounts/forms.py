from django import forms
from django.contrib.auth.forms import BaseUserCreationForm

from accounts.models import User
from accounts.roles import ROLES

ROLE_CHOICES = [(role, role) for role in ROLES]


class InvitationForm(forms.Form):
    note = forms.CharField(label="For whom", max_length=200, required=False)
    roles = forms.MultipleChoiceField(
        choices=ROLE_CHOICES, widget=forms.CheckboxSelectMultiple, initial=["reviewer"]
    )


class PersonForm(forms.Form):
    roles = forms.MultipleChoiceField(choices=ROLE_CHOICES, required=False)
    active = forms.BooleanField(required=False)


class AccountForm(BaseUserCreationForm):
    """A name and a password, twice."""

    class Meta:
        model = User
        fields = ("username",)
