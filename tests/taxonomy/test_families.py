"""The families that come with ImageNet: they cover it, and leave what is there alone."""

from __future__ import annotations

import numpy as np
import pytest

from taxonomy.groups import group_masks
from taxonomy.groups.families import IMAGENET1K_FAMILIES, make_families
from taxonomy.loading import load_imagenet1k
from taxonomy.models import ClassGroup
from taxonomy.tables import read_table

pytestmark = pytest.mark.django_db


def family_masks(taxonomy) -> dict[str, np.ndarray]:
    return group_masks(taxonomy, ClassGroup.Kind.FAMILY)


def names(taxonomy, mask: np.ndarray) -> list[str]:
    indices = np.flatnonzero(mask).tolist()
    found = taxonomy.classes.filter(index__in=indices).order_by("index")
    return [label_class.synset.name for label_class in found.select_related("synset")]


def test_every_organism_is_in_a_family(imagenet1k):
    organisms = group_masks(imagenet1k)["organisms"]
    covered = np.any(list(family_masks(imagenet1k).values()), axis=0)
    assert organisms.sum() == 410
    assert names(imagenet1k, organisms & ~covered) == []


def test_at_least_95_percent_of_the_objects_are_in_a_family(imagenet1k):
    objects = group_masks(imagenet1k)["objects"]
    covered = np.any(list(family_masks(imagenet1k).values()), axis=0)
    assert (covered & objects).sum() >= 0.95 * objects.sum()


def test_a_family_is_small_enough_to_be_learned_at_once(imagenet1k):
    sizes = {name: int(mask.sum()) for name, mask in family_masks(imagenet1k).items()}
    assert {name: size for name, size in sizes.items() if not 2 <= size <= 40} == {}


def test_no_family_mixes_organisms_and_objects(imagenet1k):
    organisms = group_masks(imagenet1k)["organisms"]
    for name, mask in family_masks(imagenet1k).items():
        assert organisms[mask].all() or not organisms[mask].any(), name


def test_every_family_of_the_file_is_there_by_one_rule(imagenet1k):
    rows = [row.values for row in read_table(IMAGENET1K_FAMILIES)]
    families = {family.name: family for family in imagenet1k.groups.filter(kind="family")}
    assert list(families) == [row["name"] for row in rows]
    for row in rows:
        assert bool(row["root"]) != bool(row["members"]), row["name"]
        assert bool(families[row["name"]].root) == bool(row["root"])
    keys = {key for row in rows for key in (row["root"] or row["members"]).split("|")}
    assert set(imagenet1k.synsets.filter(key__in=keys).values_list("key", flat=True)) == keys


@pytest.mark.parametrize(
    ("family", "classes"),
    [
        ("electric-rays-and-sting-rays", ["electric ray", "stingray"]),
        ("marmots-and-beavers", ["marmot", "beaver"]),
        ("elephants-and-tuskers", ["tusker", "Indian elephant", "African elephant"]),
    ],
)
def test_families_that_the_study_trained_on_hold_what_their_name_says(imagenet1k, family, classes):
    assert names(imagenet1k, family_masks(imagenet1k)[family]) == classes


def test_groups_are_what_is_reported_on_unless_families_are_asked_for(imagenet1k):
    groups = group_masks(imagenet1k)
    families = family_masks(imagenet1k)
    assert list(groups) == ["all", "organisms", "dogs", "objects", "without-dogs"]
    assert families["terriers"].sum() == 26
    assert list(group_masks(imagenet1k, kind=None)) == [*groups, *families]


def test_groups_and_families_take_four_queries(imagenet1k, django_assert_num_queries):
    with django_assert_num_queries(4):
        group_masks(imagenet1k, kind=None)


def test_loading_again_overwrites_no_family(imagenet1k):
    snakes = imagenet1k.groups.get(name="snakes")
    snakes.root = None
    snakes.save()
    snakes.members.set(imagenet1k.classes.filter(index=52))
    imagenet1k.groups.filter(name="cats").delete()
    loaded = load_imagenet1k()
    masks = family_masks(imagenet1k)
    assert names(imagenet1k, masks["snakes"]) == ["thunder snake"]
    assert masks["cats"].sum() == 13
    assert loaded["families"] == len(masks)
    assert make_families(imagenet1k) == 0
