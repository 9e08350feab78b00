"""From many reviewers' judgments to verdicts, and how far they agree: pure functions on arrays."""

from annotation.consensus.agreement import (
    PairAgreement,
    Share,
    agreement_with,
    agreement_with_others,
    cohens_kappa,
    fleiss_kappa,
    krippendorffs_alpha,
)
from annotation.consensus.dawid_skene import DawidSkene, dawid_skene
from annotation.consensus.judgments import (
    CORRECT,
    INCORRECT,
    UNCLEAR,
    UNJUDGED,
    VERDICTS,
    Judgments,
)
from annotation.consensus.voting import Decision, majority, unanimous

__all__ = [
    "CORRECT",
    "INCORRECT",
    "UNCLEAR",
    "UNJUDGED",
    "VERDICTS",
    "DawidSkene",
    "Decision",
    "Judgments",
    "PairAgreement",
    "Share",
    "agreement_with",
    "agreement_with_others",
    "cohens_kappa",
    "dawid_skene",
    "fleiss_kappa",
    "krippendorffs_alpha",
    "majority",
    "unanimous",
]
