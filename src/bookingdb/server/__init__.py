"""A PostgreSQL server of one's own: started from its programs, gone without a trace afterwards.

>>> with launch() as server:
...     connection = psycopg.connect(server.conninfo())
"""

import json
import os
import pwd
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from psycopg.conninfo import make_conninfo

from bookingdb.server import _supervisor
from bookingdb.server._binaries import ServerError, find_binaries, open_to_all, readable_copy, require_binaries

__all__ = ["Server", "ServerError", "find_binaries", "launch"]

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - here and below, only folders made by mkdtemp are used
_SHORT_PATHS = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108
_ROOM = 1 << 30  # a container's /dev/shm is often 64 MB, less than one cluster grows to
_LONGEST_BASE = 103 - len(f"/{_supervisor.PREFIX}12345678/.s.PGSQL.5432")  # a socket's path is at most 103 bytes
_SETTINGS = {
    "max_connections": "120",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "dynamic_shared_memory_type": "mmap",  # in the data folder, so that it is deleted with it
}
_THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "jit": "off",
}


@dataclass(frozen=True)
class Server:
    """A running server: where it listens and what it runs on."""

    host: str
    """The folder of its Unix socket."""
    port: int
    user: str
    """The superuser."""
    bindir: Path
    pid: int
    directory: Path
    """The data folder."""

    @property
    def log(self) -> Path:
        """The file of the server's log."""
        return Path(self.host, _supervisor.LOG)

    def conninfo(self, dbname: str = "postgres", **parameters: str) -> str:
        """Return a connection string; ``parameters`` (user, options, …) are added to it or replace its own."""
        own = make_conninfo(host=self.host, port=self.port, user=self.user, dbname=dbname)
        return make_conninfo(own, **parameters)


@contextmanager
def launch(
    bindir: str | Path | None = None,
    *,
    settings: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Iterator[Server]:
    """Run a server for as long as the block runs; raise ServerError when none can be started.

    Without ``directory`` it is fast, unsafe against a crash of the machine, and deleted at the end. With it, the data
    live there, safely, and stay: the next launch continues with them. Nothing else remains, even if this process is
    killed. ``settings`` are PostgreSQL's, and win over those chosen here.
    """
    account = _unprivileged_account()
    programs = require_binaries(Path(bindir)) if bindir else find_binaries()
    if account:
        programs = readable_copy(programs)
    bases = [base for base in (SHARED_MEMORY, Path(tempfile.gettempdir()), *_SHORT_PATHS) if base.is_dir()]
    order = _supervisor.Order(
        bindir=str(programs),
        base=str(_choose_base(bases, for_other_user=account is not None)),
        sweep=[str(base) for base in bases],
        account=(account.pw_uid, account.pw_gid) if account else None,
        directory=str(directory.resolve()) if directory else None,
        settings=_SETTINGS | ({} if directory else _THROW_AWAY) | dict(settings or {}),
    )
    with _supervised(order) as started:
        yield Server(
            host=started["folder"],
            port=_supervisor.PORT,
            user=_supervisor.SUPERUSER,
            bindir=programs,
            pid=started["pid"],
            directory=Path(started["data"]),
        )


@contextmanager
def _supervised(order: _supervisor.Order) -> Iterator[_supervisor.Started]:
    command = [sys.executable, "-I", "-S", str(Path(_supervisor.__file__)), json.dumps(order)]
    # A session of its own: Ctrl-C in a terminal is for the user's process, which then ends the server in order.
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", start_new_session=True
    ) as supervisor:
        lifeline, answers = cast("tuple[IO[bytes], IO[bytes]]", (supervisor.stdin, supervisor.stdout))
        folder = None
        try:
            answer = json.loads(answers.readline() or b'{"error": "its supervisor ended unexpectedly"}')
            if "error" in answer:
                raise ServerError(f"The PostgreSQL server in {order['bindir']} could not be started: {answer['error']}")
            folder = answer["folder"]
            yield answer
        finally:
            lifeline.close()
            supervisor.wait()
            if folder:
                _clear_up(folder, answers)


def _clear_up(folder: str, held_by_server: IO[bytes]) -> None:
    """Wait until the last process of the server is gone, and delete what a killed supervisor has left."""
    select.select([held_by_server], [], [], 10)
    shutil.rmtree(folder, ignore_errors=True)


def _unprivileged_account() -> pwd.struct_passwd | None:
    """Return whom the server runs as when this is root, as whom PostgreSQL refuses to run; None for anybody else."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "_postgres", "nobody", "daemon"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerError(
        "PostgreSQL does not run as root and there is no user postgres or nobody: run as an ordinary user"
    )


def _choose_base(bases: list[Path], *, for_other_user: bool) -> Path:
    for base in bases:
        if (
            os.access(base, os.W_OK | os.X_OK)
            and len(os.fsencode(base)) <= _LONGEST_BASE
            and "," not in str(base)  # separates the hosts in a connection string
            and (base != SHARED_MEMORY or shutil.disk_usage(base).free >= _ROOM)
            and (open_to_all(base) or not for_other_user)
        ):
            return base
    raise ServerError(
        "No folder can hold a server's files: set TMPDIR to a writable folder whose path is short "
        f"(at most {_LONGEST_BASE} bytes) and open to all users"
    )
