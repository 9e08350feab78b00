from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"

    def ready(self) -> None:
        from annotation.signals import round_closed
        from api import webhooks
        from evaluation.signals import run_finished, snapshot_made

        round_closed.connect(webhooks.on_round_closed)
        run_finished.connect(webhooks.on_run_finished)
        snapshot_made.connect(webhooks.on_snapshot_made)
