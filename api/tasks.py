from typing import Any

from celery import shared_task

from api import idempotency, webhooks
from api.models import Webhook


@shared_task(
    autoretry_for=(webhooks.Unheard,), retry_backoff=5, retry_backoff_max=3600, max_retries=8
)
def tell(hook_id: int, content: dict[str, Any]) -> None:
    """Tried again after 5 s, 10 s, … up to about 20 minutes."""
    if hook := Webhook.objects.filter(pk=hook_id).first():
        webhooks.send(hook, content)


@shared_task
def forget_answers() -> None:
    """Called every hour; see CELERY_BEAT_SCHEDULE."""
    idempotency.forget()
