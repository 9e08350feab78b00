"""Results are not for those who are reviewing blind."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.roles import View, signed_in
from annotation.review.access import blind_rounds_of


def not_while_blind(view: View) -> View:
    """Keep results from whoever reviews blind: after each judgment the accuracies would tell whose
    prediction it was about."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if blind := list(blind_rounds_of(signed_in(request))):
            return render(request, "evaluation/results_closed.html", {"rounds": blind}, status=403)
        return view(request, *args, **kwargs)

    return guarded
