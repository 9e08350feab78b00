"""What an admin fills in to import; `parameters()` is what `jobs` takes."""

from __future__ import annotations

from typing import Any

from django import forms

from annotation.importing import uploads
from annotation.models import Dataset
from taxonomy.errors import InputError
from taxonomy.models import Taxonomy
from taxonomy.reference.importing import MOST_PER_CLASS, PER_CLASS

PATH_HELP = "Instead of a file from your computer: a path on the server."


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data]
        cleaned = [super(ManyFilesField, self).clean(file, initial) for file in files]
        return [file for file in cleaned if file]


class ImportForm(forms.Form):
    """A form with pairs of fields, `x` for an upload and `x_path` for a path on the server."""

    kind = ""
    title = ""
    needed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    note = "An import changes everything or nothing; importing the same again changes nothing."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in (*self.needed, *self.optional):
            self._check_pair(name, cleaned)
        return cleaned

    def _check_pair(self, name: str, cleaned: dict[str, Any]) -> None:
        upload, path = cleaned.get(name), cleaned.get(f"{name}_path")
        if upload and path:
            self.add_error(name, "Choose a file or write a path, not both.")
        if name in self.needed and not upload and not path and name not in self.errors:
            self.add_error(name, "Choose a file, or write a path on the server.")
        if path:
            try:
                cleaned[f"{name}_path"] = str(uploads.on_server(path))
            except InputError as error:
                self.add_error(f"{name}_path", str(error))

    def parameters(self) -> dict[str, Any]:
        return {"files": self._files(), **self.own_parameters()}

    def own_parameters(self) -> dict[str, Any]:
        raise NotImplementedError

    def _files(self) -> list[str]:
        """The paths of the pairs in their order; what was uploaded is put aside for the worker."""
        sent = {
            name: found if isinstance(found, list) else [found]
            for name in (*self.needed, *self.optional)
            if (found := self.cleaned_data.get(name))
        }
        stored = iter(uploads.put_aside([file for files in sent.values() for file in files]))
        paths = []
        for name in (*self.needed, *self.optional):
            if name in sent:
                paths += [next(stored) for _ in sent[name]]
            elif path := self.cleaned_data.get(f"{name}_path"):
                paths.append(path)
        return paths


def _path_field(label: str) -> forms.CharField:
    return forms.CharField(label=label, required=False, help_text=PATH_HELP)


def _taxonomy_field() -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        Taxonomy.objects.all(), label="Classes", required=False, to_field_name="name",
        empty_label="the only ones there are, or ImageNet's",
    )  # fmt: skip


class TaxonomyForm(ImportForm):
    kind = "taxonomy"
    title = "Classes"
    optional = ("file",)

    file = forms.FileField(
        label="Class list (CSV)", required=False,
        help_text="A row per class: name, and perhaps index, key, parents, definition."
        " Without a file, the 1,000 classes of ImageNet are loaded.",
    )  # fmt: skip
    file_path = _path_field("Path of the class list")
    name = forms.CharField(label="Name", max_length=100, required=False)

    def own_parameters(self) -> dict[str, Any]:
        return {"name": self.cleaned_data["name"] or None}


class DatasetForm(ImportForm):
    kind = "dataset"
    title = "Dataset"
    needed = ("labels",)
    optional = ("images",)

    name = forms.CharField(label="Name of the dataset", max_length=100)
    labels = forms.FileField(
        label="Labels (CSV)", required=False,
        help_text="Columns image_id and wnid, class_index or class_name.",
    )  # fmt: skip
    labels_path = _path_field("Path of the labels")
    images = forms.FileField(
        label="Images (zip)", required=False,
        help_text="Optional; folders within don't matter. They may follow later.",
    )  # fmt: skip
    images_path = _path_field("Path of the image folder")
    taxonomy = _taxonomy_field()

    def own_parameters(self) -> dict[str, Any]:
        taxonomy = self.cleaned_data["taxonomy"]
        return {
            "name": self.cleaned_data["name"],
            "taxonomy": taxonomy.name if taxonomy else None,
        }


class PredictionsForm(ImportForm):
    kind = "predictions"
    title = "Predictions"
    needed = ("predictions",)

    dataset = forms.ModelChoiceField(Dataset.objects.all(), to_field_name="name")
    predictions = ManyFilesField(
        label="Files", required=False,
        help_text="One per model, called after it: .npy, .npz, .csv, .json, .jsonl or .parquet, also"
        " as timm and Hugging Face write them.",
    )  # fmt: skip
    predictions_path = _path_field("Path of a file or folder")
    model = forms.CharField(
        label="Name of the model", max_length=150, required=False,
        help_text="For a single file that is called otherwise.",
    )  # fmt: skip
    replace = forms.BooleanField(
        required=False, label="Replace what a model predicted before, if it differs"
    )

    def own_parameters(self) -> dict[str, Any]:
        return {
            "dataset": self.cleaned_data["dataset"].name,
            "model": self.cleaned_data["model"] or None,
            "replace": self.cleaned_data["replace"],
        }


class MultiLabelsForm(ImportForm):
    kind = "multilabels"
    title = "Multi-labels"
    needed = ("labels",)

    dataset = forms.ModelChoiceField(Dataset.objects.all(), to_field_name="name")
    labels = forms.FileField(
        label="Multi-labels (JSON)", required=False,
        help_text="ReaL's list for the ImageNet validation images, the file of TFDS's "
        "imagenet2012_multilabel, or an export of annotations as JSON.",
    )  # fmt: skip
    labels_path = _path_field("Path of the file")
    replace = forms.BooleanField(
        required=False, label="Also where a verdict says otherwise already"
    )

    def own_parameters(self) -> dict[str, Any]:
        return {
            "dataset": self.cleaned_data["dataset"].name,
            "replace": self.cleaned_data["replace"],
        }


class JudgmentsForm(ImportForm):
    kind = "judgments"
    title = "Judgments"
    needed = ("judgments",)
    note = (
        "They become a closed round that is called after the file, and their reviewers accounts to"
        " which nobody can log in. What reviewers decided here stays. " + ImportForm.note
    )

    judgments = forms.FileField(
        label="File", required=False,
        help_text="A table (.csv or .jsonl) with image_id, class, reviewer and verdict, an export of"
        " Label Studio (.json), or ReaL's raters.npz.",
    )  # fmt: skip
    judgments_path = _path_field("Path of the file")
    datasets = forms.ModelMultipleChoiceField(
        Dataset.objects.all(), to_field_name="name", required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Where the images are; without a choice, anywhere.",
    )  # fmt: skip
    skip_unknown = forms.BooleanField(
        required=False, label="Leave out judgments of images that are not there"
    )
    unchosen_incorrect = forms.BooleanField(
        required=False, label="Label Studio: what a person did not choose is incorrect",
        help_text="Of the candidates that an image has now. Without this, they said nothing about"
        " it.",
    )  # fmt: skip

    def own_parameters(self) -> dict[str, Any]:
        return {
            "datasets": [dataset.name for dataset in self.cleaned_data["datasets"]],
            "skip_unknown": self.cleaned_data["skip_unknown"],
            "unchosen_incorrect": self.cleaned_data["unchosen_incorrect"],
        }


class ReferencesForm(ImportForm):
    kind = "references"
    title = "Reference images"
    needed = ("source",)
    note = (
        "Images of a dataset are left out. Classes are stored one by one: an import that was"
        " interrupted goes on where it was."
    )

    source = forms.FileField(
        label="Images (zip or tar)", required=False,
        help_text="A folder per class, named after its wnid, its name or its index; or a tar file"
        " per class, as ImageNet's training images come.",
    )  # fmt: skip
    source_path = _path_field("Path of the folder or tar file")
    per_class = forms.IntegerField(
        label="Images per class", min_value=1, max_value=MOST_PER_CLASS, initial=PER_CLASS
    )
    seed = forms.IntegerField(
        initial=0, min_value=0, help_text="The same seed draws the same images."
    )
    taxonomy = _taxonomy_field()
    replace = forms.BooleanField(
        required=False, label="Draw anew where a class has other images already"
    )

    def own_parameters(self) -> dict[str, Any]:
        taxonomy = self.cleaned_data["taxonomy"]
        return {
            "taxonomy": taxonomy.name if taxonomy else None,
            "per_class": self.cleaned_data["per_class"],
            "seed": self.cleaned_data["seed"],
            "replace": self.cleaned_data["replace"],
        }


FORMS: dict[str, type[ImportForm]] = {
    form.kind: form
    for form in (
        DatasetForm,
        PredictionsForm,
        JudgmentsForm,
        MultiLabelsForm,
        TaxonomyForm,
        ReferencesForm,
    )
}
