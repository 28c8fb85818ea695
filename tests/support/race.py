"""Many connections that do their work at the same moment."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import partial
from threading import Barrier
from typing import Any, TypeVar

import psycopg

from support.threads import cancel, in_thread

T = TypeVar("T")


def race(
    n: int,
    make_connection: Callable[[int], psycopg.Connection],
    work: Callable[[psycopg.Connection, int], T],
    *,
    timeout: float = 60.0,
) -> list[T | Exception]:
    """Run ``work(connection, i)`` in ``n`` threads, each with its own ``make_connection(i)``, released together.

    Returns what each one returned or raised, in order; only a failed assertion is raised here. Should somebody not be
    finished after ``timeout`` seconds, what still runs is cancelled and the test fails.
    """
    connections = [make_connection(i) for i in range(n)]
    start = Barrier(n)

    def run(i: int) -> T:
        start.wait(timeout)
        return work(connections[i], i)

    futures = [in_thread(partial(run, i)) for i in range(n)]
    if wait(futures, timeout).not_done:
        stuck = [i for i, future in enumerate(futures) if not future.done()]
        cancel(connections)
        raise AssertionError(f"not finished after {timeout} seconds: {stuck} of {n}")
    return [outcome(future) for future in futures]


def outcome(future: "Future[Any]") -> Any:
    """Return what a finished future holds: a result or an exception."""
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, Exception) and not isinstance(error, AssertionError):
        return error
    raise error
