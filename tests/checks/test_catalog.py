"""The catalog sweep: what is installed keeps the contract's sections 1 and 2; and each rule finds what breaks it."""

from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest
from checks.catalog_rules import (
    API_ROLES,
    RULES,
    faulty_policies,
    offenders,
    wrongly_granted_functions,
    wrongly_written_tables,
)
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bookingdb.deploy import migrate

Connection = psycopg.Connection[Any]

SERVICE = {"service_role"}
USERS = {"authenticated", "service_role"}
EVERYBODY = {"anon", "authenticated", "service_role"}

EXECUTE = {
    # core
    "booking_stats": SERVICE,
    "caller_id": USERS,
    "caller_is_service": SERVICE,
    "ensure_profile": USERS,
    "erase_person": SERVICE,
    "run_maintenance": SERVICE,
    "verify_invariants": SERVICE,
    # notifications
    "claim_notifications": SERVICE,
    "complete_notification": SERVICE,
    "enqueue_notification": SERVICE,
    "fail_notification": SERVICE,
    "requeue_notification": SERVICE,
    # calendar
    "add_availability_exception": USERS,
    "attach_session_room": SERVICE,
    "cancel_session": USERS,
    "check_booking_conflict": USERS,
    "complete_session": USERS,
    "confirm_session": USERS,
    "find_practitioners": USERS,
    "get_available_slots": EVERYBODY,
    "hold_slot": USERS,
    "mark_session_no_show": USERS,
    "my_sessions": USERS,
    "release_slot_hold": USERS,
    "remove_availability_exception": USERS,
    "reschedule_session": USERS,
    "set_weekly_availability": USERS,
    "start_session": USERS,
    "update_session_notes": USERS,
    # therapy
    "create_session_with_credit_deduction": USERS,
    # peer
    "cleanup_orphaned_sessions": SERVICE,
    "create_peer_booking": USERS,
    "get_practitioner_credit_cost": USERS,
    "peer_practitioners": USERS,
    "process_peer_booking_credits": USERS,
    "process_peer_booking_refund": USERS,
    # credits
    "allocate_monthly_credits": SERVICE,
    "balance_at": USERS,
    "credit_patterns": SERVICE,
    "credits_transfer": USERS,
    "get_credit_balance": USERS,
    "get_credit_transactions": USERS,
    "process_stripe_event": SERVICE,
    "reconcile_credits": SERVICE,
    "repair_credit_account": SERVICE,
    "update_credit_balance": SERVICE,
    # classes
    "caller_client_organizations": USERS,
    "caller_organizations": USERS,
    "caller_persons": USERS,
    "cancel_class_booking": USERS,
    "cancel_class_session": USERS,
    "check_in_booking": USERS,
    "class_roster": USERS,
    "convert_lead_to_client": USERS,
    "create_class_booking": USERS,
    "create_class_series": USERS,
    "create_class_session": USERS,
    "create_membership": USERS,
    "create_package": USERS,
    "create_public_booking": EVERYBODY,
    "end_membership": USERS,
    "get_customer_payment_methods": USERS,
    "join_class_waitlist": USERS,
    "leave_class_waitlist": USERS,
    "mark_booking_no_show": USERS,
    "remove_organization_member": USERS,
    "save_client": USERS,
    "save_lead": USERS,
    "set_booking_payment_status": USERS,
    "set_organization_role": USERS,
    "upcoming_classes": EVERYBODY,
    "update_package": USERS,
    # gusmester
    "adjust_employee_points": USERS,
    "assign_session_employee": USERS,
    "available_guest_spots": USERS,
    "book_guest_for_session": USERS,
    "book_gusmester_spot": USERS,
    "caller_employee_id": USERS,
    "cancel_guest_booking": USERS,
    "cancel_gus_session": USERS,
    "cancel_gusmester_booking": USERS,
    "create_gus_session": USERS,
    "get_employee_points": USERS,
    "get_points_history": USERS,
    "my_gusmester_bookings": USERS,
    "my_hosting_sessions": USERS,
    "release_guest_spot": USERS,
    "unassign_session_employee": USERS,
}
"""Who may execute what: the service everything, users what is not for the service, all what is public."""

WRITES: dict[tuple[str, str], set[str]] = {
    ("profiles", "INSERT"): set(),
    ("profiles", "UPDATE"): set(),
    ("settings", "INSERT"): set(),
    ("settings", "UPDATE"): set(),
    ("employees", "INSERT"): {"points"},
    ("employees", "UPDATE"): {"points", "id"},
    ("sessions", "INSERT"): set(),
    ("sessions", "UPDATE"): set(),
    ("session_employees", "INSERT"): set(),
    ("session_employees", "UPDATE"): set(),
    ("session_employees", "DELETE"): set(),
    ("subscription_plans", "INSERT"): set(),
    ("subscription_plans", "UPDATE"): set(),
    ("subscriptions", "INSERT"): set(),
    ("subscriptions", "UPDATE"): set(),
    ("practitioners", "INSERT"): set(),
    ("practitioners", "UPDATE"): set(),
    ("availability_rules", "INSERT"): set(),
    ("availability_rules", "UPDATE"): set(),
    ("availability_exceptions", "INSERT"): set(),
    ("availability_exceptions", "UPDATE"): set(),
    ("credit_rates", "INSERT"): set(),
    ("credit_rates", "UPDATE"): set(),
    ("organizations", "INSERT"): set(),
    ("organizations", "UPDATE"): set(),
    ("user_organizations", "INSERT"): set(),
    ("user_organizations", "UPDATE"): set(),
    ("leads", "INSERT"): {"person_id"},
    ("leads", "UPDATE"): {"id", "organization_id", "person_id"},
    ("clients", "INSERT"): {"person_id"},
    ("clients", "UPDATE"): {"id", "organization_id", "person_id"},
    ("class_sessions", "INSERT"): {"taken"},
    ("class_sessions", "UPDATE"): {"taken", "id", "organization_id"},
    ("memberships", "INSERT"): set(),
    ("memberships", "UPDATE"): {"id", "organization_id", "client_id", "lead_id", "person_id"},
    ("packages", "INSERT"): {"classes_used"},
    ("packages", "UPDATE"): {"classes_used", "id", "organization_id", "client_id", "lead_id", "person_id"},
}
"""The master data that the service writes directly: table and privilege -> the columns it may not write."""

OFFENCES: dict[str, LiteralString] = {
    "function names are unique": """
        CREATE FUNCTION caller_id(p_a int) RETURNS int LANGUAGE sql AS 'SELECT 1'""",
    "there are functions only, no procedures or aggregates": """
        CREATE PROCEDURE wrong() LANGUAGE sql AS 'SELECT 1'""",
    "functions are PL/pgSQL or SQL": """
        CREATE FUNCTION wrong() RETURNS trigger LANGUAGE internal AS 'suppress_redundant_updates_trigger'""",
    "no parameter is VARIADIC, OUT or INOUT": """
        CREATE FUNCTION wrong(VARIADIC p_a int[]) RETURNS int LANGUAGE sql AS 'SELECT 1'""",
    "parameters are named p_...": """
        CREATE FUNCTION wrong(p_a int, int) RETURNS int LANGUAGE sql AS 'SELECT 1'""",
    "commands are VOLATILE": """
        ALTER FUNCTION book_gusmester_spot STABLE""",
    "commands are SECURITY DEFINER": """
        ALTER FUNCTION book_gusmester_spot SECURITY INVOKER""",
    "commands run with TimeZone UTC": """
        ALTER FUNCTION book_gusmester_spot RESET timezone""",
    "commands end with p_idempotency_key text DEFAULT NULL": """
        CREATE FUNCTION wrong(p_idempotency_key text DEFAULT '') RETURNS json LANGUAGE sql AS 'SELECT NULL::json'""",
    "commands have a type for their result, beginning with success": """
        ALTER TYPE book_gusmester_spot_result RENAME ATTRIBUTE success TO done""",
    "queries are STABLE": """
        ALTER FUNCTION my_hosting_sessions VOLATILE""",
    "every function pins its search path, pg_temp last": """
        ALTER FUNCTION caller_id SET search_path TO bookingdb""",
    "trigger functions are SECURITY DEFINER": """
        ALTER FUNCTION create_guest_spot_for_session SECURITY INVOKER""",
    "public functions have a comment": """
        COMMENT ON FUNCTION caller_id IS NULL""",
    "EXECUTE is not granted to PUBLIC": """
        CREATE FUNCTION _wrong() RETURNS int LANGUAGE sql AS 'SELECT 1'""",
    "tables have row-level security, enabled and not forced": """
        ALTER TABLE profiles FORCE ROW LEVEL SECURITY""",
    "PUBLIC, anon and strangers have no privilege on tables and sequences": """
        GRANT SELECT (full_name) ON profiles TO anon""",
    "authenticated may only SELECT": """
        GRANT UPDATE (full_name) ON profiles TO authenticated""",
    "service_role may not TRUNCATE, make triggers or use sequences": """
        GRANT TRUNCATE ON profiles TO service_role""",
    "API roles may use the schema and make nothing in it": """
        GRANT CREATE ON SCHEMA bookingdb TO authenticated""",
    "foreign keys say ON DELETE": """
        ALTER TABLE profiles ADD CONSTRAINT wrong FOREIGN KEY (user_id) REFERENCES profiles""",
    "foreign keys stay in the schema": """
        CREATE SCHEMA other;
        CREATE TABLE other.people (id uuid PRIMARY KEY);
        ALTER TABLE profiles ADD CONSTRAINT wrong FOREIGN KEY (user_id) REFERENCES other.people""",
    "foreign keys have an index that finds their rows": """
        DROP INDEX guest_spots_of_host;
        DROP INDEX bookings_of_client""",
    "constraints and indexes are valid": """
        ALTER TABLE profiles ADD CONSTRAINT wrong CHECK (is_active) NOT VALID""",
    "tables have a primary key": """
        CREATE TABLE wrong (id uuid)""",
    "no column is serial": """
        CREATE TABLE wrong (id serial)""",
    "instants are timestamptz": """
        ALTER TABLE profiles ADD COLUMN wrong timestamp""",
    "nothing in the schema belongs to an extension": """
        ALTER EXTENSION btree_gist SET SCHEMA bookingdb""",
    "policies name the roles they are for": """
        CREATE POLICY wrong ON profiles USING (true)""",
    "a table has one permissive policy for a role and an action": """
        CREATE POLICY wrong ON profiles FOR SELECT TO authenticated USING (true)""",
}
"""Rule -> what breaks it."""


@pytest.fixture
def admin(superuser_dsn: str) -> Iterator[Connection]:
    """The superuser's connection, for what the owner could not do wrong."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("rule", RULES)
def test_what_is_installed_keeps_the_rule(db: Connection, rule: str) -> None:
    assert offenders(db, rule) == []


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_finds_its_offender(admin: Connection, rule: str) -> None:
    before = offenders(admin, rule)
    admin.execute(OFFENCES[rule])
    assert set(offenders(admin, rule)) > set(before)


def test_functions_are_granted_to_whom_the_contract_says(db: Connection) -> None:
    assert wrongly_granted_functions(db, EXECUTE) == []


@pytest.mark.parametrize(
    ("offence", "found"),
    [
        ("GRANT EXECUTE ON FUNCTION erase_person TO authenticated", "erase_person: authenticated, service_role"),
        ("GRANT EXECUTE ON FUNCTION _fail TO service_role", "_fail: service_role"),
        ("REVOKE EXECUTE ON FUNCTION caller_id FROM authenticated", "caller_id: service_role"),
        ("DROP FUNCTION my_hosting_sessions", "my_hosting_sessions: nobody"),
    ],
)
def test_a_wrong_grant_of_a_function_is_found(admin: Connection, offence: LiteralString, found: str) -> None:
    admin.execute(offence)
    assert wrongly_granted_functions(admin, EXECUTE) == [found]


def test_the_service_writes_the_master_data_of_the_contract(db: Connection) -> None:
    assert wrongly_written_tables(db, WRITES) == []


@pytest.mark.parametrize(
    ("offence", "found"),
    [
        ("GRANT UPDATE (points) ON employees TO service_role", "service_role may UPDATE employees.points"),
        ("GRANT DELETE ON settings TO PUBLIC", "service_role may DELETE settings.id"),
        ("REVOKE INSERT ON profiles FROM service_role", "service_role may not INSERT profiles.email"),
    ],
)
def test_a_wrong_grant_of_a_table_is_found(admin: Connection, offence: LiteralString, found: str) -> None:
    admin.execute(offence)
    assert found in wrongly_written_tables(admin, WRITES)


def test_policies_compare_indexed_columns_with_who_is_calling(db: Connection) -> None:
    assert faulty_policies(db) == []


@pytest.mark.parametrize(
    ("condition", "fault"),
    [
        ("user_id = caller_id()", "says (SELECT caller_id()), run once and not per row"),
        ("EXISTS (SELECT FROM settings)", "reads a table, which may recurse or be slow"),
        ("full_name = current_setting('a.b')", "calls current_setting; it may ask who is calling, no more"),
        ("full_name = (SELECT caller_id())::text", "compares full_name, which leads no index"),
    ],
)
def test_a_faulty_policy_is_found(admin: Connection, condition: LiteralString, fault: str) -> None:
    admin.execute(sql.SQL("CREATE POLICY wrong ON profiles TO authenticated USING ({})").format(sql.SQL(condition)))
    assert f"profiles.wrong {fault}" in faulty_policies(admin)


def test_in_public_the_default_privileges_of_supabase_leak_nothing(dsn: str, empty_dsn: str) -> None:
    """There everything the owner makes is granted to the API roles by name, so revoking from PUBLIC is not enough."""
    with psycopg.connect(empty_dsn, autocommit=True) as owner:
        for kind in ("TABLES", "FUNCTIONS", "SEQUENCES"):
            statement = sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON {} TO {}")
            owner.execute(statement.format(sql.SQL(kind), sql.SQL(", ").join(map(sql.Identifier, API_ROLES))))
    migrate(empty_dsn, schema="public")
    with psycopg.connect(make_conninfo(empty_dsn, options="-csearch_path=public,pg_temp"), autocommit=True) as owner:
        broken = [f"{rule}: {offender}" for rule in RULES for offender in offenders(owner, rule)]
        assert "\n".join(broken) == ""
        assert wrongly_granted_functions(owner, EXECUTE) == []
        assert wrongly_written_tables(owner, WRITES) == []
