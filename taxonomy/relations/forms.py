from __future__ import annotations

from typing import Any

from django import forms

from taxonomy.lookup import class_lookup
from taxonomy.models import ClassRelation, Taxonomy
from taxonomy.relations import CONDITION_LENGTH, Statement, tidy_condition

MOST_BYTES = 5 * 2**20
KINDS = [
    (ClassRelation.Kind.SYNONYM, "Synonym: each is correct wherever the other is"),
    (ClassRelation.Kind.SUBSET, "Subset: wherever the first is correct, the second is too"),
]


class RelationForm(forms.Form):
    """`statement` is what a valid form says."""

    kind = forms.ChoiceField(choices=KINDS, widget=forms.RadioSelect)
    first = forms.CharField(label="First class", max_length=200)
    second = forms.CharField(label="Second class", max_length=200)
    condition = forms.CharField(
        label="Only if",
        max_length=CONDITION_LENGTH,
        required=False,
        help_text="What must be so besides, such as “tusks are visible”. Empty: always.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, taxonomy: Taxonomy, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lookup = class_lookup(taxonomy)

    def clean_condition(self) -> str:
        return tidy_condition(self.cleaned_data["condition"])

    def clean_first(self) -> int:
        return self._index("first")

    def clean_second(self) -> int:
        return self._index("second")

    def _index(self, field: str) -> int:
        try:
            return self.lookup.by_any(self.cleaned_data[field])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    @property
    def statement(self) -> Statement:
        return Statement(**self.cleaned_data)


class RelationsFileForm(forms.Form):
    file = forms.FileField(
        label="CSV file", widget=forms.FileInput(attrs={"accept": ".csv,text/csv"})
    )

    def clean_file(self) -> Any:
        if self.cleaned_data["file"].size > MOST_BYTES:
            raise forms.ValidationError("The file is larger than 5 MB.")
        return self.cleaned_data["file"]
