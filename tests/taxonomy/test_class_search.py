"""Which classes a text finds: the search in the browser, run in Chromium on the real class index."""

import csv
import json
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

QUERIES = Path(__file__).parent / "search_queries.csv"


@pytest.fixture
def page(open_search):
    return open_search()


def found(page, text: str) -> list[int]:
    return page.evaluate("text => search.searchClasses(classes, text).map(c => c.index)", text)


FIRST = {
    "tench": 0,
    "goldfish": 1,
    "Tinca tinca": 0,
    "african elephant": 386,
    "TUSKER": 101,
    "n02012849": 134,
    "134": 134,
    "lakeland": 189,
    "wire haired fox terrier": 188,
    "wirehaired fox": 188,
    "ray electric": 5,
    "electr": 5,
    "sunglass": 836,
    "sunglasses": 837,
    "Cardigan Welsh": 264,
    "great dane": 246,
    "crêpe": None,
    "screwdriver": 784,
    "carpenters kit": 477,
    "carpenter's kit": 477,
    "hen of the woods": 996,
    "jack-o-lantern": 607,
    "toilet paper": 999,
}


def test_finds_what_people_type(page):
    wrong = {
        text: found(page, text)[:3]
        for text, index in FIRST.items()
        if found(page, text)[:1] != ([] if index is None else [index])
    }
    assert wrong == {}


def places(page, rows: list[dict[str, str]]) -> list[int | None]:
    """For each query the place, from 0, of the first class expected; None if there is none."""
    return page.evaluate(
        """rows => rows.map(({ query, expected }) => {
          const wanted = new Set(expected.split("|"));
          const place = search.searchClasses(classes, query).findIndex((c) => wanted.has(c.key));
          return place < 0 ? null : place;
        })""",
        rows,
    )


def test_what_people_type_leads_to_the_class_they_mean(page):
    rows = list(csv.DictReader(QUERIES.open(encoding="utf-8")))
    assert len(rows) >= 180
    assert len({row["query"].casefold() for row in rows}) == len(rows)
    assert {key for row in rows for key in row["expected"].split("|")} <= set(
        page.evaluate("classes.map((c) => c.key)")
    )
    found_at = places(page, rows)
    for row, place in zip(rows, found_at, strict=True):
        if place != 0:
            print(f"{row['kind']} {row['query']!r}: place {place}")
    assert found_at.count(0) >= 0.95 * len(rows)
    assert sum(place is not None and place < 5 for place in found_at) >= 0.99 * len(rows)


def test_names_come_first_and_typing_errors_never_before_what_is_spelled_so(page):
    kinds = page.evaluate(
        """["goldf", "lama", "tigre", "hairy", "terrier", "bear"].map((text) =>
             search.findClasses(classes, text).hits.map((hit) => hit.kind))"""
    )
    assert all(found == sorted(found) for found in kinds)
    goldf = page.evaluate("search.searchClasses(classes, 'goldf').map((c) => c.names[0])")
    assert set(goldf[:2]) == {"goldfish", "goldfinch"}
    assert found(page, "lama")[0] == 355
    assert found(page, "crate")[0] == 519


def test_a_name_that_is_spelled_right_is_not_taken_for_another(page):
    assert set(found(page, "crane")) == {134, 517}
    assert 104 not in found(page, "walking stick")


def test_words_that_are_nothing_do_not_hide_the_others(page):
    assert found(page, "striped zebra foal")[0] == 340


def test_shows_both_twins(page):
    assert set(found(page, "crane")[:2]) == {134, 517}
    assert set(found(page, "maillot")[:2]) == {638, 639}
    assert set(found(page, "cardigan")[:2]) == {264, 474}


def test_a_kind_lists_exactly_its_classes(page, index):
    everything = page.evaluate(
        "search.searchClasses(classes, 'musical instrument', 1000).map(c => c.index)"
    )
    assert len(everything) > 20
    assert set(everything) == index[1]
    paths = page.evaluate("search.searchClasses(classes, 'fungus', 9).map(c => c.path)")
    assert sum("fungus" in path for path in paths) >= 6


def test_the_name_of_anything_above_classes_lists_all_classes_under_it(page, index):
    data = json.loads(index[0])
    under: dict[int, set[int]] = {}
    for number, found_class in enumerate(data["classes"]):
        for place in (*found_class["path"], *found_class["also"]):
            under.setdefault(place, set()).add(number)
    results = page.evaluate(
        """names => names.map((name) => {
          const { hits, kinds } = search.findClasses(classes, name);
          return [hits.map((h) => h.found.index), kinds.map((k) => [k.node.names[0], k.classes])];
        })""",
        [names[0] for names in data["ancestors"]],
    )
    assert len(results) > 800
    for place, (listed, kinds) in enumerate(results):
        name = data["ancestors"][place][0]
        assert under[place] <= set(listed), name
        assert [name, len(under[place])] in kinds


def test_words_of_the_definition_come_last(page):
    assert 134 in found(page, "long-necked wading")


def test_nothing_is_found_for_nothing(page):
    assert found(page, "  -- ") == []
    assert found(page, "xyzzy") == []


def test_every_class_is_first_or_a_twin_by_its_own_first_name(page):
    missed = page.evaluate(
        """classes.filter(c => !search.searchClasses(classes, c.names[0], 2).includes(c))
                  .map(c => c.names[0])"""
    )
    assert missed == []
