"""Static files under names that carry their content's hash."""

from collections.abc import Iterator
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports between ES modules."""

    support_js_module_import_aggregation = True
    # A pass for each module that imports a module: chains may be as long.
    max_post_process_passes = 30

    def post_process(self, paths: dict[str, Any], **options: Any) -> Iterator[Any]:
        """Leaves htmx's extensions alone: no page uses them, and one names a file not shipped."""
        used = {path: found for path, found in paths.items() if "/ext/" not in path}
        yield from super().post_process(used, **options)
