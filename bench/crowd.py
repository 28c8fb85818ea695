"""Many connections that want the same thing at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import perf_counter
from types import TracebackType
from typing import Self

import psycopg

PEOPLE = 32

Try = Callable[[psycopg.Connection, int], bool]
"""What everybody tries, by their number; whether they got it."""


class Crowd:
    """Connections that stay open from one rush to the next, each with a thread of its own."""

    def __init__(self, conninfo: str) -> None:
        self._connections = [psycopg.connect(conninfo, autocommit=True) for _ in range(PEOPLE)]
        self._threads = ThreadPoolExecutor(PEOPLE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._threads.shutdown()
        for connection in self._connections:
            connection.close()

    def rush(self, tries: int, attempt: Try, places: int) -> float:
        """Let so many try; return how many of them a second were answered. As many as there are places must win."""
        start = Barrier(PEOPLE + 1, timeout=60)

        def run(person: int) -> int:
            start.wait()
            return sum(attempt(self._connections[person], number) for number in range(person, tries, PEOPLE))

        running = [self._threads.submit(run, person) for person in range(PEOPLE)]
        start.wait()
        started = perf_counter()
        won = sum(future.result() for future in running)
        seconds = perf_counter() - started
        if won != places:
            raise RuntimeError(f"{won} got one of {places} places")
        return tries / seconds
