from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import ADMIN, REVIEWER
from annotation.models import Dataset, LabelingTask, Participant, ReviewRound
from annotation.review.rounds import MOST_OVERLAP
from annotation.review.scope import MOST_GOLD, Scope, scope_of
from taxonomy.forms import ClassIndices
from taxonomy.models import ClassGroup, Taxonomy

MOST_DRAWN = 10
LARGEST_SEED = 2**63 - 1
WHICH = [
    ("unjudged", "What has no verdict yet"),
    ("disputed", "Only what is disputed"),
    ("all", "Everything, judged or not"),
]
EVERYTHING, CHOSEN, FINAL = "everything", "chosen", "final"
SOURCES = [
    (EVERYTHING, "Everything: whatever anybody predicted, and the original labels"),
    (CHOSEN, "Only what these predicted"),
    (FINAL, "Final review, blind: all that people predicted, and for each of these images "
            "predictions of models drawn with the seed"),
]  # fmt: skip
UNITS = [
    (ReviewRound.Unit.IMAGE, "By image: all its candidate classes"),
    (ReviewRound.Unit.CLASS, "By class: pages of images that may show it"),
]

KINDS = [(ClassGroup.Kind.GROUP, "Groups"), (ClassGroup.Kind.FAMILY, "Families")]


def random_seed() -> int:
    return secrets.randbelow(10**6)


def possible_reviewers() -> QuerySet[User]:
    people = User.objects.filter(is_active=True, groups__name__in=[ADMIN, REVIEWER])
    return people.distinct().order_by("username")


def with_predictions(taxonomy: Taxonomy) -> QuerySet[Participant]:
    """Whoever predicted something for a dataset of the taxonomy, by name."""
    sets = {"prediction_sets__dataset__taxonomy": taxonomy, "prediction_sets__replaced": None}
    return Participant.objects.filter(**sets).distinct().order_by("name")


def settings_of(review_round: ReviewRound) -> dict[str, Any]:
    """What another round like this one begins with; its own seed is drawn anew."""
    scope = scope_of(review_round)
    source = FINAL if scope.drawn else CHOSEN if scope.participants else EVERYTHING
    kept = ("unit", "order", "overlap", "blind", "instructions")
    return {name: getattr(review_round, name) for name in kept} | {
        "name": f"{review_round.name}, again"[:100],
        "datasets": list(review_round.datasets.all()),
        "reviewers": list(review_round.reviewers.all()),
        "source": source,
        "participants": scope.participants,
        "drawn": scope.drawn or 1,
        "tasks": scope.tasks,
        "which": scope.which,
        "groups": scope.groups,
        "classes": scope.classes,
        "gold": round(100 * scope.gold),
    }


def settings_of_task(task: LabelingTask) -> dict[str, Any]:
    """The final review of a labeling task: blind, of what people and drawn models said there."""
    return {
        "name": f"Final review of {task.name}"[:100],
        "datasets": list(Dataset.objects.filter(name__in=task.scope["datasets"])),
        "source": FINAL,
        "tasks": [task.name],
        "blind": True,
    }


class RoundForm(forms.Form):
    """`plan` is what a valid form asks of `rounds.open_round`, all but name and state."""

    name = forms.CharField(max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    datasets = forms.ModelMultipleChoiceField(
        Dataset.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    source = forms.ChoiceField(
        label="Predicted by", choices=SOURCES, widget=forms.RadioSelect, initial=EVERYTHING
    )
    participants = forms.ModelMultipleChoiceField(
        Participant.objects.none(), widget=forms.CheckboxSelectMultiple, required=False,
        to_field_name="name",
    )  # fmt: skip
    drawn = forms.IntegerField(
        label="Predictions of models for each image",
        min_value=1, max_value=MOST_DRAWN, initial=1, required=False,
    )  # fmt: skip
    tasks = forms.ModelMultipleChoiceField(
        LabelingTask.objects.none(), label="Only images of these labeling tasks",
        widget=forms.CheckboxSelectMultiple, required=False, to_field_name="name",
    )  # fmt: skip
    which = forms.ChoiceField(
        label="Verdict", choices=WHICH, widget=forms.RadioSelect, initial="unjudged"
    )
    groups = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, required=False)
    classes = ClassIndices(required=False)
    unit = forms.ChoiceField(
        label="Handed out", choices=UNITS, widget=forms.RadioSelect, initial="image"
    )
    order = forms.ChoiceField(
        choices=[(value, label.capitalize()) for value, label in ReviewRound.Order.choices],
        widget=forms.RadioSelect,
        initial=ReviewRound.Order.RANDOM,
    )
    overlap = forms.IntegerField(
        label="Judgments of each candidate", min_value=1, max_value=MOST_OVERLAP, initial=1,
        help_text="By so many reviewers, of whom none sees what another said of what is asked.",
    )  # fmt: skip
    gold = forms.IntegerField(
        label="Known answers, per cent", min_value=0, max_value=round(100 * MOST_GOLD), initial=0,
        help_text="Mixed in to see how well reviewers do: adjudicated candidates that are not in "
        "the round otherwise.",
    )  # fmt: skip
    blind = forms.BooleanField(
        label="Blind", required=False,
        help_text="Reviewers see nobody's verdicts, comments or added classes, and no results "
        "while the round lasts.",
    )  # fmt: skip
    seed = forms.IntegerField(
        initial=random_seed, min_value=0, max_value=LARGEST_SEED,
        help_text="Whatever is drawn is drawn with it; the same seed draws the same again.",
    )  # fmt: skip
    reviewers = forms.ModelMultipleChoiceField(
        User.objects.none(), widget=forms.CheckboxSelectMultiple, required=False
    )
    instructions = forms.CharField(
        max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="In Markdown; reviewers read them on the round's page, and with O while they judge.",
    )  # fmt: skip

    def __init__(
        self,
        taxonomy: Taxonomy,
        data: Mapping[str, Any] | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.taxonomy = taxonomy
        self._offer(
            "datasets", Dataset.objects.filter(taxonomy=taxonomy).select_related("taxonomy")
        )
        self._offer("participants", with_predictions(taxonomy))
        self._offer("reviewers", possible_reviewers())
        self._offer("tasks", LabelingTask.objects.filter(taxonomy=taxonomy))
        groups = self.fields["groups"]
        assert isinstance(groups, forms.MultipleChoiceField)
        names = list(taxonomy.groups.order_by("position").values_list("kind", "name"))
        groups.choices = [
            (title, [(name, name) for at, name in names if at == kind]) for kind, title in KINDS
        ]

    def _offer(self, field: str, choices: QuerySet[Any]) -> None:
        offered = self.fields[field]
        assert isinstance(offered, forms.ModelMultipleChoiceField)
        offered.queryset = choices

    def clean_classes(self) -> list[int]:
        chosen: list[int] = self.cleaned_data["classes"]
        if chosen and chosen[-1] >= self.taxonomy.classes.count():
            raise forms.ValidationError(f"There is no class {chosen[-1]}.")
        return chosen

    def clean(self) -> None:
        data = self.cleaned_data
        source = data.get("source")
        if source == CHOSEN and not data.get("participants"):
            self.add_error("participants", "Choose whose predictions are reviewed.")
        if source == FINAL:
            data["blind"], data["which"] = True, "all"
            people = with_predictions(self.taxonomy).filter(
                kind=Participant.Kind.HUMAN, prediction_sets__dataset__in=data.get("datasets") or []
            )
            data["participants"] = list(people)
            if data.get("datasets") and not data["participants"]:
                self.add_error("source", "No person has predicted anything for these datasets.")

    @property
    def plan(self) -> dict[str, Any]:
        data = self.cleaned_data
        named = [one.name for one in data["participants"]] if data["source"] != EVERYTHING else []
        scope = Scope(
            which=data["which"],
            groups=tuple(data["groups"]),
            classes=tuple(data["classes"]),
            participants=tuple(named),
            tasks=tuple(task.name for task in data["tasks"]),
            drawn=(data["drawn"] or 1) if data["source"] == FINAL else 0,
            gold=data["gold"] / 100,
        )
        kept = (
            "datasets",
            "seed",
            "reviewers",
            "unit",
            "order",
            "overlap",
            "blind",
            "instructions",
        )
        return {key: data[key] for key in kept} | {"scope": scope}
