"""The development server: a PostgreSQL of this user's own that keeps its data and outlives whoever starts it.

>>> server = start()
>>> connection = psycopg.connect(server.dsn)
"""

import fcntl
import json
import os
import shutil
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast
from urllib.parse import quote

import psycopg
from psycopg import sql

from bookingdb.server import (
    OWNER,
    SETTINGS,
    ServerError,
    _folders,
    _supervisor,
    create_owner,
    programs_for,
    read_answer,
    supervisor_command,
)

__all__ = ["DATABASE", "DevServer", "default_directory", "find", "psql", "start", "stop"]

DATABASE = "bookingdb"
DIRECTORY_VARIABLE = "BOOKINGDB_DEV_DIRECTORY"
_STARTING = "start.lock"
_PATIENCE = 15.0  # seconds for an answer: longer than a supervisor waits for a silent visitor
_PATIENCE_FOR_STOP = 90.0  # longer than it waits for the end of its server


@dataclass(frozen=True)
class DevServer:
    """A running development server."""

    directory: Path
    """The folder of its data."""
    host: Path
    """The folder of its Unix socket."""
    pid: int

    @property
    def dsn(self) -> str:
        """The DSN of its database, as the owner, who is no superuser."""
        return self.url(OWNER, DATABASE)

    @property
    def version(self) -> int:
        """The major version of PostgreSQL."""
        return int((self.directory / _supervisor.DATA / "PG_VERSION").read_text())

    @property
    def log(self) -> Path:
        """The file of the server's log since it was started."""
        return self.directory / _supervisor.LOG

    def url(self, user: str, database: str) -> str:
        """Return a connection string."""
        host = quote(os.fsencode(self.host), safe="/")
        # an empty hostaddr, or PGHOSTADDR in the environment would lead to another server
        return f"postgresql://{user}@/{database}?host={host}&hostaddr=&port={_supervisor.PORT}"


def default_directory() -> Path:
    """Return where the data are when nobody says otherwise: BOOKINGDB_DEV_DIRECTORY, else a folder of the user's."""
    if chosen := os.environ.get(DIRECTORY_VARIABLE):
        return Path(chosen)
    if state := os.environ.get("XDG_STATE_HOME"):
        return Path(state, "bookingdb", "dev")
    if os.geteuid() == 0:  # the server runs as another user, to whom root's home is closed
        return Path("/var/lib/bookingdb/dev")
    try:
        return Path.home() / ".local" / "state" / "bookingdb" / "dev"
    except RuntimeError:
        raise ServerError(f"This user has no home: say in {DIRECTORY_VARIABLE} where the data go") from None


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn what the file system refuses into a sentence."""
    try:
        yield
    except OSError as error:
        raise ServerError(f"{error.strerror or error}: {error.filename}") from error


@_sentences()
def start(directory: Path | None = None) -> DevServer:
    """Start the server unless it runs; return it when it is ready. Any number of calls may run at once."""
    account = _folders.unprivileged_account()
    directory = _folders.claim(_readable(directory or default_directory()), account)
    with _one_at_a_time(directory) as lock:
        if server := find(directory):
            with suppress(psycopg.OperationalError):  # it was just killed, and its supervisor has yet to notice
                return _with_database(server)
        return _with_database(_start(directory, lock))


@_sentences()
def stop(directory: Path | None = None) -> bool:
    """Stop the server in order and return when its last process has ended; tell whether it ran."""
    directory = (directory or default_directory()).resolve()
    if not (directory / _folders.LOCK).exists():
        return False
    with _one_at_a_time(directory):
        host = _folders.socket_folder(directory)
        ran = _ask(directory, host, _supervisor.STOP) is not None
        if host.parent != directory:
            with suppress(OSError):  # there is none, or something is left in it
                host.rmdir()
        return ran


@_sentences()
def find(directory: Path | None = None) -> DevServer | None:
    """Return the server if it runs."""
    directory = (directory or default_directory()).resolve()
    host = _folders.socket_folder(directory)
    pid = _ask(directory, host)
    return DevServer(directory, host, pid) if pid else None


def psql(server: DevServer) -> Path:
    """Return the program psql of the server's version, or any."""
    with suppress(ServerError):  # the programs that run it may be gone by now
        beside_server = programs_for(server.directory) / "psql"
        if beside_server.is_file():
            return beside_server
    if on_path := shutil.which("psql"):
        return Path(on_path)
    raise ServerError(
        "There is no psql, neither beside the server's programs nor on PATH: install PostgreSQL's client programs, "
        "or connect with another program to the DSN that bookingdb dev dsn prints"
    )


def _readable(directory: Path) -> Path:
    """Refuse a folder whose name PostgreSQL and its connection strings cannot have."""
    try:
        str(directory.resolve()).encode()
    except UnicodeEncodeError:
        raise ServerError(f"{os.fsencode(directory)!r} is not UTF-8: choose another folder") from None
    return directory


@contextmanager
def _one_at_a_time(directory: Path) -> Iterator[int]:
    """Wait until nobody else starts or stops the server."""
    with (directory / _STARTING).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def _start(directory: Path, starting: int) -> DevServer:
    account = _folders.unprivileged_account()
    host = _folders.socket_folder(directory)
    _folders.make_private(host, account)
    order = _supervisor.Order(
        bindir=str(programs_for(directory)),
        base="",
        sweep=[],
        account=(account.pw_uid, account.pw_gid) if account else None,
        directory=str(directory),
        lock=str(directory / _folders.LOCK),
        settings=SETTINGS,
        lasting=_supervisor.Lasting(folder=str(host), starting=starting),
    )
    log_file = directory / _supervisor.LOG
    log_file.touch(mode=0o600)
    with (
        log_file.open("wb") as log,
        subprocess.Popen(
            supervisor_command(order),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=[starting],
            cwd="/",
            start_new_session=True,
        ) as supervisor,
    ):
        started = read_answer(cast("IO[bytes]", supervisor.stdout), order)
    return DevServer(directory, host, started["pid"])


def _with_database(server: DevServer) -> DevServer:
    with closing(psycopg.connect(server.url(_supervisor.SUPERUSER, "postgres"), autocommit=True)) as connection:
        create_owner(connection)
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchall():
            create = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(create.format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))
    return server


def _ask(directory: Path, host: Path, request: bytes = b"") -> int | None:
    """Return the process id of the server whose sockets are in ``host``, None if none runs.

    After a request this returns when the supervisor has done it and ended.
    """
    try:
        if not (_folders.is_private(host, _folders.unprivileged_account()) or _is_seen_by_root(directory, host)):
            return None
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_PATIENCE)
            connection.connect(str(host / _supervisor.CONTROL))
            with connection.makefile("rb") as answers:
                answer = answers.readline()
                if answer and request:
                    connection.settimeout(_PATIENCE_FOR_STOP)
                    connection.sendall(request)
                    answers.read()
    except (FileNotFoundError, NotADirectoryError, ConnectionError):
        return None
    except TimeoutError:
        raise ServerError(f"The supervisor of the server in {host} does not answer") from None
    return int(json.loads(answer)["pid"]) if answer else None


def _is_seen_by_root(directory: Path, host: Path) -> bool:
    """Whether this is root, and only the owner of the data may enter ``host``, which lies beside them."""
    about = host.lstat()
    is_owners = stat.S_ISDIR(about.st_mode) and about.st_uid == directory.stat().st_uid and not about.st_mode & 0o077
    return os.geteuid() == 0 and host.parent == directory and is_owners
