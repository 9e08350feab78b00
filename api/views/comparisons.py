"""What follows from reports: figures, tables, and participants beside each other."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.models import Participant
from api.base import Endpoint, query
from api.serializers import comparisons as shown
from evaluation import comparison as made
from evaluation import profiles, tables
from evaluation.addressed import addressed_report
from evaluation.changes import accuracy_changes, changed_images, compare
from evaluation.chosen import Chosen, chosen_of
from evaluation.ensembles import members_by_group
from evaluation.figure_choice import (
    KINDS,
    MEASURES,
    SCALES,
    choose_figure,
    participants_of,
    points_of,
)
from evaluation.galleries import answered
from evaluation.metrics.changes import Change
from evaluation.models import LabelSnapshot, MetricReport
from evaluation.participant_views import KINDS as WHO
from evaluation.ranges import range_history
from evaluation.snapshots import find_snapshot

NOTHING = {"value": None, "low": None, "high": None, "n": None, "best": False}
IMAGES_PER_PAGE = 100
OF = [query("dataset", "Of this dataset."), query("group", "Of this group or subset.")]
PAGE = query("page", "From 1.", int)
REPORT = query("report", "Of the report with this id; else of the latest.")


def report_asked(number: str) -> MetricReport:
    """The report with this id; of "" and "latest" the latest. Raises Http404 if there is none."""
    report = addressed_report("" if number == "latest" else number)
    if report is None or not report.rows:
        raise Http404("Nothing was computed yet.")
    return report


def check_known(request: Request, parameters: Mapping[str, Any], **more: Collection[str]) -> None:
    """Pages show something else for what is not there; a script is told. more: what else there is."""
    datasets, groups = parameters["datasets"], parameters["groups"]
    known = {"dataset": datasets, "against": datasets, "group": groups, **more}
    for name, there in known.items():
        for value in request.query_params.getlist(name):
            if value not in there:
                raise ValidationError({name: f"There is no {name} '{value}' here."})


def check_figure(request: Request, report: MetricReport) -> None:
    """`check_known` for what figures take."""
    check_known(
        request, report.parameters, figure=KINDS, measure=MEASURES, scale=SCALES, theme=["light", "dark"],
        participant=["", *participants_of(report.parameters)],
    )  # fmt: skip


def table_asked(request: Request, report: MetricReport) -> made.Asked:
    """The table that the address asks for, `check_known`."""
    groups, rows = members_by_group(), report.rows
    check_known(
        request, report.parameters, metric=made.METRICS, who=[*groups, *made.KINDS.values()],
        participant={row["participant"] for row in rows},
    )  # fmt: skip
    asked = made.choose(report.parameters, rows, request.query_params, groups)
    if request.query_params.get("sort") and asked.sort is None:
        raise ValidationError({"sort": "The table has no such column."})
    return asked


def finite(value: Any) -> Any:
    """What JSON can hold: null for what is no number."""
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class Figures(Endpoint):
    """The figures that there are."""

    @extend_schema(operation_id="figures", responses={200: shown.FigureKindsSerializer})
    def get(self, request: Request) -> Response:
        found = [{"name": name, **asdict(kind)} for name, kind in KINDS.items()]
        return Response(shown.FigureKindsSerializer({"figures": found}).data)


class FigureData(Endpoint):
    """What a figure draws."""

    @extend_schema(
        parameters=[
            REPORT, *OF, query("against", "The other dataset, of the figure `shift`."),
            query("measure", "top1 or top5."), query("participant", "Of this one alone."),
        ],
        responses={200: shown.FigureDataSerializer},
    )  # fmt: skip
    def get(self, request: Request, figure: str) -> Response:
        if figure not in KINDS:
            raise Http404("There is no such figure.")
        report = report_asked(request.query_params.get("report", ""))
        check_figure(request, report)
        choice = choose_figure(report.parameters, request.query_params.dict() | {"figure": figure})
        points = [
            finite({key: value for key, value in point.items() if key != "href"})
            for point in points_of(report, choice)
        ]
        return Response({"snapshot": report.snapshot.hash, "figure": figure, "points": points})


class ComparisonTable(Endpoint):
    """Participants by datasets and groups, as the table for a paper."""

    @extend_schema(
        parameters=[
            REPORT, query("metric", f"One of {', '.join(made.METRICS)}."),
            *(query(name, f"Only this {name} (repeatable).", many=True)
              for name in ("dataset", "group", "participant")),
            query("who", "A group of participants, Models, People or Ensembles.", many=True),
            query("sort", "group|dataset of the column that orders it."),
            query("sections", "on: below the names of their groups."),
        ],
        responses={200: shown.TableSerializer},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        report = report_asked(request.query_params.get("report", ""))
        asked = table_asked(request, report)
        lines = [
            {**vars(line), "cells": [vars(cell) if cell else NOTHING for cell in line.cells]}
            for line in made.table(report.rows, asked)
        ]
        columns = [{"group": group, "dataset": dataset} for group, dataset in asked.columns]
        head = {"snapshot": report.snapshot.hash, "metric": asked.metric, "columns": columns}
        return Response({**head, "lines": lines})


class OfLatest(Endpoint):
    """Looks into the latest report on a dataset and group."""

    def chosen(self) -> Chosen:
        report = addressed_report("")
        if report is not None:
            check_known(self.request, report.parameters)
        found = chosen_of(self.request.query_params.dict())
        if found is None:
            raise Http404("Nothing was computed yet.")
        return found

    def about(self, chosen: Chosen) -> dict[str, Any]:
        choice = chosen.choice
        snapshot = chosen.report.snapshot.hash
        return {"snapshot": snapshot, "dataset": choice.dataset, "group": choice.group}

    def images(self, chosen: Chosen, places: Any, names: Sequence[str]) -> dict[str, Any]:
        asked = self.request.query_params.get("page")
        page = Paginator(places, IMAGES_PER_PAGE).get_page(asked)
        found = answered(chosen.arrays, np.asarray(page.object_list), names, self.user)
        return {
            "page": page.number, "pages": page.paginator.num_pages, "count": len(places),
            "results": [
                {"image_id": one.image.key, "uid": one.image.uid, **shown.answers_told(one)}
                for one in found
            ],
        }  # fmt: skip


class Missed(OfLatest):
    """The images that all got wrong, in numbered pages."""

    @extend_schema(
        parameters=[*OF, query("who", f"One of {', '.join(WHO)}."), PAGE],
        responses={200: shown.MissedSerializer},
    )
    def get(self, request: Request) -> Response:
        who = request.query_params.get("who", "all")
        if who not in WHO:
            raise ValidationError({"who": f"One of {', '.join(WHO)}."})
        chosen = self.chosen()
        places = profiles.missed_by_all(chosen.arrays, WHO[who], chosen.choice.group)
        return Response(self.about(chosen) | self.images(chosen, places, chosen.arrays.names))


class Profile(OfLatest):
    """What a participant is good at, what it confuses, and who is close to it."""

    @extend_schema(parameters=OF, responses={200: shown.ProfileSerializer})
    def get(self, request: Request, participant_id: int) -> Response:
        name = get_object_or_404(Participant, pk=participant_id).name
        chosen = self.chosen()
        arrays = chosen.arrays
        found: dict[str, Sequence[Any]] = {
            "strong": [], "weak": [], "confusions": [], "rivals": [],
        }  # fmt: skip
        if name in arrays.names:
            found["strong"], found["weak"] = profiles.strong_and_weak(arrays, name)
            found["confusions"] = profiles.confusions(arrays, name)
            found["rivals"] = profiles.rivals(arrays, name, chosen.choice.group)
        lists = {key: [asdict(one) for one in some] for key, some in found.items()}
        ranks = profiles.ranks(chosen.report.rows, name)
        told = self.about(chosen) | {"participant": name, "ranks": ranks}
        return Response(finite(told | lists))


class Pair(OfLatest):
    """Two participants against each other, and the images on which they differ."""

    @extend_schema(
        parameters=[*OF, query("how", f"One of {', '.join(profiles.DIFFER)}."), PAGE],
        responses={200: shown.PairSerializer},
    )
    def get(self, request: Request, first_id: int, second_id: int) -> Response:
        first, second = (get_object_or_404(Participant, pk=pk).name for pk in (first_id, second_id))
        how = request.query_params.get("how", "first")
        if how not in profiles.DIFFER:
            raise ValidationError({"how": f"One of {', '.join(profiles.DIFFER)}."})
        chosen = self.chosen()
        arrays, group = chosen.arrays, chosen.choice.group
        if not {first, second} <= set(arrays.names):
            raise Http404("The report has no predictions of one of them for the dataset.")
        pair = profiles.compare(arrays, first, second, group)
        places = profiles.differing(arrays, first, second, group, how)
        told = {
            "first": first, "second": second,
            "pair": pair and finite(asdict(pair) | {"needed": pair.needed}),
        }  # fmt: skip
        images = self.images(chosen, places, [first, second])
        return Response(self.about(chosen) | told | images)


class Changes(Endpoint):
    """What changed between two snapshots, in numbered pages of images."""

    @extend_schema(
        parameters=[
            query("from", "The hash of a snapshot, or its beginning; else the last but one."),
            query("to", "That of another; else the last."),
            query("kind", f"One of {', '.join(one.name.lower() for one in Change)}."), PAGE,
        ],
        responses={200: shown.ChangesSerializer},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = request.query_params
        kind = asked.get("kind", "added")
        if kind.upper() not in Change.__members__ or kind != kind.lower():
            raise ValidationError({"kind": "unknown"})
        last = list(LabelSnapshot.objects.values_list("hash", flat=True)[:2])
        if len(last) < 2:
            raise Http404("There are no two snapshots yet.")
        before = find_snapshot(asked.get("from") or last[1])
        after = find_snapshot(asked.get("to") or last[0])
        found = compare(before, after)
        page = Paginator(found.images(Change[kind.upper()]), IMAGES_PER_PAGE).get_page(
            asked.get("page")
        )
        images = changed_images(found, [int(pk) for pk in page], self.user)
        return Response(
            {
                "before": before.hash, "after": after.hash, "counts": found.changes.counts(),
                "accuracies": accuracy_changes(before, after), "kind": kind,
                "page": page.number, "pages": page.paginator.num_pages,
                "results": [
                    {"image_id": one.image.key, "uid": one.image.uid,
                     "gained": [each.index for each in one.gained],
                     "lost": [each.index for each in one.lost]}
                    for one in images
                ],
            }
        )  # fmt: skip


class Ranges(Endpoint):
    """How the ranges that accuracies can still take have shrunk, report by report."""

    @extend_schema(parameters=[REPORT, *OF], responses={200: shown.RangesSerializer})
    def get(self, request: Request) -> Response:
        report = report_asked(request.query_params.get("report", ""))
        check_known(request, report.parameters)
        choice = tables.choose(report.parameters, request.query_params.dict())
        told = {"snapshot": report.snapshot.hash, "dataset": choice.dataset, "group": choice.group}
        return Response(told | {"points": range_history(report, choice.dataset, choice.group)})
