"""Scenario 31a: whichever statement of a command fails, or its connection is killed there, leaves nothing."""

from itertools import count

import psycopg
import pytest
from gusmester.snapshot import nothing_written, snapshot

from peer.exchange import Exchange, in_days, new_key

# Sequences count, for they are not rolled back.
MARK = """
    CREATE SEQUENCE statements_seen;
    CREATE SEQUENCE statement_to_fail;
    CREATE FUNCTION fail_at_this_statement() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('bookingdb.statements_seen') = (SELECT last_value FROM bookingdb.statement_to_fail) THEN
            IF TG_ARGV[0] = 'kill' THEN
                PERFORM pg_terminate_backend(pg_backend_pid());
            END IF;
            RAISE EXCEPTION USING ERRCODE = 'XX123', MESSAGE = TG_OP || ' ' || TG_TABLE_NAME;
        END IF;
        RETURN NULL;
    END
    $$
"""
TABLES = """
    SELECT tablename FROM pg_tables WHERE schemaname = 'bookingdb'
    AND tablename NOT IN ('function_versions', 'applied_migrations') AND tablename NOT LIKE '\\_yoyo%' ORDER BY 1
"""


def fail_from_now_on(superuser, how):
    """Count each statement that writes, before and after it; fail or kill at the one that is chosen."""
    superuser.execute("SET session_replication_role = origin")
    superuser.execute(MARK)
    superuser.execute("ALTER FUNCTION fail_at_this_statement() SECURITY DEFINER")
    for (table,) in superuser.execute(TABLES).fetchall():
        for moment, name in (("BEFORE", "a_first"), ("AFTER", "zz_last")):
            superuser.execute(
                f"CREATE TRIGGER {name} {moment} INSERT OR UPDATE OR DELETE ON {table}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION fail_at_this_statement('{how}')"
            )


def choose(superuser, number):
    """Choose the statement that fails; the call is about to begin."""
    superuser.execute("SELECT setval('statement_to_fail', %s), setval('statements_seen', 1, false)", [number])


def seen(superuser):
    """Return how many statements there have been, those that did not fail included."""
    return superuser.execute("SELECT last_value FROM statements_seen").fetchone()[0]


def error_of(command, exchange):
    """Make a call; return how it failed, or None."""
    try:
        command(exchange)
    except psycopg.Error as error:
        return error
    return None


def book(exchange):
    """Prepare a booking."""
    client, practitioner = exchange.pair()
    exchange.hold(practitioner, f"{in_days(3)} 10:00Z", p_holder_id=client)
    return lambda caller: caller.books(client, practitioner, kind="video", p_notes="Left shoulder", **new_key())


def pay(exchange):
    """Prepare the payment of a session that was made without."""
    client, practitioner = exchange.pair()
    session = exchange.unpaid(client, practitioner, session_type="video")
    return lambda caller: caller.pays(session, client, practitioner, **new_key())


def refund(exchange):
    """Prepare a refund."""
    session, _, _ = exchange.booked(kind="video")
    return lambda caller: caller.refunds(session, p_cancellation_reason="The flu", **new_key())


def cancel(exchange):
    """Prepare a cancellation."""
    session, _, _ = exchange.booked(kind="video")
    return lambda caller: caller.cancels(session, **new_key())


def move(exchange):
    """Prepare to move a session."""
    session, _, _ = exchange.booked()
    return lambda caller: caller.moves(session, **new_key())


def clean(exchange):
    """Prepare two sessions that nobody paid for."""
    for at in ("10:00", "12:00"):
        exchange.ages(exchange.unpaid(*exchange.pair(), starts_at=f"{in_days(3)} {at}Z"), "1 hour")
    return lambda caller: caller.cleans()


EVERY_ONE = [book, pay, refund, cancel, move, clean]


every_one = pytest.mark.parametrize("prepare", EVERY_ONE, ids=lambda prepare: prepare.__name__)


@every_one
def test_each_statement_that_fails_takes_all_of_them_along(exchange, superuser, prepare):
    """But for notifications, which are put on record and fail nothing."""
    command, connection = prepare(exchange), exchange.connection
    fail_from_now_on(superuser, "raise")
    failed, excused = [], 0
    for number in count(1):
        choose(superuser, number)
        with connection.transaction(force_rollback=True):
            before = snapshot(connection)
            error = error_of(command, exchange)
            if error:
                assert error.sqlstate == "XX123"
                assert snapshot(connection) == before
                failed.append(error.diag.message_primary)
            elif seen(superuser) < number:
                break
            else:
                assert exchange.value("SELECT count(*) FROM notification_failures") > 0
                excused += 1
    assert {what.split()[1] for what in failed} > {"client_sessions", "audit_log"}
    assert len(failed) >= 8
    assert excused % 2 == 0


@every_one
def test_a_connection_killed_at_any_statement_leaves_nothing(exchange, connect, superuser, prepare):
    command = prepare(exchange)
    fail_from_now_on(superuser, "kill")
    for number in count(1):
        choose(superuser, number)
        before = snapshot(superuser)
        try:
            command(Exchange(connect()))
        except psycopg.OperationalError:
            assert snapshot(superuser) == before
        else:
            break
    assert number > 8


def test_a_key_of_a_killed_call_is_free(exchange, connect, superuser):
    client, practitioner = exchange.pair()
    key = new_key()
    fail_from_now_on(superuser, "kill")
    for number in range(1, 20, 3):
        choose(superuser, number)
        with pytest.raises(psycopg.OperationalError):
            Exchange(connect()).books(client, practitioner, **key)
    choose(superuser, 1000)
    first = exchange.books(client, practitioner, **key)
    assert exchange.books(client, practitioner, **key) == first
    assert exchange.entries(client)[1:] == [("session_payment", -60, 0)]


def test_when_not_even_the_record_of_a_notification_can_be_kept_nothing_is(exchange, superuser):
    client, practitioner = exchange.pair()
    for table in ("notifications", "notification_failures"):
        exchange.connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT no CHECK (type <> 'peer_credits_earned')")
    with nothing_written(superuser), pytest.raises(psycopg.errors.CheckViolation):
        exchange.books(client, practitioner)
