"""The tools that the other tests stand on: they must fail where they should."""

import json
import threading
import uuid

import psycopg
import pytest
from support.blocking import execute_in_thread, wait_until_blocked
from support.race import race
from support.refusals import assert_refusal, refused

REFUSE = """
    DO $$ BEGIN
        RAISE EXCEPTION USING ERRCODE = '{sqlstate}', MESSAGE = '{message}', DETAIL = '{detail}', HINT = '{hint}';
    END $$
"""


@pytest.fixture
def open_connection(server):
    """Open connections of the superuser: these tests need no schema."""
    opened = []

    def open_one(_=0):
        opened.append(psycopg.connect(server.conninfo(), autocommit=True))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()


def refuse(connection, **changes):
    parts = {
        "sqlstate": "PT402",
        "message": "Not enough",
        "detail": json.dumps({"reason": "insufficient_points", "required": 150, "available": 149}),
        "hint": "Earn some",
    }
    connection.execute(REFUSE.format(**parts | changes))


class TestDatabases:
    @pytest.mark.parametrize("time", ["first", "second"])
    def test_every_test_has_its_own_clone(self, db, connect, time):
        db.execute("CREATE TABLE own ()")
        assert connect().execute("SELECT to_regclass('own')").fetchone() == ("own",)

    def test_the_owner_is_no_superuser(self, db):
        owner, superuser, schema = db.execute(
            "SELECT pg_get_userbyid(datdba), rolsuper, current_schema FROM pg_database, pg_roles"
            " WHERE datname = current_database() AND rolname = session_user"
        ).fetchone()
        assert (owner, superuser, schema) == (db.info.user, False, "bookingdb")

    def test_the_superuser_sees_the_same_database(self, db, superuser_dsn):
        db.execute("CREATE TABLE own ()")
        with psycopg.connect(superuser_dsn) as connection:
            assert connection.execute("SELECT to_regclass('own')").fetchone() == ("own",)
            assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user").fetchone() == (
                True,
            )

    def test_an_empty_database_is_the_owners(self, empty_dsn):
        with psycopg.connect(empty_dsn) as connection:
            connection.execute("CREATE SCHEMA mine")
            assert connection.execute("SELECT to_regnamespace('bookingdb')").fetchone() == (None,)


class TestCallers:
    QUERY = "SELECT current_setting('role'), current_setting('request.jwt.claims')::json"

    def test_a_user(self, as_user):
        user = uuid.uuid4()
        claims = {"sub": str(user), "role": "authenticated"}
        assert as_user(user).execute(self.QUERY).fetchone() == ("authenticated", claims)

    def test_nobody_and_the_service(self, as_anon, as_service):
        assert as_anon().execute(self.QUERY).fetchone() == ("anon", {"role": "anon"})
        assert as_service().execute(self.QUERY).fetchone() == ("service_role", {"role": "service_role"})

    def test_a_thread_that_still_waits_does_not_keep_the_test_from_ending(self, connect):
        first, second, observer = connect(), connect(), connect()
        first.execute("SELECT pg_advisory_lock(3)")
        execute_in_thread(second, "SELECT pg_advisory_lock(3)")
        wait_until_blocked(observer, second.info.backend_pid)


class TestRace:
    def test_everybody_is_there_at_once_and_answers_in_order(self, open_connection):
        together = threading.Barrier(10, timeout=10)

        def work(connection, i):
            together.wait()
            return connection.execute("SELECT pg_backend_pid(), %s::int", [i]).fetchone()

        outcomes = race(10, open_connection, work)
        assert [i for _, i in outcomes] == list(range(10))
        assert len({pid for pid, _ in outcomes}) == 10

    def test_errors_are_outcomes(self, open_connection):
        outcomes = race(2, open_connection, lambda connection, i: connection.execute(f"SELECT 1 / {i}").fetchone())
        assert isinstance(outcomes[0], psycopg.errors.DivisionByZero)
        assert outcomes[1] == (1,)

    def test_a_failed_assertion_fails_the_test(self, open_connection):
        def work(connection, i):
            assert i == 0

        with pytest.raises(AssertionError):
            race(2, open_connection, work)

    def test_whoever_never_finishes_fails_the_test(self, open_connection):
        holder = open_connection()
        holder.execute("SELECT pg_advisory_lock(1)")
        with pytest.raises(AssertionError, match=r"not finished after 0.2 seconds: \[1\] of 2"):
            race(
                2,
                open_connection,
                lambda connection, i: connection.execute(f"SELECT pg_advisory_lock({i})"),
                timeout=0.2,
            )


class TestBlocking:
    def test_one_waits_for_the_other(self, open_connection):
        first, second, observer = (open_connection() for _ in range(3))
        first.execute("SELECT pg_advisory_lock(2)")
        later = execute_in_thread(second, "SELECT 'mine' FROM pg_advisory_lock(2)")
        wait_until_blocked(observer, second.info.backend_pid)
        assert not later.done()
        first.execute("SELECT pg_advisory_unlock(2)")
        assert later.result(10) == [("mine",)]

    def test_the_error_comes_with_the_result(self, open_connection):
        later = execute_in_thread(open_connection(), "SELECT 1 / %s", [0])
        with pytest.raises(psycopg.errors.DivisionByZero):
            later.result(10)

    def test_whoever_waits_for_nobody_fails_the_test(self, open_connection):
        idle, observer = open_connection(), open_connection()
        with pytest.raises(AssertionError, match=r"waits for nobody; it is: .'idle'"):
            wait_until_blocked(observer, idle.info.backend_pid, timeout=0.05)


class TestRefused:
    def test_reason_and_context(self, open_connection):
        with refused("insufficient_points", required=150) as caught:
            refuse(open_connection())
        assert_refusal(caught.value, "insufficient_points", required=150, available=149)

    @pytest.mark.parametrize(
        "changes",
        [
            {"sqlstate": "PT409"},
            {"sqlstate": "P0001"},
            {"detail": '{"reason": "insufficient_credits", "required": 150}'},
            {"detail": '{"reason": "insufficient_points", "required": 151}'},
            {"detail": '{"reason": "insufficient_points"}'},
            {"message": "Zażółć"},
            {"hint": ""},
        ],
    )
    def test_anything_else_fails_the_test(self, open_connection, changes):
        with pytest.raises(AssertionError), refused("insufficient_points", required=150):
            refuse(open_connection(), **changes)

    def test_no_error_fails_the_test(self):
        with pytest.raises(pytest.fail.Exception), refused("not_found"):
            pass

    def test_an_outcome_that_is_no_error_fails_the_test(self):
        with pytest.raises(AssertionError):
            assert_refusal((1,), "not_found")
