"""Everything that was said of an image and its candidates, for those who discuss it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.crypto import salted_hmac

from accounts.models import User
from annotation.models import (
    Adjudication,
    Candidate,
    Comment,
    Image,
    Judgment,
    ProblemReport,
    Verdict,
    VerdictRule,
)
from annotation.review.consensus import rule_in_force
from taxonomy.models import LabelClass

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Word:
    """A step by which a verdict came about. `who` is a pseudonym of this image alone; `former` says
    why it no longer counts, "" if it does."""

    who: str
    what: str
    verdict: Verdict
    where: str
    created: datetime
    former: str = ""


@dataclass
class CandidateRecord:
    """`origin` says what the verdict follows from, `is_final` whether an adjudicator made it."""

    candidate: Candidate
    label_class: LabelClass
    words: list[Word] = field(default_factory=list)
    comments: list[tuple[str, Comment]] = field(default_factory=list)
    origin: str = ""
    is_final: bool = False

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.candidate.verdict)


@dataclass
class ImageRecord:
    image: Image
    candidates: list[CandidateRecord]
    reports: list[tuple[str, ProblemReport]]
    comments: list[tuple[str, Comment]]


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
    records, rule = _candidates(image, candidates), rule_in_force()
    for record in records.values():
        said = [one for one in judgments if one.candidate_id == record.candidate.pk]
        decided = [one for one in adjudications if one.candidate_id == record.candidate.pk]
        record.words = [*_judged(said, names), *_adjudicated(decided, names)]
        record.is_final = bool(decided) and decided[-1].verdict != Verdict.UNJUDGED
        record.origin = _origin(record, rule)
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
        key=lambda user_id: salted_hmac("pseudonym", f"{image.uid}:{user_id}").digest(),
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


def _judged(judgments: Sequence[Judgment], names: dict[int, str]) -> Iterable[Word]:
    """What was said of one candidate, in the order of time; which words count, `verdicts.WORDS` says."""
    place = {one.pk: _place(one) for one in judgments}
    last = {(place[one.pk], one.reviewer_id): one for one in judgments}
    latest = max((place[one.pk] for one in last.values() if one.verdict), default=0)
    for one in judgments:
        verdict, former = Verdict(one.verdict), ""
        if last[place[one.pk], one.reviewer_id] is not one:
            former = "changed later"
        elif place[one.pk] < latest:
            former = "a later round judged anew"
        what = "" if verdict else "took it back"
        where = one.round.name
        yield Word(names[one.reviewer_id], what, verdict, where, one.created, former)


def _place(judgment: Judgment) -> int:
    """Of its round, in the order in which rounds take over; imported ones are one, the first."""
    return 0 if judgment.round.file_sha256 else judgment.round_id


def _adjudicated(made: Sequence[Adjudication], names: dict[int, str]) -> Iterable[Word]:
    for one in made:
        former = "" if one is made[-1] else "decided anew"
        who, verdict = names[one.adjudicator_id], Verdict(one.verdict)
        yield Word(who, one.reason, verdict, "adjudication", one.created, former)


def _origin(record: CandidateRecord, rule: VerdictRule) -> str:
    """What the verdict follows from, to be read after "incorrect" or "disputed": "by majority: …"."""
    if record.is_final:
        return "by an adjudicator"
    said = [one.verdict for one in record.words if not one.former and one.where != "adjudication"]
    votes = Counter(verdict for verdict in said if verdict)
    if not votes:
        return "with imported multi-labels, without a judgment" if record.verdict else ""
    counted = ", ".join(f"{votes[one]} {one.label}" for one in Verdict if votes[one])
    if rule.method != VerdictRule.Method.DAWID_SKENE:
        return f"by the rule “{rule.get_method_display().lower()}”: {counted}"
    return f"by Dawid-Skene, from all judgments together: {counted}"
