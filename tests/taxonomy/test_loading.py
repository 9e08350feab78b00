import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taxonomy.errors import InputError
from taxonomy.groups import group_masks
from taxonomy.loading import load_csv
from taxonomy.models import Synset, SynsetClosure, Taxonomy

pytestmark = pytest.mark.django_db

PETS = """\
index,key,names,parents,definition
0,pug,pug|pug-dog,n02084071,small dog
1,cat,cat,animal,
2,bone,bone,,what dogs like
,animal,animal,n00004475,
,n02084071,dog,animal,
,n00004475,organism,,a living thing
"""


def groups(name: str) -> dict[str, list[int]]:
    masks = group_masks(Taxonomy.objects.get(name=name))
    return {group: mask.nonzero()[0].tolist() for group, mask in masks.items()}


def test_reports_what_is_loaded(write):
    assert load_csv(write("pets.csv", PETS)) == {
        "taxonomy": "pets",
        "classes": 3,
        "synsets": 6,
        "edges": 4,
        "definitions": 3,
        "groups": {"all": 3, "organisms": 2, "dogs": 1, "objects": 1, "without-dogs": 2},
        "families": 0,
        "proposals": 0,
        "new": 3,
    }


def test_groups_follow_the_hierarchy_where_the_roots_are_known(write):
    load_csv(write("pets.csv", PETS))
    assert groups("pets") == {
        "all": [0, 1, 2],
        "organisms": [0, 1],
        "dogs": [0],
        "objects": [2],
        "without-dogs": [1, 2],
    }


def test_a_list_of_names_has_the_group_all_alone(write):
    load_csv(write("fruit.csv", "name\napple\npear\n"))
    assert groups("fruit") == {"all": [0, 1]}


def test_two_groups_may_have_the_same_root(write):
    load_csv(write("pets.csv", PETS))
    taxonomy = Taxonomy.objects.get()
    dogs = taxonomy.groups.get(name="dogs")
    taxonomy.groups.create(name="hounds", position=9, root=dogs.root)
    assert groups("pets")["dogs"] == groups("pets")["hounds"] == [0]


def test_masks_cost_the_same_queries_for_more_groups(write, django_assert_num_queries):
    load_csv(write("pets.csv", PETS))
    taxonomy = Taxonomy.objects.get()
    for number in range(5):
        taxonomy.groups.create(name=f"g{number}", position=9, root=Synset.objects.first())
    with django_assert_num_queries(4):
        group_masks(taxonomy)


def test_two_taxonomies_live_side_by_side(write):
    load_csv(write("pets.csv", PETS))
    loaded = load_csv(write("other.csv", PETS.replace("bone", "stick")), name="my pets")
    assert loaded["taxonomy"] == "my pets"
    assert Taxonomy.objects.count() == 2
    assert groups("pets") == groups("my pets")


def test_a_changed_file_updates_texts_and_parents_and_appends_classes(write):
    load_csv(write("pets.csv", PETS))
    changed = PETS.replace("small dog", "little dog").replace("cat,cat,animal", "cat,cat|puss,")
    loaded = load_csv(write("pets.csv", changed + "3,emu,emu,animal,runs\n"))
    assert (loaded["new"], loaded["classes"], loaded["edges"]) == (1, 4, 4)
    assert Synset.objects.get(key="pug").definition == "little dog"
    assert Synset.objects.get(key="cat").lemmas == ["cat", "puss"]
    assert groups("pets")["organisms"] == [0, 3]
    assert groups("pets")["all"] == [0, 1, 2, 3]


def test_a_parent_that_is_no_longer_named_goes(write):
    load_csv(write("a.csv", "name,parents\npug,dog\n"))
    load_csv(write("a.csv", "name,parents\npug,toy\n"))
    assert set(Synset.objects.values_list("key", flat=True)) == {"pug", "toy"}
    assert SynsetClosure.objects.count() == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "2,bone",
            "2,stick",
            "pets.csv: class 2 'bone' is missing; load it under another name than 'pets'",
        ),
        (
            "0,pug,pug|pug-dog,n02084071,small dog\n1,cat",
            "1,pug,pug|pug-dog,n02084071,small dog\n0,cat",
            "pets.csv, row 2: 'pug' is class 0, not 1; load it under another name than 'pets'",
        ),
    ],
)
def test_classes_keep_their_index_for_ever(write, old, new, message):
    load_csv(write("pets.csv", PETS))
    before = list(Synset.objects.order_by("pk").values_list())
    with pytest.raises(InputError) as caught:
        load_csv(write("pets.csv", PETS.replace(old, new)))
    assert str(caught.value) == message
    assert list(Synset.objects.order_by("pk").values_list()) == before


def test_bad_input_leaves_no_taxonomy_behind(write):
    with pytest.raises(InputError):
        load_csv(write("pets.csv", PETS + "7,emu,emu,animal,\n"))
    with pytest.raises(InputError, match="1 to 100 characters"):
        load_csv(write("pets.csv", PETS), name="x" * 101)
    assert not Taxonomy.objects.exists()


@st.composite
def acyclic_parents(draw):
    """For each node some earlier ones."""
    size = draw(st.integers(1, 7))
    return [
        draw(st.sets(st.integers(0, node - 1), max_size=3)) if node else set()
        for node in range(size)
    ]


@given(acyclic_parents())
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_closure_is_reachability(tmp_path, parents):
    rows = [f"c{node},{'|'.join(f'c{p}' for p in above)}" for node, above in enumerate(parents)]
    path = tmp_path / "graph.csv"
    path.write_text("\n".join(["name,parents", *rows]))
    Taxonomy.objects.all().delete()
    load_csv(path)
    reach: list[set[int]] = []
    for node, above in enumerate(parents):
        reach.append({node}.union(*(reach[parent] for parent in above)))
    expected = {(f"c{top}", f"c{node}") for node, above in enumerate(reach) for top in above}
    links = SynsetClosure.objects.values_list("ancestor__key", "descendant__key")
    assert set(links) == expected
