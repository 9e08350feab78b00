from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.cache import cache
from django.template.loader import render_to_string
from django.urls import reverse

from taxonomy.guide import writing
from taxonomy.guide.entries import by_alphabet, by_group, entries_about, entries_of
from taxonomy.guide.writing import Draft, create_entry, save_entry
from taxonomy.loading import load_csv
from taxonomy.models import ClassGroup, GuideEntry, GuideWish, Taxonomy
from tests.worlds import CLASSES


def page(client, name: str, *arguments, **query) -> str:
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == 200
    return response.content.decode()


def test_an_empty_guide_says_what_to_do(six, labeler_client):
    assert "Write the first entry" in page(labeler_client, "guide", six.pk)


def test_contents_stand_by_the_smallest_group_that_holds_the_classes(six, admin):
    for position, (name, members) in enumerate([("birds", [0]), ("animals", [0, 2, 3])], 1):
        group = ClassGroup.objects.create(taxonomy=six, name=name, position=position)
        group.members.set(six.classes.filter(index__in=members))
    for title, about in [
        ("bird", [0]),
        ("Beasts", [2, 3]),
        ("Animals", [0, 2]),
        ("Cranes", [0, 1]),
        ("How", []),
    ]:
        create_entry(six, Draft(title, "", about), admin)
    sections = by_group(six, entries_of(six))
    assert {one.title: [entry.title for entry in one.entries] for one in sections} == {
        "birds": ["bird"],
        "animals": ["Animals", "Beasts"],
        "in several groups": ["Cranes"],
        "about no class": ["How"],
    }
    assert [one.title for one in by_alphabet(entries_of(six))] == ["A", "B", "C", "H"]


def test_the_list_takes_as_many_queries_for_many_entries_as_for_few(
    six, admin, admin_client, django_assert_max_num_queries
):
    for number in range(30):
        create_entry(six, Draft(f"Entry {number}", "x", [number % 6]), admin)
    with django_assert_max_num_queries(19):
        assert "Entry 29" in page(admin_client, "guide", six.pk)


def test_an_entry_is_shown_with_its_classes_its_author_and_its_discussion(
    six, entry, admin_client, labeler
):
    writing.comment(entry, "And a *young* [[crane]]?", labeler)
    html = page(admin_client, "guide_entry", six.pk, entry.pk)
    assert "The <em>bird</em> has feathers." in html
    assert "Revision 1 by linus" in html
    assert "And a <em>young</em>" in html


def test_a_long_discussion_takes_no_more_queries(
    six, entry, admin_client, labeler, django_assert_max_num_queries
):
    for number in range(20):
        writing.comment(entry, f"Word {number}", labeler)
    with django_assert_max_num_queries(16):
        page(admin_client, "guide_entry", six.pk, entry.pk)


def test_everybody_writes(six, labeler_client, reviewer_client):
    token = uuid4()
    new = {"title": "Rays", "text": "Sting or shock.\r\n", "classes": ["2", "3"], "token": token}
    response = labeler_client.post(reverse("guide_new", args=[six.pk]), new)
    made = GuideEntry.objects.get(title="Rays")
    assert response["Location"] == f"{reverse('guide_entry', args=[six.pk, made.pk])}#saved-{token}"
    assert made.current.text == "Sting or shock.\n"
    change = {"title": "Rays", "text": "Shock.", "classes": ["2"], "base": 1, "note": "short"}
    reviewer_client.post(reverse("guide_edit", args=[six.pk, made.pk]), change)
    made.refresh_from_db()
    assert (made.current.text, made.current.note, made.current.author.username) == (
        "Shock.",
        "short",
        "rosalind",
    )


def test_an_entry_can_be_begun_about_classes(six, labeler_client):
    html = page(labeler_client, "guide_new", six.pk, **{"class": ["0", "3"]})
    assert '<input type="hidden" name="classes" value="0"' in html
    assert '<input type="hidden" name="classes" value="3"' in html
    assert page(labeler_client, "guide_new", six.pk, **{"class": "x"})


@pytest.mark.parametrize("where", ["new", "edit"])
def test_an_entry_of_one_megabyte_is_refused_and_its_text_stays_in_the_form(
    six, entry, admin_client, where
):
    text = "long " * 210_000
    arguments = [six.pk] if where == "new" else [six.pk, entry.pk]
    response = admin_client.post(
        reverse(f"guide_{where}", args=arguments), {"title": "Long", "text": text, "base": 1}
    )
    html = response.content.decode()
    assert response.status_code == 422
    assert "The text is too long: 1,050,000 characters, at most 100,000 are stored." in html
    assert text.strip() in html
    assert GuideEntry.objects.count() == 1
    assert entry.revisions.count() == 1


def test_a_preview_of_one_megabyte_is_refused(six, labeler_client):
    response = labeler_client.post(reverse("guide_preview", args=[six.pk]), {"text": "x" * 2**20})
    assert "Texts of more than 100,000 characters are not stored." in response.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"title": ""}, {"classes": ["77"]}, {"classes": ["x"]}, {"base": "x"}, {"text": "a\0b"}],
)
def test_whatever_is_wrong_with_a_form_its_text_stays_in_it(six, entry, admin_client, wrong):
    sent = {"title": "Cranes", "text": "Dear text.", "base": 1} | wrong
    response = admin_client.post(reverse("guide_edit", args=[six.pk, entry.pk]), sent)
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert sent["text"].replace("\0", "") in response.content.decode().replace("\0", "")
    assert entry.revisions.count() == 1


def test_who_comes_second_sees_both_texts_and_can_bring_them_together(
    six, entry, reviewer_client, admin_client
):
    address = reverse("guide_edit", args=[six.pk, entry.pk])
    both = [client.get(address).content.decode() for client in (reviewer_client, admin_client)]
    assert all('name="base" value="1"' in html for html in both)
    first = {"title": "Cranes", "text": "The bird has long legs.", "base": 1}
    second = {"title": "Cranes", "text": "The *bird* has feathers and wings.", "base": 1}
    assert reviewer_client.post(address, first).status_code == 302
    conflict = admin_client.post(address, second)
    html = conflict.content.decode()
    assert conflict.status_code == 409
    assert "rosalind saved this entry while you were writing" in html
    assert "The bird has long legs.</pre>" in html
    assert ">\nThe *bird* has feathers and wings.</textarea>" in html
    assert "<del>long legs</del>" in html
    assert "<ins>feathers and wings</ins>" in html
    assert 'name="base" value="2"' in html
    entry.refresh_from_db()
    assert entry.current.text == first["text"]
    assert entry.revisions.get(number=3).text == second["text"]
    merged = {"title": "Cranes", "text": "The bird has long legs and wings.", "base": 2}
    assert admin_client.post(address, merged).status_code == 302
    entry.refresh_from_db()
    assert entry.current.text == merged["text"]


def test_history_shows_who_changed_what_and_any_two_revisions(
    six, entry, admin, reviewer, labeler_client
):
    save_entry(entry, Draft("Cranes", "The *bird* has wings.", [0, 2], "wings"), reviewer, base=1)
    save_entry(entry, Draft("All cranes", "The *bird* has two wings.", [0, 2]), admin, base=2)
    html = page(labeler_client, "guide_history", six.pk, entry.pk)
    assert all(name in html for name in ("linus", "rosalind", "ada", "wings"))
    assert "From revision 2 to 3" in html
    assert "<ins>two </ins>" in html
    assert "<del>Cranes</del><ins>All cranes</ins>" in html
    html = page(labeler_client, "guide_history", six.pk, entry.pk, old=1, new=2)
    assert "<del>feathers</del><ins>wings</ins>" in html
    assert "<del>crane</del>" in html
    assert "<ins>tusker</ins>" in html


@pytest.mark.parametrize("number", ["0", "9", "x", "-1", "9" * 30, "²", "0000000012"])
def test_a_revision_that_is_not_there_is_not_found(six, entry, admin_client, number):
    address = reverse("guide_history", args=[six.pk, entry.pk])
    assert admin_client.get(address, {"old": number}).status_code == 404


def test_anybody_restores_a_revision(six, entry, admin, labeler_client):
    save_entry(entry, Draft("Cranes", "Worse.", [0]), admin, base=1)
    assert "not the entry as it stands" in page(
        labeler_client, "guide_revision", six.pk, entry.pk, 1
    )
    labeler_client.post(reverse("guide_restore", args=[six.pk, entry.pk, 1]))
    entry.refresh_from_db()
    assert (entry.current.number, entry.current.text) == (3, "The *bird* has feathers.")


def test_only_admins_archive_and_everything_stays(six, entry, labeler_client, admin_client):
    address = reverse("guide_archive", args=[six.pk, entry.pk])
    assert labeler_client.post(address).status_code == 403
    admin_client.post(address)
    assert "Cranes" not in page(labeler_client, "guide", six.pk)
    assert entries_about(six.classes.get(index=0)).shown == []
    assert "archived" in page(labeler_client, "guide_entry", six.pk, entry.pk)
    assert ">Cranes</a>" in page(admin_client, "guide", six.pk, archived=1)
    admin_client.post(address, {"archived": "0"})
    assert "Cranes" in page(labeler_client, "guide", six.pk)


def test_a_comment_that_cannot_be_stored_stays_in_the_form(six, entry, labeler_client):
    address = reverse("guide_entry", args=[six.pk, entry.pk])
    response = labeler_client.post(address, {"comment": "y" * 5_001})
    assert response.status_code == 422
    assert "y" * 5_001 in response.content.decode()
    assert (
        "A comment has at most 5,000 characters; this one has 5,001." in response.content.decode()
    )
    assert not entry.comments.exists()


def test_asking_for_an_entry(six, labeler_client, reviewer_client):
    address = reverse("guide_wish", args=[six.pk, 3])
    assert "Ask for an entry" in labeler_client.get(address).content.decode()
    assert (
        "You asked for an entry" in labeler_client.post(address, {"wanted": "1"}).content.decode()
    )
    assert "1 person has" in reviewer_client.get(address).content.decode()
    assert "African elephant" in page(reviewer_client, "guide_wanted", six.pk)
    labeler_client.post(address, {"wanted": "0"})
    assert not GuideWish.objects.exists()


def test_a_class_shows_what_the_guide_says_about_it(six, entry):
    label_class = six.classes.get(index=1)
    html = render_to_string("taxonomy/_guide_entries.html", {"entries": entries_about(label_class)})
    assert "The <em>bird</em> has feathers." in html
    other = six.classes.get(index=5)
    html = render_to_string("taxonomy/_guide_entries.html", {"entries": entries_about(other)})
    assert "The guide says nothing about this class yet." in html
    assert f"{reverse('guide_new', args=[six.pk])}?class=5" in html


def test_a_class_with_many_entries_takes_one_query_once_they_are_rendered(
    six, admin, django_assert_num_queries, django_assert_max_num_queries
):
    for number in range(10):
        create_entry(six, Draft(f"Entry {number}", f"Text {number} of [[d]]", [0]), admin)
    label_class = six.classes.select_related("taxonomy").get(index=0)
    cache.clear()
    with django_assert_max_num_queries(5):
        cold = entries_about(label_class)
    with django_assert_num_queries(1):
        assert entries_about(label_class) == cold
    assert len(cold.shown) == 10


def test_a_text_is_rendered_anew_when_its_classes_are_called_otherwise(six, admin, write):
    create_entry(six, Draft("Entry", "About [[c]]", [0]), admin)
    label_class = six.classes.get(index=0)
    assert "tusker" in entries_about(label_class).shown[0].html
    load_csv(write("six.csv", CLASSES.replace("tusker", "tusk bearer")))
    label_class = Taxonomy.objects.get(name="six").classes.get(index=0)
    assert "tusk bearer" in entries_about(label_class).shown[0].html


def test_entries_of_another_taxonomy_are_not_there(six, entry, admin_client, write):
    load_csv(write("other.csv", "name\nx\ny\n"))
    other = Taxonomy.objects.get(name="other")
    for name in ("guide_entry", "guide_edit", "guide_history"):
        assert admin_client.get(reverse(name, args=[other.pk, entry.pk])).status_code == 404
