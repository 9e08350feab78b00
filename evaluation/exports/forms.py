"""The form that orders an export."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html

from annotation.models import Dataset
from evaluation.exports.formats import ABOUT
from evaluation.models import LabelSnapshot

LISTED = 100


class ExportForm(forms.Form):
    """`snapshot` takes the beginning of any hash, though it lists only the latest."""

    format = forms.ChoiceField(widget=forms.RadioSelect)
    datasets = forms.ModelMultipleChoiceField(
        Dataset.objects.all(), to_field_name="name", required=False,
        widget=forms.CheckboxSelectMultiple, help_text="None chosen: all of them.",
    )  # fmt: skip
    snapshot = forms.CharField(label="Verdicts", required=False, widget=forms.Select)

    def __init__(self, data: Any = None, snapshot: str = "") -> None:
        super().__init__(data, initial={"format": "parquet", "snapshot": snapshot}, label_suffix="")
        field = self.fields["format"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (name, format_html("<strong>{}</strong> <span class=muted>{}</span>", name, about))
            for name, about in ABOUT.items()
        ]
        widget = self.fields["snapshot"].widget
        assert isinstance(widget, forms.Select)
        widget.choices = [("", "as they are now"), *_snapshots(snapshot)]


def _snapshots(asked: str) -> list[tuple[str, str]]:
    """The latest, and the one that is asked for, as (hash, name)."""
    known = LabelSnapshot.objects.only("hash", "created")
    listed = list(known[:LISTED])
    if asked and asked not in {one.hash for one in listed}:
        listed += known.filter(hash=asked)
    return [(one.hash, f"of {one.created:%-d %b %Y %H:%M} · {one}") for one in listed]
