"""A world with one of everything that has an address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from accounts.models import Invitation, User
from accounts.people import invite
from accounts.roles import REVIEWER
from annotation.importing import jobs
from annotation.labeling.sampling import Sample
from annotation.labeling.tasks import create_task
from annotation.models import Dataset, Image, Participant, PredictionSet
from api.models import Webhook
from api.tokens import make_token
from evaluation.exports import jobs as exporting
from evaluation.inference.registering import register
from evaluation.inference.runs import start_run
from evaluation.models import (
    ClassifierModel,
    ExportJob,
    FailedTask,
    InferenceRun,
    ParticipantGroup,
    Subset,
)
from evaluation.reports import compute_report
from evaluation.snapshots import take_snapshot
from taxonomy.guide.writing import Draft, create_entry
from taxonomy.models import ReferenceImage, Taxonomy
from taxonomy.reference.importing import import_reference_images
from tests.evaluation.inference.onnx_files import write_model
from tests.worlds import draw, picture_round


def one_of_everything(folder: Path, admin: User) -> dict[str, Any]:
    """What each parameter of an address may be."""
    review_round = picture_round(folder)
    taxonomy = review_round.taxonomy
    draw_reference(taxonomy, folder)
    entry = create_entry(taxonomy, Draft("Cranes", "Long legs.", (0,)), admin)
    token = invite(admin, [REVIEWER])
    # One of which no round asks: those are closed to reviewers.
    image = Image.objects.create(taxonomy=taxonomy, key="in no round", target=0)
    return {
        "change": "open",
        "entry_id": entry.pk,
        "export_id": make_export(admin).pk,
        "group_id": taxonomy.groups.create(name="some", position=9).pk,
        "hook_id": Webhook.objects.create(url="https://a.example", events=[], secret="x").pk,
        "image_id": ReferenceImage.objects.get().pk,
        "index": 0,
        "invitation_id": Invitation.objects.get().pk,
        "job_id": jobs.start("taxonomy", {"name": None, "files": []}, admin).pk,
        "kind": "html",
        "name": "vega.js",
        "number": 1,
        "failed_id": FailedTask.objects.create(name="x.y", arguments=[[], {}]).pk,
        "figure": "measures",
        "first_id": Participant.objects.all()[0].pk,
        "participants_id": ParticipantGroup.objects.create(name="best").pk,
        "participant_id": Participant.objects.all()[0].pk,
        "person_id": admin.pk,
        "run_id": make_run(folder).pk,
        "model_id": ClassifierModel.objects.get().pk,
        "second_id": Participant.objects.all()[1].pk,
        "relation_id": taxonomy.relations.all()[0].pk,
        "rendition": "large",
        "report": "latest",
        "rest": "no/such",
        "set_id": PredictionSet.objects.all()[0].pk,
        "report_id": compute_report(take_snapshot()).pk,
        "round_id": review_round.pk,
        "subset_id": Subset.objects.create(name="single").pk,
        "suffix": "json",
        "task_id": create_task("exam", "evaluation", Sample({"photos": 2}), 1)[0].pk,
        "taxonomy_id": taxonomy.pk,
        "token": token,
        "token_id": make_token(admin, "x", ["read"], 1)[0].pk,
        "turn_id": review_round.items.all()[0].pk,
        "uid": image.uid,
        "version": "x",
    }


def make_run(folder: Path) -> InferenceRun:
    dataset = Dataset.objects.get()
    model = register(write_model(folder / "colours.onnx"), dataset.taxonomy, {})
    return start_run(model, dataset)


def make_export(admin: User) -> ExportJob:
    job = exporting.start("csv", [], "", admin)
    exporting.run_job(job.pk)
    return job


def draw_reference(taxonomy: Taxonomy, folder: Path) -> None:
    (folder / "reference" / "a").mkdir(parents=True)
    draw(folder / "reference" / "a" / "crane.jpg", 17)
    import_reference_images(taxonomy, folder / "reference")
