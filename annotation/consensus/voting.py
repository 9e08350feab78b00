"""One verdict by counting: majority and unanimity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.consensus.judgments import CORRECT, UNJUDGED, Judgments


@dataclass(frozen=True, eq=False)
class Decision:
    """What a rule makes of judgments, per candidate.

    verdicts    uint8 [n_candidates]: CORRECT, INCORRECT, UNCLEAR, or UNJUDGED where the rule
                decides nothing: nobody has judged the candidate (confidence 0), or reviewers are
                too divided for the rule (confidence above 0)
    confidence  float64 [n_candidates], 0 to 1; what it is a share or a probability of, each rule says
    """

    verdicts: NDArray[np.uint8]
    confidence: NDArray[np.float64]


def majority(judgments: Judgments) -> Decision:
    """The verdict that more reviewers gave than any other; a tie decides nothing.

    Unclear is a verdict like the others: it wins where most say so, and two who say unclear tie
    with two who say correct. So the rule gives a single judgment's verdict back, whatever it is.
    The confidence is the share of the candidate's judgments that the most frequent verdict has;
    who wants more than half of them asks for a confidence above 0.5.

    >>> judgments = Judgments(
    ...     candidates=np.array([0, 0, 0, 1, 1, 2]), reviewers=np.array([0, 1, 2, 0, 1, 0]),
    ...     verdicts=np.array([1, 1, 2, 1, 2, 3]), n_candidates=4, n_reviewers=3,
    ... )
    >>> decision = majority(judgments)
    >>> decision.verdicts, decision.confidence.round(2)
    (array([1, 0, 3, 0], dtype=uint8), array([0.67, 0.5 , 1.  , 0.  ]))
    """
    votes = judgments.votes
    most = votes.max(axis=1)
    alone = np.count_nonzero(votes == most[:, None], axis=1) == 1
    return _decision(votes, alone)


def unanimous(judgments: Judgments) -> Decision:
    """The verdict that all reviewers gave; where they differ at all, nothing.

    All saying unclear is unanimous too. The confidence is the same as `majority`'s: 1 where they
    agree, the share of the most frequent verdict where they don't.
    """
    votes = judgments.votes
    return _decision(votes, np.count_nonzero(votes, axis=1) == 1)


def _decision(votes: NDArray[np.int64], decided: NDArray[np.bool_]) -> Decision:
    leading = (votes.argmax(axis=1) + CORRECT).astype(np.uint8)
    share = votes.max(axis=1) / np.maximum(votes.sum(axis=1), 1)
    return Decision(np.where(decided, leading, np.uint8(UNJUDGED)), share)
