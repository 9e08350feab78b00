from __future__ import annotations

import secrets

from django import forms

from annotation.models import Dataset


def random_seed() -> int:
    return secrets.randbelow(10**6)


class RoundForm(forms.Form):
    name = forms.CharField(max_length=100)
    datasets = forms.ModelMultipleChoiceField(
        Dataset.objects.all(), widget=forms.CheckboxSelectMultiple
    )
    seed = forms.IntegerField(
        initial=random_seed,
        help_text="The order of the images is drawn with it; the same seed gives the same order.",
    )
