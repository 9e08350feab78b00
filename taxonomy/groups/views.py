"""Groups and families of classes: seeing, making, changing and deleting them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required
from taxonomy.errors import InputError
from taxonomy.forms import shown_classes
from taxonomy.groups import editing, listing
from taxonomy.groups.forms import GroupForm
from taxonomy.models import ClassGroup, Taxonomy
from taxonomy.pages import page_context


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def groups(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    taxonomy, context = page_context(taxonomy_id, "groups")
    found = listing.listed(taxonomy)
    context |= {
        "lists": [
            ("Groups", "Every report has the accuracies of these groups.", found["group"]),
            ("Families", "What looks alike, to be practised together.", found["family"]),
        ]
    }
    return render(request, "taxonomy/groups.html", context)


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def group_page(request: HttpRequest, taxonomy_id: int, group_id: int) -> HttpResponse:
    _, context = page_context(taxonomy_id, "groups")
    group = _get(taxonomy_id, group_id)
    context |= {
        "group": group,
        "classes": listing.classes_of(group),
        "predefined": editing.is_predefined(group),
        "kept": editing.reason_to_keep(group),
    }
    return render(request, "taxonomy/group.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(ADMIN)
def group_new(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    return _edit(request, taxonomy_id, None)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(ADMIN)
def group_edit(request: HttpRequest, taxonomy_id: int, group_id: int) -> HttpResponse:
    return _edit(request, taxonomy_id, _get(taxonomy_id, group_id))


def _edit(request: HttpRequest, taxonomy_id: int, group: ClassGroup | None) -> HttpResponse:
    taxonomy, context = page_context(taxonomy_id, "groups")
    form = GroupForm(taxonomy, group, request.POST or None)
    if form.is_valid():
        try:
            saved = editing.save_group(taxonomy, group, form.content)
        except InputError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"'{saved.name}' is saved.")
            return redirect("group_page", taxonomy_id, saved.pk)
    root = form["root"].value()
    context |= {
        "form": form,
        "group": group,
        "classes": shown_classes(taxonomy, form["members"]),
        "root": root,
        "nodes": listing.find_nodes(taxonomy, root) if root else [],
    }
    return render(request, "taxonomy/group_form.html", context)


@require_POST
@roles_required(ADMIN)
def group_delete(request: HttpRequest, taxonomy_id: int, group_id: int) -> HttpResponse:
    group = _get(taxonomy_id, group_id)
    try:
        editing.delete_group(group)
    except InputError as error:
        messages.error(request, str(error))
        return redirect("group_page", taxonomy_id, group_id)
    messages.success(request, f"'{group.name}' is deleted.")
    return redirect("groups", taxonomy_id)


@require_safe
@roles_required(ADMIN)
def synset_search(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """The nodes whose names hold ?node=, as choices for a form."""
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    text = request.GET.get("node", "").strip()
    context: dict[str, Any] = {
        "nodes": listing.find_nodes(taxonomy, text) if text else [],
        "text": text,
        "root": request.GET.get("root", ""),
    }
    return render(request, "taxonomy/_synset_choices.html", context)


def _get(taxonomy_id: int, group_id: int) -> ClassGroup:
    found = ClassGroup.objects.select_related("taxonomy", "root", "complement_of")
    return get_object_or_404(found, taxonomy=taxonomy_id, pk=group_id)
