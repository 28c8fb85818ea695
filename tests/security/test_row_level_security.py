"""Contract section 2: which rows of which table each kind of caller may see and change.

The sweep: each table of the catalog, each caller, own rows and others', SELECT, INSERT, UPDATE and DELETE.
"""

import json
from typing import Any, LiteralString, NamedTuple

import psycopg
import pytest
from core.records import tables, value
from gusmester.calls import run
from gusmester.club import UNKNOWN, Club, Employee
from psycopg import sql
from security.town import Town
from support.refusals import refused

AS_EMPLOYEE = "(SELECT id FROM employees WHERE user_id = %(me)s)"
AS_PERSON = "(SELECT person_id FROM clients WHERE user_id = %(me)s)"
AS_CLIENT = "(SELECT organization_id FROM clients WHERE user_id = %(me)s)"
AS_STAFF = "(SELECT organization_id FROM user_organizations WHERE user_id = %(me)s AND role <> 'member')"
MINE_OR_STAFFS = f"person_id IN {AS_PERSON} OR organization_id IN {AS_STAFF}"

READS = {"SELECT"}
WRITES = {"SELECT", "INSERT", "UPDATE"}


class Rows(NamedTuple):
    """Who may do what with the rows of a table."""

    service: set[str]
    """What the service may do with all of them."""
    mine: str = "false"
    """Which of them an end user sees; they change none."""


TABLES = {
    # The deployer's own.
    "_yoyo_log": Rows(set()),
    "_yoyo_migration": Rows(set()),
    "_yoyo_version": Rows(set()),
    "yoyo_lock": Rows(set()),
    "applied_migrations": Rows(READS),
    "function_versions": Rows(READS),
    # core
    "audit_log": Rows(READS),
    "idempotency_keys": Rows(READS),
    "profiles": Rows(WRITES, "user_id = %(me)s"),
    "settings": Rows(WRITES),
    # notifications
    "notification_archive": Rows(READS),
    "notification_failures": Rows(READS),
    "notifications": Rows(READS, "user_id = %(me)s"),
    # credits
    "credit_allocations": Rows(READS, "user_id = %(me)s"),
    "credit_transactions": Rows(READS, "user_id = %(me)s"),
    "credits": Rows(READS, "user_id = %(me)s"),
    "payment_events": Rows(READS),
    "subscription_plans": Rows(WRITES),
    "subscriptions": Rows(WRITES, "user_id = %(me)s"),
    # calendar
    "availability_exceptions": Rows(WRITES, "practitioner_id = %(me)s"),
    "availability_rules": Rows(WRITES, "practitioner_id = %(me)s"),
    "client_sessions": Rows(READS, "client_id = %(me)s OR therapist_id = %(me)s"),
    "practitioners": Rows(WRITES, "user_id = %(me)s"),
    "slot_holds": Rows(READS, "holder_id = %(me)s OR practitioner_id = %(me)s"),
    # peer
    "credit_rates": Rows(WRITES, "practitioner_id = %(me)s"),
    # gusmester
    "employee_points_history": Rows(READS, f"employee_id IN {AS_EMPLOYEE}"),
    "employees": Rows(WRITES, "user_id = %(me)s"),
    "guest_spots": Rows(READS, f"host_employee_id IN {AS_EMPLOYEE}"),
    "gusmester_bookings": Rows(READS, f"employee_id IN {AS_EMPLOYEE}"),
    "session_employees": Rows(WRITES | {"DELETE"}, f"employee_id IN {AS_EMPLOYEE}"),
    "sessions": Rows(WRITES),
    # classes
    "bookings": Rows(READS, MINE_OR_STAFFS),
    "class_sessions": Rows(WRITES, f"organization_id IN {AS_CLIENT} OR organization_id IN {AS_STAFF}"),
    "class_waitlist": Rows(READS, MINE_OR_STAFFS),
    "clients": Rows(WRITES, f"user_id = %(me)s OR organization_id IN {AS_STAFF}"),
    "leads": Rows(WRITES, MINE_OR_STAFFS),
    "membership_usage": Rows(READS, f"organization_id IN {AS_STAFF}"),
    "memberships": Rows(WRITES, MINE_OR_STAFFS),
    "organizations": Rows(WRITES, f"id IN {AS_CLIENT} OR id IN {AS_STAFF}"),
    "package_usage": Rows(READS, f"organization_id IN {AS_STAFF}"),
    "packages": Rows(WRITES, MINE_OR_STAFFS),
    "user_organizations": Rows(WRITES, f"user_id = %(me)s OR organization_id IN {AS_STAFF}"),
}

OF_A_STUDIO = {
    "bookings",
    "class_sessions",
    "class_waitlist",
    "clients",
    "leads",
    "membership_usage",
    "memberships",
    "organizations",
    "package_usage",
    "packages",
    "user_organizations",
}
OF_A_RESIDENT = {table for table, rows in TABLES.items() if rows.mine != "false"} - {
    "membership_usage",
    "package_usage",
    "user_organizations",
}
SEES: dict[str, set[str]] = {
    "anna": OF_A_RESIDENT,
    "bert": OF_A_RESIDENT,
    "owner": OF_A_STUDIO | {"profiles"},
    "admin": OF_A_STUDIO | {"profiles"},
    "staff": OF_A_STUDIO | {"profiles"},
    "owner of another": OF_A_STUDIO | {"profiles"},
    "member": {"profiles", "user_organizations"},
    "inactive client": {"bookings", "class_sessions", "clients", "notifications", "organizations", "profiles"},
    "admin of the club": {"employee_points_history", "employees"},
    "stranger": set(),
}
"""End user -> the tables of which they see something, and never all."""

UPDATES: dict[str, LiteralString] = {
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
    "organizations": "name = 'Renamed'",
    "user_organizations": "role = 'staff'",
    "leads": "phone = '5550199'",
    "clients": "phone = '5550199'",
    "class_sessions": "instructor_name = 'Inga'",
    "memberships": "name = 'Renamed'",
    "packages": "classes_total = 20",
}
"""Table -> a change that the service may make."""

INSERTS: dict[str, LiteralString] = {
    "profiles": "INSERT INTO profiles (user_id, full_name) VALUES (gen_random_uuid(), 'New')",
    "settings": "INSERT INTO settings DEFAULT VALUES ON CONFLICT (id) DO UPDATE SET gus_spot_cost = 1",
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
    "organizations": "INSERT INTO organizations (name, slug) VALUES ('New', 'new')",
    "user_organizations": "INSERT INTO user_organizations (user_id, organization_id, role)"
    " SELECT p.user_id, o.id, 'staff' FROM profiles p, organizations o ON CONFLICT DO NOTHING",
    "leads": "INSERT INTO leads (organization_id, name, email) SELECT id, 'New', 'new@x.example' FROM organizations",
    "clients": "INSERT INTO clients (organization_id, name, email)"
    " SELECT id, 'New', 'new@x.example' FROM organizations",
    "class_sessions": "INSERT INTO class_sessions (organization_id, name, starts_at, duration_minutes, capacity)"
    " SELECT id, 'New', '2099-01-01Z', 60, 10 FROM organizations",
    "memberships": "INSERT INTO memberships (organization_id, client_id, name)"
    " SELECT organization_id, id, 'New' FROM clients",
    "packages": "INSERT INTO packages (organization_id, lead_id, name, classes_total)"
    " SELECT organization_id, id, 'New', 5 FROM leads",
}
"""Table -> rows that the service may add."""


@pytest.fixture
def town(club: Club) -> Town:
    """Everybody and everything."""
    return Town(club)


@pytest.fixture
def anna(town: Town) -> Employee:
    """Somebody who has rows of their own, as somebody else has."""
    return town.anna


def seen(connection: psycopg.Connection, table: str) -> list[str]:
    """Return the rows of a table that somebody sees; none where they may not even look."""
    query = sql.SQL("SELECT t::text FROM bookingdb.{} t ORDER BY 1").format(sql.Identifier(table))
    try:
        return [row for (row,) in connection.execute(query)]
    except psycopg.errors.InsufficientPrivilege:
        return []


def everything(town: Town) -> dict[str, list[tuple[str, str]]]:
    """Return what the owner sees."""
    return {table: town.rows(table) for table in TABLES}


def my_rows(town: Town, table: str, me: str, *, others: bool = False) -> list[tuple[str, str]]:
    """Return place and text of an end user's own rows, or of all others."""
    return town.rows(table, f"({TABLES[table].mine}) IS {'NOT ' * others}TRUE", me=me)


INSERTABLE = """
    SELECT array_agg(attname::text) FROM pg_attribute
    WHERE attrelid = quote_ident(%s)::regclass AND attnum > 0 AND attidentity = '' AND attgenerated = ''
      AND (NOT %s OR has_column_privilege('service_role', attrelid, attnum, 'INSERT'))
"""
COPY = """
    INSERT INTO bookingdb.{table} ({columns})
    SELECT {columns} FROM jsonb_populate_record(NULL::bookingdb.{table}, %s)
"""
SOME_COLUMN = "UPDATE bookingdb.{table} SET {column} = {column} WHERE ctid = %s::tid"
DELETE = "DELETE FROM bookingdb.{table} WHERE ctid = %s::tid"


def copy(db: psycopg.Connection, table: str, place: str, *, granted: bool) -> tuple[sql.Composed, list[str]]:
    """Return the statement that adds a row once more, by all columns or those that the service is granted."""
    columns = sql.SQL(", ").join(map(sql.Identifier, value(db, INSERTABLE, [table, granted])))
    name = sql.Identifier(table)
    row = value(db, sql.SQL("SELECT to_jsonb(t)::text FROM {} t WHERE ctid = %s::tid").format(name), [place])
    return sql.SQL(COPY).format(table=name, columns=columns), [row]


def assert_shut_out(connection: psycopg.Connection, statement: sql.Composed, parameters: Any = None) -> None:
    """PostgreSQL refuses: a privilege is missing, or a policy's."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
        connection.execute(statement, parameters)


def assert_writes_nothing(connection: psycopg.Connection, town: Town, me: str) -> None:
    """Somebody adds, changes, removes, locks or truncates no row of any table, neither their own nor another's."""
    db, before = town.club.connection, everything(town)
    for table in TABLES:
        name = sql.Identifier(table)
        column = sql.Identifier(value(db, INSERTABLE, [table, False])[0])
        places = [rows[0][0] for rows in (my_rows(town, table, me), my_rows(town, table, me, others=True)) if rows]
        for place in places:
            assert_shut_out(connection, *copy(db, table, place, granted=False))
            assert_shut_out(connection, sql.SQL(SOME_COLUMN).format(table=name, column=column), [place])
            assert_shut_out(connection, sql.SQL(DELETE).format(table=name), [place])
        for statement in (
            "INSERT INTO bookingdb.{} DEFAULT VALUES",
            "TRUNCATE bookingdb.{} CASCADE",
            "SELECT FROM bookingdb.{} FOR KEY SHARE",
            "LOCK bookingdb.{} IN EXCLUSIVE MODE",
        ):
            assert_shut_out(connection, sql.SQL(statement).format(name))
    assert everything(town) == before


def test_every_table_is_here(town, db):
    """And has a row, yoyo's lock apart, so that nothing is seen by nobody for want of rows."""
    assert {*tables(db)} == TABLES.keys()
    assert {table for table in TABLES if not town.rows(table)} <= {"yoyo_lock"}
    assert {*UPDATES} == {*INSERTS} == {table for table, rows in TABLES.items() if "INSERT" in rows.service}


class TestAnonymous:
    @pytest.mark.parametrize("with_a_sub", [False, True])
    def test_sees_and_writes_nothing(self, with_a_sub, town, as_anon):
        connection = as_anon()
        if with_a_sub:
            claims = json.dumps({"sub": town.anna.user_id})
            connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
        assert {table for table in TABLES if seen(connection, table)} == set()
        assert_writes_nothing(connection, town, town.anna.user_id)


class TestAnEndUser:
    @pytest.mark.parametrize("who", SEES)
    def test_sees_what_is_theirs_and_nothing_else(self, who, town, as_user):
        me = town.users[who]
        connection = as_user(me)
        for table in TABLES:
            mine = [row for _, row in my_rows(town, table, me)]
            assert seen(connection, table) == mine, table
            assert bool(mine) == (table in SEES[who]), table
            if mine:
                assert my_rows(town, table, me, others=True), f"nobody else has a row in {table}"

    @pytest.mark.parametrize("who", SEES)
    def test_writes_nothing(self, who, town, as_user):
        me = town.users[who]
        assert_writes_nothing(as_user(me), town, me)

    def test_without_a_sub_sees_and_writes_nothing(self, town, connect):
        connection = connect()
        connection.execute("SET ROLE authenticated")
        assert {table for table in TABLES if seen(connection, table)} == set()
        assert_writes_nothing(connection, town, UNKNOWN)

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

    def test_sees_all_it_may_read(self, town, as_service):
        connection = as_service()
        for table, rows in TABLES.items():
            everything = [row for _, row in town.rows(table)] if "SELECT" in rows.service else []
            assert seen(connection, table) == everything, table

    def test_writes_the_master_data_whosever_it_is_and_nothing_else(self, town, as_service):
        connection, before = as_service(), everything(town)
        for table, rows in TABLES.items():
            may = rows.service
            name = sql.Identifier(table)
            if "INSERT" in may:
                with connection.transaction(force_rollback=True):
                    assert connection.execute(INSERTS[table]).rowcount > 0, table
            else:
                assert_shut_out(connection, sql.SQL("INSERT INTO {} DEFAULT VALUES").format(name))
            column = sql.Identifier(value(town.club.connection, INSERTABLE, [table, False])[0])
            change = sql.SQL(UPDATES.get(table, "")) if "UPDATE" in may else sql.SQL("{0} = {0}").format(column)
            update = sql.SQL("UPDATE {} SET {} WHERE ctid = %s::tid").format(name, change)
            for place, _ in before[table]:
                for verb, statement in (("UPDATE", update), ("DELETE", sql.SQL(DELETE).format(table=name))):
                    if verb in may:
                        with connection.transaction(force_rollback=True):
                            assert connection.execute(statement, [place]).rowcount == 1, f"{verb} {table}"
                    else:
                        assert_shut_out(connection, statement, [place])
            assert_shut_out(connection, sql.SQL("TRUNCATE {} CASCADE").format(name))
        assert everything(town) == before

    @pytest.mark.parametrize("who", ["anna", "owner"])
    def test_with_a_sub_is_no_service(self, who, town, as_service):
        """Nor is it that user: policies for users name the role authenticated."""
        me, connection, before = town.users[who], as_service(), everything(town)
        connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [json.dumps({"sub": me})])
        assert {table for table in TABLES if seen(connection, table)} == set()
        for table, rows in TABLES.items():
            for place, _ in before[table] if "INSERT" in rows.service else []:
                update = sql.SQL("UPDATE {} SET {} WHERE ctid = %s::tid").format(
                    sql.Identifier(table), sql.SQL(UPDATES[table])
                )
                assert connection.execute(update, [place]).rowcount == 0
                assert_shut_out(connection, *copy(town.club.connection, table, place, granted=True))
        assert connection.execute("DELETE FROM session_employees").rowcount == 0
        assert everything(town) == before

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
        employee_id = value(as_service(), INSERTS["employees"] + " RETURNING id")
        assert club.rows("SELECT amount FROM employee_points_history WHERE employee_id = %s", [employee_id]) == [(300,)]

    @pytest.mark.parametrize(
        "change",
        [
            "employees SET points = 1000",
            "employees SET id = gen_random_uuid()",
            "class_sessions SET taken = 0",
            "class_sessions SET organization_id = id",
            "packages SET classes_used = 0",
            "packages SET person_id = id",
        ],
    )
    def test_changes_no_column_that_is_counted_or_ties_rows_together(self, change, as_service):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_service().execute(f"UPDATE {change}")

    def test_gives_no_points_to_a_new_employee(self, as_service):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_service().execute("INSERT INTO employees (name, email, points) VALUES ('New', 'n@club.example', 9000)")


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
