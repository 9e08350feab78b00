from __future__ import annotations

import pytest

from taxonomy.guide.searching import Found, search
from taxonomy.guide.writing import Draft, create_entry, save_entry, set_archived


@pytest.fixture
def guide(six, admin):
    for title, text, about in [
        ("Cranes", "The *bill* of the bird is pointed; see how it stands in marshes.", [0, 1]),
        ("Elephants", "Tuskers without tusks are elephants. Skin & tail > 2 m, grey.", [2, 3]),
        ("Glass for eyes", "One lens burns, two are worn: the bill of a cap hides them.", [4, 5]),
    ]:
        create_entry(six, Draft(title, text, about), admin)
    return six


def titles(found: Found) -> list[str]:
    return [hit.entry.title for hit in found.hits]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bill", ["Cranes", "Glass for eyes"]),
        ("pointed bill", ["Cranes"]),
        ("BILL lens", ["Glass for eyes"]),
        ("standing", ["Cranes"]),  # stands
        ("eleph", ["Elephants"]),
        ("sunglasses", ["Glass for eyes"]),  # the name of a class
        ("african gre", ["Elephants"]),  # a class's name and the text
        ("n", []),
        ("", []),
        ("' & | ! :* <-> ( )", []),
        ("crane's", ["Cranes"]),
        ("the of a", []),
    ],
)
def test_finds_entries_that_hold_words_beginning_so(guide, text, expected):
    assert titles(search(guide, text)) == expected


def test_a_title_counts_more_than_a_text(guide, admin):
    create_entry(guide, Draft("Other birds", "Unlike an elephant, elephant, elephant.", []), admin)
    assert titles(search(guide, "elephant")) == ["Elephants", "Other birds"]


def test_the_words_found_are_marked_and_the_rest_is_escaped(guide):
    (hit,) = search(guide, "grey elephants").hits
    assert hit.title == "<mark>Elephants</mark>"
    assert "Skin &amp; tail &gt; 2 m, <mark>grey</mark>" in hit.snippet


def test_a_typo_is_taken_for_the_nearest_word_and_it_says_so(guide):
    found = search(guide, "elefant skin")
    assert titles(found) == ["Elephants"]
    assert found.corrected == "elephant skin"
    assert search(guide, "xyzzy") == Found([])


def test_only_entries_as_they_stand_are_found(guide, admin):
    entry = guide.guide_entries.get(title="Cranes")
    save_entry(entry, Draft("Cranes", "Rewritten.", [0, 1]), admin, base=1)
    save_entry(entry, Draft("Cranes", "Unicorns.", [0, 1]), admin, base=1)
    assert titles(search(guide, "marshes")) == []
    assert titles(search(guide, "unicorns")) == []
    assert titles(search(guide, "rewritten")) == ["Cranes"]
    set_archived(entry, archived=True)
    assert titles(search(guide, "rewritten")) == []


def test_searching_takes_three_queries_however_much_is_found(
    guide, admin, django_assert_num_queries
):
    for number in range(20):
        create_entry(guide, Draft(f"Bill {number}", "bill", [number % 6]), admin)
    with django_assert_num_queries(3):
        assert len(search(guide, "bill").hits) == 22
