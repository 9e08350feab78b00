"""A labeler at an evaluation, in a real browser."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.roles import REVIEWER
from annotation.labeling.handing_in import hand_in
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import close_task, create_task
from annotation.models import (
    Answer,
    Assignment,
    Candidate,
    Dataset,
    LabelingTask,
    Participant,
    PredictionSet,
    ReviewRound,
    WorkSegment,
)
from tests.annotation.labeling.worlds import answer_all
from tests.browser.looking import settle, violations
from tests.worlds import picture_round

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def task(tmp_path, labeler) -> LabelingTask:
    """An evaluation of ten images of six classes, for one labeler."""
    picture_round(tmp_path, images=10).delete()
    sample = Sample({"photos": 10}, balanced=False)
    return create_task("Exam", "evaluation", sample, 1, labelers=[labeler], state="open")[0]


def start(page: Page, task: LabelingTask) -> None:
    page.goto(reverse("labeling_task", args=[task.pk]))
    shown(page)


def shown(page: Page) -> None:
    expect(page.locator("#stage[data-shown]")).to_be_visible()


def name(page: Page, words: str) -> None:
    """Type words and take the best match."""
    search = page.get_by_role("combobox")
    expect(search).to_be_focused()
    page.keyboard.type(words)
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#chosen")).to_be_visible()


def onward(page: Page) -> None:
    before = page.locator("#place").text_content()
    page.keyboard.press("Enter")
    expect(page.locator("#place")).not_to_have_text(before or "")
    shown(page)


def saved(page: Page) -> None:
    expect(page.locator("#saved-text")).to_have_text("Saved")
    page.wait_for_function(
        "() => !Object.keys(localStorage).some((key) => key.startsWith('tusker:labeling:'))"
    )


def test_an_evaluation_is_begun_interrupted_resumed_elsewhere_and_handed_in(
    open_page, labeler, task
):
    page = open_page(labeler)
    start(page, task)
    for words in ("tusker", "sunglas", "crane"):
        name(page, words)
        page.keyboard.press("e")
        onward(page)
    saved(page)
    assert Assignment.objects.filter(class_index__isnull=False, confidence=3).count() == 3

    # The network goes, and an answer with it; a reload brings it back.
    page.context.set_offline(True)
    name(page, "african")
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#done")).to_contain_text("4 answered")
    saved(page)
    assert Answer.objects.filter(class_index=3).count() == 1
    page.context.close()

    # On another device the labeler is where they left.
    page = open_page(labeler)
    start(page, task)
    expect(page.locator("#place")).to_have_text("Image 5 of 10")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.get_by_role("textbox", name="Note").fill("two of them?")
    page.keyboard.press("Enter")
    expect(page.locator("#note-text")).to_have_text("two of them?")
    expect(page.locator("#note-dialog")).to_be_hidden()
    shown(page)
    page.keyboard.press("l")
    expect(page.locator("#place")).to_have_text("Image 6 of 10")
    shown(page)
    for _ in range(4):
        page.keyboard.press("1")  # the class named last
        expect(page.locator("#chosen")).to_be_visible()
        onward(page)
    page.keyboard.press("1")
    expect(page.locator("#done")).to_contain_text("9 answered, 1 for later")
    page.keyboard.press("Enter")
    expect(page.locator("#place")).to_have_text("Image 5 of 10")  # what was put off
    shown(page)
    name(page, "sunglass")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    expect(page.locator("#hand-in-text")).to_have_text("Every image is answered.")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Hand in", exact=True).click()
    expect(page.get_by_text("You handed this task in")).to_be_visible()

    participant = Participant.objects.get(kind="human")
    assert (participant.name, participant.user) == ("Human A", labeler)
    predictions = PredictionSet.objects.get(participant=participant)
    assert (predictions.dataset, predictions.size) == (Dataset.objects.get(), 10)
    assert predictions.seconds is not None
    answers = dict(Assignment.objects.values_list("image", "class_index"))
    assert Candidate.objects.filter(image__in=answers).count() >= 10
    # What was answered is not to be seen again.
    body = page.content()
    assert "tusker" not in body.replace("Tusker", "").replace("tusker_csrf", "")


def test_classes_are_looked_at_compared_and_kept_at_hand_before_one_is_chosen(
    open_page, labeler, task
):
    page = open_page(labeler, bypass_csp=True)
    start(page, task)
    page.keyboard.type("tusker")
    page.keyboard.press("Shift+Enter")
    expect(page.locator("#class-panel")).to_contain_text("prominent tusks")
    assert not Answer.objects.exists()
    page.keyboard.type("african")
    page.keyboard.press("Shift+Enter")
    expect(page.locator("#class-panel")).to_contain_text("native to Africa")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    columns = page.locator(".labeling-compare-content")
    expect(columns).to_have_count(2)
    expect(columns.nth(0)).to_contain_text("prominent tusks")
    expect(columns.nth(1)).to_contain_text("native to Africa")
    assert violations(page) == []
    page.keyboard.press("2")
    expect(page.locator("#chosen-name")).to_have_text("African elephant")
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Unpin African elephant")).to_be_visible()
    page.keyboard.press("i")
    settle(page)
    assert violations(page) == []
    page.keyboard.press("o")
    expect(page.locator("#overview-dialog")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.reload()
    shown(page)
    expect(page.locator("#place")).to_have_text("Image 2 of 10")
    page.keyboard.press("1")  # it is pinned
    expect(page.locator("#chosen-name")).to_have_text("African elephant")


def test_a_second_window_takes_the_task_over_and_the_first_says_so(open_page, labeler, task):
    first = open_page(labeler)
    start(first, task)
    second = first.context.new_page()
    start(second, task)
    expect(first.get_by_text("This task is open in another window")).to_be_visible()
    expect(first.locator("#stage > img")).to_have_count(0)
    name(second, "tusker")
    saved(second)
    first.bring_to_front()
    first.get_by_role("button", name="Go on here").click()
    expect(first.locator("#chosen-name")).to_have_text("tusker")
    expect(second.get_by_text("This task is open in another window")).to_be_visible()


def test_a_pause_hides_the_image_and_counts_no_time(open_page, labeler, task):
    page = open_page(labeler)
    start(page, task)
    name(page, "tusker")
    page.keyboard.press(" ")
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    expect(page.locator("#stage > img")).to_have_count(0)
    saved(page)
    (before,) = WorkSegment.objects.values_list("wall_ms", flat=True)
    page.wait_for_timeout(1500)
    page.keyboard.press(" ")
    shown(page)
    page.keyboard.press("Enter")
    expect(page.locator("#place")).to_have_text(re.compile("Image 2"))
    saved(page)
    first = Assignment.objects.get(class_index__isnull=False)
    assert first.wall_ms - before < 1000


def test_the_time_is_right_to_a_second_when_the_labeler_idles_reloads_and_goes_offline(
    open_page, labeler, task
):
    """With the browser's clock in the test's hand: minutes pass at once."""
    page = open_page(labeler)
    page.clock.install()
    page.goto(reverse("labeling_task", args=[task.pk]))
    page.clock.run_for(1000)
    shown(page)
    page.keyboard.press("Shift")
    page.clock.run_for(30_000)  # at work: 30 s
    page.mouse.move(300, 300)
    page.clock.run_for(150_000)  # 60 s until it counts as idle
    page.context.set_offline(True)
    page.mouse.move(310, 300)
    page.clock.run_for(20_000)  # 20 s without a network
    page.context.set_offline(False)
    page.reload()
    page.clock.run_for(1000)
    shown(page)
    page.clock.run_for(10_000)  # 10 s after the reload
    page.evaluate(
        """() => {
            Object.defineProperty(document, 'hidden', { value: true, configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    page.clock.run_for(40_000)  # in the background: none
    page.evaluate(
        """() => {
            Object.defineProperty(document, 'hidden', { value: false, configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    page.clock.run_for(20_000)  # back: 20 s
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    page.clock.run_for(2000)
    saved(page)
    times = Assignment.objects.get(position=0)
    assert abs(times.active_ms - 140_000) < 140_000 / 60
    assert abs(times.wall_ms - 271_000) < 271_000 / 60


def test_a_training_of_ten_tells_the_truth_after_each_answer_and_repeats_what_was_missed(
    open_page, labeler, tmp_path
):
    picture_round(tmp_path, images=10).delete()
    sample = Sample({"photos": 10}, balanced=False)
    training = create_task("Learn", "training", sample, 1, labelers=[labeler], state="open")[0]
    page = open_page(labeler, bypass_csp=True)
    start(page, training)
    first = Assignment.objects.get(position=0)
    names = ["crane", "crane", "tusker", "African elephant", "sunglass", "sunglasses"]
    wrong = "tusker" if first.image.target != 2 else "african"
    name(page, wrong)
    feedback = page.locator("#feedback")
    expect(feedback.get_by_role("heading", level=2)).to_contain_text(
        f"It is {names[first.image.target]}"
    )
    expect(feedback.get_by_role("region")).to_have_count(2)
    expect(page.locator("#place")).to_have_text("Image 1 of 11")
    page.get_by_text("Write into the guide").click()
    page.get_by_label("Text, in Markdown").fill("Look twice.")
    page.get_by_role("button", name="Put it into the guide").click()
    expect(feedback.get_by_role("status")).to_contain_text("In the guide")
    assert violations(page) == []
    # A second answer changes nothing.
    page.locator("#answer").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    expect(page.locator("#hint")).to_contain_text("the first answer counts")
    onward(page)
    expect(feedback).to_be_hidden()
    for position in range(1, 10 + 1):
        one = Assignment.objects.get(position=position)
        page.locator("#answer").fill("")
        key = ["crane", "lifts", "tusker", "african", "sunglass", "sunglasses"][one.image.target]
        page.locator("#answer").focus()
        page.keyboard.type(key)
        expect(page.get_by_role("option").first).to_be_visible()
        page.keyboard.press("Enter")
        expect(feedback).to_contain_text("Right:")
        if position < 10:
            onward(page)
    again = Assignment.objects.filter(repeats=first).order_by("position")
    assert [(one.position, one.image.target) for one in again] == [
        (4, first.image.target), (11, first.image.target),
    ]  # fmt: skip
    page.goto(reverse("labeling_training"))
    expect(page.get_by_text("answers were right")).to_be_visible()
    assert violations(page) == []
    page.goto(reverse("labeling_together", args=[training.pk]))
    expect(page.get_by_text("1 of 1")).to_be_visible()
    page.get_by_label("Say something").fill("A hard one.")
    page.get_by_role("button", name="Say it").click()
    expect(page.get_by_text("A hard one.")).to_be_visible()
    assert violations(page) == []


def test_what_was_handed_in_is_reviewed_blind_even_by_who_answered_it(
    open_page, admin, task, labeler
):
    """The labeler is a reviewer too; nothing tells them which class they named."""
    labeler.groups.add(Group.objects.get(name=REVIEWER))
    answer_all(task, labeler, class_index=5)
    hand_in(task, labeler)
    close_task(task)
    boss = open_page(admin)
    boss.goto(reverse("labeling_about", args=[task.pk]))
    boss.get_by_role("link", name="Open the final review").click()
    expect(boss.get_by_label("Name")).to_have_value("Final review of Exam")
    outlook = boss.locator("#outlook")
    expect(outlook).to_contain_text("Candidates")
    boss.get_by_role("button", name="Open the round").click()
    expect(boss.get_by_role("heading", name="Final review of Exam")).to_be_visible()

    current = ReviewRound.objects.get()
    assert (current.blind, current.scope["tasks"]) == (True, ["Exam"])
    asked = current.round_candidates.filter(candidate__class_index=5)
    assert asked.count() == 10  # every answer is asked about
    assert current.round_candidates.count() > 10  # and what models said
    page = open_page(labeler)
    page.goto(reverse("review_round", args=[current.pk]))
    expect(page.locator("#stage[data-shown]")).to_be_visible()
    expect(page.locator(".review-candidate").first).to_be_visible()
    seen = page.content()
    assert not any(word in seen for word in ("Human A", "model-0", "photo-"))
    page.keyboard.press("y")
    expect(page.locator("#saved-text")).to_have_text("Saved")
    page.goto(reverse("results"))
    expect(page.get_by_text("Not while you review blind")).to_be_visible()
