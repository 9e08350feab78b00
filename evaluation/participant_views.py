"""Pages about participants: one, two against each other, and what nobody got right."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.roles import ADMIN, REVIEWER, roles_required, signed_in
from annotation.models import Participant
from evaluation import profiles
from evaluation.arrays import Arrays
from evaluation.blindness import not_while_blind
from evaluation.chosen import Chosen, chosen_of
from evaluation.ensembles import ENSEMBLE
from evaluation.galleries import answered
from taxonomy.models import LabelClass

IMAGES_PER_PAGE = 24
RIVALS = 12
KINDS = {"all": None, "models": "model", "humans": "human"}


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
def participant(request: HttpRequest, participant_id: int) -> HttpResponse:
    """A participant's accuracies, strengths, confusions and rivals on ?dataset= and ?group=."""
    one = get_object_or_404(Participant, pk=participant_id)
    chosen = chosen_of(request.GET.dict())
    if chosen is None:
        return render(request, "evaluation/results_empty.html", {"report": None})
    arrays, choice = chosen.arrays, chosen.choice
    context = _context(chosen) | {"one": one, "ranks": profiles.ranks(chosen.report.rows, one.name)}
    if one.name in arrays.names:
        strong, weak = profiles.strong_and_weak(arrays, one.name)
        confusions = profiles.confusions(arrays, one.name)
        wanted = [found.index for found in [*strong, *weak]]
        wanted += [index for found in confusions for index in (found.target, found.predicted)]
        classes = _classes(choice.dataset, wanted)
        found = profiles.rivals(arrays, one.name, choice.group)
        known = dict(Participant.objects.values_list("name", "pk"))
        context |= {
            "place": profiles.place(arrays, one.name, choice.group),
            "peers": len(found) + 1,
            "change": profiles.group_change(arrays, one.name, choice.group),
            "strong": [(found, classes[found.index]) for found in strong],
            "weak": [(found, classes[found.index]) for found in weak],
            "confusions": [(c, classes[c.target], classes[c.predicted]) for c in confusions],
            "rivals": [(rival, known.get(rival.name)) for rival in found[:RIVALS]],
        }
    return render(request, "evaluation/participant.html", context)


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
def pair(request: HttpRequest, first_id: int, second_id: int) -> HttpResponse:
    """Two participants against each other on ?dataset= and ?group=: the test, and the images on which
    they differ in the way that ?how= names."""
    first = get_object_or_404(Participant, pk=first_id)
    second = get_object_or_404(Participant, pk=second_id)
    chosen = chosen_of(request.GET.dict())
    if chosen is None:
        return render(request, "evaluation/results_empty.html", {"report": None})
    arrays, group = chosen.arrays, chosen.choice.group
    how = request.GET.get("how", "first")
    if how not in profiles.DIFFER:
        raise Http404
    context = _context(chosen) | {
        "first": first, "second": second, "how": how, "ways": profiles.DIFFER,
    }  # fmt: skip
    if {first.name, second.name} <= set(arrays.names):
        context["pair"] = profiles.compare(arrays, first.name, second.name, group)
        places = profiles.differing(arrays, first.name, second.name, group, how)
        context |= _images(request, arrays, places, [first.name, second.name])
    return render(request, "evaluation/pair.html", context)


@require_GET
@roles_required(ADMIN, REVIEWER)
@not_while_blind
def missed(request: HttpRequest) -> HttpResponse:
    """The images of ?dataset= and ?group= that all (?who= all, models or humans) got wrong."""
    chosen = chosen_of(request.GET.dict())
    if chosen is None:
        return render(request, "evaluation/results_empty.html", {"report": None})
    who = request.GET.get("who", "all")
    if who not in KINDS:
        raise Http404
    arrays = chosen.arrays
    places = profiles.missed_by_all(arrays, KINDS[who], chosen.choice.group)
    context = _context(chosen) | {
        "who": who, "kinds": KINDS, "participants": sum(kind != ENSEMBLE for kind in arrays.kinds),
        "has_people": "human" in arrays.kinds,
    }  # fmt: skip
    context |= _images(request, arrays, places, arrays.names)
    return render(request, "evaluation/missed.html", context)


def _context(chosen: Chosen) -> dict[str, Any]:
    choice = chosen.choice
    return {
        "report": chosen.report,
        "choice": choice,
        "query": urlencode({"dataset": choice.dataset, "group": choice.group}),
    }


def _images(request: HttpRequest, arrays: Arrays, places: Any, names: list[str]) -> dict[str, Any]:
    page = Paginator(places, IMAGES_PER_PAGE).get_page(request.GET.get("page"))
    images = answered(arrays, np.asarray(page.object_list), names, signed_in(request))
    return {"page": page, "images": images, "closed": len(page) - len(images)}


def _classes(dataset: str, indices: list[int]) -> dict[int, LabelClass]:
    found = LabelClass.objects.filter(taxonomy__datasets__name=dataset, index__in=indices)
    return {one.index: one for one in found.select_related("synset")}
