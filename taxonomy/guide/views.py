"""The guide's pages for readers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.storage import default_storage
from django.db.models import Count, Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import ADMIN, LABELER, REVIEWER, roles_required, signed_in
from taxonomy import stored
from taxonomy.downloads import file_name
from taxonomy.errors import InputError
from taxonomy.guide import exporting, writing
from taxonomy.guide.differences import differences, marked, word_differences
from taxonomy.guide.entries import by_alphabet, by_group, entries_of, rendered
from taxonomy.guide.images import path_of
from taxonomy.guide.reading import Text, html_of
from taxonomy.guide.searching import search
from taxonomy.guide.wanted import wanted_entries
from taxonomy.models import GuideEntry, GuideImage, GuideRevision, LabelClass, Taxonomy
from taxonomy.pages import page_context
from taxonomy.tasks import order_guide_export

CONTENT_TYPES = {"pdf": "application/pdf", "html": "text/html; charset=utf-8"}


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def guide(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """Contents by group or alphabet, or what is found for ?q=; a part of the page for htmx."""
    taxonomy, context = page_context(taxonomy_id, "guide")
    text = request.GET.get("q", "").strip()
    context |= {"q": text, "order": request.GET.get("order", "group")}
    if text:
        context["found"] = search(taxonomy, text)
    else:
        entries = entries_of(taxonomy)
        by_letter = context["order"] == "alphabet"
        context["sections"] = by_alphabet(entries) if by_letter else by_group(taxonomy, entries)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "taxonomy/_guide_contents.html", context)
    entries_all = taxonomy.guide_entries.aggregate(
        shown=Count("pk", filter=Q(archived=None)), archived=Count("pk", filter=~Q(archived=None))
    )
    context |= {"counts": entries_all, "exports": _exports(taxonomy)}
    if request.GET.get("archived"):
        context["archived"] = taxonomy.guide_entries.exclude(archived=None)
    return render(request, "taxonomy/guide.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(ADMIN, REVIEWER, LABELER)
def entry(request: HttpRequest, taxonomy_id: int, entry_id: int) -> HttpResponse:
    """An entry and its discussion; a POST adds to it."""
    found = _entry(taxonomy_id, entry_id)
    context: dict[str, Any] = {}
    if request.method == "POST":
        text = request.POST.get("comment", "").replace("\r\n", "\n")
        try:
            made = writing.comment(found, text, signed_in(request))
        except InputError as error:
            context = {"comment": text, "comment_error": str(error)}
        else:
            return redirect(f"{_address(found)}#comment-{made.pk}")
    return _entry_page(request, found, context)


def _entry_page(request: HttpRequest, found: GuideEntry, more: dict[str, Any]) -> HttpResponse:
    taxonomy, context = page_context(found.taxonomy_id, "guide")
    current = writing.current_of(found)
    comments = list(found.comments.select_related("author").order_by("pk"))
    texts = [Text(comment.text, tuple(current.class_indices)) for comment in comments]
    (shown,) = rendered(taxonomy, [found])
    context |= {
        "entry": found,
        "revision": current,
        "html": shown.html,
        "classes": found.classes.select_related("synset").order_by("index"),
        "comments": list(zip(comments, html_of(taxonomy, texts, heading=4), strict=True)),
        **more,
    }
    status = 422 if "comment_error" in more else 200
    return render(request, "taxonomy/guide_entry.html", context, status=status)


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def history(request: HttpRequest, taxonomy_id: int, entry_id: int) -> HttpResponse:
    """Every revision, and what ?new= does not share with ?old=: by default the last change."""
    found = _entry(taxonomy_id, entry_id)
    taxonomy, context = page_context(taxonomy_id, "guide")
    revisions = list(
        found.revisions.select_related("author", "restored_from")
        .defer("text", "plain", "names")
        .order_by("-number")
    )
    numbers = [one.number for one in revisions]
    new = _number(request, "new", numbers, numbers[0])
    old = _number(request, "old", numbers, next((n for n in numbers if n < new), new))
    both = {one.number: one for one in found.revisions.filter(number__in=[old, new])}
    context |= {
        "entry": found,
        "revisions": revisions,
        "old": both[old],
        "new": both[new],
        **compared(taxonomy, both[old], both[new]),
    }
    return render(request, "taxonomy/guide_history.html", context)


def compared(taxonomy: Taxonomy, old: GuideRevision, new: GuideRevision) -> dict[str, Any]:
    """Context for `taxonomy/_guide_differences.html`."""
    before, after = set(old.class_indices), set(new.class_indices)
    changed = taxonomy.classes.filter(index__in=before ^ after).select_related("synset")
    return {
        "title_html": marked(word_differences(old.title, new.title))
        if old.title != new.title
        else "",
        "classes_added": [one for one in changed if one.index in after],
        "classes_removed": [one for one in changed if one.index in before],
        "passages": differences(old.text, new.text),
    }


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def revision(request: HttpRequest, taxonomy_id: int, entry_id: int, number: int) -> HttpResponse:
    """An entry as it was, or as somebody whom another was ahead of wanted it."""
    found = _entry(taxonomy_id, entry_id)
    taxonomy, context = page_context(taxonomy_id, "guide")
    shown = get_object_or_404(found.revisions.select_related("author"), number=number)
    (html,) = html_of(taxonomy, [Text(shown.text, tuple(shown.class_indices))])
    context |= {"entry": found, "revision": shown, "html": html}
    return render(request, "taxonomy/guide_revision.html", context)


@require_POST
@roles_required(ADMIN)
def archive(request: HttpRequest, taxonomy_id: int, entry_id: int) -> HttpResponse:
    """Take an entry out of the guide, or with archived=0 back into it."""
    found = _entry(taxonomy_id, entry_id)
    archived = request.POST.get("archived", "1") != "0"
    writing.set_archived(found, archived)
    messages.success(request, "The entry is archived." if archived else "The entry is back.")
    return redirect(_address(found))


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def wanted(request: HttpRequest, taxonomy_id: int) -> HttpResponse:
    """The part of a page that lists classes which want an entry."""
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    context = {"taxonomy": taxonomy, "wanted": wanted_entries(taxonomy)}
    return render(request, "taxonomy/_guide_wanted.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(ADMIN, REVIEWER, LABELER)
def wish(request: HttpRequest, taxonomy_id: int, index: int) -> HttpResponse:
    """The part of a page that asks for an entry about a class; a POST with wanted=1 or 0 does."""
    label_class = get_object_or_404(
        LabelClass.objects.select_related("synset"), taxonomy=taxonomy_id, index=index
    )
    user = signed_in(request)
    if request.method == "POST":
        writing.wish(label_class, user, request.POST.get("wanted", "1") != "0")
    askers = list(label_class.guide_wishes.values_list("author", flat=True))
    context = {"label_class": label_class, "asked": user.pk in askers, "askers": len(askers)}
    return render(request, "taxonomy/_guide_wish.html", context)


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def image(request: HttpRequest, taxonomy_id: int, uid: UUID) -> HttpResponseBase:
    """A picture of the guide as pages show it; it never changes, so it is kept."""
    found = get_object_or_404(GuideImage, taxonomy=taxonomy_id, uid=uid)
    try:
        return stored.picture(path_of(found.content_hash, "page"))
    except FileNotFoundError as error:
        raise Http404 from error


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(ADMIN, REVIEWER, LABELER)
def export(request: HttpRequest, taxonomy_id: int, kind: str) -> HttpResponse:
    """The part of the guide's page that tells how far an export is; a POST begins one."""
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    if kind not in exporting.MAKERS:
        raise Http404
    found = exporting.export_of(taxonomy, kind)
    if request.method == "POST":
        order_guide_export(taxonomy, kind)
        if not request.htmx:  # type: ignore[attr-defined]
            return redirect("guide", taxonomy.pk)
        found = exporting.export_of(taxonomy, kind)
    return render(request, "taxonomy/_guide_export.html", {"taxonomy": taxonomy, "export": found})


@require_safe
@roles_required(ADMIN, REVIEWER, LABELER)
def export_download(request: HttpRequest, taxonomy_id: int, kind: str) -> FileResponse:
    taxonomy = get_object_or_404(Taxonomy, pk=taxonomy_id)
    if kind not in exporting.MAKERS:
        raise Http404
    found = exporting.export_of(taxonomy, kind)
    if found.state != "ready":
        raise Http404
    return FileResponse(
        default_storage.open(found.path),
        as_attachment=True,
        filename=file_name("labeling-guide", taxonomy.name, suffix=kind),
        content_type=CONTENT_TYPES[kind],
    )


def _exports(taxonomy: Taxonomy) -> list[exporting.Export]:
    return [exporting.export_of(taxonomy, kind) for kind in exporting.MAKERS]


def _entry(taxonomy_id: int, entry_id: int) -> GuideEntry:
    """With its current revision and that one's author; 404 if the taxonomy has no such entry."""
    entries = GuideEntry.objects.select_related("taxonomy", "current__author")
    return get_object_or_404(entries, taxonomy=taxonomy_id, pk=entry_id)


def _address(found: GuideEntry) -> str:
    return reverse("guide_entry", args=[found.taxonomy_id, found.pk])


def _number(request: HttpRequest, name: str, numbers: list[int], usual: int) -> int:
    """The number of a revision that the address asks for; 404 if there is none such."""
    text = request.GET.get(name, "")
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) in numbers):
        raise Http404
    return int(text)
