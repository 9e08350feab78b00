from celery import shared_task
from celery.signals import worker_ready

from taxonomy.guide import exporting
from taxonomy.models import Taxonomy, ThumbnailSheets
from taxonomy.reference import sheets


@shared_task
def make_guide_export(taxonomy_id: int, kind: str) -> None:
    exporting.make_export(Taxonomy.objects.get(pk=taxonomy_id), kind)


def order_guide_export(taxonomy: Taxonomy, kind: str) -> None:
    """Have a worker make a file of the guide, unless one is at it or the file is there."""
    if exporting.announce(exporting.export_of(taxonomy, kind)):
        make_guide_export.delay(taxonomy.pk, kind)


@shared_task
def make_sheet(label_class: int) -> None:
    sheets.make_sheet(label_class)


@shared_task
def make_thumbs(taxonomy_id: int) -> None:
    if current := ThumbnailSheets.objects.filter(taxonomy=taxonomy_id).first():
        sheets.make_thumbs(current)


@worker_ready.connect
def resume_sheets(**_: object) -> None:
    """Order again what was lost with a worker or broker; what is there is not made twice."""
    for label_class in sheets.waiting_sheets():
        make_sheet.delay(label_class)
