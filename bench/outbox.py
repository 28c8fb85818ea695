"""The outbox: queueing and handing out against plain statements, and whether it stays fast when much goes through."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo

from bench.calls import NO_WAIT
from bench.people import person_id
from bench.rounds import Aim, Row, ratios, run_rounds
from bench.server import install, one_core
from bench.size import Size
from bookingdb.server import Server

BATCH = 20  # what claim_notifications() hands out unless told otherwise
WORKER = "bench"
RECEIVER = person_id(0)
ENQUEUE = "enqueue_notification"
INSERT = "a plain INSERT of the same row"
DELIVER = f"claim_notifications and complete_notification, {BATCH} at a time"
PLAIN = "SELECT … FOR UPDATE SKIP LOCKED and UPDATE, the same number"

Connection = psycopg.Connection[Any]


class Outbox:
    """A queue that is filled and emptied by the functions, and by statements that do the same without a rule."""

    def __init__(self, server: Server, size: Size) -> None:
        self._server = server
        self._size = size
        self._conninfo = conninfo(server, "outbox")

    def rows(self) -> Iterator[Row]:
        """Compare single calls."""
        times = self._size.calls
        with (
            one_core(self._server) as pinned,
            psycopg.connect(self._conninfo, autocommit=True) as connection,
        ):
            measures = {
                ENQUEUE: partial(queue, enqueue, connection, times),
                INSERT: partial(queue, insert, connection, times),
                DELIVER: partial(deliver, claim, complete, connection, times // 10),
                PLAIN: partial(deliver, claim_plainly, complete_plainly, connection, times // 10),
            }
            run_rounds(1, measures)  # in which the connection compiles and plans
            taken = run_rounds(self._size.call_rounds, measures)
        conditions = f"1 client, {'one core' if pinned else 'not pinned'}, synchronous_commit off"
        yield Row(ENQUEUE, INSERT, conditions, ratios(taken[ENQUEUE], taken[INSERT]))
        yield Row(DELIVER, PLAIN, conditions, ratios(taken[DELIVER], taken[PLAIN]))

    def check(self) -> None:
        """Raise an error if something was not sent or a rule was broken."""
        check(self._conninfo, 0)


class Churn:
    """A queue with reminders for later, through which much goes in a stream."""

    def __init__(self, server: Server, size: Size) -> None:
        self._size = size
        self._conninfo = conninfo(server, "churn")

    def rows(self) -> Iterator[Row]:
        """Compare the last tenth of the stream with the first, slice by slice."""
        many, slices = self._size.churn, self._size.rounds
        batches = many // BATCH // 10 // slices
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute(_REMINDERS, [RECEIVER, self._size.reminders])
            tenths = [[Slice(connection, batches) for _ in range(slices)] for _ in range(10)]
        conditions = f"{many} through a queue of {self._size.reminders} reminders, 1 client, synchronous_commit off"
        for measure, figure, aim in (
            (f"a claim of {BATCH}", Slice.middle, 1.2),
            (f"a claim of {BATCH}, 99th percentile", Slice.slow, 1.5),
            ("size of the index that claims read", Slice.index_size, 2.0),
            ("bytes a notification takes, with all indexes", Slice.bytes_each, 1.2),
        ):
            first, last = ([figure(part) for part in tenth] for tenth in (tenths[0], tenths[-1]))
            yield Row(
                f"{measure}: the last tenth", "the first tenth", conditions, ratios(last, first), Aim(at_most=aim)
            )

    def check(self) -> None:
        """Raise an error if something was not sent or a rule was broken."""
        check(self._conninfo, self._size.reminders)


class Slice:
    """Some of the stream, and what was measured of it."""

    def __init__(self, connection: Connection, batches: int) -> None:
        passed = [self._pass(connection) for _ in range(batches)]
        self._yardstick = sorted(yardstick for yardstick, _ in passed)
        self._claims = sorted(claimed for _, claimed in passed)
        ((self._index, self._table, self._rows),) = connection.execute(_SIZES).fetchall()

    def _pass(self, connection: Connection) -> tuple[float, float]:
        """Pass a batch through; return the seconds that the yardstick took and its claim."""
        connection.execute(_ENQUEUE_MANY, [RECEIVER, BATCH])
        started = perf_counter()
        connection.execute(_YARDSTICK)
        between = perf_counter()
        claimed = claim(connection)
        ended = perf_counter()
        connection.execute(_COMPLETE_MANY, [WORKER, claimed])
        return between - started, ended - between

    def middle(self) -> float:
        """Return the median of the claims, as a multiple of the yardstick's: the machine's speed drifts."""
        return median(self._claims) / median(self._yardstick)

    def slow(self) -> float:
        """Return the 99th percentile of the claims, likewise."""
        place = len(self._claims) * 99 // 100
        return self._claims[place] / self._yardstick[place]

    def index_size(self) -> float:
        """Return how large the index of what is to be sent is by now."""
        return float(self._index)

    def bytes_each(self) -> float:
        """Return what a row takes by now."""
        return float(self._table) / float(self._rows)


def conninfo(server: Server, dbname: str) -> str:
    """Install the module; return how to connect to it."""
    made = make_conninfo(install(server, dbname, "notifications"), options=f"{NO_WAIT} -csearch_path=bookingdb,pg_temp")
    with psycopg.connect(made) as connection:
        connection.execute("INSERT INTO profiles (user_id) VALUES (%s)", [RECEIVER])
    return made


def check(conninfo: str, left: int) -> None:
    """Raise an error if another number is left in the queue or a rule was broken: the figures would mean nothing."""
    with psycopg.connect(conninfo) as connection:
        ((found, broken),) = connection.execute(_OUTCOME).fetchall()
    if found != left or broken:
        raise RuntimeError(f"{found} notifications are unsent instead of {left}, {broken} invariants are broken")


def queue(way: Callable[[Connection], None], connection: Connection, times: int) -> float:
    """Queue so many and send them off; return the seconds that queueing one took, the median."""

    def seconds() -> float:
        started = perf_counter()
        way(connection)
        return perf_counter() - started

    taken = median(seconds() for _ in range(times))
    while claimed := claim(connection):
        connection.execute(_COMPLETE_MANY, [WORKER, claimed])
    return taken


def deliver(
    take: Callable[[Connection], Sequence[UUID]],
    settle: Callable[[Connection, UUID], None],
    connection: Connection,
    batches: int,
) -> float:
    """Queue so many batches; return the seconds it took to claim and complete one of them, the median."""
    connection.execute(_ENQUEUE_MANY, [RECEIVER, BATCH * batches])

    def seconds() -> float:
        started = perf_counter()
        claimed = take(connection)
        for notification in claimed:
            settle(connection, notification)
        if len(claimed) != BATCH:
            raise RuntimeError(f"{len(claimed)} notifications were claimed instead of {BATCH}")
        return perf_counter() - started

    return median(seconds() for _ in range(batches))


def enqueue(connection: Connection) -> None:
    """Queue one by the function."""
    connection.execute("SELECT enqueue_notification('newsletter', %s, p_payload => %s)", [RECEIVER, _PAYLOAD])


def insert(connection: Connection) -> None:
    """Queue one without asking or telling anybody."""
    connection.execute(_INSERT, [RECEIVER, _PAYLOAD])


def claim(connection: Connection) -> list[UUID]:
    """Claim a batch by the function."""
    return [row[0] for row in connection.execute(_CLAIM, [WORKER, BATCH])]


def complete(connection: Connection, notification: UUID) -> None:
    """Complete one by the function."""
    connection.execute("SELECT complete_notification(%s, %s)", [notification, WORKER]).fetchone()


def claim_plainly(connection: Connection) -> list[UUID]:
    """Claim a batch as an application does that has the queue's rules in its own code."""
    with connection.transaction():
        due = [row[0] for row in connection.execute(_DUE, [BATCH])]
        return [row[0] for row in connection.execute(_LEASE, [WORKER, due])]


def complete_plainly(connection: Connection, notification: UUID) -> None:
    """Complete one, if the lease is still held."""
    connection.execute(_SENT, [notification, WORKER])


_PAYLOAD = '{"starts_at": "2026-11-20T18:00:00+00:00", "name": "Evening steam"}'
_REMINDERS = """
    SELECT count(enqueue_notification('booking_reminder_24h', %s, p_delay_minutes => 1440 + n))
      FROM generate_series(1, %s) AS n
"""
_ENQUEUE_MANY = """
    SELECT count(enqueue_notification('newsletter', %s, p_payload => '{"name": "Evening steam"}'))
      FROM generate_series(1, %s)
"""
_YARDSTICK = "SELECT sum(n) FROM generate_series(1, 2000) AS n"  # reads no table
_COMPLETE_MANY = "SELECT count(complete_notification(n, %s)) FROM unnest(%s::uuid[]) AS n"
_CLAIM = "SELECT notification_id, type, user_id, payload, attempts FROM claim_notifications(%s, %s)"
_INSERT = """
    INSERT INTO notifications (id, type, user_id, payload, due_at)
    VALUES (gen_random_uuid(), 'newsletter', %s, %s, now())
"""
_DUE = """
    SELECT id FROM notifications
     WHERE is_open AND due_at <= now() AND (leased_until IS NULL OR leased_until <= now())
     ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_LEASE = """
    UPDATE notifications
       SET status = 'leased', leased_by = %s, leased_until = now() + interval '1 minute', attempts = attempts + 1
     WHERE id = ANY (%s)
    RETURNING id, type, user_id, payload, attempts
"""
_SENT = """
    UPDATE notifications SET status = 'sent', sent_at = now(), leased_by = NULL, leased_until = NULL
     WHERE id = %s AND leased_by = %s
"""
_SIZES = """
    SELECT pg_relation_size('notifications_to_send'), pg_total_relation_size('notifications'), count(*)
      FROM notifications
"""
_OUTCOME = """
    SELECT (SELECT count(*) FROM notifications WHERE is_open), (SELECT count(*) FROM verify_invariants())
"""
