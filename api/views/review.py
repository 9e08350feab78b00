"""Review rounds: planning and running them, and judging in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.roles import ADMIN, REVIEWER, roles_of
from annotation.models import ReviewRound, VerdictRule
from annotation.review import exchange, rounds
from annotation.review.access import round_to_see, visible_rounds
from annotation.review.agreement_shown import choose, figures_for, rounds_open_to
from annotation.review.consensus import rule_in_force
from annotation.review.preview import foresee
from annotation.review.round_page import figures_of
from annotation.review.rule import make_rule, remembered_preview
from annotation.tasks import order_preview, put_in_force
from api.base import KEY, Endpoint, LatestFirst, Listing, query, valid
from api.idempotency import once_json
from api.serializers import review as shown

CHANGES: dict[str, Callable[[ReviewRound], None]] = {
    "open": rounds.start_round, "paused": rounds.pause_round, "closed": rounds.close_round,
}  # fmt: skip


class Reviewing(Endpoint):
    """What reviewers are at is theirs to see, blind or not."""

    writers = (ADMIN, REVIEWER)
    scope = "review"
    closed_while_blind = False


class Rounds(Listing):
    """The review rounds that one may see, the latest first."""

    serializer_class = shown.RoundSerializer
    pagination_class = LatestFirst
    queryset = ReviewRound.objects.all()
    scope = "review"
    closed_while_blind = False

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        found = visible_rounds(self.user).select_related("taxonomy").prefetch_related("datasets")
        state = self.request.query_params.get("state")
        return found.filter(state=state) if state else found

    @extend_schema(parameters=[query("state", "Only in this state.")])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        parameters=[KEY], request=shown.NewRoundSerializer, responses={201: shown.RoundSerializer}
    )
    def post(self, request: Request) -> Response:
        """Open a round, or plan it."""
        said = self.asked(shown.NewRoundSerializer)

        def work() -> Response:
            form = valid(shown.NewRoundSerializer.form(said))
            made = rounds.open_round(form.cleaned_data["name"], state=said["state"], **form.plan)
            return Response(_shown(made.pk, self), status=201)

        return once_json(request, self.user, work)


class OneRound(Endpoint):
    """A review round."""

    scope = "review"
    closed_while_blind = False

    @extend_schema(responses={200: shown.RoundSerializer})
    def get(self, request: Request, round_id: int) -> Response:
        round_to_see(round_id, self.user)
        return Response(_shown(round_id, self))

    @extend_schema(request=shown.RoundChangeSerializer, responses={200: shown.RoundSerializer})
    def patch(self, request: Request, round_id: int) -> Response:
        """Open, pause or close it."""
        found = get_object_or_404(ReviewRound, pk=round_id)
        CHANGES[self.asked(shown.RoundChangeSerializer)["state"]](found)
        return Response(_shown(round_id, self))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, round_id: int) -> Response:
        """Forget a planned round."""
        rounds.delete_round(get_object_or_404(ReviewRound, pk=round_id))
        return Response(status=204)


def _shown(round_id: int, view: Endpoint) -> dict[str, Any]:
    return shown.RoundSerializer(visible_rounds(view.user).get(pk=round_id)).data


class RoundProgress(Endpoint):
    """How far a round is, and one's own part in it."""

    closed_while_blind = False

    @extend_schema(responses={200: shown.RoundProgressSerializer})
    def get(self, request: Request, round_id: int) -> Response:
        return Response(exchange.progress_for(round_id, self.user))


class RoundNext(Reviewing):
    """The next images, or pages of a class, to judge; they are leased to one for a while."""

    @extend_schema(request=shown.NextSerializer, responses={200: shown.HandoutSerializer})
    def post(self, request: Request, round_id: int) -> Response:
        found = exchange.next_items(round_id, self.user, request.data)
        return Response(found | {"items": [_addressed(one, request) for one in found["items"]]})


class RoundItem(Reviewing):
    """An image that one has, or had, in a round."""

    @extend_schema(responses={200: shown.ReviewItemSerializer})
    def get(self, request: Request, round_id: int, uid: UUID) -> Response:
        return Response(_addressed(exchange.item_again(round_id, self.user, uid), request))


class RoundPage(Reviewing):
    """A page of a class that one has, or had, in a round."""

    @extend_schema(responses={200: shown.ReviewPageSerializer})
    def get(self, request: Request, round_id: int, turn_id: int) -> Response:
        return Response(_addressed(exchange.page_again(round_id, self.user, turn_id), request))


class RoundJudgments(Reviewing):
    """What a reviewer says in a round, stored exactly once."""

    @extend_schema(request=shown.ReviewOpsSerializer, responses={200: shown.AcceptedSerializer})
    def post(self, request: Request, round_id: int) -> Response:
        return Response(exchange.take_in(round_id, self.user, request.data))


PICTURES = {"large": "large", "original": "original"}


def _addressed(turn: dict[str, Any], request: Request) -> dict[str, Any]:
    """The turn with the addresses of pictures that a token opens."""
    if "tiles" in turn:
        tiles = [
            _with_addresses(one, {"src": "small", **PICTURES}, request) for one in turn["tiles"]
        ]
        return turn | {"tiles": tiles}
    return _with_addresses(turn, {**PICTURES, "src": "large"}, request)


def _with_addresses(
    shown: dict[str, Any], sources: dict[str, str], request: Request
) -> dict[str, Any]:
    return shown | {
        field: reverse("api_image_file", args=[shown["uid"], rendition], request=request)
        for field, rendition in sources.items()
        if shown.get(field)
    }


class Agreement(Endpoint):
    """How far reviewers agree, in one round or in all of a taxonomy."""

    closed_while_blind = False

    @extend_schema(
        parameters=[query("round", "Of this round, by its id."),
                    query("taxonomy", "Of all rounds of this taxonomy, by its id.")],
        responses={200: shown.AgreementSerializer},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = request.query_params
        there, _ = rounds_open_to(self.user)
        _, taxonomy, found = choose(there, asked.get("round"), asked.get("taxonomy"))
        if taxonomy is None:
            raise Http404("There is no round yet.")
        figures = figures_for(found, taxonomy, self.user)
        return Response({"rounds": [one.name for one in found], **figures})


class Rule(Endpoint):
    """The rule by which verdicts follow from judgments."""

    roles = (ADMIN,)
    scope = "review"

    @extend_schema(responses={200: shown.RuleSerializer})
    def get(self, request: Request) -> Response:
        return Response(shown.RuleSerializer(rule_in_force()).data)

    @extend_schema(request=shown.RuleSerializer, responses={200: shown.RuleSerializer})
    def put(self, request: Request) -> Response:
        """Put another rule in force; a worker decides every verdict anew."""
        rule = make_rule(**self.asked(shown.RuleSerializer), user=self.user)
        put_in_force(rule)
        return Response(shown.RuleSerializer(rule).data)


class RoundPreview(Endpoint):
    """What a round would ask, before it is opened."""

    roles = (ADMIN,)
    scope = "review"

    @extend_schema(request=shown.NewRoundSerializer, responses={200: shown.OutlookSerializer})
    def post(self, request: Request) -> Response:
        plan = valid(shown.NewRoundSerializer.form(self.asked(shown.NewRoundSerializer))).plan
        return Response(shown.OutlookSerializer(foresee(**plan)).data)


class RoundStatistics(Endpoint):
    """How fast a round goes, and how its reviewers and classes do, as far as one may know."""

    closed_while_blind = False

    @extend_schema(responses={200: shown.RoundStatisticsSerializer})
    def get(self, request: Request, round_id: int) -> Response:
        current, _ = round_to_see(round_id, self.user)
        found = figures_of(current, self.user, ADMIN in roles_of(self.user), {})
        told = {
            "per_hour": found["pace"].per_hour, "end": found["pace"].end,
            "only_own": found["only_own"], "reviewers": found["reviewers"].rows,
            "classes": found["classes"].rows,
        }  # fmt: skip
        return Response(shown.RoundStatisticsSerializer(told).data)


class RulePreview(Endpoint):
    """What another rule would change."""

    roles = (ADMIN,)
    scope = "review"

    @extend_schema(
        parameters=[
            OpenApiParameter("method", str, required=True, enum=VerdictRule.Method.values),
            query("confidence", "0.5 to 1.", float),
        ],
        responses={200: shown.RulePreviewSerializer},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = shown.RuleSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return Response(self._known(asked.validated_data))

    @extend_schema(request=shown.RuleSerializer, responses={202: shown.RulePreviewSerializer})
    def post(self, request: Request) -> Response:
        """Have it computed."""
        asked = self.asked(shown.RuleSerializer)
        order_preview(make_rule(**asked))
        return Response(self._known(asked), status=202)

    def _known(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = remembered_preview(make_rule(**asked))
        told = found and {**vars(found), "changed": found.changed, "disputed": list(found.disputed)}
        return shown.RulePreviewSerializer({"preview": told}).data
