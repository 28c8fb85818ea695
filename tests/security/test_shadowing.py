"""Nothing that a caller puts in front of our names is found instead of them."""

import psycopg
import pytest
from core.records import tables, value
from gusmester.calls import run
from gusmester.club import Club
from support.refusals import refused

EVIL = """
    CREATE SCHEMA evil;
    GRANT USAGE ON SCHEMA evil TO PUBLIC;
    CREATE FUNCTION evil.caller_id() RETURNS uuid LANGUAGE sql
        AS 'SELECT user_id FROM bookingdb.employees WHERE is_admin';
    CREATE FUNCTION evil._caller_kind() RETURNS text LANGUAGE sql AS $$ SELECT 'service' $$;
    CREATE FUNCTION evil._require_service() RETURNS void LANGUAGE sql AS '';
    CREATE FUNCTION evil._fail(p_reason text, p_message text, p_context jsonb DEFAULT '{}', p_hint text DEFAULT NULL)
        RETURNS void LANGUAGE sql AS '';
    CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2001-01-01Z'::timestamptz $$;
    CREATE FUNCTION evil.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'service_role' $$;
    CREATE FUNCTION evil.pg_has_role(name, oid, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
    CREATE FUNCTION evil.less(integer, integer) RETURNS boolean LANGUAGE sql AS 'SELECT false';
    CREATE OPERATOR evil.< (LEFTARG = integer, RIGHTARG = integer, FUNCTION = evil.less);
    CREATE FUNCTION evil.same(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true';
    CREATE OPERATOR evil.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = evil.same);
    CREATE DOMAIN evil.text AS varchar(1);
"""
"""What an attacker with a schema of their own would try."""

PATHS = [
    "''",
    "nowhere",
    '"$user", public',
    "evil, bookingdb, pg_catalog",
    "pg_temp, evil",
    "evil, pg_temp, pg_catalog",
]


@pytest.fixture
def evil(db: psycopg.Connection) -> None:
    """The attacker's schema."""
    db.execute(EVIL)


def assert_all_is_as_ever(club: Club, connection: psycopg.Connection, session_id: str, points: int) -> None:
    """A poor employee is refused, sees their own row, and is no service, whatever lies before our names."""
    with refused("insufficient_points", required=150, available=points):
        connection.execute("SELECT bookingdb.book_gusmester_spot(%s)", [session_id])
    assert connection.execute("SELECT points FROM bookingdb.get_employee_points()").fetchall() == [(points,)]
    assert connection.execute("SELECT points FROM bookingdb.employees").fetchall() == [(points,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT bookingdb.verify_invariants()")
    assert club.bookings(session_id) == []


class TestTemporaryTables:
    def test_of_every_name_are_not_found(self, club, db, as_employee):
        session_id, poor = club.released(), club.employee(points=149)
        connection = as_employee(poor)
        for table in tables(db):
            connection.execute(f"CREATE TEMP TABLE {table} (id int, user_id uuid, points int)")
        assert_all_is_as_ever(club, connection, session_id, 149)

    def test_with_better_numbers_are_not_found(self, club, as_employee):
        session_id, poor = club.released(), club.employee(points=149)
        connection = as_employee(poor)
        connection.execute("SET search_path = pg_temp, bookingdb")
        connection.execute("CREATE TEMP TABLE settings AS SELECT true AS id, 0 AS gus_spot_cost")
        connection.execute("CREATE TEMP TABLE employees AS SELECT *, 1000 AS more FROM bookingdb.employees")
        connection.execute("UPDATE pg_temp.employees SET points = 1000, is_admin = true")
        assert_all_is_as_ever(club, connection, session_id, 149)

    def test_of_the_service_are_not_found_either(self, club, connect):
        session_id, anna = club.released(), club.employee()
        connection = connect()
        connection.execute("SET search_path = pg_temp, bookingdb")
        for table in ("gusmester_bookings", "employee_points_history", "audit_log", "notifications"):
            connection.execute(f"CREATE TEMP TABLE {table} (LIKE bookingdb.{table})")
        run(connection, "book_gusmester_spot", p_session_id=session_id, p_employee_id=anna.id)
        assert value(connection, "SELECT count(*) FROM pg_temp.gusmester_bookings") == 0
        assert club.bookings(session_id) == [(anna.id, "active")]


class TestSearchPath:
    @pytest.mark.parametrize("path", PATHS)
    def test_of_the_caller_is_not_looked_at(self, path, club, evil, as_employee):
        session_id, poor = club.released(), club.employee(points=149)
        club.admin()
        connection = as_employee(poor)
        connection.execute(f"SET search_path = {path}")
        assert_all_is_as_ever(club, connection, session_id, 149)

    @pytest.mark.parametrize("path", PATHS)
    def test_of_the_caller_does_not_matter_to_what_works(self, path, club, evil, as_employee):
        session_id, anna = club.released(), club.employee()
        connection = as_employee(anna)
        connection.execute(f"SET search_path = {path}")
        booked = value(connection, "SELECT bookingdb.book_gusmester_spot(%s)", [session_id])
        assert booked["new_points"] == 150

    @pytest.mark.parametrize("path", PATHS)
    def test_of_the_service_does_not_reach_triggers(self, path, club, evil, as_service):
        session_id, anna = club.session(), club.employee()
        service = as_service()
        service.execute(f"SET search_path = {path}")
        service.execute("INSERT INTO bookingdb.session_employees VALUES (%s, %s)", [session_id, anna.id])
        assert club.host(session_id) == anna.id
