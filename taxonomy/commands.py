"""What every management command of the project shares."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import audit
from taxonomy.errors import InputError
from taxonomy.progress import Progress, quiet, terminal

# By how a command's name begins; and the options that say what it was about.
AUDITED = {"import": audit.Action.IMPORT, "export": audit.Action.EXPORT}
TOLD = ("name", "dataset", "format", "file", "path", "paths", "out", "with_names")


class JsonCommand(BaseCommand):
    """A command that returns a JSON object from `run`; bad input becomes one line and exit 1.

    Subclasses write `run(**options) -> dict` and, if the plain text should be more than
    "key: value" lines, `describe(result) -> str`. `run` draws its progress with
    ``with self.progress(options) as progress: work(..., progress=progress)``.
    """

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object as the last line"
        )
        return parser

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = self.run(**options)
        except InputError as error:
            raise CommandError(str(error)) from error
        self._note(options)
        self.stdout.write(json.dumps(result) if options["json"] else self.describe(result))

    def _note(self, options: dict[str, Any]) -> None:
        """For those who ask later who imported and exported what."""
        name = type(self).__module__.rpartition(".")[2]
        action = AUDITED.get(name.partition("_")[0])
        if action:
            given = {key: options[key] for key in TOLD if options.get(key)}
            told = (key if value is True else str(value) for key, value in given.items())
            audit.note(None, action, " ".join([name, *told]))

    def run(self, **options: Any) -> dict[str, Any]:
        raise NotImplementedError

    def describe(self, result: dict[str, Any]) -> str:
        return "\n".join(f"{key}: {value}" for key, value in result.items())

    @contextmanager
    def progress(self, options: dict[str, Any]) -> Iterator[Progress]:
        """A progress function (see `taxonomy.progress`), silent with --json or --verbosity 0."""
        if options["json"] or not options["verbosity"]:
            yield quiet
            return
        with terminal() as show:
            yield show
