"""The guide's pages for writers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required, signed_in
from taxonomy.errors import InputError
from taxonomy.forms import shown_classes
from taxonomy.guide import writing
from taxonomy.guide.forms import EntryForm
from taxonomy.guide.images import add_image, check_size, markdown_of
from taxonomy.guide.reading import Text, fresh_html
from taxonomy.guide.views import compared
from taxonomy.models import GuideEntry, GuideRevision, Taxonomy
from taxonomy.pages import page_context


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(ADMIN, REVIEWER, LABELER)
def new(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """Write an entry; ?class=3&class=7 says what about."""
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    if request.method == "POST":
        form = EntryForm(request.POST)
        if form.is_valid():
            try:
                made = writing.create_entry(taxonomy, form.draft(), signed_in(request))
            except InputError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, f"“{made.title}” is in the guide.")
                return _to_entry(made, form)
        return _editor(request, taxonomy, form, status=422)
    form = EntryForm(initial={"classes": request.GET.getlist("class")})
    return _editor(request, taxonomy, form)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(ADMIN, REVIEWER, LABELER)
def edit(request: HttpRequest, taxonomy_id: int, entry_id: int) -> HttpResponse:
    """Write on an entry. If somebody else was faster, their text, yours and what differs."""
    entry = get_object_or_404(
        GuideEntry.objects.select_related("taxonomy", "current"),
        taxonomy=taxonomy_id,
        pk=entry_id,
    )
    current = writing.current_of(entry)
    if request.method != "POST":
        return _editor(request, entry.taxonomy, EntryForm(initial=_initial(current)), entry)
    sent = request.POST.copy()
    form = EntryForm(sent)
    if not form.is_valid():
        return _editor(request, entry.taxonomy, form, entry, status=422)
    base = form.cleaned_data["base"] or 0
    try:
        saved = writing.save_entry(entry, form.draft(), signed_in(request), base)
    except InputError as error:
        form.add_error(None, str(error))
        return _editor(request, entry.taxonomy, form, entry, status=422)
    if saved.conflict is None:
        messages.success(request, f"Saved as revision {saved.revision.number}.")
        return _to_entry(entry, form)
    sent["base"] = str(saved.conflict.number)  # the form shows this when it comes back
    more = {
        "theirs": saved.conflict,
        "mine": saved.revision,
        **compared(entry.taxonomy, saved.conflict, saved.revision),
    }
    return _editor(request, entry.taxonomy, form, entry, more, status=409)


def _initial(current: GuideRevision) -> dict[str, Any]:
    return {
        "title": current.title,
        "text": current.text,
        "classes": current.class_indices,
        "base": current.number,
    }


def _editor(
    request: HttpRequest,
    taxonomy: Taxonomy,
    form: EntryForm,
    entry: GuideEntry | None = None,
    more: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    _, context = page_context(taxonomy.pk, "guide")
    classes = shown_classes(taxonomy, form["classes"])
    text = Text(str(form["text"].value() or ""), tuple(one.index for one in classes))
    short = len(text.markdown) <= writing.TEXT_LENGTH
    context |= {
        "form": form,
        "entry": entry,
        "classes": classes,
        "longest": writing.TEXT_LENGTH,
        "html": fresh_html(taxonomy, text) if short else "",
        **(more or {}),
    }
    return render(request, "taxonomy/guide_edit.html", context, status=status)


def _to_entry(entry: GuideEntry, form: EntryForm) -> HttpResponse:
    """The entry's page; the end of the address tells the browser which draft it need not keep."""
    address = reverse("guide_entry", args=[entry.taxonomy_id, entry.pk])
    token = form.cleaned_data["token"]
    return redirect(f"{address}#saved-{token}" if token else address)


@require_POST
@roles_required(ADMIN, REVIEWER, LABELER)
def preview(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """The part of the editor that shows what is being written."""
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    form = EntryForm(request.POST)
    problem, html = "", ""
    if not form.is_valid():
        problem = "This cannot be shown."
    elif len(form.cleaned_data["text"]) > writing.TEXT_LENGTH:
        problem = f"Texts of more than {writing.TEXT_LENGTH:,} characters are not stored."
    else:
        data = form.cleaned_data
        html = fresh_html(taxonomy, Text(data["text"], tuple(data["classes"])))
    return render(request, "taxonomy/_guide_preview.html", {"html": html, "problem": problem})


@require_POST
@roles_required(ADMIN, REVIEWER, LABELER)
def image_upload(request: HttpRequest, taxonomy_id: int) -> JsonResponse:
    """Takes `picture`; {"markdown": what shows it}, or status 422 and {"detail": why not}."""
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    picture = request.FILES.get("picture")
    if picture is None:
        return JsonResponse({"detail": "There is no picture."}, status=422)
    try:
        check_size(picture.size or 0, str(picture.name))
        made = add_image(taxonomy, picture.read(), signed_in(request), str(picture.name))
    except InputError as error:
        return JsonResponse({"detail": str(error)}, status=422)
    return JsonResponse({"markdown": markdown_of(made)})


@require_POST
@roles_required(ADMIN, REVIEWER, LABELER)
def restore(request: HttpRequest, taxonomy_id: int, entry_id: int, number: int) -> HttpResponse:
    revision = get_object_or_404(
        GuideRevision, entry__taxonomy=taxonomy_id, entry=entry_id, number=number
    )
    made = writing.restore(revision, signed_in(request))
    messages.success(request, f"The text of revision {number} is now revision {made.number}.")
    return redirect("guide_entry", taxonomy_id, entry_id)
