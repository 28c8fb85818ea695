"""Two connections in step: one waits for the other's lock, and the test knows that it does.

first.execute("BEGIN; …")                                # holds the lock
later = execute_in_thread(second, "SELECT book(…)")
wait_until_blocked(observer, second.info.backend_pid)
first.execute("COMMIT")
later.result(TIMEOUT)                                    # the rows, or the error raised here
"""

import time
from concurrent.futures import Future
from typing import Any

import psycopg

from support.threads import in_thread

TIMEOUT = 20.0
"""Seconds after which a step that should come at once has failed."""


def execute_in_thread(connection: psycopg.Connection, query: str, parameters: Any = None) -> "Future[list[Any]]":
    """Start a statement on ``connection`` and return at once; the future gives its rows."""

    def execute() -> list[Any]:
        cursor = connection.execute(query, parameters)
        return cursor.fetchall() if cursor.description else []

    return in_thread(execute)


def wait_until_blocked(observer: psycopg.Connection, pid: int, timeout: float = TIMEOUT) -> None:
    """Return as soon as the backend ``pid`` waits for another one's lock; ``observer`` is any other connection."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        blocked = observer.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [pid]).fetchone()
        if blocked == (True,):
            return
        time.sleep(0.005)
    doing = observer.execute("SELECT state, wait_event, query FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()
    raise AssertionError(f"backend {pid} waits for nobody; it is: {doing}")
