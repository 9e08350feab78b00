"""The page on which an admin chooses how verdicts follow from judgments."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import ADMIN, roles_required, signed_in
from annotation import tasks
from annotation.models import VerdictRule
from annotation.review import rule as rules
from annotation.review.consensus import rule_in_force


class RuleForm(forms.Form):
    method = forms.ChoiceField(choices=VerdictRule.Method.choices, widget=forms.RadioSelect)
    confidence = forms.FloatField(
        min_value=0.5, max_value=1, initial=0.5,
        help_text="Verdicts that are less sure are disputed: the share of the votes, or with"
        " Dawid-Skene the probability.",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@roles_required(ADMIN)
def verdict_rule(request: HttpRequest) -> HttpResponse:
    """POST asks for a preview; with `apply` it puts the rule in force."""
    current = rule_in_force()
    initial = {"method": current.method, "confidence": current.confidence}
    form = RuleForm(request.POST or None, initial=initial)
    context = {
        "form": form,
        "current": current,
        "former": VerdictRule.objects.select_related("chosen_by").order_by("-pk")[:20],
    }
    if request.method == "POST" and form.is_valid():
        rule = rules.make_rule(**form.cleaned_data, user=signed_in(request))
        if "apply" in request.POST:
            tasks.put_in_force(rule)
            messages.success(
                request, "The rule is in force; every verdict is being decided anew by it."
            )
            return redirect("verdict_rule")
        tasks.order_preview(rule)
        context |= {"asked": rule}
    return render(request, "annotation/verdict_rule.html", context)


@require_safe
@roles_required(ADMIN)
def verdict_rule_preview(request: HttpRequest) -> HttpResponse:
    """The preview of ?method= and ?confidence=, or that it is being computed."""
    form = RuleForm(request.GET)
    if not form.is_valid():
        return HttpResponse(status=400)
    rule = rules.make_rule(**form.cleaned_data)
    context = {"asked": rule, "preview": rules.remembered_preview(rule)}
    return render(request, "annotation/_rule_preview.html", context)
