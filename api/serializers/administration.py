"""What admins see to: imports, models, people, the audit, operations, webhooks."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import AuditEntry, Invitation, User
from accounts.roles import ROLES
from annotation.importing.forms import FORMS
from annotation.importing.jobs import progress_of
from annotation.models import ImportJob
from api.models import Webhook
from evaluation.inference.preprocessing import FILTERS, LARGEST, RESIZES
from evaluation.models import ClassifierModel, FailedTask
from taxonomy.models import Taxonomy
from taxonomy.reference.importing import MOST_PER_CLASS

IMPORTS = list(FORMS)
GOING_ON = (ImportJob.State.WAITING, ImportJob.State.RUNNING)


class ImportErrorSerializer(serializers.Serializer):
    file = serializers.CharField()
    row = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()


class ProgressOfImportSerializer(serializers.Serializer):
    """`total` 0 is not known."""

    step = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class ImportSerializer(serializers.ModelSerializer):
    """`result`: what it brought, once it is done; `errors`: why it failed."""

    kind = serializers.ChoiceField(IMPORTS)
    progress = serializers.SerializerMethodField(help_text="null once it has ended")
    result = serializers.DictField()
    errors = ImportErrorSerializer(many=True)

    class Meta:
        model = ImportJob
        fields = [
            "id", "kind", "subject", "state", "progress", "result", "errors", "created",
            "finished",
        ]  # fmt: skip

    @extend_schema_field(ProgressOfImportSerializer(allow_null=True))
    def get_progress(self, job: ImportJob) -> dict[str, Any] | None:
        return progress_of(job) if job.state in GOING_ON else None


class NewImportSerializer(serializers.Serializer):
    """The fields of the form of the page for this `kind`; others are not looked at. Instead of a file
    `x`, `x_path` may name one on the server."""

    kind = serializers.ChoiceField(IMPORTS)
    name = serializers.CharField(required=False)
    dataset = serializers.CharField(required=False)
    datasets = serializers.ListField(child=serializers.CharField(), required=False)
    taxonomy = serializers.CharField(required=False)
    model = serializers.CharField(required=False)
    replace = serializers.BooleanField(required=False)
    skip_unknown = serializers.BooleanField(required=False)
    per_class = serializers.IntegerField(required=False, min_value=1, max_value=MOST_PER_CLASS)
    seed = serializers.IntegerField(required=False, min_value=0)
    file = serializers.FileField(required=False, help_text="taxonomy: a class list")
    labels = serializers.FileField(required=False, help_text="dataset, multilabels")
    images = serializers.FileField(required=False, help_text="dataset: a zip")
    predictions = serializers.FileField(required=False, help_text="repeatable")
    judgments = serializers.FileField(required=False)
    source = serializers.FileField(required=False, help_text="references: a zip or tar")


class NewModelSerializer(serializers.Serializer):
    """`label_map`: a class's key for each output, one per line, or JSON; without it, the outputs are the
    classes in their order."""

    file = serializers.FileField()
    taxonomy = serializers.SlugRelatedField("name", queryset=Taxonomy.objects.all())
    name = serializers.CharField(max_length=150, allow_blank=True, default="")
    label_map = serializers.CharField(allow_blank=True, default="")


class PreprocessingSerializer(serializers.Serializer):
    """How images go in: `size` in pixels, `crop` as a share, `mean` and `std` of each channel."""

    size = serializers.IntegerField(min_value=1, max_value=LARGEST)
    resize = serializers.ChoiceField(list(RESIZES))
    crop = serializers.FloatField(min_value=0.1, max_value=1)
    interpolation = serializers.ChoiceField(list(FILTERS))
    layout = serializers.ChoiceField(["NCHW", "NHWC"])
    dtype = serializers.ChoiceField(["float32", "uint8"])
    channels = serializers.ChoiceField(["RGB", "BGR"])
    mean = serializers.ListField(child=serializers.FloatField(), min_length=3, max_length=3)
    std = serializers.ListField(child=serializers.FloatField(), min_length=3, max_length=3)


class OneModelSerializer(serializers.ModelSerializer):
    """`outputs` of the model, of which so many are classes."""

    name = serializers.CharField(source="participant.name")
    taxonomy = serializers.CharField(source="taxonomy.name", allow_null=True, default=None)
    preprocessing = PreprocessingSerializer()
    outputs = serializers.IntegerField()
    classes = serializers.IntegerField()

    class Meta:
        model = ClassifierModel
        fields = [
            "id", "name", "taxonomy", "sha256", "architecture", "preprocessing", "outputs",
            "classes", "created",
        ]  # fmt: skip


class TrySerializer(serializers.Serializer):
    """An image of the dataset; `seen`: what the model sees, as a PNG in a data address; `best`: class
    indices."""

    image_id = serializers.CharField()
    seen = serializers.CharField()
    best = serializers.ListField(child=serializers.IntegerField())
    right = serializers.BooleanField()
    problem = serializers.CharField()


class TriesSerializer(serializers.Serializer):
    tries = TrySerializer(many=True)


class NewTrySerializer(serializers.Serializer):
    """With another `preprocessing` than the model's, it is tried, not kept."""

    dataset = serializers.CharField()
    preprocessing = PreprocessingSerializer(required=False)


class PersonSerializer(serializers.ModelSerializer):
    roles = serializers.SerializerMethodField()
    active = serializers.BooleanField(source="is_active")

    class Meta:
        model = User
        fields = ["id", "username", "roles", "active", "last_login"]

    def get_roles(self, person: User) -> list[str]:
        return sorted(group.name for group in person.groups.all() if group.name in ROLES)


class PersonChangeSerializer(serializers.Serializer):
    """What is left out stays as it is."""

    roles = serializers.ListField(child=serializers.ChoiceField(ROLES), required=False)
    active = serializers.BooleanField(required=False)


class InvitationSerializer(serializers.ModelSerializer):
    roles = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Invitation
        fields = ["id", "note", "roles", "created", "expires"]


class NewInvitationSerializer(serializers.Serializer):
    roles = serializers.ListField(child=serializers.ChoiceField(ROLES), allow_empty=False)
    note = serializers.CharField(max_length=200, allow_blank=True, default="")


class LinkSerializer(serializers.Serializer):
    """The link is shown this once."""

    link = serializers.CharField()


class AuditSerializer(serializers.ModelSerializer):
    """`user` is null for commands on the server."""

    user = serializers.CharField(source="user.username", allow_null=True, default=None)

    class Meta:
        model = AuditEntry
        fields = ["id", "user", "action", "subject", "created"]


class FailedTaskSerializer(serializers.ModelSerializer):
    class Meta:
        model = FailedTask
        fields = ["id", "name", "error", "worker", "created"]


class WorkerTaskSerializer(serializers.Serializer):
    name = serializers.CharField()
    argument = serializers.CharField()
    since = serializers.DateTimeField()


class WorkerSerializer(serializers.Serializer):
    name = serializers.CharField()
    tasks = WorkerTaskSerializer(many=True)


class DiskSerializer(serializers.Serializer):
    total = serializers.IntegerField()
    used = serializers.IntegerField()
    free = serializers.IntegerField()


class OperationsSerializer(serializers.Serializer):
    """`queues`: how many tasks wait in each; `idle`: those that no worker takes from. Sizes in bytes."""

    queues = serializers.DictField(child=serializers.IntegerField())
    idle = serializers.ListField(child=serializers.CharField())
    workers = WorkerSerializer(many=True)
    disk = DiskSerializer()
    database = serializers.IntegerField()
    redis = serializers.IntegerField()


class WebhookSerializer(serializers.ModelSerializer):
    """`told`: when last, with success; `problem`: of the last try."""

    url = serializers.URLField(max_length=500)
    events = serializers.ListField(child=serializers.ChoiceField(Webhook.Event.values))

    class Meta:
        model = Webhook
        fields = ["id", "url", "events", "created", "told", "problem"]
        read_only_fields = ["created", "told", "problem"]


class NewWebhookSerializer(WebhookSerializer):
    """The secret, which signs what is told, is shown this once."""

    secret = serializers.CharField(read_only=True)

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]
