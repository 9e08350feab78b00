"""Results are not for those who are reviewing blind, or are examined themselves."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.models import User
from accounts.roles import View, signed_in
from annotation.labeling.examinations import examinations_of
from annotation.review.access import blind_rounds_of


def not_while_blind(view: View) -> View:
    """Keep results from whoever reviews blind: after each judgment the accuracies would tell whose
    prediction it was about. And from whoever is at an evaluation: they tell what images show."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if context := what_blinds(signed_in(request)):
            return render(request, "evaluation/results_closed.html", context, status=403)
        return view(request, *args, **kwargs)

    return guarded


def what_blinds(user: User) -> dict[str, Any]:
    """{"rounds": blind rounds, "tasks": evaluations} that the user is at; empty if there is neither."""
    found = {"rounds": list(blind_rounds_of(user)), "tasks": list(examinations_of(user))}
    return found if any(found.values()) else {}
