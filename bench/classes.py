"""A class that everybody wants, against a bare UPDATE; single bookings, against their statements sent one by one."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from statistics import median
from time import perf_counter
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo

from bench.calls import NO_WAIT
from bench.crowd import PEOPLE, Crowd
from bench.rounds import Measure, Row, ratios, run_rounds
from bench.server import install, one_core
from bench.size import Size
from bench.studio import ORGANIZATION, Studio, client_id
from bookingdb.server import Server

PLACES = 30
BARE = "UPDATE ... SET taken = taken + 1 WHERE taken < capacity"
MEMBERSHIP, CARD = "create_class_booking by membership", "create_class_booking by card"
ONE_BY_ONE = "the statements of it sent one by one, in one transaction"
REFUSED = "a class that is full, refused"

Booking = Callable[[UUID, UUID], object]
"""A way in which a client books a class."""


class Classes:
    """A studio, its clients, and classes that are never too small or always so."""

    def __init__(self, server: Server, size: Size) -> None:
        self._server = server
        self._size = size
        self._conninfo = install(server, "studio", "classes")
        self._booked = (size.call_rounds + 1) * size.calls
        self._studio = Studio(server, "studio", max(size.contenders, self._booked))

    def rows(self) -> Iterator[Row]:
        """Let the crowd come, with commits that wait for the disk and without, then compare single calls."""
        for commit in ("on", "off"):
            yield from self._rushes(commit)
        yield from self._single_calls()

    def check(self) -> None:
        """Raise an error if a place was booked twice or not at all or a rule was broken."""
        self._studio.check()

    def _rushes(self, commit: str) -> Iterator[Row]:
        tries = self._size.contenders
        wanted, wanted_bare = f"{tries} calls for {PLACES} places of a class", f"{tries} for {PLACES} places: {BARE}"
        full, full_bare = f"{tries} calls for a full class", f"{tries} for no place: {BARE}"
        with Crowd(make_conninfo(self._conninfo, options=f"-csynchronous_commit={commit}")) as crowd:
            full_class, full_row = self._studio.new_full_class(), self._studio.new_bare_class(0)
            measures: dict[str, Measure] = {
                wanted: lambda: crowd.rush(tries, partial(attempt, self._studio.new_class(PLACES, PLACES)), PLACES),
                wanted_bare: lambda: crowd.rush(tries, partial(take, self._studio.new_bare_class(PLACES)), PLACES),
                full: lambda: crowd.rush(tries, partial(attempt, full_class), 0),
                full_bare: lambda: crowd.rush(tries, partial(take, full_row), 0),
            }
            run_rounds(1, measures)  # in which the connections compile and plan
            taken = run_rounds(self._size.rounds, measures)
        conditions = f"{PEOPLE} connections, not pinned, synchronous_commit {commit}"
        for measure, yardstick in ((wanted, wanted_bare), (full, full_bare), (full, wanted)):
            yield Row(measure, yardstick, conditions, ratios(taken[measure], taken[yardstick]))

    def _single_calls(self) -> Iterator[Row]:
        with (
            one_core(self._server) as pinned,
            psycopg.connect(make_conninfo(self._conninfo, options=NO_WAIT), autocommit=True) as connection,
        ):
            measures = self._measures(connection)
            run_rounds(1, measures)  # in which the connection compiles and plans
            taken = run_rounds(self._size.call_rounds, measures)
        conditions = f"1 client, {'one core' if pinned else 'not pinned'}, synchronous_commit off"
        for measure, yardstick in (
            (f"{MEMBERSHIP}: {ONE_BY_ONE}", MEMBERSHIP),
            (f"{CARD}: {ONE_BY_ONE}", CARD),
            (REFUSED, CARD),
        ):
            yield Row(measure, yardstick, conditions, ratios(taken[measure], taken[yardstick]))

    def _measures(self, connection: psycopg.Connection) -> dict[str, Measure]:
        times = self._size.calls
        ways: dict[str, Booking] = {
            MEMBERSHIP: call(connection, None),
            f"{MEMBERSHIP}: {ONE_BY_ONE}": one_by_one(connection, with_membership=True),
            CARD: call(connection, "card"),
            f"{CARD}: {ONE_BY_ONE}": one_by_one(connection, with_membership=False),
        }
        measures = {
            name: Bookings(way, self._studio.new_class(self._booked, self._booked)).measure(times)
            for name, way in ways.items()
        }
        full = Bookings(refused(ways[CARD]), self._studio.new_full_class())
        return measures | {REFUSED: full.measure(times)}


class Bookings:
    """Bookings of one class, by one client after the other."""

    def __init__(self, book: Booking, class_session: UUID) -> None:
        self._book = book
        self._class = class_session
        self._clients = count()

    def measure(self, times: int) -> Measure:
        """Return a measure: book so often, and tell the seconds that one booking took, the median."""
        return lambda: median(self._seconds() for _ in range(times))

    def _seconds(self) -> float:
        client = client_id(next(self._clients))
        started = perf_counter()
        self._book(self._class, client)
        return perf_counter() - started


def attempt(class_session: UUID, connection: psycopg.Connection, number: int) -> bool:
    """Book a place for a client; whether there was one."""
    try:
        call(connection, None)(class_session, client_id(number))
    except psycopg.Error as error:
        if error.sqlstate == "PT409" and error.diag.message_primary == "This class is full":
            return False
        raise
    return True


def take(number: int, connection: psycopg.Connection, _: int) -> bool:
    """Take a place of a row that has nothing but places; whether there was one."""
    return connection.execute(_BARE, [number]).rowcount == 1


def call(connection: psycopg.Connection, method: str | None) -> Booking:
    """Return a booking by the function."""
    return lambda class_session, client: connection.execute(
        _CALL, [ORGANIZATION, class_session, client, method]
    ).fetchone()


def refused(book: Booking) -> Booking:
    """Return a booking that must be refused because the class is full."""

    def refused_booking(class_session: UUID, client: UUID) -> None:
        try:
            book(class_session, client)
        except psycopg.Error as error:
            if error.sqlstate == "PT409":
                return
            raise
        raise RuntimeError("a class has more bookings than places")

    return refused_booking


def one_by_one(connection: psycopg.Connection, *, with_membership: bool) -> Booking:
    """Return a booking as an application makes it that has the rules in its own code.

    The triggers of bookings and membership_usage are at work on either side.
    """
    connection.execute("SET search_path TO bookingdb, pg_temp")

    def book(class_session: UUID, client: UUID) -> None:
        with connection.transaction():
            ((name, starts_at, zone),) = connection.execute(_CLASS, [class_session]).fetchall()
            ((user_id, person_id),) = connection.execute(_CLIENT, [client]).fetchall()
            connection.execute(_BOOKED, [class_session, person_id]).fetchall()
            membership = None
            if with_membership:
                ((membership,),) = connection.execute(_MEMBERSHIP, [person_id, starts_at, zone]).fetchall()
                connection.execute(_USES, [membership, starts_at, zone]).fetchall()
            method, status = ("membership", "paid") if membership else ("card", "pending")
            ((booking,),) = connection.execute(
                _BOOKING, [ORGANIZATION, class_session, client, method, status, membership]
            ).fetchall()
            if membership:
                connection.execute(_USE, [ORGANIZATION, membership, booking, starts_at, zone])
            payload = json.dumps({"name": name, "starts_at": str(starts_at), "booking_id": str(booking)})
            connection.execute(_NOTIFICATION, [user_id, class_session, payload])
            connection.execute(_AUDIT, [str(booking), payload])

    return book


_CALL = """
    SELECT bookingdb.create_class_booking(
        p_organization_id => %s, p_class_session_id => %s, p_customer_id => %s, p_customer_type => 'client',
        p_payment_method => %s)
"""
_BARE = "UPDATE public.bare_classes SET taken = taken + 1 WHERE id = %s AND taken < capacity"
_CLASS = """
    SELECT c.name, c.starts_at, o.timezone FROM class_sessions c JOIN organizations o ON o.id = c.organization_id
     WHERE c.id = %s AND c.status = 'scheduled' AND c.taken < c.capacity AND c.starts_at - c.booking_cutoff > now()
       FOR NO KEY UPDATE OF c
"""
_CLIENT = "SELECT user_id, person_id FROM clients WHERE id = %s AND status = 'active' FOR NO KEY UPDATE"
_BOOKED = """
    SELECT id FROM bookings WHERE class_session_id = %s AND person_id = %s AND booking_status <> 'cancelled'
"""
_MEMBERSHIP = """
    SELECT id FROM memberships
     WHERE person_id = %s AND status = 'active'
       AND (%s::timestamptz AT TIME ZONE %s)::date BETWEEN starts_on AND coalesce(ends_on, 'infinity')
     ORDER BY id FOR NO KEY UPDATE
"""
_USES = """
    SELECT count(*) FROM membership_usage
     WHERE membership_id = %s AND period_start = date_trunc('month', %s::timestamptz AT TIME ZONE %s)::date
       AND returned_at IS NULL
"""
_BOOKING = """
    INSERT INTO bookings (
        organization_id, class_session_id, client_id, payment_method, payment_status, membership_id, source)
    VALUES (%s, %s, %s, %s, %s, %s, 'service') RETURNING id
"""
_USE = """
    INSERT INTO membership_usage (organization_id, membership_id, booking_id, period_start)
    VALUES (%s, %s, %s, date_trunc('month', %s::timestamptz AT TIME ZONE %s)::date)
"""
_NOTIFICATION = """
    INSERT INTO notifications (id, type, user_id, session_id, payload, due_at)
    VALUES (gen_random_uuid(), 'class_booking_confirmation', %s, %s, %s, now())
"""
_AUDIT = """
    INSERT INTO audit_log (action, entity, entity_id, details) VALUES ('create_class_booking', 'class_booking', %s, %s)
"""
