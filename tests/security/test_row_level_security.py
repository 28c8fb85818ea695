"""Contract section 2: which rows of which table each role may see and change."""

import json
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from core.records import tables, value
from gusmester.calls import run
from gusmester.club import UNKNOWN, Club, Employee
from psycopg import sql
from support.refusals import refused
from therapy.clinic import Clinic

OWN = {
    "profiles": "user_id = %(user_id)s",
    "employees": "user_id = %(user_id)s",
    "employee_points_history": "employee_id = %(employee_id)s",
    "session_employees": "employee_id = %(employee_id)s",
    "guest_spots": "host_employee_id = %(employee_id)s",
    "gusmester_bookings": "employee_id = %(employee_id)s",
    "notifications": "user_id = %(user_id)s",
    "credits": "user_id = %(user_id)s",
    "credit_transactions": "user_id = %(user_id)s",
    "credit_allocations": "user_id = %(user_id)s",
    "subscriptions": "user_id = %(user_id)s",
    "practitioners": "user_id = %(user_id)s",
    "availability_rules": "practitioner_id = %(user_id)s",
    "availability_exceptions": "practitioner_id = %(user_id)s",
    "slot_holds": "holder_id = %(user_id)s OR practitioner_id = %(user_id)s",
    "credit_rates": "practitioner_id = %(user_id)s",
    "client_sessions": "client_id = %(user_id)s OR therapist_id = %(user_id)s",
}
"""Table -> which of its rows are an end user's own; of all other tables they see nothing."""

MASTER_DATA = {
    "profiles": "full_name = 'Renamed'",
    "settings": "gus_spot_cost = 140",
    "employees": "name = 'Renamed'",
    "sessions": "location = 'Moved'",
    "session_employees": "assigned_at = assigned_at - interval '1 hour'",
    "subscription_plans": "monthly_credits = 90",
    "subscriptions": "status = 'canceled'",
    "practitioners": "buffer_minutes = 5",
    "availability_rules": "end_time = '23:00'",
    "availability_exceptions": "kind = 'open'",
    "credit_rates": "credit_cost = 45",
}
"""Table -> a change that the service may make."""

FIRST_OF = {
    "profiles": "INSERT INTO profiles (user_id, full_name) VALUES (gen_random_uuid(), 'New')",
    "employees": "INSERT INTO employees (name, email) VALUES ('New', 'new@club.example')",
    "sessions": "INSERT INTO sessions (name, starts_at, duration_minutes) VALUES ('New', '2099-01-01Z', 60)",
    "session_employees": "INSERT INTO session_employees (session_id, employee_id)"
    " SELECT s.id, e.id FROM sessions s, employees e ON CONFLICT DO NOTHING",
    "subscription_plans": "INSERT INTO subscription_plans (plan, monthly_credits) VALUES ('yearly', 60)",
    "subscriptions": "INSERT INTO subscriptions (user_id) SELECT user_id FROM profiles LIMIT 1",
    "practitioners": "INSERT INTO practitioners (user_id) SELECT user_id FROM profiles ON CONFLICT DO NOTHING",
    "availability_rules": "INSERT INTO availability_rules (practitioner_id, weekday, start_time, end_time)"
    " SELECT user_id, 1, '09:00', '10:00' FROM practitioners",
    "availability_exceptions": "INSERT INTO availability_exceptions (practitioner_id, starts_at, ends_at, kind)"
    " SELECT user_id, '2099-01-01Z', '2099-01-02Z', 'open' FROM practitioners",
    "credit_rates": "INSERT INTO credit_rates (practitioner_id, duration_minutes, credit_cost)"
    " SELECT user_id, 90, 80 FROM practitioners",
}
"""Table -> a row that the service may add."""


@pytest.fixture
def anna(club: Club) -> Employee:
    """Somebody who has a row in every table that people have rows in, as somebody else has."""
    clinic = Clinic(club.connection)
    people = [club.employee(), club.employee()]
    for person in people:
        club.connection.execute("INSERT INTO profiles (user_id, full_name) VALUES (%s, 'Somebody')", [person.user_id])
        club.session(person)
        club.book(club.released(), person)
        club.connection.execute("INSERT INTO subscriptions (user_id) VALUES (%s)", [person.user_id])
        run(club.connection, "allocate_monthly_credits", p_user_id=person.user_id, p_subscription_id=None, p_amount=60)
        therapist, client = clinic.practitioner("00:00-23:30"), clinic.client(1)
        clinic.insert("practitioners", {"user_id": person.user_id})
        clinic.works(person.user_id, "00:00-23:30", weekdays=[1])
        clinic.insert("credit_rates", {"practitioner_id": person.user_id, "duration_minutes": 60, "credit_cost": 50})
        clinic.closes(person.user_id, clinic.at(1), clinic.at(2))
        clinic.session(person.user_id, therapist, clinic.at(10))
        clinic.hold(therapist, clinic.at(15), p_holder_id=client)
        clinic.hold(therapist, clinic.at(17), p_holder_id=person.user_id)
    club.connection.execute("INSERT INTO subscription_plans (plan, monthly_credits) VALUES ('monthly', 60)")
    event = {"id": "evt_1", "type": "customer.created", "data": {"object": {"id": "cus_1"}}}
    run(club.connection, "process_stripe_event", p_event=json.dumps(event))
    return people[0]


def seen(connection: psycopg.Connection, table: str) -> list[str]:
    """Return the rows of a table that somebody sees; none where they may not even look."""
    query = sql.SQL("SELECT t::text FROM bookingdb.{} t ORDER BY 1").format(sql.Identifier(table))
    try:
        return [row for (row,) in connection.execute(query)]
    except psycopg.errors.InsufficientPrivilege:
        return []


def everything(db: psycopg.Connection) -> dict[str, list[str]]:
    """Return what the owner sees."""
    return {table: seen(db, table) for table in tables(db)}


SOME_COLUMN = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = quote_ident(%s)::regclass AND attnum > 0 AND attidentity = '' LIMIT 1
"""


def assert_writes_nothing(connection: psycopg.Connection, db: psycopg.Connection) -> None:
    """Somebody may neither add, change, remove nor truncate rows of any table, even of their own."""
    before = everything(db)
    for table in before:
        column = value(db, SOME_COLUMN, [table])
        for statement in (
            "INSERT INTO bookingdb.{table} DEFAULT VALUES",
            "UPDATE bookingdb.{table} SET {column} = {column}",
            "DELETE FROM bookingdb.{table}",
            "TRUNCATE bookingdb.{table} CASCADE",
            "SELECT FROM bookingdb.{table} FOR KEY SHARE",
            "LOCK bookingdb.{table} IN EXCLUSIVE MODE",
        ):
            query = sql.SQL(statement).format(table=sql.Identifier(table), column=sql.Identifier(column))
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(query)
    assert everything(db) == before


class TestAnonymous:
    def test_sees_nothing(self, anna, db, as_anon):
        connection = as_anon()
        assert {table for table in tables(db) if seen(connection, table)} == set()

    def test_writes_nothing(self, anna, db, as_anon):
        assert_writes_nothing(as_anon(), db)


class TestAnEndUser:
    def test_sees_their_own_rows_and_no_others(self, anna, db, as_employee):
        connection, names = as_employee(anna), {"user_id": anna.user_id, "employee_id": anna.id}
        for table in tables(db):
            query = sql.SQL("SELECT t::text FROM {} t WHERE {} ORDER BY 1").format(
                sql.Identifier(table), sql.SQL(OWN.get(table, "false"))
            )
            own = [row for (row,) in db.execute(query, names)]
            assert seen(connection, table) == own, table
            assert bool(own) == (table in OWN), f"{table} has none to see"

    def test_writes_nothing(self, anna, db, as_employee):
        assert_writes_nothing(as_employee(anna), db)

    def test_who_is_an_admin_sees_and_writes_no_more(self, club, anna, db, as_employee):
        boss = club.admin()
        connection = as_employee(boss)
        assert {table for table in tables(db) if len(seen(connection, table)) > 1} == set()
        assert_writes_nothing(connection, db)

    def test_without_a_sub_sees_nothing(self, anna, db, connect):
        connection = connect()
        connection.execute("SET ROLE authenticated")
        assert {table for table in tables(db) if seen(connection, table)} == set()

    def test_learns_nothing_by_a_leaky_function(self, anna, as_employee):
        """A function in WHERE is asked after the policy, not before."""
        connection = as_employee(anna)
        told: list[str | None] = []
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary))
        connection.execute("""
            CREATE FUNCTION pg_temp.tell(p_name text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
            AS $$ BEGIN RAISE NOTICE '%', p_name; RETURN true; END $$
        """)
        connection.execute("SELECT FROM bookingdb.employees WHERE pg_temp.tell(email)")
        assert told == [anna.email]

    def test_learns_nothing_by_switching_row_security_off(self, anna, as_employee):
        connection = as_employee(anna)
        connection.execute("SET row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT FROM bookingdb.employees")

    def test_cannot_make_themself_admin_or_rich(self, anna, club, as_employee):
        connection = as_employee(anna)
        for change in ("is_admin = true", "points = 100000", "user_id = NULL"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"UPDATE employees SET {change}")
        history = "INSERT INTO employee_points_history (employee_id, amount, reason) VALUES (%s, 1000, 'Please')"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(history, [anna.id])
        assert club.points(anna) == 150


class TestTheService:
    """As plain PostgreSQL makes it: without BYPASSRLS."""

    def test_does_not_bypass_row_level_security_here(self, db):
        assert value(db, "SELECT rolbypassrls FROM pg_roles WHERE rolname = 'service_role'") is False

    def test_sees_the_master_data(self, anna, db, as_service):
        connection = as_service()
        for table in MASTER_DATA:
            assert seen(connection, table) == seen(db, table) != [], table

    @pytest.mark.parametrize("table", MASTER_DATA)
    def test_changes_the_master_data(self, table, anna, db, as_service):
        changed = as_service().execute(f"UPDATE {table} SET {MASTER_DATA[table]}").rowcount
        assert changed == value(db, f"SELECT count(*) FROM {table}") > 0

    @pytest.mark.parametrize("table", FIRST_OF)
    def test_adds_to_the_master_data(self, table, anna, db, as_service):
        before = value(db, f"SELECT count(*) FROM {table}")
        as_service().execute(FIRST_OF[table])
        assert value(db, f"SELECT count(*) FROM {table}") > before

    def test_takes_somebody_off_a_session(self, club, as_service):
        session_id = club.session(club.employee())
        as_service().execute("DELETE FROM session_employees WHERE session_id = %s", [session_id])
        assert club.host(session_id) is None

    def test_adds_a_session_whose_spot_appears(self, club, as_service):
        host, service = club.employee(), as_service()
        insert = (
            "INSERT INTO sessions (name, starts_at, duration_minutes) VALUES ('New', '2099-01-01Z', 60) RETURNING id"
        )
        session_id = value(service, insert)
        service.execute(
            "INSERT INTO session_employees (session_id, employee_id) VALUES (%s, %s)", [session_id, host.id]
        )
        assert club.host(session_id) == host.id

    def test_adds_an_employee_whose_points_are_history(self, club, as_service):
        employee_id = value(as_service(), FIRST_OF["employees"] + " RETURNING id")
        assert club.rows("SELECT amount FROM employee_points_history WHERE employee_id = %s", [employee_id]) == [(300,)]

    def test_writes_nothing_but_master_data(self, anna, db, as_service):
        connection, before = as_service(), everything(db)
        for table in before:
            allowed = ["INSERT"] * (table in MASTER_DATA) + ["DELETE"] * (table == "session_employees")
            for privilege, statement in (
                ("INSERT", "INSERT INTO {} DEFAULT VALUES"),
                ("DELETE", "DELETE FROM {}"),
                ("TRUNCATE", "TRUNCATE {} CASCADE"),
            ):
                if privilege not in allowed:
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(sql.SQL(statement).format(sql.Identifier(table)))
        assert everything(db) == before

    def test_updates_no_ledger_booking_spot_or_queue(self, anna, as_service):
        connection = as_service()
        for change in (
            "employees SET points = 1000",
            "employee_points_history SET amount = 1000",
            "gusmester_bookings SET status = 'cancelled'",
            "guest_spots SET status = 'released_to_public'",
            "notifications SET status = 'sent'",
            "client_sessions SET status = 'completed'",
            "slot_holds SET status = 'released'",
            "credits SET balance = 1000",
            "credit_transactions SET amount = 1000",
            "credit_allocations SET amount = 1000",
            "payment_events SET outcome = 'allocated'",
            "notification_failures SET error = ''",
            "audit_log SET details = '{}'",
            "idempotency_keys SET result = '{}'",
            "function_versions SET module = ''",
            "applied_migrations SET checksum = ''",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"UPDATE {change}")

    def test_gives_no_points_to_a_new_employee(self, as_service):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_service().execute("INSERT INTO employees (name, email, points) VALUES ('New', 'n@club.example', 9000)")

    def test_with_a_sub_is_no_service(self, anna, db, as_service):
        connection, before = as_service(), everything(db)
        connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [json.dumps({"sub": anna.user_id})])
        names: dict[str, Any] = {"user_id": anna.user_id, "employee_id": anna.id}
        for table in before:
            own = sql.SQL("SELECT t::text FROM {} t WHERE {}").format(
                sql.Identifier(table), sql.SQL(OWN.get(table, "false"))
            )
            assert {*seen(connection, table)} <= {row for (row,) in db.execute(own, names)}, table
        for table, change in MASTER_DATA.items():
            assert connection.execute(f"UPDATE {table} SET {change}").rowcount == 0
        for insert in FIRST_OF.values():
            with suppress(psycopg.errors.InsufficientPrivilege):
                connection.execute(insert)
        assert everything(db) == before


class TestPrivateParts:
    @pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
    def test_helpers_and_triggers_are_executed_by_nobody(self, role, db, connect):
        query = """
            SELECT p.oid::regprocedure::text, p.proname, p.pronargs FROM pg_proc p
            WHERE p.pronamespace = 'bookingdb'::regnamespace
              AND (p.proname ~ '^_' OR p.prorettype = 'trigger'::regtype)
        """
        private = db.execute(query).fetchall()
        assert len(private) > 30
        may = "SELECT has_function_privilege(%s, %s, 'EXECUTE')"
        assert [name for name, *_ in private if value(db, may, [role, name])] == []

    def test_identity_cannot_be_asked_of_a_helper(self, as_user):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_user(UNKNOWN).execute("SELECT bookingdb._caller_kind()")

    @pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
    def test_counters_are_moved_and_read_by_nobody(self, role, connect):
        connection = connect()
        connection.execute(f"SET ROLE {role}")
        for use in ("nextval('bookingdb.refusals_not_found')", "setval('bookingdb.refusals_not_found', 1)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT {use}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT last_value FROM bookingdb.refusals_not_found")

    @pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
    def test_nothing_is_made_in_the_schema(self, role, connect):
        connection = connect()
        connection.execute(f"SET ROLE {role}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE bookingdb.mine ()")


def test_a_service_role_that_bypasses_row_level_security_works_too(club, as_service, superuser_dsn):
    """As Supabase makes it."""
    session_id, anna = club.released(), club.employee()
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("ALTER ROLE service_role BYPASSRLS")
        try:
            service = as_service()
            service.execute("UPDATE employees SET name = 'Renamed'")
            assert run(service, "book_gusmester_spot", p_session_id=session_id, p_employee_id=anna.id)["success"]
            service.execute(
                "SELECT set_config('request.jwt.claims', %s, false)", [json.dumps({"sub": club.employee().user_id})]
            )
            with refused("not_allowed"):
                run(service, "erase_person", p_user_id=anna.user_id)
        finally:
            superuser.execute("ALTER ROLE service_role NOBYPASSRLS")
