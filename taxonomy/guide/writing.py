"""Everything that changes the guide. No text that somebody has sent is ever lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from taxonomy.errors import InputError
from taxonomy.guide.class_names import ClassNames, class_names
from taxonomy.guide.plain import plain_text
from taxonomy.models import (
    GuideComment,
    GuideEntry,
    GuideRevision,
    GuideWish,
    LabelClass,
    Taxonomy,
)
from taxonomy.models.guide import NOTE_LENGTH, TITLE_LENGTH

TEXT_LENGTH = 100_000
COMMENT_LENGTH = 5_000


@dataclass(frozen=True)
class Draft:
    """An entry as somebody wants it: Markdown, and the indices of the classes it is about."""

    title: str
    text: str
    class_indices: Sequence[int]
    note: str = ""


@dataclass(frozen=True)
class Saved:
    """`revision` is what was stored, or what was there already if nothing was new.

    `conflict` is the revision that somebody else saved first; then `revision` is kept aside.
    """

    revision: GuideRevision
    conflict: GuideRevision | None = None


@transaction.atomic
def create_entry(taxonomy: Taxonomy, draft: Draft, author: User) -> GuideEntry:
    """Raises InputError for a draft that `check` refuses."""
    check(taxonomy, draft)
    entry = GuideEntry.objects.create(taxonomy=taxonomy, title=draft.title)
    _append(entry, draft, author)
    return entry


@transaction.atomic
def save_entry(entry: GuideEntry, draft: Draft, author: User, base: int) -> Saved:
    """Make a draft that was written on the ground of revision number `base` the entry's text.

    If the entry has got another revision since, the draft becomes a revision that is kept aside,
    and the entry stays as it is. Raises InputError for a draft that `check` refuses.
    """
    entry = GuideEntry.objects.select_for_update().get(pk=entry.pk)
    check(entry.taxonomy, draft)
    current = current_of(entry)
    if _is_like(current, draft):
        return Saved(current)
    if current.number == base:
        return Saved(_append(entry, draft, author))
    last = entry.revisions.filter(aside=True, author=author).order_by("-number").first()
    if last is not None and _is_like(last, draft):
        return Saved(last, current)
    return Saved(_append(entry, draft, author, aside=True), current)


@transaction.atomic
def restore(revision: GuideRevision, author: User) -> GuideRevision:
    """Make an earlier revision, or one kept aside, the entry's text again: a further revision.

    Classes that the taxonomy does not have any more are left out.
    """
    entry = GuideEntry.objects.select_for_update().get(pk=revision.entry_id)
    there = entry.taxonomy.classes.filter(index__in=revision.class_indices)
    indices = sorted(there.values_list("index", flat=True))
    note = f"revision {revision.number} again"
    draft = Draft(revision.title, revision.text, indices, note)
    current = current_of(entry)
    if _is_like(current, draft):
        return current
    return _append(entry, draft, author, restored_from=revision)


def current_of(entry: GuideEntry) -> GuideRevision:
    assert entry.current is not None, "every entry is created with a revision"
    return entry.current


def set_archived(entry: GuideEntry, archived: bool) -> None:
    """Take an entry out of the guide, or back into it; its history and discussion stay."""
    GuideEntry.objects.filter(pk=entry.pk).update(archived=timezone.now() if archived else None)


def comment(entry: GuideEntry, text: str, author: User) -> GuideComment:
    """Raises InputError for a text that is empty or too long."""
    text = text.strip()
    if not text:
        raise InputError("Write something first.")
    if len(text) > COMMENT_LENGTH:
        raise InputError(
            f"A comment has at most {COMMENT_LENGTH:,} characters; this one has {len(text):,}."
        )
    _refuse_nul(text)
    return GuideComment.objects.create(entry=entry, text=text, author=author)


def wish(label_class: LabelClass, author: User, wanted: bool) -> None:
    """Ask for an entry about a class, or no longer."""
    if wanted:
        GuideWish.objects.get_or_create(label_class=label_class, author=author)
    else:
        GuideWish.objects.filter(label_class=label_class, author=author).delete()


def for_search(names: ClassNames, text: str, class_indices: Sequence[int]) -> dict[str, str]:
    """The fields of a revision by which it is found: {"plain", "names"}."""
    found = [name for index in class_indices for name in names.classes[index].names]
    return {"plain": plain_text(text, names), "names": "\n".join(found)}


def check(taxonomy: Taxonomy, draft: Draft) -> None:
    """Raises InputError for a title or text that is missing or too long, and unknown classes."""
    if not draft.title.strip():
        raise InputError("Give the entry a title.")
    for what, text, most in (
        ("The title", draft.title, TITLE_LENGTH),
        ("The text", draft.text, TEXT_LENGTH),
        ("The note", draft.note, NOTE_LENGTH),
    ):
        if len(text) > most:
            reason = f"{what} is too long: {len(text):,} characters, at most {most:,} are stored."
            raise InputError(f"{reason} Nothing was saved.")
        _refuse_nul(text)
    known = set(
        taxonomy.classes.filter(index__in=draft.class_indices).values_list("index", flat=True)
    )
    if unknown := set(draft.class_indices) - known:
        raise InputError(f"There is no class {min(unknown)}.")


def _refuse_nul(text: str) -> None:
    if "\0" in text:
        raise InputError("The text holds a NUL character, which cannot be stored.")


def _is_like(revision: GuideRevision, draft: Draft) -> bool:
    return (revision.title, revision.text, sorted(revision.class_indices)) == (
        draft.title,
        draft.text,
        sorted(set(draft.class_indices)),
    )


def _append(
    entry: GuideEntry,
    draft: Draft,
    author: User,
    *,
    aside: bool = False,
    restored_from: GuideRevision | None = None,
) -> GuideRevision:
    """Store a draft as the next revision, and unless `aside` as the current one.

    The caller has locked the entry.
    """
    last = entry.revisions.order_by("-number").first()
    indices = sorted(set(draft.class_indices))
    revision = GuideRevision.objects.create(
        entry=entry,
        number=last.number + 1 if last else 1,
        title=draft.title,
        text=draft.text,
        **for_search(class_names(entry.taxonomy), draft.text, indices),
        class_indices=indices,
        author=author,
        note=draft.note,
        aside=aside,
        restored_from=restored_from,
    )
    if not aside:
        entry.title = draft.title
        entry.current = revision
        entry.save(update_fields=["title", "current", "updated"])
        entry.classes.set(entry.taxonomy.classes.filter(index__in=indices))
    return revision
