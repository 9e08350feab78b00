"""The Celery application; its settings are the CELERY_ ones of `config.settings`."""

import os

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tusker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def start_servers(**_: object) -> None:
    from config import embedded

    embedded.start()
