"""The pages on which relations are seen, decided, entered and imported."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from taxonomy.loading import load_csv
from taxonomy.models import ClassRelation, Taxonomy
from taxonomy.relations import State, Statement, enter
from tests.taxonomy.relations import said
from tests.worlds import CLASSES

pytestmark = pytest.mark.django_db


@pytest.fixture
def taxonomy(write) -> Taxonomy:
    """Six classes; two cranes, and sunglass and sunglasses, are proposed."""
    load_csv(write("six.csv", CLASSES))
    return Taxonomy.objects.get(name="six")


def page(client, taxonomy, **query: str):
    return client.get(reverse("relations", args=[taxonomy.pk]), query)


def act(client, relation: ClassRelation, action: str):
    address = reverse("relation_decide", args=[relation.taxonomy_id, relation.pk])
    return client.post(address, {"action": action})


def test_proposals_come_first_with_names_definitions_and_the_reason(reviewer_client, taxonomy):
    text = page(reviewer_client, taxonomy).content.decode()
    assert "Both are called &#x27;crane&#x27;." in text
    assert "large long-necked wading bird of marshes" in text
    assert "lifts and moves heavy objects" in text


def test_labelers_read_accepted_relations_and_nothing_else(labeler_client, taxonomy, admin):
    enter(taxonomy, Statement("subset", 3, 2, "tusks are visible"), admin)
    text = page(labeler_client, taxonomy).content.decode()
    assert "tusks are visible" in text
    assert "wading bird" not in text
    for hidden in ("Accept <kbd>", "By hand", "ada", "Look for proposals", "Proposed"):
        assert hidden not in text
    for state in (State.PROPOSED, State.DISMISSED):
        assert page(labeler_client, taxonomy, state=state).status_code == 404


def test_a_state_that_there_is_not_is_not_found(reviewer_client, taxonomy):
    assert page(reviewer_client, taxonomy, state="maybe").status_code == 404


def test_a_decision_is_kept_with_who_and_when_and_can_be_taken_back(
    reviewer_client, reviewer, taxonomy
):
    relation = taxonomy.relations.get(first__index=4)
    response = act(reviewer_client, relation, "accept")
    assert "by rosalind" in response.content.decode()
    relation.refresh_from_db()
    assert (relation.state, relation.decided_by) == (State.ACCEPTED, reviewer)
    assert relation.decided is not None
    act(reviewer_client, relation, "reopen")
    relation.refresh_from_db()
    assert (relation.state, relation.decided_by, relation.decided) == (State.PROPOSED, None, None)
    act(reviewer_client, relation, "dismiss")
    assert said(taxonomy, State.DISMISSED) == {("synonym", 4, 5, "")}


def test_a_swap_that_cannot_be_says_so_in_the_row(reviewer_client, taxonomy):
    response = act(reviewer_client, taxonomy.relations.get(first__index=4), "swap")
    assert "Synonyms have no direction." in response.content.decode()


def test_an_action_that_there_is_not_changes_nothing(reviewer_client, taxonomy):
    relation = taxonomy.relations.get(first__index=4)
    assert act(reviewer_client, relation, "delete").status_code == 400
    assert len(said(taxonomy, State.PROPOSED)) == 2


def test_a_relation_is_decided_only_under_its_own_taxonomy(reviewer_client, taxonomy, write):
    load_csv(write("other.csv", CLASSES), "other")
    relation = Taxonomy.objects.get(name="other").relations.first()
    address = reverse("relation_decide", args=[taxonomy.pk, relation.pk])
    assert reviewer_client.post(address, {"action": "accept"}).status_code == 404


def test_a_pair_is_entered_by_hand_in_any_way_of_writing_classes(reviewer_client, taxonomy):
    address = reverse("relation_new", args=[taxonomy.pk])
    form = {"kind": "subset", "first": "African elephant", "second": "c", "condition": "if so."}
    assert reviewer_client.post(address, form)["Location"].endswith("?state=accepted")
    assert said(taxonomy) == {("subset", 3, 2, "so")}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"first": "crane"}, "means any of the classes [0, 1]; use the wnid"),
        ({"first": "lion"}, "unknown class name"),
        ({"first": "2"}, "A relation is between two classes."),
        ({"kind": "x"}, "not one of the available choices"),
        ({"condition": "x" * 201}, "at most 200 characters"),
    ],
)
def test_what_says_nothing_is_answered_by_the_reason(reviewer_client, taxonomy, changed, reason):
    form = {"kind": "subset", "first": "3", "second": "2", "condition": ""} | changed
    response = reviewer_client.post(reverse("relation_new", args=[taxonomy.pk]), form)
    assert reason in response.content.decode()
    assert said(taxonomy) == set()


def test_a_proposal_is_accepted_in_other_words(reviewer_client, taxonomy):
    relation = taxonomy.relations.get(first__index=4)
    address = reverse("relation_edit", args=[taxonomy.pk, relation.pk])
    assert 'value="e"' in reviewer_client.get(address).content.decode()
    form = {"kind": "subset", "first": "5", "second": "4", "condition": "a lens is visible"}
    reviewer_client.post(address, form)
    assert said(taxonomy) == {("subset", 5, 4, "a lens is visible")}


def upload(client, taxonomy, content: str):
    file = SimpleUploadedFile("pairs.csv", content.encode())
    address = reverse("relations_import", args=[taxonomy.pk])
    return client.post(address, {"file": file}, follow=True).content.decode()


def test_a_file_is_imported_or_every_bad_row_named(admin_client, taxonomy):
    text = upload(admin_client, taxonomy, "kind,first,second\nsynonym,4,5\nx,1,2\nsubset,9,1\n")
    assert "Nothing was imported." in text
    assert "Row 3: kind &#x27;x&#x27;" in text
    assert "Row 4: class index 9" in text
    assert said(taxonomy) == set()
    assert "0 new relations, 1 changed" in upload(
        admin_client, taxonomy, "kind,first,second\nsynonym,4,5\n"
    )
    assert taxonomy.relations.get(first__index=4).decided_by.username == "ada"


def test_looking_for_proposals_finds_what_was_forgotten(reviewer_client, taxonomy):
    taxonomy.relations.all().delete()
    address = reverse("relations_propose", args=[taxonomy.pk])
    assert "2 new proposals." in reviewer_client.post(address, follow=True).content.decode()
    assert "Nothing new to propose." in reviewer_client.post(address, follow=True).content.decode()


def test_the_list_is_filtered_by_names_and_keys(reviewer_client, imagenet1k):
    def found(text: str) -> str:
        return page(reviewer_client, imagenet1k, state="proposed", q=text).content.decode()

    assert "n03126707" not in found("CRANE")  # keys are no part of a row
    assert "Both are called &#x27;crane&#x27;." in found("CRANE")
    assert "Both are called &#x27;crane&#x27;." in found("n03126707")
    assert "sunglass" not in found("crane")
    assert "No relation here is about a class called" in found("%")


def test_a_page_of_many_proposals_takes_as_many_queries_as_one_of_one(
    reviewer_client, imagenet1k, django_assert_num_queries
):
    for text, count in (("snake", 5), ("crane", 1)):
        with django_assert_num_queries(8):
            response = page(reviewer_client, imagenet1k, state="proposed", q=text)
        assert response.content.decode().count("data-relation=") == count
