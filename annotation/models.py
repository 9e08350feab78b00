"""What was said about images: who predicted what, and what reviewers judged of it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from taxonomy.models import Taxonomy


class Verdict(models.IntegerChoices):
    """What is held of a candidate. As a judgment, UNJUDGED takes the reviewer's last word back."""

    UNJUDGED = 0, "unjudged"
    CORRECT = 1, "correct"
    INCORRECT = 2, "incorrect"
    UNCLEAR = 3, "unclear"


class Dataset(models.Model):
    """A named, ordered set of images; an image keeps its position for ever."""

    name = models.CharField(max_length=100, unique=True)
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="datasets")
    images: models.ManyToManyField[Image, DatasetImage] = models.ManyToManyField(
        "Image", through="DatasetImage", related_name="datasets"
    )
    size = models.PositiveIntegerField(default=0)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Image(models.Model):
    """One image under one key; its target is the single label it came with.

    `uid` is the only name of an image that leaves the server during review: the key can tell the
    target (training images are named after their class).
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="+")
    key = models.CharField(max_length=255)
    target = models.PositiveIntegerField(help_text="class index")
    content_hash = models.CharField(max_length=64, default="", db_index=True)
    file = models.CharField(max_length=255, default="", help_text="name in the storage, or empty")
    width = models.PositiveIntegerField(default=0, help_text="pixels, upright")
    height = models.PositiveIntegerField(default=0, help_text="pixels, upright")
    problematic = models.BooleanField(default=False)
    problem_reason = models.CharField(max_length=500, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["taxonomy", "key"], name="image_key")]

    def __str__(self) -> str:
        return self.key


class DatasetImage(models.Model):
    dataset = models.ForeignKey(Dataset, models.CASCADE)
    image = models.ForeignKey(Image, models.PROTECT)
    position = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "image"], name="dataset_image"),
            models.UniqueConstraint(fields=["dataset", "position"], name="dataset_position"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id}[{self.position}]"


class Participant(models.Model):
    """Whoever predicts: a model, or a human with an account."""

    class Kind(models.TextChoices):
        MODEL = "model"
        HUMAN = "human"

    name = models.CharField(max_length=150, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MODEL)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="participant"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PredictionSetQuerySet(models.QuerySet["PredictionSet"]):
    def current(self) -> PredictionSetQuerySet:
        """Those that no others have taken the place of."""
        return self.filter(replaced=None)


class PredictionSet(models.Model):
    """The top-k classes of every image of a dataset, by one participant.

    `top_k` is int32 [size, k] in little-endian bytes, best first; row = the image's position in
    the dataset; -1 = no prediction. Images appended to the dataset later have no row.

    Replaced predictions are kept: reports computed from them can be computed again.
    """

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="prediction_sets")
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="prediction_sets")
    k = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField()
    top_k = models.BinaryField()
    sha256 = models.CharField(max_length=64, help_text="of the bytes in top_k")
    created = models.DateTimeField(auto_now_add=True)
    replaced = models.DateTimeField(null=True, help_text="when others took their place")

    objects = PredictionSetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "dataset"],
                name="one_prediction_set",
                condition=Q(replaced=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} on {self.dataset_id}"


class CandidateQuerySet(models.QuerySet["Candidate"]):
    def active(self) -> CandidateQuerySet:
        """All but the classes that a reviewer added and took back."""
        return self.exclude(verdict=Verdict.UNJUDGED, added_by__isnull=False)

    def unjudged(self) -> CandidateQuerySet:
        """Those that wait for a reviewer."""
        return self.filter(verdict=Verdict.UNJUDGED, added_by__isnull=True)


class Candidate(models.Model):
    """A distinct (image, class) pair: predicted by somebody, the target, or added in review.

    The verdict is the last judgment that its reviewer has not taken back.
    """

    image = models.ForeignKey(Image, models.CASCADE, related_name="candidates", db_index=False)
    class_index = models.PositiveIntegerField()
    verdict = models.PositiveSmallIntegerField(choices=Verdict, default=Verdict.UNJUDGED)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False,
        help_text="the reviewer who added a class that nobody had predicted",
    )  # fmt: skip

    objects = CandidateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "class_index"], name="image_candidate")
        ]
        indexes = [
            models.Index(
                fields=["image"],
                name="candidate_unjudged",
                condition=Q(verdict=Verdict.UNJUDGED, added_by__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.image_id}:{self.class_index}"


class ReviewRound(models.Model):
    """One pass of reviewers over the images of some datasets."""

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    name = models.CharField(max_length=100, unique=True)
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="rounds")
    seed = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    datasets = models.ManyToManyField(Dataset, related_name="rounds")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.name


class RoundItem(models.Model):
    """An image's turn in a round. Open items are served in the order of `position`.

    `leased_until` keeps an image from other reviewers while `holder` looks at it.
    """

    round = models.ForeignKey(ReviewRound, models.CASCADE, related_name="items")
    image = models.ForeignKey(Image, models.CASCADE, related_name="items")
    position = models.BigIntegerField()
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    leased_until = models.DateTimeField(null=True)
    done = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "image"], name="round_image")]
        indexes = [
            models.Index(fields=["round", "position"], name="round_open", condition=Q(done=False)),
            models.Index(
                fields=["round", "holder"],
                name="round_held",
                condition=Q(done=False, holder__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round_id}: {self.image_id}"


class Judgment(models.Model):
    """A reviewer's word on a candidate. Append-only: a change of mind is a further row.

    `client_id` is made by the browser; sending the same judgment twice stores it once.
    """

    client_id = models.UUIDField(unique=True)
    round = models.ForeignKey(ReviewRound, models.PROTECT, related_name="judgments")
    candidate = models.ForeignKey(Candidate, models.PROTECT, related_name="judgments")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="judgments")
    verdict = models.PositiveSmallIntegerField(choices=Verdict)
    milliseconds = models.PositiveIntegerField(help_text="from the image shown to the key pressed")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["reviewer", "-id"], name="judgment_history")]

    def __str__(self) -> str:
        return f"{self.candidate_id}: {self.verdict}"


class ProblemReport(models.Model):
    """A reviewer's word on whether an image is unfit for evaluation. Append-only; the last holds."""

    client_id = models.UUIDField(unique=True)
    image = models.ForeignKey(Image, models.PROTECT, related_name="problem_reports")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    problematic = models.BooleanField()
    reason = models.CharField(max_length=500, default="", blank=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.image_id}: {self.problematic}"


class Skip(models.Model):
    """A reviewer put an image off. Append-only."""

    client_id = models.UUIDField(unique=True)
    item = models.ForeignKey(RoundItem, models.CASCADE, related_name="skips")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.item_id}: {self.reviewer_id}"


class Comment(models.Model):
    """A remark on an image."""

    client_id = models.UUIDField(unique=True)
    image = models.ForeignKey(Image, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments")
    text = models.TextField(max_length=2000)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created"]

    def __str__(self) -> str:
        return self.text[:40]


class ImportJob(models.Model):
    """An import that an admin started in the browser; its progress is in the cache meanwhile."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    kind = models.CharField(max_length=20)
    parameters = models.JSONField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    result = models.JSONField(default=dict)
    errors = models.JSONField(default=list, help_text="[{file, row, reason}]")
    created = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def subject(self) -> str:
        """What it brings in: the name of a dataset or of a list of classes."""
        return self.parameters.get("name") or self.parameters.get("dataset") or ""
