"""Labeling tasks: what labelers are asked, and what they answered in which time."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from annotation.models.images import Image
from annotation.models.predictions import Participant
from taxonomy.models import Taxonomy


class LabelingTask(models.Model):
    """Images of which each labeler names the class: to learn with feedback, or as an examination.

    `scope` is how the images were drawn: `annotation.labeling.sampling.Sample` as JSON. Pictures
    that a labeler has seen less than `embargo_days` ago are not given to them, or, if `exposed` says
    so, are given and marked. Until an evaluation is `revealed`, labelers don't see what they
    answered once it is handed in.
    """

    class Kind(models.TextChoices):
        TRAINING = "training"
        EVALUATION = "evaluation"

    class State(models.TextChoices):
        PLANNED = "planned"
        OPEN = "open"
        PAUSED = "paused"
        CLOSED = "closed"

    class Exposed(models.TextChoices):
        LEAVE_OUT = "leave-out", "leave them out"
        MARK = "mark", "give them, and mark the answers"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="labeling_tasks")
    seed = models.BigIntegerField()
    scope = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    instructions = models.TextField(max_length=5000, default="", blank=True)
    embargo_days = models.PositiveIntegerField(default=180)
    exposed = models.CharField(max_length=10, choices=Exposed, default=Exposed.LEAVE_OUT)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created = models.DateTimeField(auto_now_add=True)
    opened = models.DateTimeField(null=True)
    closed = models.DateTimeField(null=True)
    revealed = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.name


class TaskImage(models.Model):
    """An image that every labeler of a task is given."""

    task = models.ForeignKey(LabelingTask, models.CASCADE, related_name="task_images")
    image = models.ForeignKey(Image, models.PROTECT, related_name="task_images")
    place = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "image"], name="task_image"),
            models.UniqueConstraint(fields=["task", "place"], name="task_place"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id}[{self.place}]"


class Enrollment(models.Model):
    """A labeler's part in a task. `number` gives them an order of the images of their own."""

    task = models.ForeignKey(LabelingTask, models.CASCADE, related_name="enrollments")
    labeler = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="enrollments"
    )
    number = models.PositiveIntegerField()
    created = models.DateTimeField(auto_now_add=True)
    handed_in = models.DateTimeField(null=True)
    participant = models.ForeignKey(
        Participant, models.PROTECT, null=True, related_name="enrollments",
        help_text="whose predictions the answers became",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "labeler"], name="task_labeler"),
            models.UniqueConstraint(fields=["task", "number"], name="task_labeler_number"),
        ]

    def __str__(self) -> str:
        return f"{self.labeler_id} in {self.task_id}"


class Assignment(models.Model):
    """One image that a labeler names the class of; `uid` is all that their browser learns of it.

    What is answered is the last of its `answers`, and the times are the sums of its `segments`;
    both are kept here for speed. In training the first answer counts, and `repeats` is set where a
    class is asked for again: it names the assignment in which it was missed.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    enrollment = models.ForeignKey(
        Enrollment, models.CASCADE, related_name="assignments", db_index=False
    )
    image = models.ForeignKey(Image, models.PROTECT, related_name="assignments")
    position = models.PositiveIntegerField()
    exposed = models.BooleanField(default=False, help_text="seen within the embargo")
    repeats = models.ForeignKey(
        "self", models.CASCADE, null=True, related_name="repetitions", db_index=False
    )
    opened = models.DateTimeField(null=True)
    answered = models.DateTimeField(null=True, help_text="when it was last answered")
    class_index = models.PositiveIntegerField(null=True)
    confidence = models.PositiveSmallIntegerField(null=True, help_text="1 guessed, 2, 3 certain")
    later = models.BooleanField(default=False)
    note = models.CharField(max_length=1000, default="", blank=True)
    wall_ms = models.PositiveIntegerField(default=0)
    active_ms = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment", "position"],
                name="assignment_position",
                deferrable=models.Deferrable.DEFERRED,
            )
        ]

    def __str__(self) -> str:
        return f"{self.enrollment_id}[{self.position}]"


class Answer(models.Model):
    """What a labeler said of an image. Append-only; the last one holds.

    `client_id` is made by the browser; sending the same answer twice stores it once.
    """

    client_id = models.UUIDField(unique=True)
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="answers")
    class_index = models.PositiveIntegerField(null=True)
    confidence = models.PositiveSmallIntegerField(null=True)
    later = models.BooleanField(default=False)
    note = models.CharField(max_length=1000, default="", blank=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.assignment_id}: {self.class_index}"


class WorkSegment(models.Model):
    """A stretch of time that an image was on a labeler's screen.

    It grows while it lasts: what comes later under the same `client_id` can only be longer.
    `active_ms` counts while the page is visible and a pointer or key was used in the last 60 s.
    """

    client_id = models.UUIDField(unique=True)
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="segments")
    wall_ms = models.PositiveIntegerField()
    active_ms = models.PositiveIntegerField()
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.assignment_id}: {self.active_ms} ms"


class Sighting(models.Model):
    """A picture was sent to somebody's browser, last at `seen`; written by what serves pictures."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    image = models.ForeignKey(Image, models.CASCADE, related_name="+")
    seen = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "image"], name="sighting")]

    def __str__(self) -> str:
        return f"{self.user_id} saw {self.image_id}"


class PinnedClass(models.Model):
    """A class that a labeler keeps at hand."""

    labeler = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    taxonomy = models.ForeignKey(Taxonomy, models.CASCADE, related_name="+")
    class_index = models.PositiveIntegerField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["labeler", "taxonomy", "class_index"], name="pinned_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.class_index} of {self.labeler_id}"


class TaskRemark(models.Model):
    """A word on an image of a training task, to those who learn with it. Append-only."""

    client_id = models.UUIDField(unique=True)
    task = models.ForeignKey(LabelingTask, models.CASCADE, related_name="remarks", db_index=False)
    image = models.ForeignKey(Image, models.CASCADE, related_name="task_remarks")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=2000)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["task", "image"], name="task_remark")]

    def __str__(self) -> str:
        return self.text[:40]
