"""Classes, groups, relations and the guide by script."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.roles import ADMIN, LABELER, REVIEWER
from annotation.review.rounds import open_round
from taxonomy.loading import load_csv
from taxonomy.models import ClassGroup, ClassRelation, GuideEntry, Taxonomy
from taxonomy.tasks import make_guide_export
from tests.api.scripts import Script, problem
from tests.factories import make_dataset
from tests.worlds import CLASSES, draw

pytestmark = pytest.mark.django_db


@pytest.fixture
def six(tmp_path) -> Taxonomy:
    (tmp_path / "classes.csv").write_text(CLASSES)
    load_csv(tmp_path / "classes.csv", "six")
    return Taxonomy.objects.get()


def test_classes_are_listed_searched_and_told_of(six, django_assert_max_num_queries):
    script = Script(LABELER)
    assert script("get", "taxonomies").json()["results"][0]["name"] == "six"
    with django_assert_max_num_queries(10):
        page = script("get", "classes", six.pk, query="?page_size=4").json()
    assert [one["index"] for one in page["results"]] == [0, 1, 2, 3]
    rest = script("get", "classes", six.pk, query="?" + page["next"].partition("?")[2]).json()
    assert [one["index"] for one in rest["results"]] == [4, 5]
    for query, found in (("?q=crane", [0, 1]), ("?q=tusks", [2]), ("?q=sunglass", [4, 5])):
        results = script("get", "classes", six.pk, query=query).json()["results"]
        assert [one["index"] for one in results] == found
    assert len(script("get", "classes", six.pk, query="?group=all").json()["results"]) == 6
    assert script("get", "classes", six.pk, query="?group=none").status_code == 404
    tusker = script("get", "class", six.pk, 2).json()
    assert (tusker["key"], tusker["lemmas"]) == ("c", ["tusker"])
    assert tusker["ways"] == [[{"key": "animal", "name": "animal"}, {"key": "c", "name": "tusker"}]]
    assert "all" in tusker["groups"]
    assert script("get", "class", six.pk, 99).status_code == 404


def test_groups_are_made_changed_and_deleted_by_admins(six):
    admin, script = Script(ADMIN), Script(REVIEWER)
    cranes = {"name": "cranes", "rule": "members", "members": [0, 1]}
    assert script.send("post", "groups", six.pk, content=cranes).status_code == 403
    made = admin.send("post", "groups", six.pk, content=cranes)
    assert (made.status_code, made.json()["classes"]) == (201, [0, 1])
    number = made.json()["id"]
    animals = {"name": "animals", "rule": "root", "root": "animal"}
    known = admin("get", "group", six.pk, number)["ETag"]
    for match, status in (('"other"', 412), (known, 200), (known, 412), ("*", 200)):
        answer = admin.send("put", "group", six.pk, number, content=animals, **{"if-match": match})
        assert answer.status_code == status, match
    changed = answer.json()
    assert (changed["root"], changed["classes"]) == ("animal", [0, 2, 3])
    rest = admin.send(
        "post", "groups", six.pk,
        content={"name": "rest", "rule": "complement", "complement_of": "animals"},
    )  # fmt: skip
    assert rest.json()["classes"] == [1, 4, 5]
    assert "It is needed by 'rest'" in problem(admin("delete", "group", six.pk, number))["detail"]
    assert admin("delete", "group", six.pk, rest.json()["id"]).status_code == 204
    for content, field in (
        ({"name": "a b", "rule": "root"}, "name"), ({"name": "x"}, "rule"),
        ({"name": "x", "rule": "complement", "complement_of": "none"}, "complement_of"),
        ({"name": "x", "rule": "members", "members": [99]}, None),
    ):  # fmt: skip
        found = problem(admin.send("post", "groups", six.pk, content=content))
        assert field is None or found["errors"][0]["field"] == field
    assert set(ClassGroup.objects.values_list("name", flat=True)) == {"all", "animals"}


def test_relations_are_entered_and_decided_by_reviewers(six):
    ada, linus = Script(REVIEWER), Script(LABELER)
    said = {"kind": "subset", "first": "tusker", "second": "3", "condition": "if it is grey."}
    assert linus.send("post", "relations", six.pk, content=said).status_code == 403
    made = ada.send("post", "relations", six.pk, content=said)
    assert (made.json()["first"], made.json()["second"]) == (2, 3)
    assert made.json()["condition"] == "it is grey"
    assert linus("get", "class", six.pk, 3).json()["hints"]
    number = made.json()["id"]
    assert linus("get", "relation", six.pk, number).status_code == 200
    known = {"if-match": ada("get", "relation", six.pk, number)["ETag"]}
    for status in (200, 412):  # it is another now
        answer = ada.send(
            "patch", "relation", six.pk, number, content={"state": "dismissed"}, **known
        )
        assert answer.status_code == status
    assert linus("get", "relation", six.pk, number).status_code == 404
    assert number not in [one["id"] for one in linus("get", "relations", six.pk).json()["results"]]
    listed = ada("get", "relations", six.pk, query="?state=dismissed&q=tusker").json()["results"]
    assert [one["id"] for one in listed] == [number]
    bad = problem(ada.send("post", "relations", six.pk, content=said | {"first": "unicorn"}))
    assert bad["errors"] == [{"field": "first", "detail": "unknown class name 'unicorn'"}]
    assert ClassRelation.objects.get(pk=number).decided_by == ada.user


def test_relations_come_as_a_file_all_or_none(six):
    admin = Script(ADMIN)

    def send(text: str, script: Script = admin):
        return script("post", "relations_file", six.pk, data=text.encode(), content_type="text/csv")

    good = "kind,first,second\nsynonym,sunglass,sunglasses\n"
    assert send(good, Script(REVIEWER)).status_code == 403
    assert send(good).json()["relations"] == 1
    (row, *_) = problem(send(good + "subset,tusker,unicorn\n"))["errors"]
    assert row["row"] == 3
    assert ClassRelation.objects.filter(source="file").count() <= 1


def test_entries_are_wished_for_and_have_pictures(six, tmp_path):
    linus = Script(LABELER)
    assert linus.send("put", "class_wish", six.pk, 2, content={"wanted": True}).status_code == 200
    wanted = linus("get", "guide_wanted", six.pk).json()["wanted"]
    assert [2] in [one["classes"] for one in wanted]
    draw(tmp_path / "crane.png", 1)
    picture = SimpleUploadedFile("crane.png", (tmp_path / "crane.png").read_bytes())
    made = linus("post", "guide_pictures", six.pk, data={"picture": picture}).json()
    assert made["markdown"].startswith("![describe the picture](guide:")
    bad = SimpleUploadedFile("x.png", b"nonsense")
    assert problem(linus("post", "guide_pictures", six.pk, data={"picture": bad}))["errors"]


def test_the_guide_comes_as_a_file_once_it_is_ordered_and_made(six, monkeypatch):
    ordered: list[tuple] = []
    monkeypatch.setattr(make_guide_export, "delay", lambda *args: ordered.append(args))
    linus = Script(LABELER)
    linus.send("post", "guide", six.pk, content={"title": "Cranes", "text": "Long legs."})
    assert linus("get", "guide_export", six.pk, "html").status_code == 404
    for _ in range(2):
        answer = linus("post", "guide_export", six.pk, "html")
        assert (answer.status_code, answer.json()) == (202, {"state": "running"})
    assert ordered == [(six.pk, "html")]
    make_guide_export(*ordered[0])
    file = linus("get", "guide_export", six.pk, "html")
    assert b"Long legs." in b"".join(file.streaming_content)
    assert linus("post", "guide_export", six.pk, "exe").status_code == 404


def test_the_guide_is_written_by_everybody_and_no_text_is_lost(six):
    ada, linus = Script(REVIEWER), Script(LABELER)
    draft = {"title": "Cranes", "text": "Long  legs.\r\n", "classes": [0]}
    made = linus.send("post", "guide", six.pk, content=draft, **{"idempotency-key": "g"})
    again = linus.send("post", "guide", six.pk, content=draft, **{"idempotency-key": "g"})
    assert made.json() == again.json()
    entry = made.json()
    assert (entry["number"], entry["text"], entry["classes"]) == (1, "Long  legs.\n", [0])
    newer = draft | {"text": "Very long legs.", "base": 1}
    assert ada.send("put", "entry", six.pk, entry["id"], content=newer).json()["number"] == 2
    late = linus.send("put", "entry", six.pk, entry["id"], content=newer | {"text": "Thin legs."})
    assert late.status_code == 409
    assert "kept aside as revision 3" in problem(late)["detail"]
    revisions = linus("get", "entry_revisions", six.pk, entry["id"]).json()["results"]
    assert [(one["number"], one["aside"]) for one in revisions] == [
        (3, True),
        (2, False),
        (1, False),
    ]
    restored = linus("post", "entry_restore", six.pk, entry["id"], 3).json()
    assert (restored["number"], restored["text"]) == (4, "Thin legs.")
    linus.send("post", "entry_comments", six.pk, entry["id"], content={"text": "Really?"})
    shown = ada("get", "entry", six.pk, entry["id"]).json()
    assert [one["text"] for one in shown["comments"]] == ["Really?"]
    found = ada("get", "guide", six.pk, query="?q=thin").json()["results"]
    assert [one["id"] for one in found] == [entry["id"]]
    archive = {"archived": True}
    refused = ada.send("put", "entry_archive", six.pk, entry["id"], content=archive)
    assert refused.status_code == 403
    Script(ADMIN).send("put", "entry_archive", six.pk, entry["id"], content=archive)
    assert ada("get", "guide", six.pk).json()["results"] == []
    assert len(ada("get", "guide", six.pk, query="?archived=true").json()["results"]) == 1
    both = problem(ada("get", "guide", six.pk, query="?archived=true&q=thin"))
    assert both["errors"][0]["field"] == "q"
    assert GuideEntry.objects.count() == 1


def test_classes_stay_open_to_those_who_review_blind(six):
    script = Script(REVIEWER)
    open_round("blind", [make_dataset(six, 2)], 1, blind=True)
    assert script("get", "datasets").status_code == 403
    assert script("get", "classes", six.pk).status_code == 200
    assert script("get", "guide", six.pk).status_code == 200
