"""Forms about models: bringing one, correcting how images go in, running it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms

from annotation.models import Dataset
from evaluation.inference.preprocessing import FILTERS, LARGEST, RESIZES, Preprocessing
from evaluation.models import ClassifierModel
from taxonomy.errors import InputError
from taxonomy.models import Taxonomy


class ModelField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.participant.name} ({obj.sha256[:8]})"


class RunForm(forms.Form):
    model = ModelField(ClassifierModel.objects.select_related("participant"))
    dataset = forms.ModelChoiceField(Dataset.objects.all(), to_field_name="name")
    replace = forms.BooleanField(
        required=False, label="In the place of what the model predicted there before"
    )


class NewModelForm(forms.Form):
    """`label_map` is JSON as `label_maps.read_label_map` takes it, or a class per line."""

    file = forms.FileField(label="Model file")
    taxonomy = forms.ModelChoiceField(Taxonomy.objects.all(), label="Its classes are those of")
    name = forms.CharField(
        max_length=150, required=False, help_text="Empty: as the file is called."
    )
    label_map = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Only if the model's outputs are not the classes in their order, perhaps behind one for"
        " the background: a class's key for each output, one per line, an empty line for an output that"
        " is no class; or JSON.",
    )  # fmt: skip

    def clean_label_map(self) -> Any:
        text: str = self.cleaned_data["label_map"]
        if not text.strip():
            return None
        if text.lstrip().startswith("{"):
            try:
                return json.loads(text)
            except (ValueError, RecursionError) as error:
                raise forms.ValidationError(f"This is no JSON: {error}") from None
        lines = [line.strip() or None for line in text.rstrip().splitlines()]
        return {"classes": [int(line) if line and _is_index(line) else line for line in lines]}


def _is_index(line: str) -> bool:
    return line.isdecimal() and len(line) < 10


def _choices(names: Any) -> list[tuple[str, str]]:
    return [(name, name) for name in names]


class PreprocessingForm(forms.Form):
    """The fields of `Preprocessing`; valid, it is one."""

    size = forms.IntegerField(min_value=1, max_value=LARGEST, label="Side in pixels")
    resize = forms.ChoiceField(choices=_choices(RESIZES))
    crop = forms.FloatField(min_value=0.1, max_value=1, label="Share that the crop keeps")
    interpolation = forms.ChoiceField(choices=_choices(FILTERS))
    layout = forms.ChoiceField(choices=_choices(("NCHW", "NHWC")))
    dtype = forms.ChoiceField(choices=_choices(("float32", "uint8")), label="Numbers")
    channels = forms.ChoiceField(choices=_choices(("RGB", "BGR")))
    mean = forms.CharField(max_length=200, help_text="Of each channel, of values from 0 to 1.")
    std = forms.CharField(max_length=200, label="Standard deviation")

    def __init__(self, data: Mapping[str, Any] | None, current: Preprocessing) -> None:
        initial = current.as_json()
        for name in ("mean", "std"):
            initial[name] = ", ".join(f"{value:g}" for value in initial[name])
        super().__init__(data, initial=initial)

    def clean(self) -> dict[str, Any]:
        content = super().clean() or {}
        if not self.errors:
            try:
                self.preprocessing = Preprocessing(**content)
            except InputError as error:
                raise forms.ValidationError(str(error)) from None
        return content

    def _numbers(self, name: str) -> list[float]:
        try:
            return [float(part) for part in self.cleaned_data[name].replace(",", " ").split()]
        except ValueError:
            raise forms.ValidationError("Three numbers are expected.") from None

    def clean_mean(self) -> list[float]:
        return self._numbers("mean")

    def clean_std(self) -> list[float]:
        return self._numbers("std")
