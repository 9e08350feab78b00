"""What the guide's pages send."""

from __future__ import annotations

from django import forms

from taxonomy.forms import ClassIndices
from taxonomy.guide.writing import Draft


class EntryForm(forms.Form):
    """An entry being written. How long its texts may be is for `writing.check` to say.

    `base` is the number of the revision it was begun from; `token` names the draft that the
    browser keeps.
    """

    title = forms.CharField(required=False)
    text = forms.CharField(required=False, strip=False)
    note = forms.CharField(required=False)
    classes = ClassIndices(required=False)
    base = forms.IntegerField(required=False, min_value=1)
    token = forms.UUIDField(required=False)

    def clean_text(self) -> str:
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")

    def draft(self) -> Draft:
        data = self.cleaned_data
        return Draft(data["title"], data["text"], data["classes"], data["note"])
