"""Class indices in forms, as templates/taxonomy/_class_inputs.html asks for them."""

from __future__ import annotations

from typing import Any

from django import forms

from taxonomy.models import LabelClass, Taxonomy


class ClassIndices(forms.Field):
    """Hidden inputs of one name, a class index each; [] for none."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[int]:
        texts = [str(text) for text in value or []]
        if not all(text.isascii() and text.isdecimal() and len(text) < 9 for text in texts):
            raise forms.ValidationError("A class index is a whole number.")
        return sorted({int(text) for text in texts})


def shown_classes(taxonomy: Taxonomy, field: forms.BoundField) -> list[LabelClass]:
    """The classes that a field of class indices holds, with synsets; one query.

    None if it holds anything else.
    """
    try:
        indices = ClassIndices().clean(field.value())
    except forms.ValidationError:
        return []
    found = taxonomy.classes.filter(index__in=indices)
    return list(found.select_related("synset").order_by("index"))
