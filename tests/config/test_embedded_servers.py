"""The embedded servers, each test in a home of its own, by commands in processes of their own."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from config.embedded import BASE_DIR

QUESTION = """
import json
from config import embedded
embedded.start()
import psycopg2, redis
if embedded.POSTGRES.wanted():
    psycopg2.connect(host=str(embedded.socket_dir()), user="tusker", dbname="tusker").close()
if embedded.REDIS.wanted():
    redis.Redis.from_url(embedded.redis_url(0)).ping()
pids = [server.process().pid if server.process() else None
        for server in (embedded.POSTGRES, embedded.REDIS)]
print(json.dumps(pids))
"""


def run(
    home: Path, code: str = QUESTION, arguments: Sequence[str] = (), **options
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "TUSKER_HOME": str(home), **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=BASE_DIR, env=environment, capture_output=True,
        text=True, timeout=120, check=False, **options,
    )  # fmt: skip


def pids(home: Path, **options) -> list[int | None]:
    result = run(home, **options)
    assert result.returncode == 0, result.stderr
    return eval(result.stdout.replace("null", "None"))


@pytest.fixture
def home(tmp_path_factory):
    """A short path, as most have, open to a server that runs as another user."""
    path = tmp_path_factory.mktemp("home")
    yield path
    run(path, "from config import embedded; embedded.stop()")


def test_a_second_command_shares_the_servers_of_the_first(home):
    first = pids(home)
    assert None not in first
    assert pids(home) == first


def test_commands_that_start_at_the_same_moment_share_one_pair(home):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", QUESTION], cwd=BASE_DIR, text=True, stdout=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "TUSKER_HOME": str(home)},
        )
        for _ in range(4)
    ]  # fmt: skip
    answers = {process.communicate(timeout=120)[0] for process in processes}
    assert len(answers) == 1


def test_servers_killed_without_warning_come_back(home):
    before = pids(home)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    after = pids(home)
    assert None not in after
    assert not set(before) & set(after)


def test_a_lock_file_that_names_a_stranger_is_no_obstacle(home):
    """After a crash and a reboot the old number may belong to any program."""
    before = pids(home)
    run(home, "from config import embedded; embedded.stop()")
    (home / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{home}/postgres\n")
    (home / "redis" / "redis.pid").write_text(f"{os.getpid()}\n")
    after = pids(home)
    assert None not in after
    assert os.getpid() not in after
    assert not set(before) & set(after)


def test_what_was_committed_before_a_kill_is_there_after_it(home):
    code = """
import psycopg2
from config import embedded
embedded.start()
with psycopg2.connect(host=str(embedded.socket_dir()), user="tusker", dbname="tusker") as c:
    c.cursor().execute("CREATE TABLE kept AS SELECT 7 AS number")
"""
    assert run(home, code).returncode == 0
    os.kill(pids(home)[0], signal.SIGKILL)
    question = code.split("with ")[0] + (
        'c = psycopg2.connect(host=str(embedded.socket_dir()), user="tusker", dbname="tusker")\n'
        'k = c.cursor(); k.execute("SELECT number FROM kept"); print(k.fetchone()[0])'
    )
    assert run(home, question).stdout.strip() == "7"


def test_a_path_with_spaces_and_a_long_one_will_do(tmp_path):
    home = tmp_path / "a folder with spaces" / ("long" * 20)
    try:
        assert None not in pids(home)
    finally:
        run(home, "from config import embedded; embedded.stop()")


def test_two_homes_side_by_side_have_servers_of_their_own(home, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    try:
        assert not set(pids(home)) & set(pids(other))
    finally:
        run(other, "from config import embedded; embedded.stop()")


def test_stopping_ends_both(home):
    processes = [psutil.Process(pid) for pid in pids(home)]
    run(home, "from config import embedded; embedded.stop()")
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert not alive


def test_with_urls_set_nothing_is_started(home):
    env = {"DATABASE_URL": "postgres://somewhere/else", "REDIS_URL": "redis://somewhere/0"}
    assert pids(home, env=env) == [None, None]
    assert not (home / "postgres").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_can_run_them(tmp_path_factory):
    user = pwd.getpwnam("nobody")
    folder = Path("/tmp") / f"tusker-test-{os.getpid()}"
    folder.mkdir(mode=0o755)
    os.chown(folder, user.pw_uid, user.pw_gid)
    if not can_read_project(user):
        shutil.rmtree(folder)
        pytest.skip("the project's folder is closed to ordinary users here")
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    try:
        found = pids(folder, **identity)
        assert {psutil.Process(pid).uids().real for pid in found} == {user.pw_uid}
        run(folder, "from config import embedded; embedded.stop()", **identity)
    finally:
        time.sleep(0.1)
        shutil.rmtree(folder, ignore_errors=True)


def can_read_project(user: pwd.struct_passwd) -> bool:
    """Whether `user` can run this Python: it may lie below a folder such as /root."""
    try:
        result = subprocess.run(
            [sys.executable, "-c", "import django"], user=user.pw_uid, group=user.pw_gid,
            extra_groups=[], cwd=BASE_DIR, capture_output=True, check=False,
        )  # fmt: skip
    except PermissionError:
        return False
    return result.returncode == 0


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL runs as whoever starts it")


@pytest.fixture
def closed(tmp_path_factory):
    """A home below a folder that only root may pass, as all below /root are."""
    above = tmp_path_factory.mktemp("above")
    home = above / "only for root" / "home"
    home.mkdir(parents=True)
    (above / "only for root").chmod(0o700)
    yield home
    run(home, "from config import embedded; embedded.stop()")


@as_root
def test_root_opens_no_folder_to_let_the_server_pass(closed):
    modes = {folder: folder.stat().st_mode for folder in (closed, *closed.parents)}
    found = pids(closed)
    assert None not in found
    assert psutil.Process(found[0]).uids().real != 0
    assert {folder: folder.stat().st_mode for folder in modes} == modes
    os.kill(found[0], signal.SIGKILL)
    assert None not in pids(closed)


@as_root
def test_the_server_gets_no_other_right_than_to_pass(closed):
    status = Path(f"/proc/{pids(closed)[0]}/status").read_text()
    held = dict(line.split(":\t") for line in status.splitlines() if line.startswith("Cap"))
    rights = {name: int(value, 16) for name, value in held.items()}
    assert rights["CapPrm"] == rights["CapBnd"] != 0
    assert rights["CapPrm"].bit_count() == 1


@as_root
def test_where_the_server_cannot_be_let_pass_root_is_told_what_to_do(closed):
    result = run(closed, env={"PATH": str(closed)})
    assert result.returncode != 0
    reason = result.stderr.strip().splitlines()[-1]
    assert "PostgreSQL can't run as root" in reason
    assert f"'{closed.parent}'" in reason
    assert not (closed / "postgres").exists()


def is_open(folder: Path) -> bool:
    return all(step.stat().st_mode & stat.S_IXOTH for step in (folder, *folder.parents))


@as_root
@pytest.mark.skipif(not is_open(Path(sys.prefix).resolve()), reason="the programs are closed here")
def test_where_the_way_is_open_the_server_gets_no_right_at_all():
    home = Path(tempfile.mkdtemp(prefix="tusker-test-", dir="/tmp"))
    home.chmod(0o755)
    try:
        status = Path(f"/proc/{pids(home)[0]}/status").read_text()
        assert re.search(r"CapPrm:\s*0+\n", status)
    finally:
        run(home, "from config import embedded; embedded.stop()")
        shutil.rmtree(home)


@pytest.fixture
def elsewhere(tmp_path):
    """A home whose path is too long for sockets, and where they are instead."""
    home = tmp_path / ("long" * 20)
    where = "from config import embedded; print(embedded.socket_dir())"
    sockets = Path(run(home, where).stdout.strip())
    assert sockets.parent == Path(tempfile.gettempdir())
    yield home, sockets
    run(home, "from config import embedded; embedded.stop()")
    if sockets.is_symlink():
        sockets.unlink()
    shutil.rmtree(sockets, ignore_errors=True)


def test_a_link_where_the_sockets_go_is_not_followed(elsewhere, tmp_path):
    home, sockets = elsewhere
    (tmp_path / "trap").mkdir(mode=0o755)
    sockets.symlink_to(tmp_path / "trap")
    result = run(home)
    assert result.returncode != 0
    assert f"{sockets} is no folder of Tusker's" in result.stderr
    assert stat.S_IMODE((tmp_path / "trap").stat().st_mode) == 0o755
    assert list((tmp_path / "trap").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_where_the_sockets_go_is_not_used(elsewhere):
    home, sockets = elsewhere
    sockets.mkdir(mode=0o777)
    os.chown(sockets, 12345, 12345)
    result = run(home)
    assert result.returncode != 0
    assert f"{sockets} belongs to somebody else" in result.stderr
    assert list(sockets.iterdir()) == []


def test_a_folder_where_the_sockets_go_is_closed_before_it_is_used(elsewhere):
    home, sockets = elsewhere
    sockets.mkdir()
    sockets.chmod(0o777)
    assert None not in pids(home)
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700


def test_another_redis_that_has_the_old_number_is_left_alone(home, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    try:
        stranger = pids(other)[1]
        (home / "redis").mkdir()
        (home / "redis" / "redis.pid").write_text(f"{stranger}\n")
        run(home, "from config import embedded; embedded.stop()")
        assert pids(other)[1] == stranger
        assert stranger not in pids(home)
        assert pids(other)[1] == stranger
    finally:
        run(other, "from config import embedded; embedded.stop()")


def test_data_and_sockets_are_closed_to_other_people(home):
    pids(home)
    for name in ("postgres", "redis"):
        assert not stat.S_IMODE((home / name).stat().st_mode) & 0o077
    sockets = run(home, "from config import embedded; print(embedded.socket_dir())").stdout.strip()
    assert not stat.S_IMODE(Path(sockets).stat().st_mode) & 0o077
