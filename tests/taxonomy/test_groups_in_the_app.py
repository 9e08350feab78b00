"""Groups and families made, changed and deleted in the app."""

from __future__ import annotations

import numpy as np
import pytest
from django.urls import reverse

from taxonomy.errors import InputError
from taxonomy.groups import group_masks
from taxonomy.loading import load_csv
from taxonomy.models import ClassGroup, Taxonomy

pytestmark = pytest.mark.django_db

PETS = """key,name,parents,index
tom,cat,pet,0
rex,dog,pet,1
bob,goldfish,pet,2
cup,cup,thing,3
pet,pet,,
thing,thing,,
"""


@pytest.fixture
def pets(write) -> Taxonomy:
    load_csv(write("pets.csv", PETS))
    return Taxonomy.objects.get(name="pets")


def fields(**changed: object) -> dict[str, object]:
    return {"name": "mine", "kind": "group", "description": "", "rule": "root"} | changed


def make(client, taxonomy, **changed: object):
    return client.post(reverse("group_new", args=[taxonomy.pk]), fields(**changed))


def members(taxonomy, name: str) -> list[int]:
    return np.flatnonzero(group_masks(taxonomy, kind=None)[name]).tolist()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"rule": "root", "root": "pet"}, [0, 1, 2]),
        ({"rule": "members", "members": [3, 0, 2, 0]}, [0, 2, 3]),
        ({"rule": "complement", "complement_of": "pets"}, [3]),
    ],
)
def test_a_group_is_made_by_root_by_hand_or_as_the_rest_of_another(
    admin_client, pets, rule, expected
):
    make(admin_client, pets, name="pets", kind="family", root="pet")
    response = make(admin_client, pets, **rule)
    group = pets.groups.get(name="mine")
    assert response["Location"] == reverse("group_page", args=[pets.pk, group.pk])
    assert members(pets, "mine") == expected
    assert list(group_masks(pets)) == ["all", "mine"]


def test_a_family_is_no_group_to_report_on(admin_client, pets):
    make(admin_client, pets, kind="family", root="pet")
    assert list(group_masks(pets)) == ["all"]
    assert members(pets, "mine") == [0, 1, 2]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"name": "all", "root": "pet"}, "There is a group or family &#x27;all&#x27; already."),
        ({"name": "my pets", "root": "pet"}, "valid “slug”"),
        ({"name": "", "root": "pet"}, "This field is required."),
        ({"root": "nothing"}, "Choose a node of the hierarchy."),
        ({"root": ""}, "Choose a node of the hierarchy."),
        ({"rule": "members"}, "Choose at least one class."),
        ({"rule": "members", "members": [0, 9]}, "There is no class 9."),
        ({"rule": "members", "members": ["tom"]}, "A class index is a whole number."),
        ({"rule": "complement", "complement_of": ""}, "Choose another group"),
        ({"rule": "complement", "complement_of": "all"}, "No class would be in it."),
        ({"rule": "complement", "complement_of": "nothing"}, "not one of the available choices"),
        ({"rule": "sum"}, "not one of the available choices"),
        ({"kind": "clan", "root": "pet"}, "not one of the available choices"),
    ],
)
def test_what_makes_no_group_is_answered_by_the_reason(admin_client, pets, changed, reason):
    response = make(admin_client, pets, **changed)
    assert response.status_code == 200
    assert reason in response.content.decode()
    assert list(group_masks(pets, kind=None)) == ["all"]


def test_a_group_is_changed_from_one_rule_to_another(admin_client, pets):
    make(admin_client, pets, rule="members", members=[0])
    group = pets.groups.get(name="mine")
    address = reverse("group_edit", args=[pets.pk, group.pk])
    assert "Remove cat" in admin_client.get(address).content.decode()
    admin_client.post(address, fields(name="fauna", root="pet"))
    assert members(pets, "fauna") == [0, 1, 2]
    admin_client.post(address, fields(name="fauna", rule="members", members=[3]))
    assert members(pets, "fauna") == [3]
    assert ClassGroup.objects.count() == 2


def test_class_search_learns_of_new_groups(admin_client, pets):
    before = pets.content_hash
    make(admin_client, pets, root="pet")
    pets.refresh_from_db()
    assert pets.content_hash != before


def test_a_complement_is_never_taken_of_a_complement(admin_client, pets):
    make(admin_client, pets, name="pets", root="pet")
    make(admin_client, pets, name="rest", rule="complement", complement_of="pets")
    response = make(admin_client, pets, name="x", rule="complement", complement_of="rest")
    assert "not one of the available choices" in response.content.decode()
    base = pets.groups.get(name="pets")
    change = fields(name="pets", rule="complement", complement_of="all")
    response = admin_client.post(reverse("group_edit", args=[pets.pk, base.pk]), change)
    assert "has a complement, so it can" in response.content.decode()
    assert members(pets, "rest") == [3]


def delete(client, group: ClassGroup) -> str:
    address = reverse("group_delete", args=[group.taxonomy_id, group.pk])
    return client.post(address, follow=True).content.decode()


def test_a_group_is_deleted(admin_client, pets):
    make(admin_client, pets, root="pet")
    assert "is deleted" in delete(admin_client, pets.groups.get(name="mine"))
    assert list(group_masks(pets)) == ["all"]


def test_a_group_that_another_is_the_rest_of_stays_and_says_why(admin_client, pets):
    make(admin_client, pets, name="pets", root="pet")
    make(admin_client, pets, name="rest", rule="complement", complement_of="pets")
    text = delete(admin_client, pets.groups.get(name="pets"))
    assert "It is needed by &#x27;rest&#x27;: everything that is not in &#x27;pets&#x27;." in text
    assert list(group_masks(pets)) == ["all", "pets", "rest"]


def test_predefined_groups_stay_as_they_are_and_say_why(admin_client, pets):
    group = pets.groups.get(name="all")
    assert "Every report has &#x27;all&#x27;" in delete(admin_client, group)
    response = admin_client.post(
        reverse("group_edit", args=[pets.pk, group.pk]), fields(root="pet")
    )
    assert "is predefined" in response.content.decode()
    assert members(pets, "all") == [0, 1, 2, 3]


def test_nodes_are_found_by_name_or_key_those_with_the_most_classes_first(admin_client, imagenet1k):
    def found(text: str) -> str:
        return admin_client.get(
            reverse("synset_search", args=[imagenet1k.pk]), {"node": text}
        ).content.decode()

    dog = found("dog")
    assert dog.index("n02084071") < dog.index("n02087122")  # dog, then hunting dog
    assert "118 classes" in dog
    assert "n02092468" in found("TERRIER")
    assert "26 classes" in found("n02092468")
    assert "No node is called" in found("xyzzy%")


def test_the_list_and_the_page_of_a_group_show_what_is_in_them(labeler_client, imagenet1k):
    text = labeler_client.get(reverse("groups", args=[imagenet1k.pk])).content.decode()
    assert "electric-rays-and-sting-rays" in text
    assert "all but organisms" in text
    assert "Make one" not in text
    rays = imagenet1k.groups.get(name="electric-rays-and-sting-rays")
    text = labeler_client.get(reverse("group_page", args=[imagenet1k.pk, rays.pk])).content.decode()
    assert "electric ray" in text
    assert "stingray" in text
    assert "Delete" not in text


def test_pages_take_as_many_queries_for_three_groups_as_for_ninety(
    labeler_client, imagenet1k, pets, django_assert_max_num_queries
):
    for taxonomy in (imagenet1k, pets):
        group = taxonomy.groups.get(name="all")
        for address in (
            reverse("groups", args=[taxonomy.pk]),
            reverse("group_page", args=[taxonomy.pk, group.pk]),
        ):
            with django_assert_max_num_queries(13):
                assert labeler_client.get(address).status_code == 200


def test_a_class_list_without_the_node_of_a_group_is_refused_before_the_group_is_lost(
    pets, admin_client, write
):
    make(admin_client, pets, root="pet")
    flat = PETS.replace("pet,pet,,\n", "").replace(",pet,", ",thing,")
    reason = "node 'pet' is missing, and the group 'mine' is what is under it"
    with pytest.raises(InputError, match=reason):
        load_csv(write("pets.csv", flat))
    assert members(pets, "mine") == [0, 1, 2]
    pets.groups.get(name="mine").delete()
    load_csv(write("pets.csv", flat))


def test_a_group_of_another_taxonomy_is_not_found(labeler_client, imagenet1k, pets):
    group = imagenet1k.groups.get(name="dogs")
    address = reverse("group_page", args=[pets.pk, group.pk])
    assert labeler_client.get(address).status_code == 404
