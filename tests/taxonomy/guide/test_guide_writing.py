"""Saving: what is kept, by whom, and that nothing is lost."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from taxonomy.errors import InputError
from taxonomy.guide import writing
from taxonomy.guide.writing import Draft, create_entry, restore, save_entry
from taxonomy.models import GuideComment, GuideEntry, GuideRevision, GuideWish


def texts(entry: GuideEntry) -> list[tuple[int, str, bool]]:
    return list(entry.revisions.values_list("number", "text", "aside"))


def test_an_entry_begins_with_a_revision(six, entry, labeler):
    revision = entry.current
    assert (revision.number, revision.title, revision.author) == (1, "Cranes", labeler)
    assert revision.class_indices == [0, 1]
    assert set(entry.classes.values_list("index", flat=True)) == {0, 1}


def test_saving_adds_a_revision_and_keeps_the_old(entry, reviewer):
    saved = save_entry(entry, Draft("Cranes!", "New.", [1, 2], "shorter"), reviewer, base=1)
    entry.refresh_from_db()
    assert saved.conflict is None
    assert (entry.title, entry.current) == ("Cranes!", saved.revision)
    assert set(entry.classes.values_list("index", flat=True)) == {1, 2}
    assert texts(entry) == [(1, "The *bird* has feathers.", False), (2, "New.", False)]


def test_saving_what_is_there_adds_nothing(entry, reviewer):
    same = Draft(entry.title, entry.current.text, [1, 0])
    assert save_entry(entry, same, reviewer, base=1).revision == entry.current
    assert entry.revisions.count() == 1


def test_who_comes_second_has_the_text_kept_aside(entry, reviewer, admin):
    first = save_entry(entry, Draft("Cranes", "Theirs.", [0]), reviewer, base=1)
    second = save_entry(entry, Draft("Cranes", "Mine.", [0]), admin, base=1)
    entry.refresh_from_db()
    assert second.conflict == first.revision
    assert second.revision.aside
    assert entry.current == first.revision
    assert [text for _, text, _ in texts(entry)] == ["The *bird* has feathers.", "Theirs.", "Mine."]


def test_sending_the_same_again_keeps_it_aside_once(entry, reviewer, admin):
    save_entry(entry, Draft("Cranes", "Theirs.", [0]), reviewer, base=1)
    once = save_entry(entry, Draft("Cranes", "Mine.", [0]), admin, base=1)
    again = save_entry(entry, Draft("Cranes", "Mine.", [0]), admin, base=1)
    assert again.revision == once.revision
    assert again.conflict is not None


def test_both_brought_together_become_the_entry(entry, reviewer, admin):
    save_entry(entry, Draft("Cranes", "Theirs.", [0]), reviewer, base=1)
    aside = save_entry(entry, Draft("Cranes", "Mine.", [0]), admin, base=1)
    merged = save_entry(entry, Draft("Cranes", "Theirs. Mine.", [0]), admin, aside.conflict.number)
    entry.refresh_from_db()
    assert merged.conflict is None
    assert (entry.current.number, entry.current.text) == (4, "Theirs. Mine.")


@pytest.mark.django_db(transaction=True)
def test_of_people_who_save_at_the_same_moment_one_is_first_and_no_text_is_lost(
    entry, admin, reviewer, labeler
):
    people = [admin, reviewer, labeler]
    together = threading.Barrier(len(people))
    saved = []

    def save(person) -> None:
        together.wait()
        try:
            saved.append(save_entry(entry, Draft("Cranes", f"By {person}.", [0]), person, base=1))
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.conflict is None for one in saved) == [False, False, True]
    kept = {text for _, text, _ in texts(entry)}
    assert kept == {"The *bird* has feathers.", *(f"By {person}." for person in people)}
    entry.refresh_from_db()
    assert not entry.current.aside


def test_restoring_adds_a_revision(entry, reviewer, admin):
    save_entry(entry, Draft("Other", "Worse.", [2]), reviewer, base=1)
    made = restore(entry.revisions.get(number=1), admin)
    entry.refresh_from_db()
    assert (made.number, made.text, made.restored_from.number, made.author) == (
        3, "The *bird* has feathers.", 1, admin,
    )  # fmt: skip
    assert (entry.current, entry.title) == (made, "Cranes")
    assert set(entry.classes.values_list("index", flat=True)) == {0, 1}


def test_what_is_the_entry_is_not_restored_again(entry, admin):
    assert restore(entry.current, admin) == entry.current
    assert entry.revisions.count() == 1


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (Draft(" ", "x", []), "Give the entry a title."),
        (Draft("t" * 201, "x", []), "The title is too long: 201 characters, at most 200"),
        (
            Draft("t", "x" * 2**20, []),
            "The text is too long: 1,048,576 characters, at most 100,000",
        ),
        (Draft("t", "x\0y", []), "NUL"),
        (Draft("t", "x", [0, 6]), "There is no class 6."),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_stored_is_refused_and_nothing_is_half_done(six, admin, draft, reason):
    with pytest.raises(InputError, match=reason):
        create_entry(six, draft, admin)
    assert not GuideEntry.objects.exists()


def test_a_text_full_of_different_words_fits_into_the_search_index(six, admin):
    text = " ".join(chr(0x20000 + n) for n in range(writing.TEXT_LENGTH // 2))
    assert create_entry(six, Draft("Signs", text, []), admin).current.text == text


def test_a_comment_has_a_text_of_some_length(entry, admin):
    writing.comment(entry, " Why? ", admin)
    assert GuideComment.objects.get().text == "Why?"
    for text in (" ", "x" * 5_001, "a\0"):
        with pytest.raises(InputError):
            writing.comment(entry, text, admin)
    assert GuideComment.objects.count() == 1


def test_asking_twice_counts_once_and_can_be_taken_back(six, admin, labeler):
    label_class = six.classes.get(index=3)
    for person in (admin, admin, labeler):
        writing.wish(label_class, person, wanted=True)
    assert GuideWish.objects.count() == 2
    writing.wish(label_class, admin, wanted=False)
    writing.wish(label_class, admin, wanted=False)
    assert GuideWish.objects.get().author == labeler


def test_a_taxonomy_can_go_with_its_guide(six, entry, admin):
    save_entry(entry, Draft("Cranes", "x", [0]), admin, base=1)
    six.delete()
    assert not GuideRevision.objects.exists()
