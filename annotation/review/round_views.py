"""The list of rounds, a round's page, and what an admin does with a round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import ADMIN, REVIEWER, roles_of, roles_required, signed_in
from annotation.labeling.examinations import begun_by
from annotation.models import Dataset, LabelingTask, ReviewRound
from annotation.review import rounds
from annotation.review.access import LARGEST_KEY, blind_rounds_of, round_to_see, visible_rounds
from annotation.review.forms import RoundForm, possible_reviewers, settings_of, settings_of_task
from annotation.review.preview import foresee
from annotation.review.round_page import figures_of, instructions_of
from annotation.review.scope import scope_of
from taxonomy.classes import class_index_url
from taxonomy.errors import InputError
from taxonomy.forms import shown_classes
from taxonomy.hierarchy import hierarchy_url
from taxonomy.models import Taxonomy
from taxonomy.reference.sheets import thumbs_of


@require_GET
@roles_required(ADMIN, REVIEWER)
def review(request: HttpRequest) -> HttpResponse:
    """The rounds that are open to the reader and how far they are; an admin opens a round here."""
    listed = rounds.progress_of(list(visible_rounds(signed_in(request))))
    context = {"rounds": listed, "has_datasets": Dataset.objects.exists()}
    return render(request, "annotation/rounds.html", context)


@require_http_methods(["GET", "POST"])
@roles_required(ADMIN)
def round_new(request: HttpRequest) -> HttpResponse:
    """A form for a round over datasets of ?taxonomy=, with the settings of round ?like=, or for the
    final review of the labeling task ?task=; the button says whether it opens at once."""
    taxonomies = list(Taxonomy.objects.exclude(datasets=None).order_by("name"))
    former = _asked_for(ReviewRound.objects.all(), request.GET.get("like", ""))
    task = _asked_for(LabelingTask.objects.all(), request.GET.get("task", ""))
    model = former or task
    asked = str(model.taxonomy_id) if model else request.GET.get("taxonomy", "")
    initial = settings_of(former) if former else settings_of_task(task) if task else None
    taxonomy = next((one for one in taxonomies if str(one.pk) == asked), None)
    taxonomy = taxonomy or next(iter(taxonomies), None)
    if taxonomy is None:
        return redirect("review")
    form = RoundForm(taxonomy, request.POST or None, initial)
    if form.is_valid():
        later = request.POST.get("state") == ReviewRound.State.PLANNED
        state = ReviewRound.State.PLANNED if later else ReviewRound.State.OPEN
        try:
            made = rounds.open_round(form.cleaned_data["name"], state=state, **form.plan)
        except InputError as error:
            form.add_error(None, str(error))
        else:
            return redirect("round_page", made.pk)
    context = {
        "form": form,
        "taxonomy": taxonomy,
        "taxonomies": taxonomies,
        "classes_url": class_index_url(taxonomy),
        "hierarchy_url": hierarchy_url(taxonomy),
        "thumbs": thumbs_of(taxonomy),
        "classes": shown_classes(taxonomy, form["classes"]),
    }
    return render(request, "annotation/round_new.html", context)


def _asked_for(rows: QuerySet[Any], pk: str) -> Any:
    return rows.filter(pk=pk).first() if pk.isdecimal() and int(pk) <= LARGEST_KEY else None


@require_POST
@roles_required(ADMIN)
def round_preview(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """What the round in the form would ask, or what is still wrong with the form."""
    form = RoundForm(get_object_or_404(Taxonomy, pk=taxonomy_id), request.POST)
    context: dict[str, Any] = {"form": form}
    problems = [(name, text) for name, texts in form.errors.items() for text in texts]
    problems = [(name, text) for name, text in problems if name != "name"]
    if problems:
        name, text = problems[0]
        context["problem"] = f"{form[name].label}: {text}" if name in form.fields else text
    else:
        try:
            context["outlook"] = foresee(**form.plan)
        except InputError as error:
            context["problem"] = str(error)
        context["plan"] = form.plan
        people = possible_reviewers().count()
        if not form.plan["reviewers"] and people < form.plan["overlap"]:
            context["people"] = people
    return render(request, "annotation/_round_preview.html", context)


@require_GET
@roles_required(ADMIN, REVIEWER)
def round_page(request: HttpRequest, round_id: int) -> HttpResponse:
    """?reviewers= and ?classes= sort the tables; with ?every= all classes are listed."""
    user = signed_in(request)
    current, judges = round_to_see(round_id, user)
    is_admin = ADMIN in roles_of(user)
    context = figures_of(current, user, is_admin, request.GET.dict()) | {
        "round": current,
        "datasets": current.datasets.order_by("name"),
        "scope": scope_of(current),
        "judges": judges,
        "instructions": instructions_of(current),
        "sees_results": is_admin or not (blind_rounds_of(user).exists() or begun_by(user).exists()),
        "query": request.GET.urlencode(),
    }
    if is_admin:
        context["people"] = current.reviewers.order_by("username")
    return render(request, "annotation/round_page.html", context)


@require_POST
@roles_required(ADMIN)
def round_start(request: HttpRequest, round_id: int) -> HttpResponse:
    return _change(request, round_id, rounds.start_round)


@require_POST
@roles_required(ADMIN)
def round_pause(request: HttpRequest, round_id: int) -> HttpResponse:
    return _change(request, round_id, rounds.pause_round)


@require_POST
@roles_required(ADMIN)
def round_close(request: HttpRequest, round_id: int) -> HttpResponse:
    return _change(request, round_id, rounds.close_round)


@require_POST
@roles_required(ADMIN)
def round_delete(request: HttpRequest, round_id: int) -> HttpResponse:
    try:
        rounds.delete_round(get_object_or_404(ReviewRound, pk=round_id))
    except InputError as error:
        messages.error(request, str(error))
        return redirect("round_page", round_id)
    return redirect("review")


def _change(
    request: HttpRequest, round_id: int, change: Callable[[ReviewRound], None]
) -> HttpResponse:
    """Change a round's state, or say why that can't be; then its page."""
    try:
        change(get_object_or_404(ReviewRound, pk=round_id))
    except InputError as error:
        messages.error(request, str(error))
    return redirect("round_page", round_id)
