import gzip
import json

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from taxonomy.classes import class_index, class_index_url
from taxonomy.loading import load_csv
from taxonomy.models import Taxonomy

pytestmark = pytest.mark.django_db

PETS = """\
index,key,names,parents,definition
0,pug,pug|pug-dog,dog|toy,small dog
1,cat,cat,animal,
,dog,dog|domestic dog,animal,
,toy,toy,,
,animal,animal,n00004475,
,n00004475,organism,,
"""


@pytest.fixture
def pets(write):
    load_csv(write("pets.csv", PETS))
    return Taxonomy.objects.get(name="pets")


@pytest.fixture
def log_in(client):
    def as_role(role: str) -> None:
        user = get_user_model().objects.create_user(username=f"a-{role}", password="x")
        user.groups.add(*Group.objects.filter(name=role))
        client.force_login(user)

    return as_role


def test_holds_names_definition_way_up_and_groups_of_every_class(pets):
    index = json.loads(class_index(pets))
    pug, cat = index["classes"]
    assert (pug["key"], pug["names"], pug["definition"]) == ("pug", ["pug", "pug-dog"], "small dog")
    assert [index["ancestors"][place][0] for place in pug["path"]] == ["dog", "animal", "organism"]
    assert [index["ancestors"][place] for place in pug["also"]] == [["toy"]]
    assert ["dog", "domestic dog"] in index["ancestors"]
    assert [index["groups"][place] for place in cat["groups"]] == ["all", "organisms"]


def test_knows_the_whole_of_imagenet1k_in_a_quarter_of_a_megabyte(imagenet1k):
    content = class_index(imagenet1k)
    classes = json.loads(content)["classes"]
    assert [c["key"] for c in classes] == list(
        imagenet1k.classes.order_by("index").values_list("synset__key", flat=True)
    )
    assert len(content) < 256 * 1024
    assert len(gzip.compress(content)) < 64 * 1024


def test_is_made_once_and_then_comes_from_the_cache(pets, django_assert_num_queries):
    made = class_index(pets)
    with django_assert_num_queries(0):
        assert class_index(pets) == made
        class_index_url(pets)


def test_the_address_changes_with_the_content_and_only_then(pets, write):
    before = class_index_url(pets)
    load_csv(write("pets.csv", PETS))
    pets.refresh_from_db()
    assert class_index_url(pets) == before
    load_csv(write("pets.csv", PETS.replace("small dog", "little dog")))
    pets.refresh_from_db()
    assert class_index_url(pets) != before
    assert b"little dog" in class_index(pets)


@pytest.mark.parametrize("role", ["admin", "reviewer", "labeler"])
def test_everyone_with_a_role_gets_it_to_keep_for_a_year(client, pets, log_in, role):
    log_in(role)
    response = client.get(class_index_url(pets), headers={"accept-encoding": "gzip"})
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert gzip.decompress(response.content) == class_index(pets)


def test_an_old_address_leads_to_the_new_and_is_not_kept(client, pets, log_in):
    log_in("reviewer")
    response = client.get(f"/classes/{pets.pk}/1-0000.json")
    assert response.status_code == 302
    assert response["Location"] == class_index_url(pets)
    assert "Cache-Control" not in response


def test_nobody_gets_it_without_a_role(client, pets, log_in):
    url = class_index_url(pets)
    assert client.get(url).status_code in {302, 401}
    log_in("nobody")
    assert client.get(url).status_code == 403


def test_an_unknown_taxonomy_is_not_found(client, pets, log_in):
    log_in("reviewer")
    assert client.get("/classes/987654/1-0.json").status_code == 404
    assert client.post(class_index_url(pets)).status_code == 405
