"""People with credits in plenty: every transfer of the benchmark succeeds."""

from itertools import count
from statistics import median
from time import perf_counter
from uuid import UUID

import psycopg

from bench.calls import Call
from bench.club import FIRST
from bookingdb.server import Server

PERSON = "00000000-0000-7000-b000-"
CREDITS = 1_000_000  # of each entry there is beforehand


def person_id(number: int) -> UUID:
    """Return the id of the person with this number."""
    return UUID(f"{PERSON}{FIRST + number}")


class People:
    """The people of one database, each with as many entries as the others."""

    def __init__(self, server: Server, dbname: str, people: int, entries: int) -> None:
        self.people = people
        self._turns = count()
        self._credits = people * entries * CREDITS
        self._conninfo = server.conninfo(dbname, options="-csearch_path=bookingdb,pg_temp")
        numbers = {"person": PERSON, "first": FIRST, "people": people, "entries": entries, "credits": CREDITS}
        with psycopg.connect(self._conninfo) as connection:
            # Without triggers and foreign-key checks; check() judges the result at the end.
            connection.execute("SET session_replication_role = replica")
            for statement in _RICH_PEOPLE:
                connection.execute(statement, numbers)
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    def transfer(self, call: Call, times: int) -> float:
        """Transfer so often, from one person after the other to the next; return the seconds one took, the median."""
        return median(self._seconds(call) for _ in range(times))

    def _seconds(self, call: Call) -> float:
        giver = next(self._turns)
        giver_id, taker_id = person_id(giver % self.people), person_id((giver + 1) % self.people)
        started = perf_counter()
        call(giver_id, taker_id)
        return perf_counter() - started

    def check(self) -> None:
        """Raise an error if credits were made or lost or a rule was broken: then the figures would mean nothing."""
        with psycopg.connect(self._conninfo) as connection:
            ((credits, broken),) = connection.execute(_OUTCOME).fetchall()
        if credits != self._credits or broken:
            raise RuntimeError(f"{credits} of {self._credits} credits are left, {broken} invariants are broken")


_RICH_PEOPLE = (
    """
    INSERT INTO profiles (user_id, full_name)
    SELECT (%(person)s::text || %(first)s + n)::uuid, 'Person ' || n FROM generate_series(0, %(people)s - 1) AS n
    """,
    """
    INSERT INTO credits (user_id, balance, total_earned, last_entry)
    SELECT user_id, %(entries)s * %(credits)s, %(entries)s * %(credits)s, %(entries)s FROM profiles
    """,
    """
    INSERT INTO credit_transactions (
        user_id, entry_number, transaction_type, amount, balance_before, balance_after, created_at)
    SELECT user_id, n, 'credit_purchase', %(credits)s, (n - 1) * %(credits)s, n * %(credits)s, now()
      FROM generate_series(1, %(entries)s) AS n, profiles
    """,
)
_OUTCOME = "SELECT (SELECT sum(balance)::bigint FROM credits), (SELECT count(*) FROM verify_invariants())"
