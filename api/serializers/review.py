"""Review rounds, what is handed out in them, and how far reviewers agree."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from annotation.models import Dataset, ReviewRound, Verdict, VerdictRule
from annotation.review.forms import (
    EVERYTHING,
    LARGEST_SEED,
    MOST_DRAWN,
    SOURCES,
    WHICH,
    RoundForm,
    possible_reviewers,
    random_seed,
)
from annotation.review.parsing import MOST_HELD, MOST_OPS
from annotation.review.queue import MOST_AT_ONCE
from annotation.review.rounds import MOST_OVERLAP
from annotation.review.scope import MOST_GOLD

VERDICTS = [one.label for one in Verdict]
FIRST_STATES = ["open", "planned"]
LARGEST_INDEX = 10**8 - 1


class RoundSerializer(serializers.ModelSerializer):
    """`judges`: whether one is among its reviewers."""

    taxonomy = serializers.CharField(source="taxonomy.name")
    datasets = serializers.SlugRelatedField("name", many=True, read_only=True)
    judges = serializers.BooleanField()

    class Meta:
        model = ReviewRound
        fields = [
            "id", "name", "state", "taxonomy", "datasets", "unit", "order", "overlap", "blind",
            "judges", "instructions", "created", "closed",
        ]  # fmt: skip


class CountSerializer(serializers.Serializer):
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class OwnPaceSerializer(serializers.Serializer):
    judged = serializers.IntegerField()
    today = serializers.IntegerField()
    median_ms = serializers.IntegerField(allow_null=True)


class RoundProgressSerializer(serializers.Serializer):
    """Turns are images or pages, as often as the overlap wants; `mine` is one's own part."""

    turns = CountSerializer()
    judgments = CountSerializer()
    mine = OwnPaceSerializer()


class NewRoundSerializer(serializers.Serializer):
    """As in the form of the page: `source` chosen needs `participants`, final is blind."""

    name = serializers.CharField(max_length=100)
    datasets = serializers.SlugRelatedField(
        "name", many=True, allow_empty=False, queryset=Dataset.objects.select_related("taxonomy")
    )
    seed = serializers.IntegerField(min_value=0, max_value=LARGEST_SEED, default=random_seed)
    source = serializers.ChoiceField([name for name, _ in SOURCES], default=EVERYTHING)
    participants = serializers.ListField(child=serializers.CharField(), default=list)
    drawn = serializers.IntegerField(min_value=1, max_value=MOST_DRAWN, default=1)
    tasks = serializers.ListField(child=serializers.CharField(), default=list)
    which = serializers.ChoiceField([name for name, _ in WHICH], default="unjudged")
    groups = serializers.ListField(child=serializers.CharField(), default=list)
    classes = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=LARGEST_INDEX), default=list
    )
    unit = serializers.ChoiceField(ReviewRound.Unit.values, default="image")
    order = serializers.ChoiceField(ReviewRound.Order.values, default="random")
    overlap = serializers.IntegerField(min_value=1, max_value=MOST_OVERLAP, default=1)
    gold = serializers.IntegerField(
        min_value=0, max_value=round(100 * MOST_GOLD), default=0, help_text="per cent"
    )
    blind = serializers.BooleanField(default=False)
    reviewers = serializers.SlugRelatedField(
        "username", many=True, default=list, queryset=possible_reviewers()
    )
    instructions = serializers.CharField(max_length=5000, default="", allow_blank=True)
    state = serializers.ChoiceField(FIRST_STATES, default="open")

    @staticmethod
    def form(said: dict[str, Any]) -> RoundForm:
        """The page's form, filled in."""
        keys = {name: [one.pk for one in said[name]] for name in ("datasets", "reviewers")}
        return RoundForm(said["datasets"][0].taxonomy, said | keys)


class RoundChangeSerializer(serializers.Serializer):
    state = serializers.ChoiceField(["open", "paused", "closed"])


class NextSerializer(serializers.Serializer):
    """`hold`: the uids of images, or the turns of pages, that one has already."""

    hold = serializers.ListField(
        child=serializers.JSONField(), max_length=MOST_HELD, required=False
    )
    want = serializers.IntegerField(min_value=1, max_value=MOST_AT_ONCE, default=4)


class RemarkSerializer(serializers.Serializer):
    text = serializers.CharField()
    mine = serializers.BooleanField()
    created = serializers.CharField()


class CandidateSerializer(serializers.Serializer):
    """`added`: a reviewer named the class, nobody predicted it."""

    vars()["class"] = serializers.IntegerField()
    verdict = serializers.ChoiceField(VERDICTS)
    added = serializers.BooleanField()


class ReviewItemSerializer(serializers.Serializer):
    """An image to judge with its candidates, in an order that tells nothing."""

    uid = serializers.UUIDField()
    src = serializers.CharField(help_text="address of the picture, or nothing")
    original = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    problematic = serializers.BooleanField()
    reason = serializers.CharField()
    done = serializers.BooleanField()
    candidates = CandidateSerializer(many=True)
    comments = RemarkSerializer(many=True)


class TileSerializer(serializers.Serializer):
    uid = serializers.UUIDField()
    src = serializers.CharField()
    large = serializers.CharField()
    original = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    problematic = serializers.BooleanField()
    reason = serializers.CharField()
    verdict = serializers.ChoiceField(VERDICTS, allow_null=True)
    other = serializers.ChoiceField(VERDICTS, allow_null=True, required=False)
    comments = RemarkSerializer(many=True)


class ReviewPageSerializer(serializers.Serializer):
    """A page of images that may show one class, or one of two (`other`)."""

    turn = serializers.IntegerField()
    vars()["class"] = serializers.IntegerField()
    other = serializers.IntegerField(required=False)
    tiles = TileSerializer(many=True)


@extend_schema_field(
    PolymorphicProxySerializer(
        "ReviewTurn",
        [ReviewItemSerializer, ReviewPageSerializer],
        resource_type_field_name=None,
        many=True,
    )
)
class TurnsField(serializers.ListField):
    pass


class HandoutSerializer(serializers.Serializer):
    """`state`: more may follow, the rest is leased to others, the round is paused, or done for one."""

    items = TurnsField()
    state = serializers.ChoiceField(["more", "leased", "paused", "done"])
    leased = serializers.IntegerField()


class ReviewOpSerializer(serializers.Serializer):
    """`judge` or `add` (a class nobody named): image, class, verdict, ms. `problem`: image,
    problematic, reason. `skip`: image or turn. `comment`: image, text. Its `id`, a new UUID, makes it
    count once, however often it is sent."""

    id = serializers.UUIDField()
    type = serializers.ChoiceField(["judge", "add", "problem", "skip", "comment"])
    image = serializers.UUIDField(required=False)
    vars()["class"] = serializers.IntegerField(required=False, min_value=0)
    verdict = serializers.ChoiceField(VERDICTS, required=False)
    ms = serializers.IntegerField(required=False, min_value=0)
    problematic = serializers.BooleanField(required=False)
    reason = serializers.CharField(required=False, max_length=500, allow_blank=True)
    turn = serializers.IntegerField(required=False, min_value=0)
    text = serializers.CharField(required=False, max_length=2000)


class ReviewOpsSerializer(serializers.Serializer):
    ops = ReviewOpSerializer(many=True, max_length=MOST_OPS, allow_empty=False)


class RejectedSerializer(serializers.Serializer):
    id = serializers.JSONField(allow_null=True)
    reason = serializers.CharField()


class AcceptedSerializer(serializers.Serializer):
    """The ids of what is stored for good, and what never will be, with the reason."""

    accepted = serializers.ListField(child=serializers.UUIDField())
    rejected = RejectedSerializer(many=True)


class MeasureSerializer(serializers.Serializer):
    """`same`: the share of candidates of which all said one thing. null is not defined."""

    candidates = serializers.IntegerField()
    judgments = serializers.IntegerField()
    same = serializers.FloatField(allow_null=True)
    fleiss = serializers.FloatField(allow_null=True)
    alpha = serializers.FloatField(allow_null=True)


class NamedMeasureSerializer(MeasureSerializer):
    name = serializers.CharField()


class ClassMeasureSerializer(NamedMeasureSerializer):
    index = serializers.IntegerField()


class ReviewerAgreementSerializer(serializers.Serializer):
    name = serializers.CharField()
    n = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)


class PairAgreementSerializer(serializers.Serializer):
    first = serializers.CharField()
    second = serializers.CharField()
    n = serializers.IntegerField()
    kappa = serializers.FloatField(allow_null=True)


class AgreementSerializer(serializers.Serializer):
    rounds = serializers.ListField(child=serializers.CharField())
    overall = MeasureSerializer()
    groups = NamedMeasureSerializer(many=True)
    classes = ClassMeasureSerializer(many=True)
    reviewers = ReviewerAgreementSerializer(many=True)
    pairs = PairAgreementSerializer(many=True)


class RuleSerializer(serializers.ModelSerializer):
    """Verdicts that are less sure than `confidence` are disputed."""

    method = serializers.ChoiceField(VerdictRule.Method.values)
    confidence = serializers.FloatField(min_value=0.5, max_value=1, default=0.5)

    class Meta:
        model = VerdictRule
        fields = ["method", "confidence"]


class OutlookSerializer(serializers.Serializer):
    """What a round would ask. `seconds` of one judgment, `hours` of all, by what was given before; null
    if nothing was."""

    candidates = serializers.IntegerField()
    gold = serializers.IntegerField()
    images = serializers.IntegerField()
    turns = serializers.IntegerField()
    judgments = serializers.IntegerField()
    seconds = serializers.FloatField(allow_null=True)
    hours = serializers.FloatField(allow_null=True)


class ReviewerSerializer(serializers.Serializer):
    """Shares of the judgments that can be compared; null is not known, or not for the reader yet."""

    name = serializers.CharField()
    judged = serializers.IntegerField()
    seconds = serializers.FloatField(allow_null=True)
    agreement = serializers.FloatField(allow_null=True)
    verdict_agreement = serializers.FloatField(allow_null=True)
    gold_agreement = serializers.FloatField(allow_null=True)


class RoundClassSerializer(serializers.Serializer):
    """`share`: of the judgments that are wanted; `correct`: of those that were given."""

    index = serializers.IntegerField()
    name = serializers.CharField()
    candidates = serializers.IntegerField()
    judgments = serializers.IntegerField()
    share = serializers.FloatField()
    correct = serializers.FloatField(allow_null=True)


class RoundStatisticsSerializer(serializers.Serializer):
    """`per_hour`: judgments over the last week; `end`: when all is judged at that pace. `only_own`: the
    round is blind and goes on, so that one sees nothing but one's own."""

    per_hour = serializers.FloatField()
    end = serializers.DateTimeField(allow_null=True)
    only_own = serializers.BooleanField()
    reviewers = ReviewerSerializer(many=True)
    classes = RoundClassSerializer(many=True)


class RuleChangesSerializer(serializers.Serializer):
    """`moves[before][after]`: how many judged candidates; `disputed`: now, and then."""

    judged = serializers.IntegerField()
    changed = serializers.IntegerField()
    moves = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    disputed = serializers.ListField(child=serializers.IntegerField())


class RulePreviewSerializer(serializers.Serializer):
    """`preview` is null until a worker has computed it: order it by POST, and ask again by GET."""

    preview = RuleChangesSerializer(allow_null=True)
