"""Taxonomies, their classes, groups and relations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.roles import ADMIN, REVIEWER, ROLES, roles_of
from api.base import KEY, Endpoint, Listing, Pages, query, valid
from api.idempotency import once, once_json
from api.parsers import CSV, CsvParser
from api.serializers import classes as shown
from api.views.bulk import Bulk
from taxonomy import relations as said
from taxonomy.class_page import kinds_of, ways_up
from taxonomy.groups import editing, group_masks
from taxonomy.groups.forms import GroupForm
from taxonomy.groups.listing import classes_of, groups_with
from taxonomy.models import ClassGroup, ClassRelation, LabelClass, Taxonomy
from taxonomy.relations.forms import RelationForm
from taxonomy.relations.importing import import_relations
from taxonomy.relations.proposals import propose

State = ClassRelation.State


class ByIndex(Pages):
    ordering = "index"


class OfTaxonomies(Endpoint):
    """Classes are nobody's secret."""

    roles: ClassVar[Iterable[str]] = ROLES
    scope = "classes"
    closed_while_blind = False

    def taxonomy(self) -> Taxonomy:
        return get_object_or_404(Taxonomy, pk=self.kwargs["taxonomy_id"])


class Taxonomies(OfTaxonomies, Listing):
    """The lists of classes that there are."""

    serializer_class = shown.TaxonomySerializer
    queryset = Taxonomy.objects.all()


class Classes(OfTaxonomies, Listing):
    """The classes of a taxonomy, by index."""

    serializer_class = shown.ClassSerializer
    pagination_class = ByIndex
    queryset = LabelClass.objects.select_related("synset")

    def get_queryset(self) -> QuerySet:
        taxonomy, asked = self.taxonomy(), self.request.query_params
        found = super().get_queryset().filter(taxonomy=taxonomy)
        if text := asked.get("q", "").strip():
            named = Q(synset__key=text) | Q(synset__lemmas__icontains=text)
            found = found.filter(named | Q(synset__definition__icontains=text))
        if name := asked.get("group"):
            masks = group_masks(taxonomy, None)
            if name not in masks:
                raise Http404(f"There is no group '{name}'.")
            found = found.filter(index__in=np.flatnonzero(masks[name]).tolist())
        return found

    @extend_schema(
        parameters=[query("q", "Only with this in a name or the definition, or as the key."),
                    query("group", "Only in this group or family.")]
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class OneClass(OfTaxonomies):
    """What there is to know of a class."""

    @extend_schema(responses={200: shown.KnownClassSerializer})
    def get(self, request: Request, taxonomy_id: int, index: int) -> Response:
        rows = LabelClass.objects.select_related("taxonomy", "synset")
        found: Any = get_object_or_404(rows, taxonomy=taxonomy_id, index=index)
        entries = found.guide_entries.filter(archived=None)
        known = {
            "ways": [
                [{"key": node.key, "name": node.name} for node in way] for way in ways_up(found)
            ],
            "kinds": [one.index for one in kinds_of(found)],
            "groups": [group.name for group in groups_with(found)],
            "hints": [hint.text for hint in said.hints_about(found)],
            "entries": list(entries.order_by("pk").values_list("pk", flat=True)),
        }
        return Response(shown.ClassSerializer(found).data | known)


class Groups(OfTaxonomies, Listing):
    """The groups and families of a taxonomy."""

    serializer_class = shown.GroupSerializer
    queryset = ClassGroup.objects.select_related("root", "complement_of")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(taxonomy=self.taxonomy())

    @extend_schema(
        parameters=[KEY], request=shown.GroupContentSerializer,
        responses={201: shown.GroupClassesSerializer},
    )  # fmt: skip
    def post(self, request: Request, taxonomy_id: int) -> Response:
        """Make a group or family."""
        content = self.asked(shown.GroupContentSerializer)

        def work() -> Response:
            return Response(_with_classes(_saved(self.taxonomy(), None, content)), status=201)

        return once_json(request, self.user, work)


class OneGroup(OfTaxonomies):
    """A group with the indices of its classes."""

    def group(self) -> ClassGroup:
        found = ClassGroup.objects.select_related("taxonomy", "root", "complement_of")
        wanted = {"taxonomy": self.kwargs["taxonomy_id"], "pk": self.kwargs["group_id"]}
        return get_object_or_404(found, **wanted)

    @extend_schema(responses={200: shown.GroupClassesSerializer})
    def get(self, request: Request, taxonomy_id: int, group_id: int) -> Response:
        return Response(_with_classes(self.group()))

    @extend_schema(
        request=shown.GroupContentSerializer, responses={200: shown.GroupClassesSerializer}
    )
    def put(self, request: Request, taxonomy_id: int, group_id: int) -> Response:
        """Give it new content."""
        group, content = self.group(), self.asked(shown.GroupContentSerializer)
        return Response(_with_classes(_saved(group.taxonomy, group, content)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, taxonomy_id: int, group_id: int) -> Response:
        """Delete it, unless it is predefined or another is its rest."""
        editing.delete_group(self.group())
        return Response(status=204)


def _saved(taxonomy: Taxonomy, group: ClassGroup | None, content: dict[str, Any]) -> ClassGroup:
    form = valid(GroupForm(taxonomy, group, content))
    return editing.save_group(taxonomy, group, form.content)


def _with_classes(group: ClassGroup) -> dict[str, Any]:
    classes = list(classes_of(group).values_list("index", flat=True))
    return shown.GroupSerializer(group).data | {"classes": classes}


class Relations(OfTaxonomies, Listing):
    """Relations between classes; labelers see accepted ones alone."""

    writers = (ADMIN, REVIEWER)
    serializer_class = shown.RelationSerializer
    queryset = ClassRelation.objects.all()

    def get_queryset(self) -> QuerySet:
        asked = self.request.query_params
        found = said.with_classes(said.matching(self.taxonomy(), asked.get("q", "").strip()))
        if not roles_of(self.user) & {ADMIN, REVIEWER}:
            return found.filter(state=State.ACCEPTED)
        return found.filter(state=asked["state"]) if asked.get("state") else found

    @extend_schema(
        parameters=[query("q", "Only of classes with this in a name or as the key."),
                    query("state", "Only in this state.")]
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        parameters=[KEY], request=shown.StatementSerializer,
        responses={201: shown.RelationSerializer},
    )  # fmt: skip
    def post(self, request: Request, taxonomy_id: int) -> Response:
        """Accept a relation, proposed before or not."""
        content = self.asked(shown.StatementSerializer)

        def work() -> Response:
            taxonomy = self.taxonomy()
            statement = valid(RelationForm(taxonomy, content)).statement
            relation = said.enter(taxonomy, statement, self.user)
            return Response(shown.RelationSerializer(relation).data, status=201)

        return once_json(request, self.user, work)


class OneRelation(OfTaxonomies):
    """A relation between two classes."""

    writers = (ADMIN, REVIEWER)

    def relation(self) -> ClassRelation:
        found = said.with_classes(ClassRelation.objects.filter(taxonomy=self.kwargs["taxonomy_id"]))
        if not roles_of(self.user) & {ADMIN, REVIEWER}:
            found = found.filter(state=State.ACCEPTED)
        return get_object_or_404(found, pk=self.kwargs["relation_id"])

    @extend_schema(responses={200: shown.RelationSerializer})
    def get(self, request: Request, taxonomy_id: int, relation_id: int) -> Response:
        return Response(shown.RelationSerializer(self.relation()).data)

    @extend_schema(request=shown.StatementSerializer, responses={200: shown.RelationSerializer})
    def put(self, request: Request, taxonomy_id: int, relation_id: int) -> Response:
        """Let it say something else; saying it accepts it."""
        relation, content = self.relation(), self.asked(shown.StatementSerializer)
        said.revise(relation, valid(RelationForm(relation.taxonomy, content)).statement)
        said.decide(relation, State.ACCEPTED, self.user)
        return Response(shown.RelationSerializer(relation).data)

    @extend_schema(request=shown.RelationStateSerializer, responses={200: shown.RelationSerializer})
    def patch(self, request: Request, taxonomy_id: int, relation_id: int) -> Response:
        """Accept or dismiss it, or leave it open again."""
        relation = self.relation()
        said.decide(relation, self.asked(shown.RelationStateSerializer)["state"], self.user)
        return Response(shown.RelationSerializer(relation).data)


class Proposals(OfTaxonomies):
    """Proposes relations from WordNet that nobody has decided on."""

    writers = (ADMIN, REVIEWER)

    @extend_schema(request=None, responses={200: shown.ProposedSerializer})
    def post(self, request: Request, taxonomy_id: int) -> Response:
        return Response({"proposed": propose(self.taxonomy())})


class RelationsFile(OfTaxonomies, Bulk):
    """Accepts every relation of a CSV file, or none of them."""

    roles = writers = (ADMIN,)
    suffixes = (CsvParser,)

    @extend_schema(
        parameters=[KEY], request={CSV: OpenApiTypes.BINARY},
        responses={201: shown.ImportedRelationsSerializer},
    )  # fmt: skip
    def post(self, request: Request, taxonomy_id: int) -> Response:
        """Columns: kind, first, second (each a key, an index or a name), and perhaps condition."""
        body = self.body()

        def work() -> Response:
            found = import_relations(body.content, self.taxonomy(), self.user, name="content.csv")
            return Response(shown.ImportedRelationsSerializer(found).data, status=201)

        return once(request, self.user, body.sha256, work)
