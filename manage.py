#!/usr/bin/env python
"""Tusker's command line: starts the embedded servers when they are needed, then runs a command."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    from config import embedded

    try:
        embedded.start()
    except embedded.ServerError as error:
        sys.exit(f"Error: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
