"""Everything that was said of an image and its candidates, for those who discuss it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import User
from accounts.roles import ADMIN, roles_of
from annotation.models import (
    Adjudication,
    Candidate,
    Comment,
    Image,
    Judgment,
    Mention,
    ProblemReport,
    ReviewRound,
    RoundCandidate,
    Verdict,
)
from taxonomy.models import LabelClass

MOST_MENTIONS = 50
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Word:
    """A step by which a verdict came about. `who` is a pseudonym of this image alone."""

    who: str
    what: str
    verdict: Verdict
    where: str
    created: datetime
    counts: bool = True


@dataclass
class CandidateRecord:
    candidate: Candidate
    label_class: LabelClass
    words: list[Word] = field(default_factory=list)
    comments: list[tuple[str, Comment]] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.candidate.verdict)


@dataclass
class ImageRecord:
    image: Image
    candidates: list[CandidateRecord]
    reports: list[tuple[str, ProblemReport]]
    comments: list[tuple[str, Comment]]


def is_hidden(image: Image, user: User) -> bool:
    """Whether the image is in a running blind round, and so closed to all but admins."""
    if ADMIN in roles_of(user):
        return False
    running = [ReviewRound.State.OPEN, ReviewRound.State.PAUSED]
    return RoundCandidate.objects.filter(
        candidate__image=image, round__blind=True, round__state__in=running
    ).exists()


def image_record(image: Image, user: User) -> ImageRecord:
    """All that was said of the image; a fixed number of queries.

    People go by letters that are dealt anew for each image, and the reader by "you". Nothing tells
    who predicted a class.
    """
    candidates = list(Candidate.objects.filter(image=image).order_by("class_index"))
    reports = list(ProblemReport.objects.filter(image=image).order_by("pk"))
    comments = list(image.comments.order_by("pk"))
    judgments = list(
        Judgment.objects.filter(candidate__image=image).select_related("round").order_by("pk")
    )
    adjudications = list(Adjudication.objects.filter(candidate__image=image).order_by("pk"))
    people = {one.reviewer_id for one in judgments} | {one.reviewer_id for one in reports}
    people |= {one.author_id for one in comments} | {one.adjudicator_id for one in adjudications}
    names = pseudonyms(image, people, user)
    records = _candidates(image, candidates)
    for word in _judged(judgments, names):
        records[word[0]].words.append(word[1])
    for one in adjudications:
        step = Word(
            names[one.adjudicator_id], one.reason, Verdict(one.verdict), "adjudication", one.created
        )
        records[one.candidate_id].words.append(step)
    for comment in comments:
        if comment.candidate_id in records:
            records[comment.candidate_id].comments.append((names[comment.author_id], comment))
    shown = [one for one in records.values() if one.words or one.candidate.added_by_id is None]
    return ImageRecord(
        image,
        sorted(shown, key=lambda one: (not one.candidate.disputed, one.candidate.class_index)),
        [(names[report.reviewer_id], report) for report in reports],
        [(names[one.author_id], one) for one in comments if one.candidate_id is None],
    )


def pseudonyms(image: Image, people: Iterable[int], reader: User) -> dict[int, str]:
    """user id -> a letter that says nothing beyond this image, or "you"."""
    others = sorted(
        set(people) - {reader.pk},
        key=lambda user_id: hashlib.sha256(f"{image.uid}:{user_id}".encode()).digest(),
    )
    names = {user_id: f"reviewer {_letters(place)}" for place, user_id in enumerate(others)}
    return names | {reader.pk: "you"}


def _letters(place: int) -> str:
    more, letter = divmod(place, len(LETTERS))
    return (_letters(more - 1) if more else "") + LETTERS[letter]


def _candidates(image: Image, candidates: list[Candidate]) -> dict[int, CandidateRecord]:
    indices = [one.class_index for one in candidates]
    found = LabelClass.objects.filter(taxonomy=image.taxonomy_id, index__in=indices)
    classes = {one.index: one for one in found.select_related("synset", "taxonomy")}
    return {one.pk: CandidateRecord(one, classes[one.class_index]) for one in candidates}


def _judged(judgments: list[Judgment], names: dict[int, str]) -> Iterable[tuple[int, Word]]:
    """(candidate id, step), in the order of time; a reviewer's last word alone counts."""
    last = {(one.candidate_id, one.reviewer_id): one.pk for one in judgments}
    for one in judgments:
        verdict = Verdict(one.verdict)
        what = "took it back" if verdict == Verdict.UNJUDGED else ""
        counts = last[one.candidate_id, one.reviewer_id] == one.pk
        yield (
            one.candidate_id,
            Word(names[one.reviewer_id], what, verdict, one.round.name, one.created, counts),
        )


def note_mentions(comment: Comment) -> list[User]:
    """Remember whom a comment names, and return them."""
    words = {word.strip(".,;:!?()") for word in comment.text.split() if word.startswith("@")}
    named = list(User.objects.filter(username__in=[word[1:] for word in words], is_active=True))
    Mention.objects.bulk_create(
        [Mention(comment=comment, user=user) for user in named if user.pk != comment.author_id],
        ignore_conflicts=True,
    )
    return named


def mentions_of(user: User) -> list[Comment]:
    """Comments that name the user and that they have not seen, newest first."""
    rows = Mention.objects.filter(user=user, seen=False).select_related("comment__image")
    return [mention.comment for mention in rows.order_by("-pk")[:MOST_MENTIONS]]
