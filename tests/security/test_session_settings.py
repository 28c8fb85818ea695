"""What a session may legally be set to changes neither what is done nor what is answered."""

from collections.abc import Callable

import psycopg
import pytest
from gusmester.calls import ask
from support.refusals import refused

SETTINGS = [
    "TimeZone = 'Asia/Tokyo'",
    "DateStyle = 'German, DMY'",
    "IntervalStyle = 'sql_standard'",
    "standard_conforming_strings = off",
    "escape_string_warning = off; SET backslash_quote = off",
    "quote_all_identifiers = on",
    "transform_null_equals = on",
    "bytea_output = 'escape'",
    "client_encoding = 'LATIN1'",
    "array_nulls = off",
    "extra_float_digits = 0",
    "plan_cache_mode = 'force_generic_plan'",
    "enable_indexscan = off; SET enable_bitmapscan = off",
    "client_min_messages = 'debug1'",
    "row_security = off",
    "check_function_bodies = off",
]


@pytest.fixture(params=SETTINGS)
def session(request: pytest.FixtureRequest, connect: Callable[..., psycopg.Connection]) -> psycopg.Connection:
    """A new session of the owner's, set to something."""
    connection = connect()
    connection.execute(f"SET {request.param}")
    return connection


def test_a_call_works_and_a_refusal_says_so(session, club, log):
    session_id, anna, poor = club.released(), club.employee(), club.employee(points=0)
    book = "SELECT book_gusmester_spot(%s, %s, 'k')::text"
    with refused("insufficient_points", required=150, available=0):
        session.execute(book, [session_id, poor.id])
    assert [line["function"] for line in log.refusals()] == ["book_gusmester_spot"]
    (first,) = session.execute(book, [session_id, anna.id]).fetchone()
    (again,) = club.rows(book, [session_id, anna.id])
    assert again == (first,)
    assert ask(session, "verify_invariants") == []


@pytest.mark.parametrize("when", ["IMMEDIATE", "DEFERRED"])
def test_constraints_may_be_checked_at_any_time(when, club, connect):
    """Some frameworks set them all IMMEDIATE in the middle of a transaction."""
    host, anna, session_id = club.employee(), club.employee(), club.released()
    with connect(autocommit=False) as connection:
        connection.execute(f"SET CONSTRAINTS ALL {when}")
        connection.execute("SELECT book_gusmester_spot(%s, %s)", [session_id, anna.id])
        connection.execute("SELECT create_gus_session('New', '2099-01-01Z', 60, ARRAY[%s]::uuid[])", [host.id])
        booking_id = connection.execute("SELECT id FROM gusmester_bookings").fetchone()
        connection.execute("SELECT cancel_gusmester_booking(%s)", booking_id)
        connection.execute("SELECT cancel_gus_session(%s, 'Stove')", [session_id])
    assert club.points(anna) == 300


def test_a_lock_timeout_is_postgresqls_own_error_and_nothing_is_done(club, connect):
    session_id, anna, otto = club.released(), club.employee(), club.employee()
    holder, waiter = connect(autocommit=False), connect()
    holder.execute("SELECT book_gusmester_spot(%s, %s)", [session_id, anna.id])
    waiter.execute("SET lock_timeout = '50ms'")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        waiter.execute("SELECT book_gusmester_spot(%s, %s)", [session_id, otto.id])
    holder.rollback()
    assert club.bookings(session_id) == []
