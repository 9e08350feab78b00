"""Importing what others judged: each reviewer's word on each candidate, in a round of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from accounts.people import from_elsewhere, take_in
from annotation.candidates import add_candidates
from annotation.importing.alone import one_at_a_time
from annotation.importing.judgment_files import JudgmentFile, Known, read_csv, read_jsonl
from annotation.importing.judgment_rows import (
    Keys,
    add_items,
    decide,
    find_candidates,
    hold,
    not_stored,
    send_comments,
    send_judgments,
    without_looking_up,
)
from annotation.importing.labelstudio import read_labelstudio
from annotation.importing.picking import images_of, pick_datasets
from annotation.importing.real_raters import read_real_raters
from annotation.models import ReviewRound, Verdict
from annotation.review.rounds import extend_rounds
from taxonomy.bulk import distinct
from taxonomy.errors import InputError, InputErrors
from taxonomy.lookup import class_lookup
from taxonomy.models import Taxonomy
from taxonomy.progress import Progress, quiet

NAME_LENGTH = 100

Reader = Callable[[Path, Known, Progress], JudgmentFile]
FORMATS: dict[str, Reader] = {
    "real-raters": read_real_raters,
    "csv": read_csv,
    "jsonl": read_jsonl,
    "labelstudio": read_labelstudio,
}
SUFFIXES = {".npz": "real-raters", ".csv": "csv", ".jsonl": "jsonl", ".json": "labelstudio"}


def import_judgments(
    file: Path,
    format: str | None = None,
    datasets: Sequence[str] = (),
    skip_unknown: bool = False,
    progress: Progress = quiet,
    unchosen_incorrect: bool = False,
) -> dict[str, Any]:
    """Import the judgments of a file, as a closed round that is called after the file.

    format: a key of FORMATS; without it the file's suffix tells. Images are looked for in the
    datasets, or among all of the only taxonomy there is (or imagenet1k); judgments of others are
    an error, or left out if `skip_unknown`. Each reviewer gets an account to which nobody can log
    in. Pairs that are no candidates yet become some. Label Studio tells what was chosen: with
    `unchosen_incorrect`, candidates that were not chosen are judged incorrect.

    The verdict of a judged candidate becomes what the rule in force makes of all its judgments (see
    `consensus.verdicts_by`), unless a reviewer of this installation judged it, or it was decided without
    judgments (by imported multi-labels): those verdicts stay.

    Importing a file again changes nothing, except that judgments left out before are added if
    their images are there by now: a judgment is known by the file's SHA-256 and its number in it.
    Of Label Studio's a further file brings what was changed since, whichever file is imported
    first, and takes back what is chosen no more; see `labelstudio_words`.

    Returns {"round": None if other files held all, "judgments": of known images, "judgments_new",
    "judgments_withdrawn": of earlier files, "skipped": left out, "reviewers", "reviewers_new",
    "images", "candidates", "candidates_new", "verdicts_changed", "verdicts_kept": of candidates
    with new judgments those whose verdict the import may not set}.

    Raises InputError, with nothing changed, for what the format's reader refuses, a reviewer who
    judges a candidate twice or has the name of a person here, a file without a judgment of a known
    image, another file's round of the same name, an unknown dataset, and `unchosen_incorrect` with
    a file that tells of verdicts.
    """
    path = Path(file)
    read = _reader(path, format)
    if unchosen_incorrect and read is not read_labelstudio:
        raise InputError("says itself what is incorrect; --unchosen is for Label Studio", file=path)
    with one_at_a_time():
        taxonomy, chosen = pick_datasets(datasets)
        known = Known(
            images_of(taxonomy, chosen), class_lookup(taxonomy), skip_unknown, unchosen_incorrect
        )
        progress("reading judgments", 0, 0)
        digest = _digest(path)
        found = read(path, known, progress)
        found.refuse_repeats(path, known)
        if not len(found):
            raise InputError("has no judgment of an image that is there", file=path)
        return _store(path, digest, taxonomy, found, known, progress)


def _reader(path: Path, format: str | None) -> Reader:
    format = format or SUFFIXES.get(path.suffix.lower())
    if format is None:
        raise InputError(f"is none of {', '.join(SUFFIXES)}; --format says what it is", file=path)
    return FORMATS[format]


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error


@transaction.atomic
def _store(
    path: Path,
    digest: str,
    taxonomy: Taxonomy,
    found: JudgmentFile,
    known: Known,
    progress: Progress,
) -> dict[str, Any]:
    there = ReviewRound.objects.filter(file_sha256=digest).first()
    fresh = found.among(not_stored(there, found, known.images.ids[found.images]))
    review_round = _round(path, digest, taxonomy, there) if there or len(fresh) else None
    said = found.among(found.verdicts != Verdict.UNJUDGED)
    new = int(np.count_nonzero(fresh.verdicts != Verdict.UNJUDGED))
    result = {
        "round": review_round and review_round.name,
        "judgments": len(said),
        "judgments_new": new,
        "judgments_withdrawn": len(fresh) - new,
        "skipped": found.skipped,
        "reviewers": len(distinct(said.reviewers)),
        "reviewers_new": 0,
        "images": len(distinct(said.images)),
        "candidates": said.candidates,
        "candidates_new": 0,
        "verdicts_changed": 0,
        "verdicts_kept": 0,
    }
    if review_round and len(fresh):
        result |= _store_new(path, review_round, fresh, known, progress)
    return result


def _round(path: Path, digest: str, taxonomy: Taxonomy, there: ReviewRound | None) -> ReviewRound:
    """The round of this file, made if there is none."""
    if there:
        if there.taxonomy_id != taxonomy.pk:
            raise InputError(f"is imported already, for '{there.taxonomy}'", file=path)
        return there
    if len(path.name) > NAME_LENGTH:
        raise InputError(f"its round has its name, of at most {NAME_LENGTH} characters", file=path)
    if ReviewRound.objects.filter(name=path.name).exists():
        raise InputError("there is a round of that name already; rename the file", file=path)
    return ReviewRound.objects.create(
        name=path.name, taxonomy=taxonomy, seed=0, state=ReviewRound.State.CLOSED,
        file_sha256=digest,
    )  # fmt: skip


def _store_new(
    path: Path, review_round: ReviewRound, found: JudgmentFile, known: Known, progress: Progress
) -> dict[str, int]:
    accounts = from_elsewhere().count()
    reviewers = _reviewers(path, found)
    images = known.images.ids[found.images]
    shown = known.images.ids[np.array(found.shown, np.int64)]
    hold(review_round, np.concatenate([images, shown]), reviewers)
    with without_looking_up():
        progress("adding candidates", 0, 0)
        added, candidates = _candidates(images, found.classes)
        keys = Keys(review_round, images, candidates, reviewers, shown)
        send_judgments(keys, found, progress)
        add_items(keys)
    send_comments(keys, found)
    progress("deciding", 0, 0)
    changed, kept = decide(keys)
    extend_rounds()
    return {
        "reviewers_new": from_elsewhere().count() - accounts,
        "candidates_new": added,
        "verdicts_changed": changed,
        "verdicts_kept": kept,
    }


def _candidates(
    images: NDArray[np.int64], classes: NDArray[np.int64]
) -> tuple[int, NDArray[np.int64]]:
    """How many of the pairs were no candidates yet, and the candidate of each; arrays int64 [n].

    New ones are stored in the file's order, as the judgments are: their index grows at its end.
    """
    size = int(classes.max()) + 1
    codes = images * size + classes
    pairs, first = np.unique(codes, return_index=True)
    new = add_candidates(*np.divmod(codes[np.sort(first)], size))
    return new, find_candidates(*np.divmod(pairs, size))[np.searchsorted(pairs, codes)]


def _reviewers(path: Path, found: JudgmentFile) -> NDArray[np.int64]:
    """The account of each judgment's reviewer, primary keys int64 [n]."""
    numbers, first = np.unique(found.reviewers, return_index=True)
    names = [found.names[number] for number in numbers]
    accounts = take_in(names)
    taken = [
        (int(found.rows[place]), f"reviewer '{name}' has the name of a person here")
        for name, place in zip(names, first, strict=True)
        if name not in accounts
    ]
    if taken:
        raise InputErrors(path, sorted(taken))
    keys = np.zeros(len(found.names), np.int64)
    keys[numbers] = [accounts[name] for name in names]
    return keys[found.reviewers]
