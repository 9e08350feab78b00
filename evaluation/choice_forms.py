"""Forms for subsets of images and groups of participants."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import IntegrityError, transaction
from django.db.models import Model

from annotation.models import Participant
from evaluation.models import ParticipantGroup, Subset
from evaluation.subsets import check_name
from evaluation.tasks import order_numbers
from taxonomy.errors import InputError
from taxonomy.models import ClassGroup

PAIRS = (("least_labels", "most_labels"), ("least_agreement", "most_agreement"))


class SubsetForm(forms.ModelForm):
    within = forms.ChoiceField(label="Labels of the group", required=False)
    without = forms.ChoiceField(label="And not of the group", required=False)

    class Meta:
        model = Subset
        fields = [
            "name", "within", "without", "least_labels", "most_labels", "least_agreement",
            "most_agreement", "most_seconds", "problematic",
        ]  # fmt: skip
        labels = {
            "least_labels": "Correct labels, at least",
            "most_labels": "Correct labels, at most",
            "least_agreement": "Agreement in %, at least",
            "most_agreement": "Agreement in %, at most",
            "most_seconds": "Median human time in seconds, at most",
            "problematic": "Problematic images count as well",
        }
        help_texts = {
            "name": "Letters, digits and hyphens: reports, addresses and commands know it by this name.",
            "most_agreement": "Agreement is the share of all participants' answers that the most frequent answer has.",
            "problematic": "",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = ClassGroup.objects.order_by("-kind", "name").values_list("name", flat=True)
        choices = [("", "–"), *((name, name) for name in dict.fromkeys(names))]
        for field in (self.fields["within"], self.fields["without"]):
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        try:
            check_name(name)
        except InputError as error:
            raise forms.ValidationError(str(error)) from None
        return name

    def clean(self) -> dict[str, Any]:
        content = super().clean() or {}
        for least, most in PAIRS:
            low, high = content.get(least), content.get(most)
            if low is not None and high is not None and low > high:
                self.add_error(most, f"This is below {low}: no image could be in it.")
        return content


class ParticipantGroupForm(forms.ModelForm):
    members = forms.ModelMultipleChoiceField(
        Participant.objects.all(), widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ParticipantGroup
        fields = ["name", "members", "votes"]
        labels = {"votes": "Their majority vote is a participant as well"}
        help_texts = {"votes": "Of answers given equally often, the first member's by name counts."}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if Participant.objects.filter(name=name).exists():
            raise forms.ValidationError(f"A participant is called '{name}'.")
        return name

    def clean(self) -> dict[str, Any]:
        content = super().clean() or {}
        if content.get("votes") and len(content.get("members", ())) < 2:
            self.add_error("members", "A vote needs at least two.")
        return content


def save_choice(form: forms.ModelForm) -> Model:
    """Save what a valid form says, and have the numbers computed anew.

    Raises InputError if another has taken the name since the form looked.
    """
    try:
        with transaction.atomic():
            saved = form.save()
    except IntegrityError:
        raise InputError(f"'{form.cleaned_data['name']}' is there already.") from None
    transaction.on_commit(order_numbers)
    return saved
