"""A dump of another Tusker into this one: the back-up's way back."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from django.db import DataError, IntegrityError, transaction

from accounts.people import take_in
from annotation.importing.alone import one_at_a_time
from annotation.importing.dump_files import Dump, opened
from annotation.importing.dump_guide import store_guide, store_relations
from annotation.importing.dump_tasks import store_tasks
from annotation.importing.dump_words import store_words
from annotation.models import (
    Dataset,
    Image,
    Participant,
    PredictionSet,
    ReviewRound,
)
from taxonomy.class_list import ClassList, Node
from taxonomy.errors import InputError
from taxonomy.groups import group_masks
from taxonomy.loading import store
from taxonomy.models import Taxonomy
from taxonomy.progress import Progress, quiet

# Tables and columns that name people.
PEOPLE = {"judgments": "reviewer", "adjudications": "reviewer", "answers": "labeler",
          "relations": "decided_by", "guide": "author"}  # fmt: skip


def import_dump(path: Path, progress: Progress = quiet) -> dict[str, Any]:
    """Everything that a dump holds: classes, groups, relations, guide, datasets, verdicts, judgments,
    predictions, labeling tasks with their answers.

    path: a folder of Parquet files, a JSON file, or a zip of either. Files of pictures are not in a
    dump: import the dataset again with `--images` to add them. People come back under their
    pseudonyms, as accounts to which nobody can log in.

    Returns {"taxonomy", "datasets", "images", "candidates", "judgments", "predictions", "answers",
    "relations", "guide"} and the dump's "snapshot", a hash or None. Raises InputError, with nothing
    changed, for what is no dump, one of a newer Tusker, a file that is missing or differs from what
    it should be, and datasets, rounds, tasks, groups or a guide that are here already.
    """
    progress("opening", 0, 0)
    with opened(path) as dump:
        try:
            with one_at_a_time(), transaction.atomic():
                return _store(dump, progress)
        except (KeyError, TypeError, ValueError, DataError, IntegrityError) as error:
            if isinstance(error, InputError):
                raise
            reason = str(error).partition("\n")[0]
            raise InputError(f"holds what can't be stored: {reason}", file=path) from error


def _store(dump: Dump, progress: Progress) -> dict[str, Any]:
    taxonomy = _taxonomy(dump, progress)
    _groups(dump, taxonomy)
    _refuse_known(dump, taxonomy)
    people = _people(dump)
    counts = store_words(dump, taxonomy, people, progress)
    counts["predictions"] = _predictions(dump, progress)
    counts["answers"] = store_tasks(dump, taxonomy, people)
    counts["relations"] = store_relations(dump, taxonomy, people)
    counts["guide"] = store_guide(dump, taxonomy, people)
    return {
        "taxonomy": taxonomy.name, "datasets": dump.datasets, **counts, "snapshot": dump.snapshot,
    }  # fmt: skip


def _taxonomy(dump: Dump, progress: Progress) -> Taxonomy:
    nodes = {
        row["key"]: Node(
            number, row["key"], tuple(row["lemmas"]), row["definition"], tuple(row["parents"]),
            row["class_index"],
        )
        for number, row in enumerate(dump.rows("synsets"), start=1)
    }  # fmt: skip
    store(dump.taxonomy, ClassList("synsets", nodes), progress)
    return Taxonomy.objects.get(name=dump.taxonomy)


def _groups(dump: Dump, taxonomy: Taxonomy) -> None:
    """Make those that are not there; those that are must be of the same classes."""
    masks = group_masks(taxonomy, kind=None)
    for position, row in enumerate(dump.rows("groups")):
        wanted = np.zeros(taxonomy.classes.count(), bool)
        wanted[row["classes"]] = True
        there = masks.get(row["name"])
        if there is not None and not np.array_equal(there, wanted):
            raise InputError(f"the group '{row['name']}' is here, of other classes")
        if there is None:
            group = taxonomy.groups.create(
                name=row["name"], kind=row["kind"], description=row["description"],
                position=position,
            )  # fmt: skip
            group.members.set(taxonomy.classes.filter(index__in=row["classes"]))


def _refuse_known(dump: Dump, taxonomy: Taxonomy) -> None:
    if known := Dataset.objects.filter(name__in=dump.datasets).first():
        raise InputError(f"there is a dataset '{known}' already")
    if Image.objects.filter(taxonomy=taxonomy).exists():
        raise InputError(
            f"there are images of '{taxonomy}' already; a dump needs a place of its own"
        )
    rounds = dump.distinct("judgments", "round")
    if there := ReviewRound.objects.filter(name__in=rounds).first():
        raise InputError(f"there is a round '{there}' already")


def _people(dump: Dump) -> dict[str, int]:
    """Accounts of everybody who is named: {name: primary key}."""
    names = {name for place in PEOPLE.items() for name in dump.distinct(*place)}
    names.discard(None)
    found = take_in(names)
    if taken := sorted(names - set(found)):
        raise InputError(f"'{taken[0]}' is the name of a person here")
    return found


def _predictions(dump: Dump, progress: Progress) -> int:
    """Store everybody's predictions; how many sets."""
    datasets = {one.name: one for one in Dataset.objects.all()}
    count = 0
    for row in dump.rows("predictions", 4):
        progress("storing predictions", count, 0)
        owner, _ = Participant.objects.get_or_create(
            name=row["participant"], defaults={"kind": row["kind"]}
        )
        if owner.kind != row["kind"]:
            raise InputError(f"'{owner}' is a {owner.kind} here, and a {row['kind']} in the dump")
        content = np.array(row["top_k"], "<i4").tobytes()
        if hashlib.sha256(content).hexdigest() != row["sha256"]:
            raise InputError(f"the predictions of '{owner}' are not those that were dumped")
        seconds = row["seconds"]
        PredictionSet.objects.create(
            participant=owner, dataset=datasets[row["dataset"]], k=row["k"],
            size=len(row["top_k"]) // row["k"], top_k=content, sha256=row["sha256"],
            seconds=None if seconds is None else np.array(seconds, "<f4").tobytes(),
        )  # fmt: skip
        count += 1
    return count
