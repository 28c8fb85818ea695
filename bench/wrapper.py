"""What a call through the package's Python wrapper costs, and what a refusal does, against psycopg's bare execute."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

import bookingdb
from bench.calls import NO_WAIT, Call, Caller, bare, refused
from bench.club import Club, employee_id, session_id
from bench.rounds import Aim, Measure, Row, ratios, run_rounds
from bench.server import install, one_core
from bench.size import Size
from bookingdb.server import Server

BARE = "a booking by psycopg's execute"
WRAPPER = "a booking by bookingdb.connect(dsn)"
POOLED = "a booking by bookingdb.connect(pool)"
AS_USER = "a booking by as_user(employee)"
REFUSED = "a spot that is taken, refused"
AIMS = {WRAPPER: Aim(at_most=1.15), POOLED: Aim(at_most=1.5), AS_USER: None, REFUSED: None}


class Wrapper:
    """The ways to call ``book_gusmester_spot`` from Python."""

    def __init__(self, server: Server, size: Size) -> None:
        self._server = server
        self._size = size
        self._conninfo = make_conninfo(install(server, "calls", "gusmester"), options=NO_WAIT)
        self.club = Club(server, "calls", employees=512)
        self.club.prepare(1 + len(AIMS) * (1 + size.call_rounds) * size.calls)

    def check(self) -> None:
        """Raise an error if something was not booked or a rule was broken."""
        self.club.check()

    def rows(self) -> Iterator[Row]:
        """Compare each way with the bare call."""
        with one_core(self._server) as pinned, ExitStack() as stack:
            measures = self._measures(stack)
            run_rounds(1, measures)  # in which every connection compiles and plans
            taken = run_rounds(self._size.call_rounds, measures)
        conditions = f"1 client, {'one core' if pinned else 'not pinned'}, synchronous_commit off"
        for name, aim in AIMS.items():
            yield Row(name, BARE, conditions, ratios(taken[name], taken[BARE]), aim)

    def _measures(self, stack: ExitStack) -> dict[str, Measure]:
        connection = stack.enter_context(psycopg.connect(self._conninfo, autocommit=True))
        pool = stack.enter_context(ConnectionPool(self._conninfo, min_size=1, open=True))
        database = stack.enter_context(closing(bookingdb.connect(self._conninfo)))
        pooled = stack.enter_context(closing(bookingdb.connect(pool)))
        ways: dict[str, Call] = {
            BARE: bare(connection),
            WRAPPER: database.book_gusmester_spot,
            POOLED: pooled.book_gusmester_spot,
            AS_USER: lambda session, employee: database.as_user(employee).book_gusmester_spot(session),
        }
        times = self._size.calls
        measures: dict[str, Measure] = {name: partial(Caller(self.club, way).book, times) for name, way in ways.items()}
        taken = self.club.take()
        ways[BARE](session_id(taken), employee_id(0))
        return measures | {REFUSED: partial(Caller(self.club, refused(ways[BARE])).ask_for, taken, times)}
