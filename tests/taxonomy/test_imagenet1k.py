from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from taxonomy import wordnet
from taxonomy.class_list import read_class_list
from taxonomy.groups import group_masks
from taxonomy.loading import IMAGENET1K_FILE, load_imagenet1k
from taxonomy.lookup import class_lookup
from taxonomy.make_imagenet1k import table
from taxonomy.models import LabelClass, Synset, SynsetClosure, SynsetEdge, Taxonomy

WNIDS = Path(settings.BASE_DIR).parent / "shared" / "data" / "imagenet" / "wnids.txt"


def names(taxonomy, key: str) -> list[str]:
    return taxonomy.synsets.get(key=key).lemmas


def test_has_1000_classes_under_1860_synsets_and_1937_edges(imagenet1k):
    assert imagenet1k.classes.count() == 1000
    assert imagenet1k.synsets.count() == 1860
    edges = SynsetEdge.objects.filter(child__taxonomy=imagenet1k)
    assert edges.count() == 1937
    children, counts = np.unique(list(edges.values_list("child", flat=True)), return_counts=True)
    assert (counts > 1).sum() == 75
    assert len(children) == 1859  # all but "entity" have a parent


def test_classes_are_known_by_all_their_names_at_once_as_timm_writes_them(imagenet1k):
    lookup = class_lookup(imagenet1k)
    assert lookup.by_any("tench, Tinca tinca") == 0
    assert lookup.by_any("great white shark, white shark, man-eater, man-eating shark, "
                         "Carcharodon carcharias") == 2  # fmt: skip
    assert lookup.by_any("maillot, tank suit") == 639
    with pytest.raises(ValueError, match=r"means any of the classes \[134, 517\]"):
        lookup.by_any("crane")


def test_has_410_organisms_118_dogs_and_590_objects(imagenet1k):
    masks = group_masks(imagenet1k)
    assert {name: int(mask.sum()) for name, mask in masks.items()} == {
        "all": 1000,
        "organisms": 410,
        "dogs": 118,
        "objects": 590,
        "without-dogs": 882,
    }
    assert list(masks) == ["all", "organisms", "dogs", "objects", "without-dogs"]
    assert not (masks["dogs"] & ~masks["organisms"]).any()
    assert (masks["objects"] == ~masks["organisms"]).all()


def test_the_closure_holds_every_way_up_and_each_synset_itself(imagenet1k):
    parents: dict[int, list[int]] = {
        pk: [] for pk in imagenet1k.synsets.values_list("pk", flat=True)
    }
    for parent, child in SynsetEdge.objects.values_list("parent", "child"):
        parents[child].append(parent)

    def above(synset: int) -> set[int]:
        return {synset}.union(*map(above, parents[synset]))

    expected = {(top, synset) for synset in parents for top in above(synset)}
    assert set(SynsetClosure.objects.values_list("ancestor", "descendant")) == expected


@pytest.mark.parametrize(
    ("index", "key", "name"),
    [
        (0, "n01440764", "tench"),
        (134, "n02012849", "crane"),
        (517, "n03126707", "crane"),
        (638, "n03710637", "maillot"),
        (639, "n03710721", "maillot"),
        (264, "n02113186", "Cardigan"),
        (474, "n02963159", "cardigan"),
        (836, "n04355933", "sunglass"),
        (837, "n04356056", "sunglasses"),
        (999, "n15075141", "toilet tissue"),
    ],
)
def test_twins_and_ends_of_the_list_stand_where_predictions_expect_them(
    imagenet1k, index, key, name
):
    found = imagenet1k.classes.select_related("synset").get(index=index)
    assert (found.synset.key, found.synset.name) == (key, name)


def test_loading_twice_changes_nothing(imagenet1k):
    def rows():
        models = (Taxonomy, Synset, SynsetEdge, SynsetClosure, LabelClass)
        return [sorted(map(str, model.objects.values_list())) for model in models]

    before, masks = rows(), group_masks(imagenet1k)
    loaded = load_imagenet1k()
    assert loaded["new"] == 0
    assert loaded["classes"] == 1000
    assert rows() == before
    assert all((mask == masks[name]).all() for name, mask in group_masks(imagenet1k).items())


def test_loads_1000_classes_in_some_fifty_queries(imagenet1k, django_assert_max_num_queries):
    imagenet1k.delete()
    with django_assert_max_num_queries(61):
        load_imagenet1k()


def test_definitions_come_when_a_wordnet_turns_up(imagenet1k, monkeypatch):
    imagenet1k.delete()
    monkeypatch.setattr(wordnet, "reader", lambda: None)
    assert load_imagenet1k()["definitions"] == 0
    crane = Synset.objects.get(key="n02012849")
    monkeypatch.setattr(wordnet, "definitions", lambda keys: {"n02012849": "large wading bird"})
    assert load_imagenet1k()["definitions"] == 1
    crane.refresh_from_db()
    assert crane.definition == "large wading bird"


def test_definitions_stay_when_wordnet_has_gone(imagenet1k, monkeypatch):
    Synset.objects.filter(key="n02012849").update(definition="large wading bird")
    monkeypatch.setattr(wordnet, "reader", lambda: None)
    load_imagenet1k()
    assert imagenet1k.synsets.get(key="n02012849").definition == "large wading bird"


def test_the_shipped_file_is_what_wordnet_says():
    if wordnet.reader() is None:
        pytest.skip("no WordNet on this machine (Debian: apt install wordnet-base)")
    wnids = [node.key for node in read_class_list(IMAGENET1K_FILE).classes]
    assert table(wnids) == IMAGENET1K_FILE.read_text()


@pytest.mark.realdata
@pytest.mark.skipif(not WNIDS.exists(), reason="the real data is not beside the project")
def test_the_classes_are_those_of_the_real_data_in_order():
    wnids = [node.key for node in read_class_list(IMAGENET1K_FILE).classes]
    assert wnids == WNIDS.read_text().split()
