"""Relations between classes: what is accepted, what is proposed, and deciding."""

from __future__ import annotations

import tempfile
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import ADMIN, LABELER, REVIEWER, roles_of, roles_required, signed_in
from taxonomy import relations as said
from taxonomy.errors import InputError, InputErrors
from taxonomy.models import ClassRelation, Taxonomy
from taxonomy.pages import page_context
from taxonomy.relations.forms import RelationForm, RelationsFileForm
from taxonomy.relations.importing import Imported, import_relations
from taxonomy.relations.proposals import propose

PER_PAGE = 50
ERRORS_SHOWN = 200
State = ClassRelation.State
DECISIONS = {"accept": State.ACCEPTED, "dismiss": State.DISMISSED, "reopen": State.PROPOSED}


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def relations(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """?state= chooses the list, ?q= what is in it; labelers see accepted relations alone."""
    taxonomy, context = page_context(taxonomy_id, "relations")
    may_decide = bool(roles_of(request.user) & {ADMIN, REVIEWER})
    wanted = request.GET.get("q", "").strip()
    found = said.matching(taxonomy, wanted)
    counts = dict.fromkeys(State.values, 0) | dict(
        found.order_by().values_list("state").annotate(Count("pk"))
    )
    state = request.GET.get("state") or _most_wanted(counts, may_decide)
    if state not in State.values or not (may_decide or state == State.ACCEPTED):
        raise Http404
    page = Paginator(said.with_classes(found.filter(state=state)), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context |= {
        "page": page,
        "state": state,
        "states": [(value, State(value).label, counts[value]) for value in State.values],
        "q": wanted,
        "may_decide": may_decide,
    }
    is_part = request.headers.get("HX-Target") == "relations"
    name = "_relations.html" if is_part else "relations.html"
    return render(request, f"taxonomy/{name}", context)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(ADMIN, REVIEWER)
def relation_new(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    taxonomy, context = page_context(taxonomy_id, "relations")
    form = RelationForm(taxonomy, request.POST or None)
    if form.is_valid():
        try:
            said.enter(taxonomy, form.statement, signed_in(request))
        except InputError as error:
            form.add_error(None, str(error))
        else:
            return _accepted(taxonomy)
    return _form_page(request, context, form)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(ADMIN, REVIEWER)
def relation_edit(request: HttpRequest, taxonomy_id: int, relation_id: int) -> HttpResponse:
    """Change what a relation says; saying it accepts it."""
    taxonomy, context = page_context(taxonomy_id, "relations")
    relation = _get(taxonomy_id, relation_id)
    initial = {
        "kind": relation.kind,
        "first": relation.first.synset.key,
        "second": relation.second.synset.key,
        "condition": relation.condition,
    }
    form = RelationForm(taxonomy, request.POST or None, initial=initial)
    if form.is_valid():
        try:
            said.revise(relation, form.statement)
        except InputError as error:
            form.add_error(None, str(error))
        else:
            said.decide(relation, State.ACCEPTED, signed_in(request))
            return _accepted(taxonomy)
    return _form_page(request, context | {"relation": relation}, form)


@require_POST
@roles_required(ADMIN, REVIEWER)
def relation_decide(request: HttpRequest, taxonomy_id: int, relation_id: int) -> HttpResponse:
    """`action` is accept, dismiss, reopen or swap; the row as it is then."""
    relation = _get(taxonomy_id, relation_id)
    action = request.POST.get("action", "")
    problem = ""
    if action == "swap":
        try:
            said.swap(relation)
        except InputError as error:
            problem = str(error)
    elif action in DECISIONS:
        said.decide(relation, DECISIONS[action], signed_in(request))
    else:
        return HttpResponse("unknown action", status=400)
    context = {
        "relation": relation, "taxonomy": relation.taxonomy, "may_decide": True,
        "problem": problem,
    }  # fmt: skip
    return render(request, "taxonomy/_relation.html", context)


@require_POST
@roles_required(ADMIN, REVIEWER)
def relations_propose(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    count = propose(taxonomy)
    found = f"{count} new proposals." if count else "Nothing new to propose."
    messages.success(request, found if count != 1 else "One new proposal.")
    return redirect("relations", taxonomy.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(ADMIN)
def relations_import(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    taxonomy, context = page_context(taxonomy_id, "relations")
    form = RelationsFileForm(request.POST or None, request.FILES or None)
    errors: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        try:
            done = _import(form.cleaned_data["file"], taxonomy, request)
        except InputErrors as error:
            errors = [{"row": row, "reason": reason} for row, reason in error.rows]
        except InputError as error:
            errors = [{"row": error.row, "reason": error.reason}]
        else:
            text = "{new} new relations, {changed} changed, {unchanged} unchanged."
            messages.success(request, text.format(**done))
            return _accepted(taxonomy)
    shown = {"form": form, "errors": errors[:ERRORS_SHOWN], "more": len(errors[ERRORS_SHOWN:])}
    return render(request, "taxonomy/relations_import.html", context | shown)


def _import(upload: UploadedFile, taxonomy: Taxonomy, request: HttpRequest) -> Imported:
    with tempfile.NamedTemporaryFile(suffix=".csv") as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        return import_relations(copy.name, taxonomy, signed_in(request), name=upload.name)


def _most_wanted(counts: dict[str, int], may_decide: bool) -> str:
    return State.PROPOSED if may_decide and counts[State.PROPOSED] else State.ACCEPTED


def _get(taxonomy_id: int, relation_id: int) -> ClassRelation:
    found = said.with_classes(ClassRelation.objects.filter(taxonomy=taxonomy_id))
    return get_object_or_404(found, pk=relation_id)


def _form_page(request: HttpRequest, context: dict[str, Any], form: RelationForm) -> HttpResponse:
    return render(request, "taxonomy/relation_form.html", context | {"form": form})


def _accepted(taxonomy: Taxonomy) -> HttpResponse:
    response = redirect("relations", taxonomy.pk)
    response["Location"] += f"?state={State.ACCEPTED}"
    return response
