from typing import Any

from django.core.management.base import CommandParser

from annotation.labeling.sampling import Sample, read_dataset_counts
from annotation.labeling.tasks import create_task, labelers_named
from annotation.models import LabelingTask
from taxonomy.commands import JsonCommand


class Command(JsonCommand):
    help = "Draw images from datasets for labelers to name the class of."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument(
            "--dataset", action="append", required=True, metavar="NAME[:COUNT]",
            help="so many images of a dataset, or all of it; may be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--balanced", action="store_true",
            help="as many of each class, or one more",
        )  # fmt: skip
        parser.add_argument("--seed", type=int, required=True)
        parser.add_argument(
            "--kind", choices=LabelingTask.Kind.values, default=LabelingTask.Kind.EVALUATION.value,
            help="training tells the truth after each answer; evaluation (the default) does not",
        )  # fmt: skip
        parser.add_argument(
            "--group", action="append", default=[], help="only its classes; may be repeated"
        )
        parser.add_argument(
            "--labeler", action="append", default=[], help="who takes part; may be repeated"
        )
        parser.add_argument("--embargo", type=int, default=180, metavar="DAYS")
        parser.add_argument(
            "--exposed", choices=LabelingTask.Exposed.values,
            default=LabelingTask.Exposed.LEAVE_OUT.value,
            help="images that a labeler saw within the embargo: leave them out, or mark the answers",
        )  # fmt: skip
        parser.add_argument("--open", action="store_true", help="let the labelers begin at once")

    def run(self, **options: Any) -> dict[str, Any]:
        sample = Sample(
            read_dataset_counts(options["dataset"]), options["balanced"], tuple(options["group"])
        )
        task, drawn = create_task(
            options["name"], options["kind"], sample, options["seed"],
            labelers=labelers_named(options["labeler"]), embargo_days=options["embargo"],
            exposed=options["exposed"],
            state=LabelingTask.State.OPEN if options["open"] else LabelingTask.State.PLANNED,
        )  # fmt: skip
        return {
            "task": task.pk, "name": task.name, "kind": task.kind, "state": task.state,
            "images": len(drawn.image_ids), "classes": len(drawn.per_class),
            "datasets": drawn.datasets, "left_out": drawn.left_out,
            "labelers": task.enrollments.count(),
        }  # fmt: skip
