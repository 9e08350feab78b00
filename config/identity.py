"""Who runs PostgreSQL, which refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# Linux capabilities by which a process may pass folders that are closed to its user; by the first
# it may also read whatever there is, by the second write it as well.
CAPABILITIES = ("dac_read_search", "dac_override")


class ServerError(RuntimeError):
    """An embedded server cannot be started; the message is one line for the user."""


def server_user() -> pwd.struct_passwd:
    """Whoever runs Tusker; for root `postgres` or `nobody`. Raises ServerError without either."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerError("PostgreSQL can't run as root and there is no user 'postgres' or 'nobody'")


def as_server_user(command: list[str], folders: Iterable[Path]) -> tuple[list[str], dict[str, Any]]:
    """The command and the arguments of `subprocess` with which the server's user runs it.

    If some of the folders are closed to that user, as all below /root are, they stay so: the
    program is allowed to pass them, which is a right of that process alone. Raises ServerError if
    the system can't give it.
    """
    if os.geteuid() != 0:
        return command, {}
    user = server_user()
    closed = _closed(user, folders)
    if not closed:
        return command, {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    for capability in CAPABILITIES:
        let_pass = _setpriv(user, capability)
        if _succeeds([*let_pass, "true"]):
            return [*let_pass, *command], {}
    listed = " ".join(f"'{folder}'" for folder in closed)
    raise ServerError(
        f"PostgreSQL can't run as root, and '{user.pw_name}' can't get to its files; run Tusker as"
        f" an ordinary user, or open the way by: chmod o+x {listed}"
    )


def _setpriv(user: pwd.struct_passwd, capability: str) -> list[str]:
    """What runs the command that follows as this user, with this capability and no other."""
    only = f"-all,+{capability}"
    # Without the securebit, access(2) would forget the capability, and initdb not find postgres.
    return [
        "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
        "--securebits=+no_setuid_fixup", f"--inh-caps={only}", f"--ambient-caps={only}",
        f"--bounding-set={only}",
    ]  # fmt: skip


def _succeeds(command: list[str]) -> bool:
    try:
        return not subprocess.run(command, capture_output=True, check=False).returncode
    except OSError:  # no such program
        return False


def _closed(user: pwd.struct_passwd, folders: Iterable[Path]) -> list[Path]:
    """Those among the folders and the ones above them that the user may not pass."""
    paths = {path for folder in folders for path in (folder, folder.resolve())}
    way = {step for path in paths for step in (path, *path.parents)}
    return sorted(step for step in way if not _may_pass(user, step.stat()))


def _may_pass(user: pwd.struct_passwd, folder: os.stat_result) -> bool:
    if folder.st_uid == user.pw_uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == user.pw_gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)
