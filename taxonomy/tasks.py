from celery import shared_task

from taxonomy.guide import exporting
from taxonomy.models import Taxonomy


@shared_task
def make_guide_export(taxonomy_id: int, kind: str) -> None:
    exporting.make_export(Taxonomy.objects.get(pk=taxonomy_id), kind)
