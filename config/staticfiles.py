from django.contrib.staticfiles.apps import StaticFilesConfig


class CollectedFiles(StaticFilesConfig):
    """Leaves out htmx's extensions: no page uses one, and one names a file that isn't shipped."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "ext"]
