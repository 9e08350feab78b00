"""What follows from what was said about images: frozen labels and what was computed from them."""

from evaluation.models.choices import ParticipantGroup, Subset
from evaluation.models.exports import ExportJob
from evaluation.models.inference import ClassifierModel, InferenceRun, InferenceShard
from evaluation.models.operations import FailedTask
from evaluation.models.snapshots import LabelSnapshot, MetricReport

__all__ = [
    "ClassifierModel",
    "ExportJob",
    "FailedTask",
    "InferenceRun",
    "InferenceShard",
    "LabelSnapshot",
    "MetricReport",
    "ParticipantGroup",
    "Subset",
]
