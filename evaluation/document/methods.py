"""How the numbers came about, with the exact counts, and how to cite them."""

from __future__ import annotations

from annotation.models import Judgment
from evaluation.ensembles import ENSEMBLE
from evaluation.models import MetricReport
from evaluation.reports import METHOD
from evaluation.subsets import FAST, FAST_SECONDS

STUDY = """@inproceedings{shankar2020evaluating,
  title     = {Evaluating Machine Accuracy on {ImageNet}},
  author    = {Shankar, Vaishaal and Roelofs, Rebecca and Mania, Horia and Fang, Alex and
               Recht, Benjamin and Schmidt, Ludwig},
  booktitle = {Proceedings of the 37th International Conference on Machine Learning},
  series    = {Proceedings of Machine Learning Research},
  volume    = {119},
  pages     = {8634--8644},
  year      = {2020}
}"""


def paragraphs(report: MetricReport) -> list[str]:
    """Candidates, review, measures, intervals, and how to compute it all again."""
    return [
        _candidates(report),
        _review(report),
        "Multi-label accuracy is the share of images whose predicted class is one of the image's "
        "correct classes. Images without a correct class and problematic images do not count, nor "
        "does an image for a participant that has no prediction for it. Top-1 accuracy asks for the "
        "one label that the image came with, top-5 accuracy for that label among the first five "
        "predictions.",
        "Intervals of accuracies are Clopper and Pearson's (1934), of gaps between two datasets "
        "Newcombe's (1998, method 10), which takes the datasets to share no image; all at 95 %. Two "
        "participants are compared by McNemar's exact test on the images that count for both, with "
        "Holm's (1979) correction for the number of comparisons. Lines are least-squares fits through "
        "the models.",
        *_ensembles(report),
        *_fast(report),
        f"Computed from snapshot {report.snapshot.hash} by Tusker's method {METHOD}: "
        f"compute_metrics --snapshot {report.snapshot.hash[:12]} computes every number again.",
    ]


def citation(report: MetricReport) -> str:
    """A BibTeX entry of the report itself."""
    snapshot, made = report.snapshot, report.created
    datasets = ", ".join(report.parameters["datasets"]).replace("_", r"\_")
    return (
        f"@misc{{tusker{made:%Y}{snapshot.hash[:8]},\n"
        f"  title        = {{Multi-label evaluation on {datasets}}},\n"
        f"  year         = {{{made:%Y}}},\n"
        f"  month        = {{{made:%b}}},\n"
        f"  howpublished = {{Tusker, snapshot {snapshot.hash}}}\n"
        "}"
    )


def _candidates(report: MetricReport) -> str:
    kinds = {row["participant"]: row["kind"] for row in report.rows if row["kind"] != ENSEMBLE}
    models = sum(kind == "model" for kind in kinds.values())
    people = len(kinds) - models
    who = f"{models:,} model{'' if models == 1 else 's'}"
    who += f" and {people:,} {'person' if people == 1 else 'people'}" if people else ""
    total = report.snapshot.counts["total"]
    return (
        f"The first predictions of {who} on {total['images']:,} images, together with the labels that "
        f"the images came with and the classes that reviewers added, give {total['candidates']:,} "
        "distinct pairs of image and class, the candidates."
    )


def _review(report: MetricReport) -> str:
    given = Judgment.objects.filter(created__lte=report.snapshot.created)
    judgments = given.count()
    reviewers = given.values("reviewer").distinct().count()
    total = report.snapshot.counts["total"]
    verdicts = (
        f"{total['correct']:,} candidates are correct, {total['incorrect']:,} incorrect, "
        f"{total['unclear']:,} unclear and {total['unjudged']:,} unjudged; "
        f"{total['problematic']:,} images were set aside as problematic."
    )
    by = f"{reviewers:,} reviewer{'' if reviewers == 1 else 's'} gave {judgments:,} judgments. "
    return (by if judgments else "") + verdicts


def _ensembles(report: MetricReport) -> list[str]:
    return [
        f"{name} is the plurality vote of {', '.join(members)}; of answers given equally often that of "
        "the first in this list counts."
        for name, members in report.parameters["ensembles"].items()
    ]


def _fast(report: MetricReport) -> list[str]:
    if not any(FAST in found for found in report.parameters["subsets"].values()):
        return []
    return [
        f"Fast images are those for which the median of the people's times is at most {FAST_SECONDS} "
        "seconds."
    ]
