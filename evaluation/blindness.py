"""Results are not for those who are reviewing blind, or are examined themselves."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.models import User
from accounts.roles import ADMIN, View, roles_of, signed_in
from annotation.labeling.examinations import begun_by
from annotation.review.access import blind_rounds_of


def not_while_blind(view: View) -> View:
    """Keep results from whoever reviews blind: after each judgment the accuracies would tell whose
    prediction it was about. And from whoever takes part in an evaluation until it is revealed: they
    tell what images show, and what they and others answered."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if context := what_blinds(signed_in(request)):
            return render(request, "evaluation/results_closed.html", context, status=403)
        return view(request, *args, **kwargs)

    return guarded


def what_blinds(user: User) -> dict[str, Any]:
    """{"rounds": blind rounds, "tasks": evaluations, until they are revealed} that the user is at; empty
    if there is neither. An admin, who sees all, is at none."""
    if ADMIN in roles_of(user):
        return {}
    found = {"rounds": list(blind_rounds_of(user)), "tasks": list(begun_by(user))}
    return found if any(found.values()) else {}
