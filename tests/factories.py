"""Small worlds for tests: people, classes, images, candidates."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from collections.abc import Sequence

import numpy as np
from django.contrib.auth.models import Group
from django.db.models.functions import Now

from accounts.models import User
from annotation.candidates import add_candidates
from annotation.models import (
    Adjudication,
    Candidate,
    Dataset,
    DatasetImage,
    Image,
    Participant,
    PredictionSet,
    ReviewRound,
    Verdict,
)
from annotation.review.judgments import Judge, Outcome, submit
from annotation.review.rounds import open_round
from taxonomy.models import ClassGroup, LabelClass, Synset, SynsetClosure, Taxonomy

PASSWORD = "correct horse battery"
counter = itertools.count(1)


def make_user(*roles: str, name: str = "") -> User:
    user = User.objects.create_user(name or f"person-{next(counter)}", password=PASSWORD)
    user.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
    return user


def make_taxonomy(size: int = 10, name: str = "tiny") -> Taxonomy:
    """Classes c0, c1, …, each its own root, and the group `all`."""
    taxonomy = Taxonomy.objects.create(name=name)
    synsets = Synset.objects.bulk_create(
        Synset(taxonomy=taxonomy, key=f"c{index}", lemmas=[f"class {index}"])
        for index in range(size)
    )
    SynsetClosure.objects.bulk_create(
        SynsetClosure(ancestor=synset, descendant=synset) for synset in synsets
    )
    classes = LabelClass.objects.bulk_create(
        LabelClass(taxonomy=taxonomy, index=index, synset=synset)
        for index, synset in enumerate(synsets)
    )
    ClassGroup.objects.create(taxonomy=taxonomy, name="all", position=0).members.set(classes)
    return taxonomy


def make_dataset(
    taxonomy: Taxonomy, images: int = 3, name: str = "set", per_image: int = 2
) -> Dataset:
    """Images whose target is class 0, 1, … in turn, each with `per_image` candidates."""
    dataset = Dataset.objects.create(name=name, taxonomy=taxonomy, size=images)
    size = taxonomy.classes.count()
    made = Image.objects.bulk_create(
        Image(taxonomy=taxonomy, key=f"{name}-{number:05d}", target=number % size)
        for number in range(images)
    )
    DatasetImage.objects.bulk_create(
        DatasetImage(dataset=dataset, image=image, position=position)
        for position, image in enumerate(made)
    )
    ids = np.repeat([image.pk for image in made], per_image).astype(np.int64)
    targets = np.repeat([image.target for image in made], per_image)
    add_candidates(ids, (targets + np.tile(np.arange(per_image), images)) % size)
    return dataset


def make_round(images: int = 3, per_image: int = 2, seed: int = 1) -> ReviewRound:
    number = next(counter)
    taxonomy = make_taxonomy(name=f"tiny-{number}")
    dataset = make_dataset(taxonomy, images, f"set-{number}", per_image)
    return open_round(f"round {number}", [dataset], seed)


def judge(
    review_round: ReviewRound,
    user: User,
    image: Image,
    class_index: int,
    verdict: int,
    **more: object,
) -> Outcome:
    op = Judge(uuid.uuid4(), image.uid, class_index, Verdict(verdict), 1200, **more)  # type: ignore[arg-type]
    return submit(review_round, user, [op])


def predict(
    participant: str,
    dataset: Dataset,
    rows: Sequence[Sequence[int]],
    kind: str = Participant.Kind.MODEL,
) -> PredictionSet:
    """Store predictions, in the place of those that are there."""
    top_k = np.array(rows, dtype="<i4")
    content = top_k.tobytes()
    owner = Participant.objects.get_or_create(name=participant, defaults={"kind": kind})[0]
    PredictionSet.objects.current().filter(participant=owner, dataset=dataset).update(
        replaced=Now()
    )
    return PredictionSet.objects.create(
        participant=owner, dataset=dataset, k=top_k.shape[1], size=len(top_k), top_k=content,
        sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip


def predict_with_candidates(
    participant: str, dataset: Dataset, classes: Sequence[int], kind: str = Participant.Kind.MODEL
) -> None:
    """Top-1 predictions of all images of a dataset, -1 for none, and the candidates they make."""
    predict(participant, dataset, [[index] for index in classes], kind)
    ids = list(dataset.datasetimage_set.order_by("position").values_list("image_id", flat=True))
    pairs = [(pk, index) for pk, index in zip(ids, classes, strict=True) if index >= 0]
    images, indices = np.array(pairs).T
    add_candidates(images, indices)


def adjudicate(candidate: Candidate, verdict: int, by: User, reason: str = "plain") -> None:
    """Decide a candidate, as an adjudicator does."""
    Adjudication.objects.create(candidate=candidate, adjudicator=by, verdict=verdict, reason=reason)
    Candidate.objects.filter(pk=candidate.pk).update(verdict=verdict, disputed=False)
