"""A connection that was opened on the empty install, against fresh ones after many bookings.

PostgreSQL plans a statement for the tables as a connection first meets them, and keeps the plan: what suited empty
tables must not become slow in full ones.
"""

from collections.abc import Iterator
from functools import partial

import psycopg
from psycopg.conninfo import make_conninfo

from bench.calls import NO_WAIT, Caller, bare
from bench.club import Club
from bench.pgbench import CLIENTS, Pgbench
from bench.rounds import Aim, Row, ratios, run_rounds
from bench.server import OWNER, install, one_core
from bench.size import Size
from bench.throughput import OWN_EMPLOYEES, book
from bookingdb.server import Server

DBNAME = "plans"
WARM_UP = 20  # calls, after which a connection keeps its plans


class Plans:
    """A database that one connection has known since it was empty."""

    def __init__(self, server: Server, size: Size) -> None:
        self._server = server
        self._size = size
        self._conninfo = make_conninfo(install(server, DBNAME, "gusmester"), options=NO_WAIT)
        with psycopg.connect(server.conninfo(DBNAME), autocommit=True) as connection:
            connection.execute(_NO_AUTOVACUUM)
            connection.execute("VACUUM")
        self.club = Club(server, DBNAME, CLIENTS * OWN_EMPLOYEES)

    def check(self) -> None:
        """Raise an error if something was not booked or a rule was broken."""
        self.club.check()

    def rows(self) -> Iterator[Row]:
        """Compare the connection with fresh ones, which plan for what is there by then."""
        rounds, calls = self._size.call_rounds, self._size.calls
        with one_core(self._server):
            old = psycopg.connect(self._conninfo, autocommit=True)
        with old:
            self.club.prepare(WARM_UP, analyze=False)
            caller = Caller(self.club, bare(old))
            caller.book(WARM_UP)

            self.club.prepare(self._size.bookings + rounds * (2 * calls + WARM_UP), analyze=False)
            book(Pgbench(self._server, DBNAME, OWNER), self.club, self._size.bookings // CLIENTS, OWN_EMPLOYEES)

            with one_core(self._server) as pinned:
                taken = run_rounds(rounds, {"old": partial(caller.book, calls), "fresh": self._fresh})
        yield Row(
            "a booking by a connection opened on the vacuumed empty install",
            f"by a fresh one, {self._size.bookings} bookings later",
            f"1 client, {'one core' if pinned else 'not pinned'}, synchronous_commit off",
            ratios(taken["old"], taken["fresh"]),
            Aim(at_most=1.2),
        )

    def _fresh(self) -> float:
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            caller = Caller(self.club, bare(connection))
            caller.book(WARM_UP)
            return caller.book(self._size.calls)


# An ANALYZE has every connection plan anew and would hide what is looked for.
_NO_AUTOVACUUM = """
    DO $$
    DECLARE
        v_table regclass;
    BEGIN
        FOR v_table IN SELECT oid FROM pg_class WHERE relnamespace = 'bookingdb'::regnamespace AND relkind = 'r' LOOP
            EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', v_table);
        END LOOP;
    END
    $$
"""
