"""A dump of another Tusker into this one: the back-up's way back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import psycopg2
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, ProgrammingError, transaction

from accounts.people import take_in
from annotation.importing.alone import wait_for_imports
from annotation.importing.dump_files import Dump, opened
from annotation.importing.dump_guide import check, store_guide, store_relations
from annotation.importing.dump_rounds import mark_disputed, rounds_of, store_rules
from annotation.importing.dump_tasks import participant_of, store_tasks
from annotation.importing.dump_words import store_words
from annotation.importing.top_k import MOST_K, BadRows, from_indices
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
from taxonomy.models import ClassGroup, Taxonomy
from taxonomy.progress import Progress, quiet

# Tables and columns that name people.
PEOPLE = {"judgments": "reviewer", "adjudications": "reviewer", "answers": "labeler",
          "relations": "decided_by", "guide": "author", "rules": "chosen_by"}  # fmt: skip

# What comes of rows that no Tusker wrote. COPY raises errors of psycopg's own.
WRONG = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, DataError,
         IntegrityError, ProgrammingError, psycopg2.DataError, psycopg2.IntegrityError)  # fmt: skip


def import_dump(path: Path, progress: Progress = quiet) -> dict[str, Any]:
    """Everything that a dump holds: classes, groups, relations, guide, datasets, verdicts, judgments,
    predictions, labeling tasks with their answers.

    path: a folder of Parquet files, a JSON file, or a zip of either. Files of pictures are not in a
    dump: import the dataset again with `--images` to add them. People come back under their
    pseudonyms, as accounts to which nobody can log in.

    Returns {"taxonomy", "datasets", "images", "candidates", "judgments", "rules", "predictions",
    "answers", "relations", "guide"} and the dump's "snapshot", a hash or None. Raises InputError, with nothing
    changed, for what is no dump, one of a newer Tusker, a file that is missing or differs from what
    it should be, and datasets, rounds, tasks, groups or a guide that are here already.
    """
    progress("opening", 0, 0)
    with opened(path) as dump:
        try:
            with transaction.atomic():
                wait_for_imports()
                return _store(dump, progress)
        except InputError:
            raise
        except ValidationError as error:
            reason = "; ".join(error.messages)
            raise InputError(f"holds what can't be stored: {reason}", file=path) from error
        except WRONG as error:
            reason = str(error).partition("\n")[0]
            raise InputError(f"holds what can't be stored: {reason}", file=path) from error


def _store(dump: Dump, progress: Progress) -> dict[str, Any]:
    taxonomy = _taxonomy(dump, progress)
    _groups(dump, taxonomy)
    _refuse_known(dump, taxonomy)
    people = _people(dump)
    rules = store_rules(dump, people)
    counts = store_words(dump, taxonomy, people, progress) | {"rules": rules}
    mark_disputed(taxonomy)
    counts["predictions"] = _predictions(dump, taxonomy, progress)
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
    indices = sorted(node.index for node in nodes.values() if node.index is not None)
    if indices != list(range(len(indices))):
        raise InputError("the indices of its classes are not 0, 1, 2, …")
    store(dump.taxonomy, ClassList("synsets", nodes), progress)
    return Taxonomy.objects.get(name=dump.taxonomy)


def _groups(dump: Dump, taxonomy: Taxonomy) -> None:
    """Make those that are not there; those that are must be of the same classes."""
    masks = group_masks(taxonomy, kind=None)
    for position, row in enumerate(dump.rows("groups")):
        wanted = np.zeros(taxonomy.classes.count(), bool)
        wanted[np.array(row["classes"], np.uint32)] = True
        there = masks.get(row["name"])
        if there is not None and not np.array_equal(there, wanted):
            raise InputError(f"the group '{row['name']}' is here, of other classes")
        if there is None:
            group = ClassGroup(
                taxonomy=taxonomy, name=row["name"], kind=row["kind"],
                description=row["description"], position=position,
            )  # fmt: skip
            check(group)
            group.save()
            group.members.set(taxonomy.classes.filter(index__in=row["classes"]))


def _refuse_known(dump: Dump, taxonomy: Taxonomy) -> None:
    if known := Dataset.objects.filter(name__in=dump.datasets).first():
        raise InputError(f"there is a dataset '{known}' already")
    if Image.objects.filter(taxonomy=taxonomy).exists():
        raise InputError(
            f"there are images of '{taxonomy}' already; a dump needs a place of its own"
        )
    rounds = [row["round"] for row in rounds_of(dump)]
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


def _predictions(dump: Dump, taxonomy: Taxonomy, progress: Progress) -> int:
    """Store everybody's predictions; how many sets."""
    for row in dump.rows("participants"):
        check(Participant(name=row["participant"], kind=row["kind"]))
    classes = taxonomy.classes.count()
    datasets = {one.name: one for one in Dataset.objects.all()}
    count = 0
    for row in dump.rows("predictions", 4):
        progress("storing predictions", count, 0)
        owner = participant_of(row["participant"], row["kind"])
        _store_predictions(row, owner, datasets[row["dataset"]], classes)
        count += 1
    return count


def _store_predictions(
    row: Mapping[str, Any], owner: Participant, dataset: Dataset, classes: int
) -> None:
    said = np.array(row["top_k"], np.int64)
    if not 0 < row["k"] <= MOST_K or len(said) % row["k"]:
        raise InputError(f"the predictions of '{owner}' are not {row['k']} for each image")
    size = len(said) // row["k"]
    seconds = None if row["seconds"] is None else np.array(row["seconds"], "<f4")
    if size > dataset.size or (seconds is not None and len(seconds) != size):
        raise InputError(f"the predictions of '{owner}' are not of the images of '{dataset}'")
    try:
        content = from_indices(said.reshape(size, row["k"]), classes).astype("<i4").tobytes()
    except BadRows as error:
        place, reason = error.problems[0]
        raise InputError(f"the predictions of '{owner}' on image {place}: {reason}") from error
    if hashlib.sha256(content).hexdigest() != row["sha256"]:
        raise InputError(f"the predictions of '{owner}' are not those that were dumped")
    PredictionSet.objects.create(
        participant=owner, dataset=dataset, k=row["k"], size=size, top_k=content,
        sha256=row["sha256"], seconds=None if seconds is None else seconds.tobytes(),
    )  # fmt: skip
