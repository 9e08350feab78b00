"""The hierarchy as the explorer gets it."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import pytest

from taxonomy.class_list import read_class_list
from taxonomy.errors import InputError
from taxonomy.hierarchy import HIERARCHY, hierarchy, hierarchy_url
from taxonomy.loading import IMAGENET1K, IMAGENET1K_FILE, load_csv, store
from taxonomy.models import SynsetEdge, Taxonomy

pytestmark = pytest.mark.django_db

# pug is a dog and a toy; the chain animal > carnivore > dog says nothing twice; spare is empty.
PETS = """\
index,key,names,parents,definition
0,cat,cat|puss,animal,
1,pug,pug|pug-dog,dog|toy,small dog
2,akita,akita,dog,
3,top,top,toy,
,dog,dog|domestic dog,carnivore,
,carnivore,carnivore,animal,
,toy,toy,thing,
,animal,animal,thing,
,spare,spare,thing,
,thing,thing,,everything
"""


def load(write: Any, content: str, name: str = "pets") -> Taxonomy:
    load_csv(write(f"{name}.csv", content), name)
    return Taxonomy.objects.get(name=name)


def tree(taxonomy: Taxonomy) -> Any:
    """The hierarchy as nested (names along the chain, count, children) from the root on."""
    data = json.loads(HIERARCHY.encode(taxonomy))

    def unfold(chain: list[int]) -> Any:
        node = data["nodes"][chain[-1]]
        names = " > ".join(data["nodes"][place]["names"][0] for place in chain)
        below = [unfold(child) for child in node["children"]]
        return (names, node["count"], below) if below else (names, node["index"])

    return unfold(data["root"])


def edges_of(data: dict[str, Any]) -> set[tuple[str, str]]:
    """(parent's key, child's key) of every edge that the explorer can pass."""
    keys = [node["key"] for node in data["nodes"]]
    found = set()
    for start, node in enumerate(data["nodes"]):
        for chain in node["children"]:
            found |= {(keys[a], keys[b]) for a, b in zip([start, *chain], chain, strict=False)}
    found |= {(keys[a], keys[b]) for a, b in zip(data["root"], data["root"][1:], strict=False)}
    return found


@pytest.fixture
def imagenet(imagenet1k) -> dict[str, Any]:
    return json.loads(HIERARCHY.encode(imagenet1k))


def named(data: dict[str, Any], key: str) -> dict[str, Any]:
    return next(node for node in data["nodes"] if node["key"] == key)


def test_holds_the_1860_nodes_of_imagenet_and_every_class_once(imagenet):
    assert imagenet["taxonomy"] == IMAGENET1K
    assert len(imagenet["nodes"]) == 1860
    indices = [node["index"] for node in imagenet["nodes"] if node["index"] is not None]
    assert sorted(indices) == list(range(1000))
    assert named(imagenet, "n02095570")["names"] == ["Lakeland terrier"]


def test_every_class_is_reached_from_the_root(imagenet):
    reached, waiting = set(), [imagenet["root"]]
    while waiting:
        node = imagenet["nodes"][waiting.pop()[-1]]
        reached.add(node["index"])
        waiting += node["children"]
    assert reached - {None} == set(range(1000))


def test_every_edge_can_be_passed_so_the_75_synsets_with_several_parents_are_below_each(
    imagenet, imagenet1k
):
    edges = SynsetEdge.objects.filter(child__taxonomy=imagenet1k)
    stored = set(edges.values_list("parent__key", "child__key"))
    assert edges_of(imagenet) == stored
    children = [child for _, child in stored]
    assert sum(children.count(child) > 1 for child in set(children)) == 75


def test_counts_410_organisms_118_dogs_and_590_others_distinctly(imagenet):
    root = imagenet["nodes"][imagenet["root"][-1]]
    organisms = named(imagenet, "n00004475")["count"]
    assert (organisms, named(imagenet, "n02084071")["count"]) == (410, 118)
    assert (root["count"], root["count"] - organisms) == (1000, 590)
    # Dogs are domestic animals and canines: below "animal" they are drawn twice and counted once.
    animal = named(imagenet, "n00015388")
    drawn = sum(imagenet["nodes"][chain[-1]]["count"] for chain in animal["children"])
    assert (animal["count"], drawn > 398) == (398, True)


def test_no_node_with_a_single_child_is_left_to_pass_through(imagenet):
    shown = [imagenet["root"], *(c for node in imagenet["nodes"] for c in node["children"])]
    for chain in shown:
        last = imagenet["nodes"][chain[-1]]
        assert last["index"] is not None or len(last["children"]) > 1
        assert all(imagenet["nodes"][place]["index"] is None for place in chain[:-1])
    assert any(len(chain) > 2 for chain in shown)


def test_folds_chains_and_leaves_out_what_has_no_class_below(write):
    assert tree(load(write, PETS)) == (
        "thing", 4, [
            ("animal", 3, [("carnivore > dog", 2, [("pug", 1), ("akita", 2)]), ("cat", 0)]),
            ("toy", 2, [("pug", 1), ("top", 3)]),
        ],
    )  # fmt: skip


def test_a_class_that_has_kinds_of_its_own_is_never_folded_away(write):
    content = "index,key,name,parents\n0,tusker,tusker,animal\n1,elephant,elephant,tusker\n,animal,animal,\n"
    assert tree(load(write, content)) == ("animal > tusker", 2, [("elephant", 1)])


def test_several_roots_get_one_above_them_named_after_the_taxonomy(write):
    content = "name,parents\npug,dog\nlone,\nakita,dog\nsaw,tool\n"
    assert tree(load(write, content, "mixed")) == (
        "mixed", 4, [("dog", 2, [("pug", 0), ("akita", 2)]), ("lone", 1), ("tool > saw", 3)],
    )  # fmt: skip


def test_a_list_without_hierarchy_is_flat_below_its_name(write):
    rows = "name\n" + "".join(f"class {number}\n" for number in range(300))
    name, count, children = tree(load(write, rows, "flat"))
    assert (name, count) == ("flat", 300)
    assert children == [(f"class {number}", number) for number in range(300)]


def test_a_single_class_is_its_own_root(write):
    assert tree(load(write, "name\nonly\n", "one")) == ("only", 0)


def test_ways_that_would_unfold_without_end_stay_small(write):
    """Forty diamonds on top of one another: 2 ** 40 ways down, and 122 nodes."""
    rows = ["index,key,name,parents", ",d0,d0,"]
    for level in range(40):
        rows += [f",{side}{level},{side}{level},d{level}" for side in ("left", "right")]
        rows.append(f",d{level + 1},d{level + 1},left{level}|right{level}")
    rows += ["0,end,end,d40", "1,other,other,d40"]
    data = json.loads(HIERARCHY.encode(load(write, "\n".join(rows), "diamonds")))
    assert len(data["nodes"]) == 123
    assert sum(len(node["children"]) for node in data["nodes"]) == 2 * 40 + 2


def test_a_cyclic_hierarchy_never_gets_here(write):
    with pytest.raises(InputError, match="parents run in a circle"):
        load(write, "index,key,name,parents\n0,a,a,b\n,b,b,a\n")
    assert not Taxonomy.objects.filter(name="pets").exists()


@pytest.mark.parametrize("size", [20, 400])
def test_takes_three_queries_however_many_nodes_there_are(write, size, django_assert_num_queries):
    rows = "name,parents\n" + "".join(f"class {n},kind {n % (size // 10)}\n" for n in range(size))
    taxonomy = load(write, rows)
    with django_assert_num_queries(3):
        HIERARCHY.encode(taxonomy)


def test_is_made_once_and_then_comes_from_the_cache(write, django_assert_num_queries):
    taxonomy = load(write, PETS)
    made = hierarchy(taxonomy)
    with django_assert_num_queries(0):
        assert hierarchy(taxonomy) == made
        hierarchy_url(taxonomy)


def test_the_address_changes_with_anything_that_is_shown_and_only_then(write):
    taxonomy = load(write, PETS)
    before = hierarchy_url(taxonomy)
    load(write, PETS)
    taxonomy.refresh_from_db()
    assert hierarchy_url(taxonomy) == before
    load(write, PETS.replace("everything", "all there is"))
    taxonomy.refresh_from_db()
    assert hierarchy_url(taxonomy) != before
    assert b"all there is" in hierarchy(taxonomy)


def test_two_taxonomies_do_not_mix(write, imagenet1k):
    pets = load(write, PETS)
    store("again", read_class_list(IMAGENET1K_FILE))
    assert len(json.loads(HIERARCHY.encode(pets))["nodes"]) == 9
    assert len(json.loads(HIERARCHY.encode(imagenet1k))["nodes"]) == 1860


def test_the_page_names_the_data_and_whoever_labels_may_open_it(write, labeler_client):
    taxonomy = load(write, PETS)
    page = labeler_client.get(f"/classes/{taxonomy.pk}/").content.decode()
    assert hierarchy_url(taxonomy) in page
    assert "Hierarchy of pets" in page


def test_the_data_is_kept_for_a_year_and_an_old_address_leads_to_the_new(write, labeler_client):
    taxonomy = load(write, PETS)
    url = hierarchy_url(taxonomy)
    response = labeler_client.get(url, headers={"accept-encoding": "gzip"})
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert gzip.decompress(response.content) == hierarchy(taxonomy)
    old = labeler_client.get(f"/classes/{taxonomy.pk}/hierarchy/1-0000.json")
    assert (old.status_code, old["Location"]) == (302, url)
    assert "Cache-Control" not in old


def test_an_unknown_taxonomy_is_not_found(labeler_client):
    assert labeler_client.get("/classes/987654/").status_code == 404
    assert labeler_client.get("/classes/987654/hierarchy/1-0.json").status_code == 404


def test_the_list_of_taxonomies_counts_their_classes_and_nodes(write, labeler_client, imagenet1k):
    load(write, PETS)
    page = labeler_client.get("/classes/").content.decode()
    numbers = re.findall(r'<td class="num">([\d,]+)</td>', page)
    assert numbers == ["1,000", "1,860", "4", "10"]
