"""Bookings a second of several clients, against pgbench's TPC-B-like transactions on the same server."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.club import FIRST, Club
from bench.pgbench import CLIENTS, Pgbench
from bench.rounds import Aim, Measure, Row, ratios, run_rounds
from bench.server import OWNER, create_database, install, one_core
from bench.size import Size
from bookingdb.server import Server

OWN_EMPLOYEES = 64  # of each client
BOOKING = "book_gusmester_spot"
TPC_B = "pgbench, TPC-B-like"
FOR_FEW = "book_gusmester_spot, all for 4 employees"
ONE_BRANCH = "pgbench, TPC-B-like, all on one branch"
_SCRIPT = Path(__file__).with_name("book.sql")


class Throughput:
    """The databases that are compared: the club's, and pgbench's own with many branches and with one."""

    def __init__(self, server: Server, size: Size) -> None:
        install(server, "bookings", "gusmester")
        self.club = Club(server, "bookings", CLIENTS * OWN_EMPLOYEES)
        self._server = server
        self._size = size
        self._bookings = Pgbench(server, "bookings", OWNER)
        self._many_branches, self._one_branch = (
            tpc_b(server, name, branches) for name, branches in (("branches", size.branches), ("branch", 1))
        )

    def check(self) -> None:
        """Raise an error if something was not booked or a rule was broken."""
        self.club.check()

    def rows(self) -> Iterator[Row]:
        """Compare, with commits that wait for the disk and without, on all cores and on one."""
        for commit in ("on", "off"):
            yield from self._compare(commit, "not pinned", aim=Aim(at_least=1.2), contended=True)
        yield from self._compare("off", "not pinned, both prepared", "--protocol=prepared")
        with one_core(self._server) as pinned:
            yield from self._compare("off", "one core" if pinned else "not pinned")

    def _compare(
        self, commit: str, where: str, *options: str, aim: Aim | None = None, contended: bool = False
    ) -> Iterator[Row]:
        transactions = self._size.transactions[commit]
        self.club.prepare(self._size.rounds * transactions * CLIENTS * (1 + contended))

        def tpc_b(database: Pgbench) -> Measure:
            return partial(database.tps, transactions, *options, synchronous_commit=commit)

        def booking(own_employees: int) -> Measure:
            return partial(book, self._bookings, self.club, transactions, own_employees, *options, commit=commit)

        measures = {TPC_B: tpc_b(self._many_branches), BOOKING: booking(OWN_EMPLOYEES)}
        if contended:
            measures |= {ONE_BRANCH: tpc_b(self._one_branch), FOR_FEW: booking(0)}
        taken = run_rounds(self._size.rounds, measures)
        conditions = f"{CLIENTS} clients, {where}, synchronous_commit {commit}"
        yield Row(BOOKING, TPC_B, conditions, ratios(taken[BOOKING], taken[TPC_B]), aim)
        if contended:
            yield Row(BOOKING, ONE_BRANCH, conditions, ratios(taken[BOOKING], taken[ONE_BRANCH]))
            yield Row(FOR_FEW, ONE_BRANCH, conditions, ratios(taken[FOR_FEW], taken[ONE_BRANCH]))


def tpc_b(server: Server, name: str, branches: int) -> Pgbench:
    """Create a database with the tables of the TPC-B-like transaction."""
    create_database(server, name)
    database = Pgbench(server, name, OWNER)
    database.initialize(branches)
    return database


def book(
    bookings: Pgbench, club: Club, transactions: int, own_employees: int, *options: str, commit: str = "off"
) -> float:
    """Let each client book so many spots; return how many bookings a second it were.

    Each client books for as many employees of its own in turn; for 0 all clients book for the same four.
    """
    spots = transactions * CLIENTS
    variables = {
        "turn": 0,
        "clients": CLIENTS,
        "first_id": FIRST,
        "first_spot": club.take(spots),
        "spots": spots,
        "own": own_employees,
    }
    defined = [f"--define={name}={value}" for name, value in variables.items()]
    return bookings.tps(transactions, f"--file={_SCRIPT}", "--no-vacuum", *defined, *options, synchronous_commit=commit)
