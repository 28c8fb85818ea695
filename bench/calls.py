"""One client that calls ``book_gusmester_spot`` again and again, and how long it waits for an answer."""

from collections.abc import Callable
from itertools import count
from statistics import median
from time import perf_counter
from uuid import UUID

import psycopg

from bench.club import Club, employee_id, session_id

NO_WAIT = "-csynchronous_commit=off"  # waiting for the disk would hide the differences that are looked for

Call = Callable[[UUID, UUID], object]
"""A way to book a session's spot for an employee."""


def bare(connection: psycopg.Connection) -> Call:
    """Return how an application books without the package's wrapper."""
    statement = "SELECT bookingdb.book_gusmester_spot(p_session_id => %s, p_employee_id => %s)"
    return lambda session, employee: connection.execute(statement, [session, employee]).fetchone()


def refused(call: Call) -> Call:
    """Return a call that must be refused because somebody has booked the spot."""

    def refused_call(session: UUID, employee: UUID) -> None:
        try:
            call(session, employee)
        except psycopg.Error as error:
            if error.sqlstate == "PT409":
                return
            raise
        raise RuntimeError("a spot was booked twice")

    return refused_call


class Caller:
    """Calls for one employee of a club after the other."""

    def __init__(self, club: Club, call: Call) -> None:
        self._club = club
        self._call = call
        self._turns = count()

    def book(self, times: int) -> float:
        """Book so many spots that are free; return the seconds that one booking took, the median."""
        first = self._club.take(times)
        return median(self._seconds(first + number) for number in range(times))

    def ask_for(self, session: int, times: int) -> float:
        """Ask so many times for the one spot; return the seconds that one answer took, the median."""
        return median(self._seconds(session) for _ in range(times))

    def _seconds(self, session: int) -> float:
        employee = employee_id(next(self._turns) % self._club.employees)
        started = perf_counter()
        self._call(session_id(session), employee)
        return perf_counter() - started
