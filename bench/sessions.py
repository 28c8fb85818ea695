"""Peer bookings against pgbench and their statements sent one by one; booking and slot search in a full calendar."""

import json
from collections.abc import Callable, Iterator
from datetime import date, time
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo

from bench.calls import NO_WAIT
from bench.club import FIRST
from bench.pgbench import CLIENTS, Pgbench
from bench.practices import Practices, evening, month, practitioner_id
from bench.rounds import Aim, Measure, Row, ratios, run_rounds
from bench.server import OWNER, install, one_core
from bench.size import Size
from bench.throughput import TPC_B, tpc_b
from bookingdb.server import Server

PEER = "create_peer_booking"
THERAPY = "create_session_with_credit_deduction"
SLOTS = "get_available_slots, a month in steps of 15 minutes"
OWN_PAIRS = 64  # of each client
_SCRIPT = Path(__file__).with_name("peer.sql")

Booking = Callable[[UUID, UUID, date, time], object]
"""A way in which a client books a practitioner."""


class Sessions:
    """Practitioners who treat each other, and pgbench's own tables."""

    def __init__(self, server: Server, size: Size) -> None:
        self._server = server
        self._size = size
        self._conninfo = make_conninfo(install(server, "sessions", "therapy", "peer"), options=NO_WAIT)
        self._free_pairs = count(CLIENTS * OWN_PAIRS)
        self._last_pair = CLIENTS * OWN_PAIRS + 4
        self._practices = Practices(server, "sessions", 2 * (self._last_pair + 1), size.sessions)
        self._bookings = Pgbench(server, "sessions", OWNER)
        self._branches = tpc_b(server, "session_branches", size.branches)
        self._first_hour = 0

    def rows(self) -> Iterator[Row]:
        """Compare throughput with commits that wait for the disk and without, then single calls."""
        for commit in ("on", "off"):
            yield self._throughput(commit)
        yield from self._single_calls()

    def check(self) -> None:
        """Raise an error if credits were made or lost or a rule was broken."""
        self._practices.check()

    def _throughput(self, commit: str) -> Row:
        transactions = self._size.transactions[commit]
        taken = run_rounds(
            self._size.rounds,
            {
                TPC_B: partial(self._branches.tps, transactions, synchronous_commit=commit),
                PEER: partial(self._book, transactions, commit),
            },
        )
        conditions = f"{CLIENTS} clients, not pinned, synchronous_commit {commit}"
        return Row(PEER, TPC_B, conditions, ratios(taken[PEER], taken[TPC_B]), Aim(at_least=0.7))

    def _book(self, transactions: int, commit: str) -> float:
        variables = {"turn": 0, "own": OWN_PAIRS, "first_id": FIRST, "first_hour": self._first_hour}
        self._first_hour += transactions // OWN_PAIRS + 1
        defined = [f"--define={name}={value}" for name, value in variables.items()]
        return self._bookings.tps(transactions, f"--file={_SCRIPT}", "--no-vacuum", *defined, synchronous_commit=commit)

    def _single_calls(self) -> Iterator[Row]:
        with (
            one_core(self._server) as pinned,
            psycopg.connect(self._conninfo, autocommit=True) as connection,
        ):
            measures = self._measures(connection)
            run_rounds(1, measures)  # in which the connection compiles and plans
            taken = run_rounds(self._size.call_rounds, measures)
        conditions = f"1 client, {'one core' if pinned else 'not pinned'}, synchronous_commit off"
        full = f", {self._size.sessions} sessions in the calendar"
        for measure, yardstick, aim in (
            ("the same statements sent one by one, in one transaction", PEER, Aim(at_least=2.2)),
            (THERAPY + full, THERAPY, None),
            (SLOTS + full, SLOTS, None),
            (SLOTS, PEER, None),
        ):
            yield Row(measure, yardstick, conditions, ratios(taken[measure], taken[yardstick]), aim)

    def _measures(self, connection: psycopg.Connection) -> dict[str, Measure]:
        full = f", {self._size.sessions} sessions in the calendar"
        times = self._size.calls
        return {
            PEER: Bookings(peer(connection), next(self._free_pairs)).measure(times),
            "the same statements sent one by one, in one transaction": Bookings(
                one_by_one(connection), next(self._free_pairs)
            ).measure(times),
            THERAPY: Bookings(therapy(connection), next(self._free_pairs)).measure(times),
            THERAPY + full: Bookings(therapy(connection), self._last_pair).measure(times),
            SLOTS: partial(search, connection, practitioner_id(2 * next(self._free_pairs)), times),
            SLOTS + full: partial(search, connection, practitioner_id(2 * self._last_pair + 1), times),
        }


class Bookings:
    """Bookings of one pair, an evening hour after the other."""

    def __init__(self, book: Booking, pair: int) -> None:
        self._book = book
        self._pair = practitioner_id(2 * pair), practitioner_id(2 * pair + 1)
        self._hours = count()

    def measure(self, times: int) -> Measure:
        """Return a measure: book so often, and tell the seconds that one booking took, the median."""
        return lambda: median(self._seconds() for _ in range(times))

    def _seconds(self) -> float:
        when = evening(next(self._hours))
        started = perf_counter()
        self._book(*self._pair, *when)
        return perf_counter() - started


def search(connection: psycopg.Connection, practitioner: UUID, times: int) -> float:
    """Look for a month's slots, a tenth as often; return the seconds one search took, the median."""

    def seconds() -> float:
        started = perf_counter()
        connection.execute(_SLOTS, [practitioner, *month()]).fetchall()
        return perf_counter() - started

    return median(seconds() for _ in range(max(1, times // 10)))


def peer(connection: psycopg.Connection) -> Booking:
    """Return a peer booking by the function."""
    return lambda *booking: connection.execute(_PEER, booking).fetchone()


def therapy(connection: psycopg.Connection) -> Booking:
    """Return a therapy booking by the function."""
    return lambda *booking: connection.execute(_THERAPY, booking).fetchone()


def one_by_one(connection: psycopg.Connection) -> Booking:
    """Return a peer booking as an application makes it that has the rules in its own code.

    The triggers of client_sessions and credit_transactions are at work on either side.
    """
    connection.execute("SET search_path TO bookingdb, pg_temp")

    def book(client: UUID, practitioner: UUID, day: date, start: time) -> None:
        both = sorted((client, practitioner))
        with connection.transaction():
            connection.execute(
                "SELECT is_active FROM profiles WHERE user_id = ANY (%s) ORDER BY user_id FOR NO KEY UPDATE", [both]
            )
            connection.execute(
                "SELECT timezone, credits_per_hour, is_active FROM practitioners WHERE user_id = ANY (%s)", [both]
            )
            connection.execute(
                "SELECT start_time, end_time FROM availability_rules WHERE practitioner_id = %s AND weekday = %s",
                [practitioner, day.isoweekday()],
            )
            connection.execute(
                "SELECT credit_cost FROM credit_rates WHERE practitioner_id = %s AND duration_minutes = 60",
                [practitioner],
            )
            accounts = {person: connection.execute(_ACCOUNT, [person]).fetchone() or (0, 0) for person in both}
            ((session, starts_at),) = connection.execute(_SESSION, [client, practitioner, day, start]).fetchall()
            legs = [
                [person, kind, entry + 1, amount, balance, balance + amount, session, session]
                for person, kind, amount in ((client, "session_payment", -60), (practitioner, "session_earning", 60))
                for balance, entry in [accounts[person]]
            ]
            connection.execute(_LEGS, [value for leg in legs for value in leg])
            payload = json.dumps({"starts_at": str(starts_at), "is_peer_booking": True})
            connection.execute(_NOTIFICATIONS, [client, session, payload, practitioner, session, payload] * 2)
            connection.execute(_AUDIT, [str(session), payload])

    return book


_PEER = """
    SELECT bookingdb.create_peer_booking(
        p_client_id => %s, p_practitioner_id => %s, p_session_date => %s, p_start_time => %s, p_duration_minutes => 60,
        p_session_type => 'Massage')
"""
_THERAPY = """
    SELECT bookingdb.create_session_with_credit_deduction(
        p_user_id => %s, p_therapist_id => %s, p_session_date => %s, p_session_time => %s, p_session_type => 'audio')
"""
_SLOTS = "SELECT starts_at FROM bookingdb.get_available_slots(%s, %s, %s, 60)"
_ACCOUNT = "SELECT balance, last_entry FROM credits WHERE user_id = %s FOR NO KEY UPDATE"
_SESSION = """
    INSERT INTO client_sessions (
        client_id, therapist_id, session_date, start_time, duration_minutes, session_type, is_peer_booking, credit_cost,
        paid_at)
    VALUES (%s, %s, %s, %s, 60, 'Massage', true, 60, now()) RETURNING id, starts_at
"""
_LEGS = """
    INSERT INTO credit_transactions (
        user_id, transaction_type, entry_number, amount, balance_before, balance_after, session_id, transfer_id,
        created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp()), (%s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())
"""
_NOTIFICATIONS = """
    INSERT INTO notifications (id, type, user_id, session_id, payload, due_at)
    VALUES (gen_random_uuid(), 'peer_booking_confirmed_client', %s, %s, %s, now()),
           (gen_random_uuid(), 'peer_booking_confirmed_practitioner', %s, %s, %s, now()),
           (gen_random_uuid(), 'peer_credits_deducted', %s, %s, %s, now()),
           (gen_random_uuid(), 'peer_credits_earned', %s, %s, %s, now())
"""
_AUDIT = "INSERT INTO audit_log (action, entity, entity_id, details) VALUES ('create_peer_booking', 'session', %s, %s)"
