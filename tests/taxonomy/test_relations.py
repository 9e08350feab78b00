"""Relations between classes: said by people, read from files, proposed from names."""

from __future__ import annotations

import io
import json
import time

import pytest
from django.core.management import CommandError, call_command

from taxonomy.errors import InputError
from taxonomy.loading import load_csv
from taxonomy.models import ClassRelation, Taxonomy
from taxonomy.relations import (
    State,
    Statement,
    decide,
    enter,
    hints_about,
    hints_of,
    revise,
    swap,
    tidy_condition,
)
from taxonomy.relations.importing import import_relations
from taxonomy.relations.proposals import propose
from tests.taxonomy.relations import said

pytestmark = pytest.mark.django_db

CLASSES = """index,key,name,definition,parents
0,a,crane,large long-necked wading bird of marshes,animal
1,b,crane,lifts and moves heavy objects,thing
2,c,tusker,any mammal with prominent tusks such as a boar,animal
3,d,African elephant,an elephant native to Africa,animal
4,e,sunglass,a lens that focuses the rays of the sun,thing
5,f,sunglasses|shades,spectacles that are darkened,thing
6,g,boar|wild boar,Old World swine,c
,animal,animal,,
,thing,thing,,
"""
FILE = "kind,first,second,condition\n"


@pytest.fixture
def taxonomy(write) -> Taxonomy:
    load_csv(write("seven.csv", CLASSES))
    return Taxonomy.objects.get(name="seven")


@pytest.fixture
def bare(taxonomy) -> Taxonomy:
    """The same with nothing proposed."""
    ClassRelation.objects.all().delete()
    return taxonomy


def reasons(taxonomy: Taxonomy) -> dict[tuple[str, int, int], str]:
    rows = taxonomy.relations.values_list("kind", "first__index", "second__index", "reason")
    return {(kind, first, second): reason for kind, first, second, reason in rows}


# --- Saying


def test_a_subset_tells_where_each_of_its_classes_is_judged(bare, admin):
    enter(bare, Statement("subset", 3, 2, "tusks are visible"), admin)
    assert hints_of(bare) == {
        2: ["Also correct wherever African elephant is, if tusks are visible."],
        3: ["Where it is correct, tusker is correct too, if tusks are visible."],
    }


def test_a_synonym_says_the_same_of_both(bare, admin):
    enter(bare, Statement("synonym", 5, 4), admin)
    assert said(bare) == {("synonym", 4, 5, "")}
    assert hints_of(bare) == {
        4: ["Also correct wherever sunglasses is."],
        5: ["Also correct wherever sunglass is."],
    }


def test_twins_are_told_apart_by_their_keys(bare, admin):
    enter(bare, Statement("synonym", 0, 1), admin)
    assert hints_of(bare)[0] == ["Also correct wherever crane (b) is."]


def test_hints_take_one_query_and_say_nothing_of_what_is_not_accepted(
    bare, admin, django_assert_num_queries
):
    enter(bare, Statement("subset", 3, 2), admin)
    enter(bare, Statement("subset", 6, 2), admin)
    enter(bare, Statement("synonym", 4, 5), admin)
    decide(bare.relations.get(kind="synonym"), State.DISMISSED, admin)
    with django_assert_num_queries(1):
        hints = hints_of(bare)
    assert set(hints) == {2, 3, 6}
    assert len(hints[2]) == 2
    tusker = bare.classes.get(index=2)
    with django_assert_num_queries(1):
        assert [hint.other for hint in hints_about(tusker)] == [3, 6]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("if tusks are visible.", "tusks are visible"),
        ("  tusks  are\nvisible ", "tusks are visible"),
        ("iffy", "iffy"),
        ("", ""),
    ],
)
def test_conditions_are_kept_as_they_stand_after_if(written, kept):
    assert tidy_condition(written) == kept


def test_saying_the_same_twice_keeps_one_relation_with_the_last_condition(bare, admin):
    enter(bare, Statement("subset", 3, 2, "tusks are visible"), admin)
    enter(bare, Statement("subset", 3, 2), admin)
    assert said(bare) == {("subset", 3, 2, "")}


@pytest.mark.parametrize("statement", [Statement("synonym", 2, 2), Statement("subset", 2, 99)])
def test_a_relation_is_between_two_classes_that_there_are(bare, admin, statement):
    with pytest.raises(InputError, match=r"between two classes|no class 99"):
        enter(bare, statement, admin)
    assert not ClassRelation.objects.exists()


def test_a_subset_can_be_turned_round_a_synonym_not(bare, admin):
    swap(enter(bare, Statement("subset", 2, 3, "so"), admin))
    assert said(bare) == {("subset", 3, 2, "so")}
    with pytest.raises(InputError, match="no direction"):
        swap(enter(bare, Statement("synonym", 4, 5), admin))


def test_a_relation_does_not_become_another_that_is_there(bare, admin):
    enter(bare, Statement("subset", 2, 3), admin)
    other = enter(bare, Statement("subset", 3, 2), admin)
    with pytest.raises(InputError, match="such a relation already; it is accepted"):
        revise(other, Statement("subset", 2, 3))


# --- Proposals


def test_proposals_say_why(taxonomy):
    assert reasons(taxonomy) == {
        ("synonym", 0, 1): "Both are called 'crane'.",
        ("synonym", 4, 5): "One is 'sunglass', one 'sunglasses'.",
        ("subset", 6, 2): "'tusker' is above 'boar' in the hierarchy.",
    }


def test_a_definition_that_names_a_class_proposes_a_subset(write):
    load_csv(
        write("x.csv", "name,definition\nteapot,Pot for tea\nPot,a vessel\npotpie,no POTTERY\n")
    )
    assert reasons(Taxonomy.objects.get(name="x")) == {
        ("subset", 0, 1): "The definition of 'teapot' names 'Pot'."
    }


def test_names_of_several_words_are_found_in_definitions_the_longest_counts(write):
    rows = "name,definition\nhound,any dog\nshed,a small garden house\ngarden house|house,x\n"
    load_csv(write("x.csv", rows))
    assert list(reasons(Taxonomy.objects.get(name="x")).values()) == [
        "The definition of 'shed' names 'garden house'."
    ]


def test_only_the_nearest_class_above_is_proposed(write):
    load_csv(write("x.csv", "key,name,parents\na,animal,\nb,dog,a\nc,terrier,b\n"))
    assert set(reasons(Taxonomy.objects.get(name="x"))) == {("subset", 1, 0), ("subset", 2, 1)}


def test_a_name_that_everything_has_proposes_nothing(write):
    rows = "".join(f"k{number},thing|thing {number}\n" for number in range(12))
    load_csv(write("x.csv", f"key,names\n{rows}"))
    assert not ClassRelation.objects.exists()


def test_what_was_decided_is_not_proposed_again(taxonomy, admin, write):
    crane = taxonomy.relations.get(first__index=0)
    decide(crane, State.DISMISSED, admin)
    swap(taxonomy.relations.get(kind="subset"))
    assert propose(taxonomy) == 0
    load_csv(write("seven.csv", CLASSES))
    assert said(taxonomy, State.DISMISSED) == {("synonym", 0, 1, "")}
    assert said(taxonomy, State.PROPOSED) == {("synonym", 4, 5, ""), ("subset", 2, 6, "")}


def test_imagenets_twins_and_its_famous_synonym_are_proposed(imagenet1k):
    found = reasons(imagenet1k)
    assert found["synonym", 134, 517] == "Both are called 'crane'."
    assert ("synonym", 638, 639) in found  # both maillots
    assert found["synonym", 836, 837] == "One is 'sunglass', one 'sunglasses'."
    assert set(imagenet1k.relations.values_list("state", flat=True)) == {State.PROPOSED}


def test_proposals_for_1000_classes_take_four_queries_and_less_than_a_second(
    imagenet1k, django_assert_num_queries
):
    ClassRelation.objects.all().delete()
    start = time.perf_counter()
    with django_assert_num_queries(4):
        propose(imagenet1k)
    assert time.perf_counter() - start < 1
    assert ClassRelation.objects.count() >= 19


# --- Files


def test_a_file_names_classes_by_key_index_or_name(bare, write):
    rows = "subset,African elephant,c,if tusks are visible\nSynonym,4,sunglasses,\n"
    assert import_relations(write("r.csv", FILE + rows), bare) == {
        "taxonomy": "seven", "relations": 2, "new": 2, "changed": 0, "unchanged": 0,
    }  # fmt: skip
    assert said(bare) == {("subset", 3, 2, "tusks are visible"), ("synonym", 4, 5, "")}


def test_the_column_condition_may_be_missing(bare, write):
    import_relations(write("r.csv", "kind,first,second\nsynonym,4,5\n"), bare)
    assert said(bare) == {("synonym", 4, 5, "")}


def test_importing_again_changes_nothing(bare, write):
    path = write("r.csv", f"{FILE}subset,3,2,so\nsynonym,5,4,\n")
    import_relations(path, bare)
    before = list(ClassRelation.objects.values())
    assert import_relations(path, bare)["unchanged"] == 2
    assert list(ClassRelation.objects.values()) == before


def test_a_file_decides_what_was_proposed_or_dismissed(taxonomy, write, admin):
    decide(taxonomy.relations.get(first__index=0), State.DISMISSED, admin)
    path = write("r.csv", f"{FILE}synonym,0,1,\nsynonym,4,5,\n")
    assert import_relations(path, taxonomy)["changed"] == 2
    assert said(taxonomy) == {("synonym", 0, 1, ""), ("synonym", 4, 5, "")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"{FILE}subset,3,2,\nsame,4,5,\n", "row 3: kind 'same' is neither 'synonym' nor 'subset'"),
        (f"{FILE}subset,3,99,\n", "row 2: class index 99 is not among 0 to 6"),
        (f"{FILE}subset,3,lion,\n", "row 2: unknown class name 'lion'"),
        (f"{FILE}synonym,crane,3,\n", "row 2: class name 'crane' means any of the classes [0, 1]"),
        (f"{FILE}synonym,4,e,\n", "row 2: relates class 4 to itself"),
        (f"{FILE}synonym,4,5,\nsynonym,5,4,so\n", "row 3: says the same as row 2"),
        (f"{FILE}synonym,4,5,{'x' * 201}\n", "row 2: a condition has at most 200 characters"),
        (f"{FILE}x,4,5,\nsubset,3,2,\nx,4,5,\n", "(and 1 more row)"),
        ("first,second\n4,5\n", "row 1: column 'kind' is missing"),
        ("", "is empty"),
    ],
)
def test_a_bad_file_is_answered_by_row_and_changes_nothing(bare, write, content, message):
    with pytest.raises(InputError) as caught:
        import_relations(write("r.csv", content), bare)
    assert message in str(caught.value)
    assert str(caught.value).startswith("r.csv")
    assert not ClassRelation.objects.exists()


def run(*arguments: str) -> dict:
    output = io.StringIO()
    call_command("import_relations", *arguments, "--json", stdout=output)
    return json.loads(output.getvalue().splitlines()[-1])


def test_the_command_needs_the_taxonomys_name_where_there_are_several(bare, write):
    Taxonomy.objects.exclude(pk=bare.pk).delete()
    path = str(write("r.csv", f"{FILE}synonym,4,5,\n"))
    assert run(path)["new"] == 1
    load_csv(write("more.csv", CLASSES))
    with pytest.raises(CommandError, match=r"several taxonomies \(more, seven\): say which"):
        run(path)
    with pytest.raises(CommandError, match="no taxonomy 'pets'"):
        run(path, "--taxonomy", "pets")
    assert run(path, "--taxonomy", "seven")["unchanged"] == 1


def test_relations_of_two_taxonomies_do_not_meet(bare, admin, write):
    load_csv(write("other.csv", CLASSES), "other")
    other = Taxonomy.objects.get(name="other")
    assert propose(other) == 0  # loading has proposed them
    enter(bare, Statement("subset", 3, 2), admin)
    assert hints_of(other) == {}
    assert len(said(other, State.PROPOSED)) == 3
