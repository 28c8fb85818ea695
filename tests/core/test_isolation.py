"""Contract section 1: commands at READ COMMITTED only, queries at any level; scenario 36a."""

import pytest
from gusmester.calls import ask, run
from gusmester.snapshot import nothing_written
from support.refusals import refused

from core.examples import BY_USERS_ONLY, COMMANDS, QUERIES

LEVELS = ("REPEATABLE READ", "SERIALIZABLE")


@pytest.mark.parametrize("level", LEVELS)
def test_a_call_that_would_work_is_refused_at_once(level, db, examples, connect):
    connection = connect()
    for command in COMMANDS:
        with (
            nothing_written(db),
            refused("invalid_input", parameter="transaction_isolation"),
            connection.transaction(),
        ):
            connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
            run(connection, command, **examples.calls[command])


@pytest.mark.parametrize("level", LEVELS)
def test_a_key_is_not_even_looked_at(level, club, connect):
    session_id = club.session(club.employee())
    club.release(session_id, p_idempotency_key="k")
    connection = connect()
    with refused("invalid_input", parameter="transaction_isolation"), connection.transaction():
        connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        run(connection, "release_guest_spot", p_session_id=session_id, p_idempotency_key="k")


def test_a_session_that_defaults_to_another_level_is_refused(club, connect):
    session_id = club.session(club.employee())
    connection = connect()
    connection.execute("SET default_transaction_isolation = 'serializable'")
    with refused("invalid_input", parameter="transaction_isolation"):
        run(connection, "release_guest_spot", p_session_id=session_id)


@pytest.mark.parametrize(
    "mode", [*LEVELS, "READ COMMITTED READ ONLY", "REPEATABLE READ READ ONLY", "SERIALIZABLE READ ONLY DEFERRABLE"]
)
def test_queries_answer_at_any_level(mode, examples, connect):
    queries = [query for query in QUERIES if query not in BY_USERS_ONLY]
    expected = {query: ask(connect(), query, **examples.calls[query]) for query in queries}
    connection = connect()
    with connection.transaction():
        connection.execute(f"SET TRANSACTION ISOLATION LEVEL {mode}")
        assert {query: ask(connection, query, **examples.calls[query]) for query in queries} == expected


class TestTwoCallsInOneStatement:
    """As PostgREST makes them of a body with two objects."""

    BOOK = "SELECT book_gusmester_spot(id, %s) ->> 'new_points' FROM unnest(%s::uuid[]) AS sessions (id)"

    def test_are_both_done(self, club, db):
        anna, sessions = club.employee(points=300), [club.released(), club.released()]
        assert db.execute(self.BOOK, [anna.id, sessions]).fetchall() == [("150",), ("0",)]

    def test_are_neither_done_when_the_points_suffice_for_one(self, club, db):
        anna, sessions = club.employee(points=299), [club.released(), club.released()]
        with nothing_written(db), refused("insufficient_points", required=150, available=149):
            db.execute(self.BOOK, [anna.id, sessions])

    def test_are_neither_done_when_they_want_the_same(self, club, db):
        anna, session_id = club.employee(), club.released()
        with nothing_written(db), refused("already_booked"):
            db.execute(self.BOOK, [anna.id, [session_id, session_id]])
