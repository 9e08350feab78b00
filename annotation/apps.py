from django.apps import AppConfig

from taxonomy.kept_out import add_check


class AnnotationConfig(AppConfig):
    name = "annotation"

    def ready(self) -> None:
        from annotation.images import evaluation_hashes  # which needs the models

        add_check(evaluation_hashes)
