"""A PostgreSQL server of one's own: started from its programs, gone without a trace afterwards.

>>> with launch() as server:
...     connection = psycopg.connect(server.conninfo())
"""

import json
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from psycopg.conninfo import make_conninfo

from bookingdb.server import _folders, _supervisor
from bookingdb.server._binaries import ServerError, find_binaries, readable_copy, require_binaries
from bookingdb.server._folders import SHARED_MEMORY
from bookingdb.server._owner import OWNER, create_owner

__all__ = ["OWNER", "SHARED_MEMORY", "Server", "ServerError", "create_owner", "find_binaries", "launch"]

SETTINGS = {
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
    log: Path
    """The file of the server's log."""

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
    account = _folders.unprivileged_account()
    directory = _folders.claim(directory, account) if directory else None
    programs = programs_for(directory, bindir)
    order = _supervisor.Order(
        bindir=str(programs),
        base=str(_folders.choose_base(for_other_user=account is not None)),
        sweep=[str(base) for base in _folders.bases()],
        account=(account.pw_uid, account.pw_gid) if account else None,
        directory=str(directory) if directory else None,
        lock=str(directory / _folders.LOCK) if directory else None,
        settings=SETTINGS | ({} if directory else _THROW_AWAY) | dict(settings or {}),
        lasting=None,
    )
    with _supervised(order) as started:
        yield Server(
            host=started["folder"],
            port=_supervisor.PORT,
            user=_supervisor.SUPERUSER,
            bindir=programs,
            pid=started["pid"],
            directory=Path(started["data"]),
            log=Path(started["log"]),
        )


def programs_for(directory: Path | None, bindir: str | Path | None = None) -> Path:
    """Return the folder of programs that the server's user can read, fit for the data in ``directory``."""
    account = _folders.unprivileged_account()
    if bindir:
        programs = require_binaries(Path(bindir))
    else:
        programs = _folders.binaries_for(directory) if directory else find_binaries()
    return readable_copy(programs) if account else programs


@contextmanager
def _supervised(order: _supervisor.Order) -> Iterator[_supervisor.Started]:
    # A session of its own: Ctrl-C in a terminal is for the user's process, which then ends the server in order.
    with subprocess.Popen(
        supervisor_command(order), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", start_new_session=True
    ) as supervisor:
        lifeline, answers = cast("tuple[IO[bytes], IO[bytes]]", (supervisor.stdin, supervisor.stdout))
        folder = None
        try:
            answer = read_answer(answers, order)
            folder = answer["folder"]
            yield answer
        finally:
            lifeline.close()
            supervisor.wait()
            if folder:
                _clear_up(folder, answers)


def supervisor_command(order: _supervisor.Order) -> list[str]:
    """Return the command that starts a supervisor."""
    return [sys.executable, "-I", "-S", str(Path(_supervisor.__file__)), json.dumps(order)]


def read_answer(answers: IO[bytes], order: _supervisor.Order) -> _supervisor.Started:
    """Return what a supervisor says about the server it has started; raise ServerError when it could not."""
    answer = json.loads(answers.readline() or b'{"error": "its supervisor ended unexpectedly"}')
    if "error" in answer:
        raise ServerError(f"The PostgreSQL server in {order['bindir']} could not be started: {answer['error']}")
    return cast("_supervisor.Started", answer)


def _clear_up(folder: str, held_by_server: IO[bytes]) -> None:
    """Wait until the last process of the server is gone, and delete what a killed supervisor has left."""
    select.select([held_by_server], [], [], 10)
    shutil.rmtree(folder, ignore_errors=True)
