"""Subsets of images and groups of participants, as people save them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import ADMIN, REVIEWER, roles_required
from evaluation.blindness import not_while_blind
from evaluation.choice_forms import ParticipantGroupForm, SubsetForm, save_choice
from evaluation.models import ParticipantGroup, Subset
from evaluation.reports import latest_report
from evaluation.subsets import FAST, FAST_SECONDS, describe, sizes
from evaluation.tasks import order_numbers
from taxonomy.errors import InputError


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
def subsets(request: HttpRequest) -> HttpResponse:
    """Those that there are, with their images in the latest report, and forms for new ones."""
    return _page(request)


@require_POST
@roles_required(ADMIN)
@not_while_blind
def subset_new(request: HttpRequest) -> HttpResponse:
    return _save(request, "subset_form", SubsetForm(request.POST))


@require_POST
@roles_required(ADMIN)
@not_while_blind
def participant_group_new(request: HttpRequest) -> HttpResponse:
    return _save(request, "group_form", ParticipantGroupForm(request.POST))


@require_POST
@roles_required(ADMIN)
@not_while_blind
def subset_delete(request: HttpRequest, subset_id: int) -> HttpResponse:
    return _delete(request, get_object_or_404(Subset, pk=subset_id))


@require_POST
@roles_required(ADMIN)
@not_while_blind
def participant_group_delete(request: HttpRequest, participants_id: int) -> HttpResponse:
    return _delete(request, get_object_or_404(ParticipantGroup, pk=participants_id))


def _page(request: HttpRequest, **forms: ModelForm) -> HttpResponse:
    report = latest_report()
    parameters = report.parameters if report else {"datasets": [], "subsets": {}}
    datasets, found = parameters["datasets"], sizes(parameters)
    saved = [(one.name, describe(one), one.pk) for one in Subset.objects.all()]
    fast = [(FAST, f"at most {FAST_SECONDS} s median human time", None)] if FAST in found else []
    context: dict[str, Any] = {
        "report": report,
        "datasets": datasets,
        "subsets": [
            (name, words, [found.get(name, {}).get(dataset) for dataset in datasets], pk)
            for name, words, pk in [*fast, *saved]
        ],
        "participant_groups": ParticipantGroup.objects.prefetch_related("members"),
        "subset_form": SubsetForm(),
        "group_form": ParticipantGroupForm(),
    }
    status = 422 if forms else 200
    return render(request, "evaluation/subsets.html", context | forms, status=status)


def _save(request: HttpRequest, name: str, form: ModelForm) -> HttpResponse:
    if not form.is_valid():
        return _page(request, **{name: form})
    try:
        saved = save_choice(form)
    except InputError as error:
        form.add_error("name", str(error))
        return _page(request, **{name: form})
    messages.success(request, f"'{saved}' is saved; the numbers are being computed.")
    return redirect("subsets")


def _delete(request: HttpRequest, one: Model) -> HttpResponse:
    one.delete()
    messages.success(request, f"'{one}' is deleted. Earlier reports keep it.")
    order_numbers()
    return redirect("subsets")
