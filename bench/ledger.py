"""Transfers of credits: against pgbench, against their statements sent one by one, and in a ledger that has grown."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo

from bench.calls import NO_WAIT, Call
from bench.club import FIRST
from bench.people import People
from bench.pgbench import CLIENTS, Pgbench
from bench.rounds import Aim, Row, ratios, run_rounds
from bench.server import OWNER, install, one_core
from bench.size import Size
from bench.throughput import TPC_B, tpc_b
from bookingdb.server import Server

TRANSFER = "credits_transfer"
ONE_BY_ONE = "the same statements sent one by one"
_SCRIPT = Path(__file__).with_name("transfer.sql")


class Ledger:
    """A young ledger, one that has grown, and pgbench's own tables."""

    def __init__(self, server: Server, size: Size) -> None:
        self._server = server
        self._size = size
        young, grown = install(server, "young", "credits"), install(server, "grown", "credits")
        self._young, self._grown = (make_conninfo(conninfo, options=NO_WAIT) for conninfo in (young, grown))
        self._few = People(server, "young", size.people, 1)
        self._many = People(server, "grown", size.people, size.entries // size.people)
        self._transfers = Pgbench(server, "young", OWNER)
        self._branches = tpc_b(server, "transfer_branches", size.branches)

    def rows(self) -> Iterator[Row]:
        """Compare throughput with commits that wait for the disk and without, then single calls."""
        for commit in ("on", "off"):
            yield self._throughput(commit)
        yield from self._single_calls()

    def check(self) -> None:
        """Raise an error if credits were made or lost or a rule was broken."""
        self._few.check()
        self._many.check()

    def _throughput(self, commit: str) -> Row:
        transactions = self._size.transfers[commit]
        options = (
            f"--file={_SCRIPT}",
            "--no-vacuum",
            f"--define=people={self._few.people}",
            f"--define=first_id={FIRST}",
        )
        taken = run_rounds(
            self._size.rounds,
            {
                TPC_B: partial(self._branches.tps, transactions, synchronous_commit=commit),
                TRANSFER: partial(self._transfers.tps, transactions, *options, synchronous_commit=commit),
            },
        )
        conditions = f"{CLIENTS} clients, not pinned, synchronous_commit {commit}"
        return Row(TRANSFER, TPC_B, conditions, ratios(taken[TRANSFER], taken[TPC_B]), Aim(at_least=1.5))

    def _single_calls(self) -> Iterator[Row]:
        times = self._size.calls
        with (
            one_core(self._server) as pinned,
            psycopg.connect(self._young, autocommit=True) as young,
            psycopg.connect(self._grown, autocommit=True) as grown,
        ):
            measures = {
                "call": partial(self._few.transfer, call(young), times),
                "one by one": partial(self._few.transfer, one_by_one(young), times),
                "grown": partial(self._many.transfer, call(grown), times),
            }
            run_rounds(1, measures)  # in which every connection compiles and plans
            taken = run_rounds(self._size.call_rounds, measures)
        conditions = f"1 client, {'one core' if pinned else 'not pinned'}, synchronous_commit off"
        many, few = self._size.entries, self._size.people
        yield Row(
            f"{ONE_BY_ONE}, in one transaction",
            TRANSFER,
            conditions,
            ratios(taken["one by one"], taken["call"]),
            Aim(at_least=2.2),
        )
        yield Row(
            f"{TRANSFER}, {many} entries",
            f"{few} entries",
            conditions,
            ratios(taken["grown"], taken["call"]),
            Aim(at_most=1.2),
        )


def call(connection: psycopg.Connection) -> Call:
    """Return a transfer by the function."""
    statement = "SELECT bookingdb.credits_transfer(p_from_user_id => %s, p_to_user_id => %s, p_amount => 1)"
    return lambda giver, taker: connection.execute(statement, [giver, taker]).fetchone()


def one_by_one(connection: psycopg.Connection) -> Call:
    """Return a transfer as an application makes it that has the rules in its own code."""
    connection.execute("SET search_path TO bookingdb, pg_temp")

    def transfer(giver: UUID, taker: UUID) -> None:
        with connection.transaction():
            balances = {}
            for person in sorted((giver, taker)):
                balances[person] = connection.execute(_LOCK, [person]).fetchone()
            (transfer_id,) = connection.execute("SELECT gen_random_uuid()").fetchone() or ()
            legs = [
                [person, entry + 1, amount, balance, balance + amount, transfer_id]
                for person, amount in ((giver, -1), (taker, 1))
                for balance, entry in [balances[person] or (0, 0)]
            ]
            connection.execute(_LEGS, [value for leg in legs for value in leg])
            connection.execute(_AUDIT, [str(transfer_id)])

    return transfer


_LOCK = "SELECT balance, last_entry FROM credits WHERE user_id = %s FOR NO KEY UPDATE"
# One statement for both, for move_credit_balance(); the accounts are moved by their trigger on either side.
_LEGS = """
    INSERT INTO credit_transactions (
        user_id, entry_number, transaction_type, amount, balance_before, balance_after, transfer_id, created_at)
    VALUES (%s, %s, 'transfer', %s, %s, %s, %s, clock_timestamp()),
           (%s, %s, 'transfer', %s, %s, %s, %s, clock_timestamp())
"""
_AUDIT = "INSERT INTO audit_log (action, entity, entity_id) VALUES ('credits_transfer', 'credit_transfer', %s)"
