"""Groups of participants, and what those that vote say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from annotation.models import Participant
from evaluation.metrics.voting import plurality
from evaluation.models import ParticipantGroup
from evaluation.rows import Named

ENSEMBLE = "ensemble"
HUMAN_MAJORITY, FEWEST_PEOPLE, FEWEST_VOTERS = "Human majority", 3, 2

# {dataset: {participant: SHA-256 of the predictions}}, as reports name them
Predictions = Mapping[str, Mapping[str, str]]


def voters(predictions: Predictions) -> dict[str, list[str]]:
    """{ensemble: its members by name}: all people, and the groups that vote.

    Those whose name a participant has are left out, and those that have too few members on every
    dataset.
    """
    kinds = dict(Participant.objects.values_list("name", "kind"))
    people = sorted(name for name, kind in kinds.items() if kind == Participant.Kind.HUMAN)
    found = {HUMAN_MAJORITY: people}
    for group in ParticipantGroup.objects.filter(votes=True).prefetch_related("members"):
        found[group.name] = sorted(one.name for one in group.members.all())
    return {
        name: members
        for name, members in found.items()
        if name not in kinds
        and any(
            len(set(members) & set(sets)) >= fewest_voters(name) for sets in predictions.values()
        )
    }


def members_by_group() -> dict[str, list[str]]:
    """{group of participants: its members by name}, with the group's own vote; two queries."""
    groups = ParticipantGroup.objects.prefetch_related("members")
    return {
        one.name: [*(member.name for member in one.members.all()), *([one.name] * one.votes)]
        for one in groups
    }


def fewest_voters(ensemble: str) -> int:
    return FEWEST_PEOPLE if ensemble == HUMAN_MAJORITY else FEWEST_VOTERS


def add_ensembles(
    participants: Sequence[Named], top_k: NDArray[np.int32], members: Mapping[str, Sequence[str]]
) -> tuple[list[Named], NDArray[np.int32]]:
    """The participants and, after them, the ensembles of those that are there, with their votes.

    top_k int32 [n_participants, n_images, k] gets rows whose first class is the vote; -1 behind it.
    """
    names = [one.name for one in participants]
    everybody, votes = list(participants), []
    for ensemble, wanted in members.items():
        rows = [names.index(name) for name in wanted if name in names]
        if len(rows) >= fewest_voters(ensemble):
            everybody.append(Named(ensemble, ENSEMBLE, 1))
            votes.append(plurality(top_k[rows, :, 0]))
    if not votes:
        return everybody, top_k
    more = np.full((len(votes), *top_k.shape[1:]), -1, np.int32)
    more[..., 0] = votes
    return everybody, np.concatenate([top_k, more])
