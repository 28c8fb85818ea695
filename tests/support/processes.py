"""Processes that a test watches, kills and expects to be gone."""

import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg


class Watched:
    """A process of somebody else's, whose end can be waited for (Linux)."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)

    def wait_until_gone(self, timeout: float = 30.0) -> None:
        """Return at the end of the process; fail after ``timeout`` seconds."""
        ended, _, _ = select.select([self._handle], [], [], timeout)
        assert ended, f"process {self.pid} still runs after {timeout} seconds"
        os.close(self._handle)


def parent_of(pid: int) -> int:
    """Return the parent of a process (Linux)."""
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["PPid"])


def only_child_of(pid: int) -> int:
    """Return the one child of a process (Linux)."""
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def server_and_its_processes(pid: int, conninfo: str) -> list[Watched]:
    """Watch a server's supervisor, the server, and all of its processes (Linux)."""
    with psycopg.connect(conninfo) as connection:
        processes = connection.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
    watched = [Watched(parent_of(pid)), Watched(pid)]
    for (process,) in processes:
        with suppress(ProcessLookupError):  # a worker that has ended meanwhile
            watched.append(Watched(process))
    return watched


@contextmanager
def bystander(user: int) -> Iterator[int]:
    """Run a process of this user's and yield its number; fail if anybody has touched it."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, user=user) as process:
        yield process.pid
        assert process.communicate(b"still here") == (b"still here", None)
