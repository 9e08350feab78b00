"""The report that is read from beginning to end: page, HTML file and PDF."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import pytest
from django.urls import reverse

from annotation.models import Candidate, Dataset, Image, PredictionSet, Verdict
from evaluation.document import compose, make_html, make_pdf
from evaluation.metrics import clopper_pearson
from evaluation.models import LabelSnapshot, MetricReport, Subset
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from tests.factories import make_dataset, make_taxonomy, predict

pytestmark = pytest.mark.django_db


@pytest.fixture
def datasets() -> list[Dataset]:
    """Two datasets of forty images of ten classes: 0 to 2 are dogs, 0 to 4 organisms. Every image's
    class is correct, on every fourth the next class too."""
    taxonomy = make_taxonomy()
    for position, (name, size) in enumerate([("organisms", 5), ("dogs", 3)], start=1):
        members = taxonomy.classes.filter(index__lt=size)
        taxonomy.groups.create(name=name, position=position).members.set(members)
    taxonomy.groups.create(
        name="objects", position=3, complement_of=taxonomy.groups.get(name="organisms")
    )
    rng = np.random.default_rng(5)
    targets = np.arange(40) % 10
    made = []
    for name, loss in (("old", 0.0), ("new", 0.2)):
        dataset = make_dataset(taxonomy, 40, name)
        for place, image in enumerate(Image.objects.filter(key__startswith=name).order_by("key")):
            right = [image.target, *([(image.target + 1) % 10] if place % 4 == 0 else [])]
            rows = Candidate.objects.filter(image=image)
            rows.update(verdict=Verdict.INCORRECT)
            rows.filter(class_index__in=right).update(verdict=Verdict.CORRECT)
        for number, kind in enumerate(["model"] * 4 + ["human"] * 3):
            hit = rng.random(40) < 0.6 + 0.05 * number - loss
            answers = np.where(hit, targets, (targets + 5) % 10)
            made_set = predict(f"{kind} {number}", dataset, answers[:, None].tolist(), kind)
            if kind == "human":
                seconds = rng.uniform(20, 90, 40).astype("<f4").tobytes()
                PredictionSet.objects.filter(pk=made_set.pk).update(seconds=seconds)
        made.append(dataset)
    Subset.objects.create(name="single", most_labels=1)
    return made


@pytest.fixture
def report(datasets) -> MetricReport:
    return compute_report(take_snapshot())


def sections(report: MetricReport, **more: object) -> dict:
    return {section.title: section for section in compose(report, **more).sections}


def row(report: MetricReport, participant: str, dataset: str, group: str) -> dict:
    key = (participant, dataset, group)
    return next(r for r in report.rows if (r["participant"], r["dataset"], r["group"]) == key)


def test_the_order_is_that_of_the_study_s_recommendations(report):
    assert list(sections(report)) == [
        "Images and labels", "Multi-label accuracy", "Dogs, other organisms and objects",
        "Distribution shift", "People", "Subsets of images", "What all got wrong", "Methods",
    ]  # fmt: skip


def test_cells_are_those_of_the_report(report):
    sheet = sections(report)["Multi-label accuracy"].sheets[0]
    assert sheet.columns == ["Participant", "new", "old", "Gap, new to old"]
    for name, cells in sheet.lines:
        for dataset, cell in zip(("new", "old"), cells, strict=False):
            expected = row(report, name, dataset, "all")["multi_label"]
            assert cell.text == f"{100 * expected['accuracy']:.1f}"
            assert cell.more == f"[{100 * expected['low']:.1f}, {100 * expected['high']:.1f}]"


def test_other_organisms_are_those_that_are_no_dogs(report, datasets):
    sheet = next(
        one
        for one in sections(report)["Dogs, other organisms and objects"].sheets
        if one.title.endswith("old")
    )
    assert sheet.columns == ["Participant", "dogs", "other organisms", "objects"]
    images = list(Image.objects.filter(key__startswith="old").order_by("key"))
    sets = {p.participant.name: p for p in datasets[0].prediction_sets.all()}
    for name, cells in sheet.lines:
        if name not in sets:
            continue
        top1 = np.frombuffer(sets[name].top_k, "<i4")
        chosen = [i for i, image in enumerate(images) if image.target in (3, 4)]
        correct = sum(
            images[i].candidates.filter(class_index=int(top1[i]), verdict=Verdict.CORRECT).exists()
            for i in chosen
        )
        low, high = clopper_pearson(correct, len(chosen))
        assert cells[1].text == f"{100 * correct / len(chosen):.1f}"
        assert cells[1].more == f"[{100 * low:.1f}, {100 * high:.1f}]"


def test_the_methods_have_the_exact_counts(report):
    text = " ".join(sections(report)["Methods"].paragraphs)
    counts = report.snapshot.counts["total"]
    assert "4 models and 3 people on 80 images" in text
    assert f"give {counts['candidates']} distinct pairs" in text
    assert f"{counts['correct']} candidates are correct, {counts['incorrect']} incorrect" in text
    assert report.snapshot.hash in text
    assert "Human majority is the plurality vote of human 4, human 5, human 6" in text


def test_two_snapshots_are_compared(report):
    before = report.snapshot
    Candidate.objects.filter(image__key="old-00001", verdict=Verdict.INCORRECT).update(
        verdict=Verdict.CORRECT
    )
    later = compute_report(take_snapshot())
    changed = sections(later, against=before)["What changed"]
    assert "79 kept their correct labels, 1 only gained some" in changed.paragraphs[0]
    assert {name for name, _ in changed.sheets[0].lines} == {r["participant"] for r in report.rows}


def test_the_html_file_needs_nothing_else_and_is_the_same_every_time(report):
    first, again = (make_html(compose(report)) for _ in range(2))
    assert first == again
    text = first.decode()
    assert "<script" not in text
    assert not re.findall(r'(?:src|href)="(?!data:|#)', text)
    assert text.count("data:image/svg+xml;base64,") == sum(
        len(section.drawings) for section in compose(report).sections
    )


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="reads the PDF with pdftotext")
def test_the_pdf_has_every_section_and_number(report, tmp_path):
    (tmp_path / "report.pdf").write_bytes(make_pdf(compose(report)))
    done = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "report.pdf", "-"], capture_output=True, check=True
    )
    text = " ".join(done.stdout.decode().split())
    for section in compose(report).sections:
        assert section.title in text
        for sheet in section.sheets:
            assert sheet.title in text
            for _, cells in sheet.lines:
                assert all(cell.text in text for cell in cells)
    assert "shankar2020evaluating" in text


def test_a_world_without_anything_but_one_model_has_a_report_too():
    dataset = make_dataset(make_taxonomy(), 2)
    predict("net", dataset, [[0], [1]])
    report = compute_report(take_snapshot())
    found = sections(report)
    assert "Distribution shift" not in found
    assert "People" not in found
    assert make_html(compose(report))
    assert make_pdf(compose(report)).startswith(b"%PDF")


def test_the_page_and_its_files(admin_client, report):
    page = admin_client.get(reverse("report"), {"report": report.pk})
    assert f"{reverse('export')}?snapshot={report.snapshot.hash}" in page.content.decode()
    assert page.status_code == 200
    assert f"report={report.pk}" in page.content.decode()
    for suffix, sign in (("html", b"<!doctype html>"), ("pdf", b"%PDF")):
        for _ in range(2):  # made, then kept
            answer = admin_client.get(reverse("report_file", args=[suffix]))
            assert answer.content.startswith(sign)
    assert admin_client.get(reverse("report_file", args=["exe"])).status_code == 404
    assert admin_client.get(reverse("report"), {"report": 10**9}).status_code == 404
    assert admin_client.get(reverse("report"), {"against": "none such"}).status_code == 404


def test_without_a_report_the_page_says_what_to_do(admin_client):
    assert not LabelSnapshot.objects.exists()
    assert "Import" in admin_client.get(reverse("report")).content.decode()
