"""Pages about participants, against counts by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from django.urls import reverse
from scipy.stats import binomtest

from accounts.roles import REVIEWER
from annotation.models import Candidate, Dataset, Image, Participant, Verdict
from annotation.review.rounds import open_round
from evaluation import profiles
from evaluation.arrays import Arrays, arrays_of
from evaluation.metrics.power import images_needed
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from tests.conftest import client_of
from tests.factories import make_dataset, make_taxonomy, make_user, predict

pytestmark = pytest.mark.django_db

N = 60


@pytest.fixture
def dataset() -> Dataset:
    """Sixty images of ten classes; every target is correct, and on every fourth image the next class
    too. One image is problematic and one has no correct label."""
    dataset = make_dataset(make_taxonomy(), N, per_image=2)
    for place, image in enumerate(Image.objects.order_by("key")):
        right = [image.target] + ([(image.target + 1) % 10] if place % 4 == 0 else [])
        rows = Candidate.objects.filter(image=image)
        rows.update(verdict=Verdict.INCORRECT)
        rows.filter(class_index__in=right).update(verdict=Verdict.CORRECT)
    Image.objects.filter(key="set-00007").update(problematic=True)
    Candidate.objects.filter(image__key="set-00008").update(verdict=Verdict.UNCLEAR)
    rng = np.random.default_rng(3)
    targets = np.arange(N) % 10
    for name, share, kind in (
        ("good", 0.9, "model"), ("fair", 0.6, "model"), ("Human A", 0.8, "human"),
    ):  # fmt: skip
        answers = np.where(rng.random(N) < share, targets, (targets + 1) % 10)
        answers[:2] = 5, 5  # which all get wrong
        predict(name, dataset, answers[:, None].tolist(), kind)
    return dataset


@pytest.fixture
def arrays(dataset) -> Arrays:
    return arrays_of(compute_report(take_snapshot()), "set")


def right(name: str) -> dict[int, bool]:
    """By hand: {place of an image that counts: whether its answer is correct}."""
    top1 = np.frombuffer(
        Participant.objects.get(name=name).prediction_sets.get().top_k, "<i4"
    ).tolist()
    found = {}
    for place, image in enumerate(Image.objects.order_by("key")):
        correct = set(
            image.candidates.filter(verdict=Verdict.CORRECT).values_list("class_index", flat=True)
        )
        if correct and not image.problematic:
            found[place] = top1[place] in correct
    return found


def test_two_participants_are_compared_as_by_hand(arrays):
    one, other = right("good"), right("fair")
    pair = profiles.compare(arrays, "good", "fair", "all")
    only = sum(one[i] and not other[i] for i in one)
    reverse = sum(other[i] and not one[i] for i in one)
    assert (pair.n, pair.first, pair.second) == (N - 2, only, reverse)
    assert pair.both == sum(one[i] and other[i] for i in one)
    assert pair.both + pair.first + pair.second + pair.neither == pair.n
    assert pair.exact == pytest.approx(binomtest(only, only + reverse).pvalue)
    assert pair.difference == pytest.approx((only - reverse) / pair.n)
    assert pair.low < pair.difference < pair.high
    mirrored = profiles.compare(arrays, "fair", "good", "all")
    assert (mirrored.first, mirrored.difference) == (reverse, -pair.difference)


def test_images_differ_in_the_way_that_is_asked(arrays):
    one, other = right("good"), right("fair")
    ways = {
        "first": [i for i in one if one[i] and not other[i]],
        "second": [i for i in one if other[i] and not one[i]],
        "neither": [i for i in one if not one[i] and not other[i]],
    }
    for how, places in ways.items():
        assert profiles.differing(arrays, "good", "fair", "all", how).tolist() == places
    assert set(ways["first"]) <= set(
        profiles.differing(arrays, "good", "fair", "all", "answers").tolist()
    )


def test_rivals_come_closest_first_with_corrected_p_values(arrays):
    found = profiles.rivals(arrays, "good", "all")
    assert {one.name for one in found} == {"fair", "Human A"}
    distances = [abs(one.difference) for one in found]
    assert distances == sorted(distances)
    assert all(one.p <= one.corrected <= min(1, 2 * one.p) + 1e-12 for one in found)


def test_a_rank_comes_with_the_ranks_that_it_may_truly_have(arrays):
    for name in arrays.names:
        rank, best, worst = profiles.place(arrays, name, "all")
        assert 1 <= best <= rank <= worst <= 3
    assert [profiles.place(arrays, name, "all")[0] for name in ("good", "fair")] == [1, 3]


def test_a_group_of_classes_is_set_against_random_ones_and_all_classes_are_not(dataset):
    few = dataset.taxonomy.groups.create(name="few", position=3)
    few.members.set(dataset.taxonomy.classes.filter(index__lt=4))
    arrays = arrays_of(compute_report(take_snapshot()), "set")
    change = profiles.group_change(arrays, "fair", "few")
    chosen = {i: is_right for i, is_right in right("fair").items() if i % 10 < 4}
    assert change.subset[0] == pytest.approx(np.mean(list(chosen.values())))
    assert 0 < change.p[0] <= 1
    assert change.low[0] <= change.high[0]
    assert profiles.group_change(arrays, "fair", "all") is None


def test_how_many_images_a_difference_takes(arrays):
    pair = profiles.compare(arrays, "good", "fair", "all")
    assert pair.needed == images_needed(pair.first / pair.n, pair.second / pair.n, 0.8)
    assert replace(pair, second=pair.first).needed is None
    assert replace(pair, n=10**9, first=400_000_000, second=399_999_000).needed is None


def test_what_all_of_a_kind_missed(arrays):
    wrong = {name: {i for i, is_right in right(name).items() if not is_right}
             for name in ("good", "fair", "Human A")}  # fmt: skip
    assert set(profiles.missed_by_all(arrays, None, "all").tolist()) == (
        wrong["good"] & wrong["fair"] & wrong["Human A"]
    )
    assert set(profiles.missed_by_all(arrays, "model", "all").tolist()) == (
        wrong["good"] & wrong["fair"]
    )
    assert set(profiles.missed_by_all(arrays, "human", "all").tolist()) == wrong["Human A"]
    assert {0, 1} <= set(profiles.missed_by_all(arrays, None, "all").tolist())


def test_confusions_are_wrong_answers_counted(arrays):
    answers = right("fair")
    found = profiles.confusions(arrays, "fair")
    assert sum(one.count for one in found) <= sum(not is_right for is_right in answers.values())
    assert found[0].count == max(one.count for one in found)
    assert all(one.target != one.predicted for one in found)


def test_strengths_are_measured_against_the_mean_of_the_others(arrays):
    strong, weak = profiles.strong_and_weak(arrays, "good")
    assert all(one.difference > 0 for one in strong)
    assert all(one.difference < 0 for one in weak)
    one = strong[0]
    place = [i for i in right("good") if i % 10 == one.index]
    others = [np.mean([right(name)[i] for i in place]) for name in ("fair", "Human A")]
    assert one.others == pytest.approx(np.mean(others))
    assert (one.correct, one.n) == (sum(right("good")[i] for i in place), len(place))


@pytest.fixture
def reviewer_page(dataset, groups):
    client = client_of(make_user(REVIEWER))
    compute_report(take_snapshot())

    def get(name: str, *args: object, **query: object) -> str:
        answer = client.get(reverse(name, args=args), query)
        assert answer.status_code == 200
        return answer.content.decode()

    return get


def key(name: str) -> int:
    return Participant.objects.get(name=name).pk


def test_pages_show_what_was_counted(reviewer_page, arrays):
    pair = profiles.compare(arrays, "good", "Human A", "all")
    page = reviewer_page("pair", key("good"), key("Human A"), dataset="set", group="all")
    assert f"p = {pair.exact:.4f}" in page
    assert f'<td class="num">{pair.both}</td><td class="num">{pair.first}</td>' in page
    page = reviewer_page("participant", key("good"))
    assert "Closest rivals" in page
    assert reverse("pair", args=[key("good"), key("fair")]) in page
    missed = len(profiles.missed_by_all(arrays, "human", "all"))
    page = reviewer_page("missed", who="humans")
    assert f"{missed} images of set (all)" in " ".join(page.split())
    assert reverse("participant", args=[key("fair")]) in reviewer_page("results")


def test_the_number_of_queries_does_not_depend_on_images(reviewer_page, django_assert_num_queries):
    reviewer_page("missed")
    for name, args, count in (
        ("missed", (), 9),
        ("pair", (key("good"), key("fair")), 11),
        ("participant", (key("good"),), 8),
    ):
        with django_assert_num_queries(count):
            reviewer_page(name, *args)


def test_who_has_predicted_nothing_here_has_a_page_all_the_same(reviewer_page, dataset):
    stranger = Participant.objects.create(name="stranger")
    assert "no predictions of stranger" in reviewer_page("participant", stranger.pk)
    assert "They share no image" in reviewer_page("pair", stranger.pk, key("good"))


def test_a_single_participant_has_no_rivals(dataset, reviewer_page):
    Participant.objects.exclude(name="good").delete()
    compute_report(take_snapshot())
    page = reviewer_page("participant", key("good"))
    assert "Nobody else has predicted these images" in page


def test_without_a_report_pages_say_what_to_do(admin_client):
    one = Participant.objects.create(name="net")
    for address in (
        reverse("participant", args=[one.pk]), reverse("pair", args=[one.pk, one.pk]),
        reverse("missed"), reverse("comparison"),
    ):  # fmt: skip
        assert admin_client.get(address).status_code == 200


def test_addresses_that_make_no_sense(reviewer_page, admin_client):
    pair = reverse("pair", args=[key("good"), key("fair")])
    assert admin_client.get(pair, {"how": "somehow"}).status_code == 404
    assert admin_client.get(reverse("missed"), {"who": "cats"}).status_code == 404
    assert admin_client.get(reverse("missed"), {"page": "999"}).status_code == 200
    assert admin_client.get(reverse("participant", args=[10**9])).status_code == 404


def test_whoever_reviews_blind_sees_none_of_it(dataset, groups):
    compute_report(take_snapshot())
    blind = make_user(REVIEWER)
    open_round("blind", [dataset], 1, blind=True, reviewers=[blind])
    client = client_of(blind)
    for address in (
        reverse("participant", args=[key("good")]), reverse("missed"), reverse("comparison"),
        reverse("pair", args=[key("good"), key("fair")]), reverse("comparison_file", args=["csv"]),
    ):  # fmt: skip
        assert client.get(address).status_code == 403


def test_an_image_tells_who_said_what(reviewer_page, arrays):
    image = Image.objects.get(key="set-00000")
    page = reviewer_page("image_answers", image.uid)
    said = {name: int(arrays.data.top_k[row, 0, 0]) for row, name in enumerate(arrays.names)}
    for index in set(said.values()):
        who = ", ".join(name for name in arrays.names if said[name] == index)
        assert f"<strong>class {index}</strong>" in page
        assert who in page
    assert page.count(">right<") == len({index for index in said.values() if index in (0, 1)})
    assert f"/results/images/{image.uid}/answers/" in reviewer_page("image_record", image.uid)


def test_nobody_at_a_blind_round_learns_who_said_what(dataset, groups):
    compute_report(take_snapshot())
    reviewer = make_user(REVIEWER)
    open_round("blind", [dataset], 1, blind=True)
    image = Image.objects.get(key="set-00000")
    page = client_of(reviewer).get(reverse("image_answers", args=[image.uid])).content.decode()
    assert "Closed as long as" in page
    assert "good" not in page
