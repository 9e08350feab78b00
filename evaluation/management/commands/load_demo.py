from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from evaluation.demo.loading import load_drawn, load_real, logins
from evaluation.inference.following import own_worker, wait_for_workers
from taxonomy.commands import JsonCommand


class Command(JsonCommand):
    help = "Load a small drawn world, or real data, to try Tusker on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, help="a folder of real data to load instead")
        parser.add_argument("--address", help="load nothing; print where to log in, and as whom")

    def run(self, **options: Any) -> dict[str, Any]:
        if options["address"]:
            return {"address": options["address"], "logins": logins()}
        with self.progress(options) as progress:
            if options["data"]:
                return load_real(options["data"], progress)
            with own_worker():
                return load_drawn(progress, wait_for_workers)

    def describe(self, result: dict[str, Any]) -> str:
        if "address" not in result:
            return f"{result['candidates']} candidates, {result['judged']} of them judged"
        lines = [f"  {role:<10} password {password}" for role, password in result["logins"].items()]
        return "\n".join(
            [
                "",
                f"Tusker: {result['address']}",
                "Log in as",
                *lines,
                "Ctrl-C stops everything.",
                "",
            ]
        )
