"""Nothing that a reviewer receives during a blind round depends on, or tells, who predicted what."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from html import unescape
from urllib.parse import urldefrag, urljoin

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.http.response import HttpResponseBase
from django.urls import reverse

from accounts.models import User
from annotation.models import (
    Candidate,
    Dataset,
    Image,
    Participant,
    PredictionSet,
    ReviewRound,
)
from annotation.review.rounds import open_round
from annotation.review.scope import Scope
from api import urls as api_urls
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from tests.conftest import client_of
from tests.factories import adjudicate, predict_with_candidates
from tests.worlds import picture_round

pytestmark = pytest.mark.django_db

IMAGES = 7  # accuracies are sevenths, which little else is
# Names and keys that occur nowhere else.
MODELS = {"quizzical-net": 987_650_101, "zyzzyva-net": 987_650_102, "wombat-net": 987_650_103}
PEOPLE = {"participant Ngaio": 987_650_104, "participant Xanthe": 987_650_105}
KINDS = re.compile(r"\b(?:human|model|participant)s?\b", re.I)
# What a clock or the generator of tokens says is different each time.
ALWAYS_NEW = re.compile(
    rb"(Server-Timing|Date|Expires|Last-Modified|Set-Cookie): [^\n]*\n"
    rb'|(csrfmiddlewaretoken" value=|x-csrftoken": )"[^"]*"|<time[^>]*>[^<]*</time>'
)


@pytest.fixture
def dataset(tmp_path) -> Dataset:
    """Six classes, images, and predictions of five participants, some of them alike."""
    picture_round(tmp_path, images=IMAGES).delete()
    Participant.objects.all().delete()
    made = Dataset.objects.get()
    for place, (name, key) in enumerate({**MODELS, **PEOPLE}.items()):
        kind = "human" if name in PEOPLE else "model"
        Participant.objects.create(pk=key, name=name, kind=kind)
        step = 1 + place % 3
        classes = [(number * step + place) % 6 for number in range(IMAGES)]
        predict_with_candidates(name, made, classes, kind)
    return made


def open_blind(dataset: Dataset, unit: str = "image", **scope: object) -> ReviewRound:
    settings = {"blind": True, "unit": unit, "overlap": 2, "instructions": "Look **closely**."}
    return open_round("Final", [dataset], 5, scope=Scope(which="all", **scope), **settings)


class Receiver:
    """A reviewer's client that keeps every byte that it receives."""

    def __init__(self, user: User) -> None:
        self.client = client_of(user)
        self.received: list[tuple[str, bytes]] = []

    def get(self, address: str) -> HttpResponseBase:
        return self._keep(address, self.client.get(address))

    def post(self, address: str, body: object) -> HttpResponseBase:
        text = json.dumps(body)
        return self._keep(address, self.client.post(address, text, "application/json"))

    def _keep(self, address: str, answer: HttpResponseBase) -> HttpResponseBase:
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        headers = "".join(f"{name}: {value}\n" for name, value in answer.headers.items())
        cookies = answer.cookies.output(sep="\n") + "\n"
        self.received.append((address, (headers + cookies).encode() + content))
        return answer


def judge_everything(receiver: Receiver, current: ReviewRound) -> None:
    """As the review page does: ask, look at each item, judge it, until there is nothing left."""
    urls = {
        name: reverse(f"review_{name}", args=[current.pk])
        for name in ("next", "submit", "progress")
    }
    number = 0
    while items := receiver.post(urls["next"], {"hold": [], "want": 3}).json()["items"]:
        for item in items:
            by_class = "turn" in item
            name, key = ("page", item["turn"]) if by_class else ("item", item["uid"])
            receiver.get(reverse(f"review_{name}", args=[current.pk, key]))
            ops = []
            for image, index in _asked(item):
                number += 1
                verdict = ("correct", "incorrect", "unclear")[number % 3]
                ops.append(
                    {
                        "type": "judge", "id": str(uuid.UUID(int=number)), "image": image,
                        "class": index, "verdict": verdict, "ms": 900,
                    }
                )  # fmt: skip
            receiver.post(urls["submit"], {"ops": ops})
            receiver.get(urls["progress"])
    assert number > 0


def _asked(item: dict) -> list[tuple[str, int]]:
    """(image, class) of everything that an image or a page of a class asks."""
    if "turn" in item:
        return [(tile["uid"], item["class"]) for tile in item["tiles"]]
    return [(item["uid"], candidate["class"]) for candidate in item["candidates"]]


def ask_the_api(receiver: Receiver, current: ReviewRound) -> None:
    """Every address of the API that one can name."""
    known = {
        "round_id": current.pk, "taxonomy_id": current.taxonomy_id, "name": "photos", "index": 0,
        "uid": Image.objects.get(key="photo-4").uid, "report": "latest", "figure": "measures",
        "set_id": PredictionSet.objects.all()[0].pk, "participant_id": min(MODELS.values()),
        "first_id": min(MODELS.values()), "second_id": max(MODELS.values()),
    }  # fmt: skip
    asked = 0
    for pattern in api_urls.urlpatterns:
        if set(pattern.pattern.converters) <= set(known):
            parameters = {name: known[name] for name in pattern.pattern.converters}
            receiver.get(reverse(str(pattern.name), kwargs=parameters))
            asked += 1
    assert asked > 40


LINK = re.compile(r'(?:href|src|srcset|hx-get|data-[a-z-]*url|action)="([^"]+)"')


def crawl(receiver: Receiver, start: str) -> set[str]:
    """Everything that can be reached by links and by what pages fetch, but what is everybody's."""
    waiting, seen = [start], {start}
    while waiting:
        address = waiting.pop()
        answer = receiver.get(address)
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        for link in LINK.findall(answer.content.decode()):
            target = urldefrag(urljoin(address, unescape(link)))[0]
            is_here = target.startswith("/") and not target.startswith(("//", "/logout"))
            is_new = target not in seen and not is_own_work(target)
            if is_here and is_new and len(target) < 300:
                seen.add(target)
                waiting.append(target)
    return seen


def is_own_work(address: str) -> bool:
    """Static files and the JavaScript of figures are the same for everybody, always."""
    return address.startswith(("/static/", "/results/script/"))


@pytest.mark.parametrize(("unit", "gold"), [("image", 0), ("image", 0.3), ("class", 0.3)])
def test_no_byte_tells_a_participants_name_kind_score_or_id(dataset, reviewer, admin, unit, gold):
    for candidate in Candidate.objects.filter(image__key__lt="photo-3"):
        adjudicate(candidate, 1 + candidate.class_index % 2, admin)
    report = compute_report(take_snapshot())
    current = open_blind(dataset, unit, participants=tuple(PEOPLE), drawn=1, gold=gold)
    receiver = Receiver(reviewer)
    receiver.get(reverse("review_round", args=[current.pk]))
    judge_everything(receiver, current)
    seen = crawl(receiver, reverse("home"))
    for name in ("round_page", "review_round"):
        assert reverse(name, args=[current.pk]) in seen, name
    assert reverse("agreement") in seen
    ask_the_api(receiver, current)
    scores = {
        f"{100 * row[accuracy]['accuracy']:.2f}"
        for row in report.rows for accuracy in ("top1", "multi_label")
        if row[accuracy]["accuracy"] not in (None, 0, 1, 0.5)
    }  # fmt: skip
    assert scores
    secrets = {*MODELS, *PEOPLE, *map(str, {**MODELS, **PEOPLE}.values())}
    told_scores = re.compile(rf"(?<![\d:.])(?:{'|'.join(map(re.escape, scores))})(?!\d)")
    assert len(receiver.received) > 40
    for address, content in receiver.received:
        text = content.decode(errors="replace")
        assert not [secret for secret in secrets if secret in text], address
        # Not where the digits of a clock happen to be the same.
        assert not told_scores.findall(ALWAYS_NEW.sub(b"", content).decode(errors="replace")), (
            address
        )
        is_picture = address.endswith(("/large/", "/small/", "/original/"))
        # The words of the others are the same always.
        if not is_picture and not address.startswith(("/api/v1/", "/account/tokens/")):
            assert not KINDS.findall(text), (address, KINDS.findall(text))


def test_the_crawl_would_find_what_it_looks_for(dataset, admin):
    """The same walk by an admin, to whom names are shown."""
    compute_report(take_snapshot())
    current = open_blind(dataset, participants=tuple(PEOPLE), drawn=1)
    receiver = Receiver(admin)
    seen = crawl(receiver, reverse("home"))
    assert reverse("round_page", args=[current.pk]) in seen
    everything = b"".join(content for _, content in receiver.received).decode(errors="replace")
    for name in [*MODELS, *PEOPLE]:
        assert name in everything


Change = Callable[[], object]


def turn_kinds_round() -> None:
    """Who was a model is a person now, and the other way round."""
    for one in Participant.objects.all():
        kind = "model" if one.kind == "human" else "human"
        Participant.objects.filter(pk=one.pk).update(kind=kind)


def swap_names() -> None:
    """Everybody's predictions are somebody else's."""
    keys = list(Participant.objects.order_by("pk").values_list("pk", "name"))
    for pk, _ in keys:
        Participant.objects.filter(pk=pk).update(name=f"between {pk}")
    for (pk, _), (_, name) in zip(keys, keys[1:] + keys[:1], strict=True):
        Participant.objects.filter(pk=pk).update(name=name)


def import_again_the_other_way_round() -> None:
    """The same predictions and candidates, stored in the opposite order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT image_id, class_index FROM annotation_candidate ORDER BY id DESC")
        pairs = cursor.fetchall()
        cursor.execute("DELETE FROM annotation_candidate")
        for pair in pairs:
            cursor.execute(
                "INSERT INTO annotation_candidate (image_id, class_index, verdict) VALUES (%s, %s, 0)",
                pair,
            )


def everything(dataset: Dataset) -> ReviewRound:
    return open_blind(dataset)


def by_class(dataset: Dataset) -> ReviewRound:
    return open_blind(dataset, unit="class")


def most_informative_first(dataset: Dataset) -> ReviewRound:
    settings = {"blind": True, "order": "informative"}
    return open_round("Final", [dataset], 5, scope=Scope(which="all"), **settings)


def all_that_was_predicted(dataset: Dataset) -> ReviewRound:
    """As a final review: whoever is a person now, and so many of the models that it is all."""
    people = Participant.objects.filter(kind="human").order_by("name")
    return open_blind(dataset, participants=tuple(people.values_list("name", flat=True)), drawn=5)


def received_after(change: Change, opened: Callable[[Dataset], ReviewRound]) -> list:
    """Every byte of a whole round by one reviewer, the database forgetting it afterwards."""
    with transaction.atomic():
        change()
        with connection.cursor() as cursor:
            for table in ("reviewround", "rounditem", "roundcandidate"):
                cursor.execute(f"ALTER SEQUENCE annotation_{table}_id_seq RESTART WITH 500")
        cache.clear()
        current = opened(Dataset.objects.get())
        receiver = Receiver(User.objects.get(username="rosalind"))
        judge_everything(receiver, current)
        receiver.get(reverse("round_page", args=[current.pk]))
        receiver.get(reverse("review"))
        transaction.set_rollback(True)
    return [(address, ALWAYS_NEW.sub(b"", content)) for address, content in receiver.received]


@pytest.mark.parametrize(
    "opened", [everything, by_class, most_informative_first, all_that_was_predicted]
)
def test_permuting_the_sources_changes_no_byte(dataset, reviewer, opened):
    before = received_after(lambda: None, opened)
    for change in (turn_kinds_round, swap_names, import_again_the_other_way_round):
        after = received_after(change, opened)
        assert [address for address, _ in before] == [address for address, _ in after]
        for (address, first), (_, second) in zip(before, after, strict=True):
            assert first == second, (change.__name__, address)


def test_another_seed_changes_them(dataset, reviewer):
    def other_seed(dataset: Dataset) -> ReviewRound:
        return open_round("Final", [dataset], 6, scope=Scope(which="all"), blind=True, overlap=2)

    assert received_after(lambda: None, everything) == received_after(lambda: None, everything)
    assert received_after(lambda: None, everything) != received_after(lambda: None, other_seed)


def test_the_same_seed_asks_the_same_candidates_in_the_same_order_again(dataset):
    def asked(name: str, seed: int) -> list:
        scope = Scope(which="all", participants=tuple(PEOPLE), drawn=1)
        current = open_round(name, [dataset], seed, scope=scope, blind=True)
        rows = current.round_candidates.order_by("place", "candidate__class_index")
        return list(rows.values_list("place", "candidate__image__key", "candidate__class_index"))

    first = asked("one", 5)
    assert asked("again", 5) == first
    assert asked("other", 6) != first
