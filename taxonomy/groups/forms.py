from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from taxonomy.forms import ClassIndices
from taxonomy.groups.editing import GroupContent
from taxonomy.models import ClassGroup, Taxonomy

RULES = [
    ("root", "All classes under a node of the hierarchy"),
    ("members", "Classes picked by hand"),
    ("complement", "All classes that are not in another group"),
]


class GroupForm(forms.Form):
    """`content` is what a valid form says; the names of its fields are those of GroupContent."""

    name = forms.SlugField(
        max_length=50,
        help_text="Letters, digits and hyphens: reports and commands know it by this name.",
    )
    kind = forms.ChoiceField(
        choices=[
            (ClassGroup.Kind.GROUP, "Group: every report has its accuracies"),
            (ClassGroup.Kind.FAMILY, "Family: for practising, and for reports that ask for it"),
        ],
        widget=forms.RadioSelect,
        initial=ClassGroup.Kind.GROUP,
    )
    description = forms.CharField(max_length=300, required=False)
    rule = forms.ChoiceField(
        label="Its classes", choices=RULES, widget=forms.RadioSelect, initial="root"
    )
    root = forms.CharField(max_length=200, required=False)
    members = ClassIndices(required=False)
    complement_of = forms.ChoiceField(label="All but the classes of", required=False)

    def __init__(
        self, taxonomy: Taxonomy, group: ClassGroup | None, data: Mapping[str, Any] | None
    ) -> None:
        super().__init__(data, initial=_initial(group))
        others = taxonomy.groups.filter(complement_of=None).order_by("-kind", "name")
        names = [
            name for pk, name in others.values_list("pk", "name") if not group or pk != group.pk
        ]
        field = self.fields["complement_of"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Choose a group"), *((name, name) for name in names)]

    @property
    def content(self) -> GroupContent:
        return GroupContent(**self.cleaned_data)


def _initial(group: ClassGroup | None) -> dict[str, Any]:
    if group is None:
        return {}
    base = group.complement_of
    rule = "root" if group.root else "complement" if base else "members"
    return {
        "name": group.name, "kind": group.kind, "description": group.description, "rule": rule,
        "root": group.root.key if group.root else "",
        "members": list(group.members.values_list("index", flat=True)),
        "complement_of": base.name if base else "",
    }  # fmt: skip
