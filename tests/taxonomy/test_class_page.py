"""The page of a class and its panel: the same for every taxonomy, and nothing about images."""

from __future__ import annotations

import pytest
from django.urls import reverse

from taxonomy.class_page import MOST_RELATIVES, kinds_of, relatives_of, ways_up
from taxonomy.groups.listing import groups_with
from taxonomy.loading import load_csv
from taxonomy.models import LabelClass, Taxonomy
from taxonomy.relations import Statement, enter

pytestmark = pytest.mark.django_db

FLAT = "name\nbolt\nnut\nwasher\n"
NESTED = "key,name,parents,definition\na,animal,,\nb,dog,a,barks\nc,terrier,b,digs\nd,cup,,\n"


@pytest.fixture
def taxonomies(imagenet1k, write) -> dict[str, Taxonomy]:
    """ImageNet, a list without parents, and one in which classes are above classes."""
    load_csv(write("flat.csv", FLAT))
    load_csv(write("nested.csv", NESTED))
    return {taxonomy.name: taxonomy for taxonomy in Taxonomy.objects.all()}


def class_of(taxonomy: Taxonomy, name: str) -> LabelClass:
    found = taxonomy.classes.select_related("taxonomy", "synset")
    return found.get(synset__lemmas__0=name)


def get(client, name: str, label_class: LabelClass):
    return client.get(reverse(name, args=[label_class.taxonomy_id, label_class.index]))


def names(classes) -> list[str]:
    return [label_class.synset.name for label_class in classes]


def test_every_way_up_is_shown_from_the_top_down(imagenet1k):
    elephant = class_of(imagenet1k, "African elephant")
    ways = [[node.name for node in way] for way in ways_up(elephant)]
    assert [way[-3:] for way in ways] == [
        ["pachyderm", "elephant", "African elephant"],
        ["proboscidean", "elephant", "African elephant"],
    ]
    assert all(way[0] == "entity" for way in ways)


def test_ways_up_of_a_class_with_two_parents_pass_both(imagenet1k):
    ways = ways_up(class_of(imagenet1k, "bullet train"))
    assert len(ways) == 1
    ends = {way[-2].name for way in ways_up(class_of(imagenet1k, "minivan"))}
    assert ends == {"car", "passenger van"}


def test_each_node_of_a_way_is_addressed_on_that_very_way(write):
    rows = "index,key,name,parents\n0,x,pug,b|c d\n,a/1,all,\n,b,dog,a/1\n,c d,toy,a/1\n"
    load_csv(write("ways.csv", rows))
    ways = ways_up(class_of(Taxonomy.objects.get(name="ways"), "pug"))
    assert [[node.at for node in way] for way in ways] == [
        ["a%2F1", "a%2F1/b", "a%2F1/b/x"],
        ["a%2F1", "a%2F1/c%20d", "a%2F1/c%20d/x"],
    ]


@pytest.mark.parametrize(
    ("name", "where", "some"),
    [
        ("electric ray", "under ray", ["stingray"]),
        ("African elephant", "under elephant", ["Indian elephant"]),
        ("tusker", "in elephants-and-tuskers", ["Indian elephant", "African elephant"]),
        ("wire-haired fox terrier", "under terrier", ["Lakeland terrier"]),
    ],
)
def test_the_nearest_classes_are_under_a_near_node_or_in_a_small_family(
    imagenet1k, name, where, some
):
    found = relatives_of(class_of(imagenet1k, name))
    assert found.where == where
    assert set(some) <= set(names(found.classes))
    assert name not in names(found.classes)
    assert len(found.classes) <= MOST_RELATIVES


def test_a_class_list_without_parents_has_pages_all_the_same(taxonomies, labeler_client):
    nut = class_of(taxonomies["flat"], "nut")
    assert ways_up(nut) == []
    assert relatives_of(nut) == ("", [])
    text = get(labeler_client, "class_page", nut).content.decode()
    assert "Nothing is above it in the hierarchy." in text
    assert get(labeler_client, "class_panel", nut).status_code == 200


def test_classes_below_a_class_are_its_kinds(taxonomies):
    nested = taxonomies["nested"]
    assert names(kinds_of(class_of(nested, "animal"))) == ["dog", "terrier"]
    assert [node.name for node in ways_up(class_of(nested, "terrier"))[0]] == [
        "animal",
        "dog",
        "terrier",
    ]
    assert names(relatives_of(class_of(nested, "terrier")).classes) == ["dog"]


def test_two_taxonomies_know_nothing_of_each_other(taxonomies, labeler_client, admin):
    flat, nested = taxonomies["flat"], taxonomies["nested"]
    enter(flat, Statement("synonym", 0, 1), admin)
    assert (
        "Also correct" in get(labeler_client, "class_page", class_of(flat, "bolt")).content.decode()
    )
    for name in ("class_page", "class_panel"):
        text = get(labeler_client, name, class_of(nested, "animal")).content.decode()
        assert "Also correct" not in text
        assert "bolt" not in text
    assert [group.name for group in groups_with(class_of(nested, "dog"))] == ["all"]


def test_groups_come_before_families(imagenet1k):
    found = [group.name for group in groups_with(class_of(imagenet1k, "electric ray"))]
    assert found == ["all", "organisms", "without-dogs", "electric-rays-and-sting-rays", "fish"]


def test_the_page_has_all_there_is_to_know(imagenet1k, labeler_client, admin):
    enter(imagenet1k, Statement("subset", 386, 101, "tusks are visible"), admin)
    text = get(labeler_client, "class_page", class_of(imagenet1k, "African elephant")).content
    for part in (
        "Loxodonta africana", "n02504458", "386", "ivory tusks", "proboscidean", "Indian elephant",
        "if tusks are visible.", "elephants-and-tuskers",
        reverse("class_page", args=[imagenet1k.pk, 385]),
        reverse("class_page", args=[imagenet1k.pk, 387]),
    ):  # fmt: skip
        assert part in text.decode(), part


@pytest.mark.parametrize(("index", "missing"), [(0, "Previous"), (999, "Next")])
def test_the_first_class_has_no_previous_and_the_last_no_next(
    imagenet1k, labeler_client, index, missing
):
    found = LabelClass.objects.get(taxonomy=imagenet1k, index=index)
    text = get(labeler_client, "class_page", found).content.decode()
    assert missing not in text
    assert ("Previous" in text) != ("Next" in text)


def test_labelers_get_nothing_about_images(imagenet1k, labeler_client, reviewer_client):
    found = class_of(imagenet1k, "tench")
    evidence = reverse("class_evidence", args=[imagenet1k.pk, found.index])
    assert evidence not in get(labeler_client, "class_page", found).content.decode()
    assert evidence in get(reviewer_client, "class_page", found).content.decode()
    assert evidence not in get(reviewer_client, "class_panel", found).content.decode()


def test_pages_and_panels_take_the_same_queries_for_every_class(
    taxonomies, labeler_client, django_assert_max_num_queries
):
    for taxonomy in taxonomies.values():
        found = taxonomy.classes.get(index=1)
        with django_assert_max_num_queries(25):
            get(labeler_client, "class_page", found)
        with django_assert_max_num_queries(15):
            get(labeler_client, "class_panel", found)


def test_a_panel_is_kept_by_its_reader_alone_for_some_minutes(imagenet1k, labeler_client):
    response = get(labeler_client, "class_panel", class_of(imagenet1k, "tench"))
    assert response["Cache-Control"] == "private, max-age=300"


@pytest.mark.parametrize("name", ["class_page", "class_panel"])
def test_a_class_that_there_is_not_is_not_found(imagenet1k, labeler_client, name):
    assert labeler_client.get(reverse(name, args=[imagenet1k.pk, 1000])).status_code == 404
    assert labeler_client.get(reverse(name, args=[imagenet1k.pk + 99, 0])).status_code == 404
