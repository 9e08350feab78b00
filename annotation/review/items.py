"""What the page may know of an image under review: no key, no target, no participant."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from accounts.models import User
from annotation.models import Candidate, Comment, Image, ReviewRound, Verdict


def describe(review_round: ReviewRound, user: User, image_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The images as JSON for the review page, in the order given, by three queries."""
    candidates = defaultdict(list)
    rows = Candidate.objects.active().filter(image__in=image_ids)
    for image_id, *row in rows.values_list("image_id", "class_index", "verdict", "added_by_id"):
        candidates[image_id].append(row)
    comments = defaultdict(list)
    for comment in Comment.objects.filter(image__in=image_ids):
        comments[comment.image_id].append(
            {
                "text": comment.text,
                "mine": comment.author_id == user.pk,
                "created": comment.created.isoformat(),
            }
        )
    images = Image.objects.in_bulk(image_ids)
    return [
        describe_image(images[pk], review_round.seed, candidates[pk], comments[pk])
        for pk in image_ids
    ]


def describe_image(
    image: Image, seed: int, candidates: list[list[Any]], comments: list[dict[str, Any]]
) -> dict[str, Any]:
    uid = str(image.uid)
    candidates = sorted(candidates, key=lambda row: _shuffled(seed, uid, row[0]))
    return {
        "uid": uid,
        "src": reverse("image", args=[uid, "large"]) if image.file else "",
        "original": reverse("image", args=[uid, "original"]) if image.file else "",
        "width": image.width,
        "height": image.height,
        "problematic": image.problematic,
        "reason": image.problem_reason,
        "done": image.problematic or all(verdict for _, verdict, _ in candidates),
        "candidates": [
            {"class": index, "verdict": Verdict(verdict).label, "added": added_by is not None}
            for index, verdict, added_by in candidates
        ],
        "comments": comments,
    }


def _shuffled(seed: int, uid: str, class_index: int) -> bytes:
    """A place in an order that tells nothing of a candidate's origin and stays the same."""
    return hashlib.sha256(f"{seed}:{uid}:{class_index}".encode()).digest()
