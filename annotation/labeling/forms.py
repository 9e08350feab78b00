from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import ROLES
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import LARGEST_SEED, LONGEST_EMBARGO
from annotation.models import Dataset, LabelingTask
from annotation.review.forms import KINDS, random_seed
from taxonomy.forms import ClassIndices
from taxonomy.models import Taxonomy

TASK_KINDS = [
    (LabelingTask.Kind.EVALUATION, "Evaluation: an examination, without any feedback"),
    (LabelingTask.Kind.TRAINING, "Training: the truth is told after each answer"),
]


def possible_labelers() -> QuerySet[User]:
    people = User.objects.filter(is_active=True, groups__name__in=ROLES)
    return people.distinct().order_by("username")


class TaskForm(forms.Form):
    """What a valid form asks of `tasks.create_task`: name, kind, `sample`, seed and `settings`.

    There is a field `count_PK` for each dataset of the taxonomy.
    """

    name = forms.CharField(max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    kind = forms.ChoiceField(
        choices=TASK_KINDS, widget=forms.RadioSelect, initial=LabelingTask.Kind.EVALUATION
    )
    balanced = forms.BooleanField(
        label="As many of each class, or one more", required=False, initial=True
    )
    groups = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, required=False)
    classes = ClassIndices(required=False)
    seed = forms.IntegerField(
        initial=random_seed, min_value=0, max_value=LARGEST_SEED,
        help_text="The same seed draws the same images, on every machine.",
    )  # fmt: skip
    labelers = forms.ModelMultipleChoiceField(
        User.objects.none(), widget=forms.CheckboxSelectMultiple, required=False
    )
    embargo_days = forms.IntegerField(
        label="Embargo, days", initial=180, min_value=0, max_value=LONGEST_EMBARGO,
        help_text="What a labeler saw, judged or trained on within so many days counts as seen.",
    )  # fmt: skip
    exposed = forms.ChoiceField(
        label="Images that a labeler has seen", choices=LabelingTask.Exposed.choices,
        widget=forms.RadioSelect, initial=LabelingTask.Exposed.LEAVE_OUT,
    )  # fmt: skip
    instructions = forms.CharField(
        max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Labelers read them under the help of the page (?).",
    )  # fmt: skip

    def __init__(self, taxonomy: Taxonomy, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.taxonomy = taxonomy
        self.datasets = list(Dataset.objects.filter(taxonomy=taxonomy))
        for dataset in self.datasets:
            self.fields[_count(dataset)] = forms.IntegerField(
                label=dataset.name, required=False, min_value=1, max_value=dataset.size or 1
            )
        labelers = self.fields["labelers"]
        assert isinstance(labelers, forms.ModelMultipleChoiceField)
        labelers.queryset = possible_labelers()
        groups = self.fields["groups"]
        assert isinstance(groups, forms.MultipleChoiceField)
        names = list(taxonomy.groups.order_by("position").values_list("kind", "name"))
        groups.choices = [
            (title, [(name, name) for at, name in names if at == kind]) for kind, title in KINDS
        ]

    @property
    def counts(self) -> list[tuple[forms.BoundField, int]]:
        """The field of each dataset, and how many images it has."""
        return [(self[_count(dataset)], dataset.size) for dataset in self.datasets]

    def clean_classes(self) -> list[int]:
        chosen: list[int] = self.cleaned_data["classes"]
        if chosen and chosen[-1] >= self.taxonomy.classes.count():
            raise forms.ValidationError(f"There is no class {chosen[-1]}.")
        return chosen

    def clean(self) -> None:
        if not self.errors and not self._wanted():
            self.add_error(None, "Say how many images of which dataset are drawn.")

    def _wanted(self) -> dict[str, int]:
        data = self.cleaned_data
        return {one.name: data[_count(one)] for one in self.datasets if data.get(_count(one))}

    @property
    def sample(self) -> Sample:
        data = self.cleaned_data
        return Sample(
            self._wanted(), data["balanced"], tuple(data["groups"]), tuple(data["classes"])
        )

    @property
    def settings(self) -> dict[str, Any]:
        return {
            name: self.cleaned_data[name] for name in ("embargo_days", "exposed", "instructions")
        }


def _count(dataset: Dataset) -> str:
    return f"count_{dataset.pk}"
