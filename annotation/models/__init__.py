"""What was said about images: who predicted what, and what reviewers judged of it."""

from annotation.models.candidates import Candidate, CandidateQuerySet, Verdict
from annotation.models.images import Dataset, DatasetImage, Image
from annotation.models.imports import ImportJob
from annotation.models.labeling import (
    Answer,
    Assignment,
    Enrollment,
    LabelingTask,
    PinnedClass,
    Sighting,
    TaskImage,
    TaskRemark,
    WorkSegment,
)
from annotation.models.predictions import Participant, PredictionSet
from annotation.models.rounds import ReviewRound, RoundCandidate, RoundItem
from annotation.models.words import (
    Adjudication,
    Comment,
    Judgment,
    Mention,
    ProblemReport,
    Skip,
    VerdictRule,
)

__all__ = [
    "Adjudication",
    "Answer",
    "Assignment",
    "Candidate",
    "CandidateQuerySet",
    "Comment",
    "Dataset",
    "DatasetImage",
    "Enrollment",
    "Image",
    "ImportJob",
    "Judgment",
    "LabelingTask",
    "Mention",
    "Participant",
    "PinnedClass",
    "PredictionSet",
    "ProblemReport",
    "ReviewRound",
    "RoundCandidate",
    "RoundItem",
    "Sighting",
    "Skip",
    "TaskImage",
    "TaskRemark",
    "Verdict",
    "VerdictRule",
    "WorkSegment",
]
