"""A class that everybody wants: as many are booked as there are places, and the others are told at once."""

from collections import Counter
from uuid import UUID

import psycopg
import pytest
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.race import race
from support.refusals import assert_refusal, refused

CONNECTIONS = 32
PEOPLE = 192
PLACES = 30

BOOK = "SELECT create_class_booking(%s, %s, %s, 'client')"


@pytest.fixture
def studio(db):
    """A studio whose people all have a membership of four classes a month."""
    ((organization_id,),) = db.execute(
        "INSERT INTO organizations (name, slug) VALUES ('Studio', 'studio') RETURNING id"
    ).fetchall()
    db.execute(
        "INSERT INTO clients (organization_id, name, email)"
        " SELECT %s, 'Client', 'client' || n || '@studio.example' FROM generate_series(1, %s) AS n",
        [organization_id, PEOPLE],
    )
    db.execute(
        "INSERT INTO memberships (organization_id, client_id, name, class_limit)"
        " SELECT organization_id, id, 'Four a month', 4 FROM clients"
    )
    yield organization_id
    assert db.execute("SELECT * FROM verify_invariants()").fetchall() == []


@pytest.fixture
def new_class(db, studio):
    """Make a class."""

    def new_class(capacity: int) -> UUID:
        ((class_session_id,),) = db.execute(
            "INSERT INTO class_sessions (organization_id, name, starts_at, duration_minutes, capacity)"
            " VALUES (%s, 'Yoga', now() + interval '3 days', 60, %s) RETURNING id",
            [studio, capacity],
        ).fetchall()
        return class_session_id

    return new_class


@pytest.fixture
def clients(db, studio):
    """The ids of everybody."""
    return [client_id for (client_id,) in db.execute("SELECT id FROM clients")]


def counts(db: psycopg.Connection, class_session_id: UUID) -> tuple[int, ...]:
    """Return places taken, bookings, uses, notifications and audit rows of a class."""
    ((*found,),) = db.execute(
        """
        SELECT (SELECT taken FROM class_sessions WHERE id = %(id)s),
               (SELECT count(*) FROM bookings WHERE class_session_id = %(id)s AND booking_status = 'confirmed'),
               (SELECT count(*) FROM membership_usage u JOIN bookings b ON b.id = u.booking_id
                 WHERE b.class_session_id = %(id)s),
               (SELECT count(*) FROM notifications WHERE session_id = %(id)s),
               (SELECT count(*) FROM audit_log WHERE details ->> 'class_session_id' = %(id)s::text)
        """,
        {"id": class_session_id},
    ).fetchall()
    return tuple(found)


def test_as_many_are_booked_as_there_are_places(studio, new_class, clients, db, connect):
    class_session_id = new_class(PLACES)

    def work(connection: psycopg.Connection, number: int) -> Counter[str]:
        answers: Counter[str] = Counter()
        for client_id in clients[number::CONNECTIONS]:
            try:
                connection.execute(BOOK, [studio, class_session_id, client_id])
                answers["booked"] += 1
            except psycopg.Error as error:
                assert_refusal(error, "class_full", capacity=PLACES)
                answers["full"] += 1
        return answers

    outcomes = race(CONNECTIONS, lambda _: connect(), work)
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert sum(outcomes, Counter()) == {"booked": PLACES, "full": PEOPLE - PLACES}
    assert counts(db, class_session_id) == (PLACES,) * 5


def test_a_full_class_refuses_without_waiting(studio, new_class, clients, db, connect):
    class_session_id = new_class(1)
    db.execute(BOOK, [studio, class_session_id, clients[0]])
    holder, latecomer = connect(), connect()
    with holder.transaction():
        holder.execute("SELECT FROM class_sessions WHERE id = %s FOR NO KEY UPDATE", [class_session_id])
        latecomer.execute("SET lock_timeout = '1ms'")
        with refused("class_full", capacity=1):
            latecomer.execute(BOOK, [studio, class_session_id, clients[1]])
        with refused("already_booked"):
            latecomer.execute(BOOK, [studio, class_session_id, clients[0]])


@pytest.mark.parametrize("commits", [True, False])
def test_the_last_place_is_the_first_comers_unless_they_leave_it(commits, studio, new_class, clients, db, connect):
    class_session_id = new_class(1)
    first, second = connect(), connect()
    first.execute("BEGIN")
    first.execute(BOOK, [studio, class_session_id, clients[0]])
    later = execute_in_thread(second, BOOK, [studio, class_session_id, clients[1]])
    wait_until_blocked(db, second.info.backend_pid)
    first.execute("COMMIT" if commits else "ROLLBACK")
    if commits:
        with refused("class_full", capacity=1):
            later.result(TIMEOUT)
    else:
        assert later.result(TIMEOUT)[0][0]["spots_left"] == 0
    assert counts(db, class_session_id) == (1,) * 5
