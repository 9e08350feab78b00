from __future__ import annotations

from taxonomy.guide import writing
from taxonomy.guide.wanted import SHOWN, wanted_entries
from taxonomy.guide.writing import Draft, create_entry
from taxonomy.loading import load_csv
from taxonomy.models import Taxonomy


def listed(taxonomy) -> dict[str, list[tuple[list[int], str]]]:
    return {
        section.title: [([one.index for one in row.classes], row.reason) for row in section.rows]
        for section in wanted_entries(taxonomy)
    }


def test_twins_want_an_entry_until_both_have_one(six, admin):
    twins = {"Twins: the same name": [([0, 1], "animal / thing")]}
    assert listed(six) == twins
    first = create_entry(six, Draft("Crane", "", [0]), admin)
    assert listed(six) == twins
    create_entry(six, Draft("The other crane", "", [1]), admin)
    assert listed(six) == {}
    writing.set_archived(first, archived=True)
    assert listed(six) == twins


def test_classes_asked_for_by_most_come_first(six, admin, labeler):
    create_entry(six, Draft("Cranes", "", [0, 1]), admin)
    for index, person in [(2, admin), (4, admin), (4, labeler), (5, labeler), (1, labeler)]:
        writing.wish(six.classes.get(index=index), person, wanted=True)
    assert listed(six) == {"Asked for": [([4], "2 people"), ([2], "1 person"), ([5], "1 person")]}


def test_a_long_list_is_cut_and_says_by_how_much(six, write, django_assert_num_queries):
    rows = "".join(f"{index},k{index},twin {index // 2},meaning {index}\n" for index in range(60))
    load_csv(write("many.csv", f"index,key,name,definition\n{rows}"))
    many = Taxonomy.objects.get(name="many")
    with django_assert_num_queries(5):
        (section,) = wanted_entries(many)
    assert (len(section.rows), section.more) == (SHOWN, 30 - SHOWN)
