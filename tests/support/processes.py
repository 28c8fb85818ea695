"""Processes that a test watches, kills and expects to be gone."""

import os
import select
from pathlib import Path


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
