"""Every command and query, called with everything that can be wrong with a call."""

from collections.abc import Callable
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
from checks.calls import Function, error_of, functions, is_clean, refusal
from psycopg import sql

Connection = psycopg.Connection[Any]

ADMIN = UUID("00000000-0000-4000-8000-000000000001")
SESSION: LiteralString = "'00000000-0000-4000-8000-000000000002'"
EMPLOYEE: LiteralString = "'00000000-0000-4000-8000-000000000003'"
ORGANIZATION: LiteralString = "'00000000-0000-4000-8000-000000000004'"
CLASS: LiteralString = "'00000000-0000-4000-8000-000000000005'"
CLIENT: LiteralString = "'00000000-0000-4000-8000-000000000006'"
MEMBERSHIP: LiteralString = "'00000000-0000-4000-8000-000000000007'"
PACKAGE: LiteralString = "'00000000-0000-4000-8000-000000000008'"
NOBODY: LiteralString = "'00000000-0000-4000-8000-00000000dead'"

EVENT: LiteralString = """'{"id": "evt_1", "type": "invoice.paid", "created": 1, "data": {"object": {}}}'"""

PLAUSIBLE: dict[str, LiteralString] = {
    "p_session_id": SESSION,
    "p_employee_id": EMPLOYEE,
    "p_host_employee_ids": f"ARRAY[{EMPLOYEE}]::uuid[]",
    "p_from_user_id": EMPLOYEE,
    "p_organization_id": ORGANIZATION,
    "p_class_session_id": CLASS,
    "p_customer_id": CLIENT,
    "p_customer_type": "'client'",
    "p_payment_method": "'membership'",
    "p_payment_id": MEMBERSHIP,
    "p_payment_status": "'paid'",
    "p_membership_id": MEMBERSHIP,
    "p_package_id": PACKAGE,
    "p_period": "'week'",
    "p_role": "'staff'",
    "p_weeks": "2",
    "p_transaction_type": "'bonus'",
    "p_session_type": "'video'",
    "p_kind": "'open'",
    "p_room_url": "'https://rooms.example/a'",
    "p_ends_at": "now() + interval '3 days'",
    "p_to": "now() + interval '3 days'",
    "p_rules": """'[{"weekday": 1, "start_time": "09:00", "end_time": "17:00"}]'""",
    "p_lease": "'1 minute'",
    "uuid": NOBODY,
    "uuid[]": "'{}'",
    "text": "'somebody@example.org'",
    "integer": "60",
    "bigint": "60",
    "boolean": "false",
    "timestamp with time zone": "now() + interval '2 days'",
    "date": "current_date + 2",
    "time without time zone": "'10:00'",
    "interval": "'5 minutes'",
    "jsonb": EVENT,
}
"""Parameter or type -> a value with which a call gets far."""

POSSIBLE: dict[str, list[LiteralString]] = {
    "uuid": ["NULL", NOBODY],
    "uuid[]": ["NULL", "'{NULL}'", f"ARRAY[{NOBODY}]::uuid[]", f"ARRAY[{EMPLOYEE}, {EMPLOYEE}]::uuid[]"],
    "text": ["NULL", "''", "' '", "E'\\n'", "'Ω'"],
    "integer": ["NULL", "0", "-1", "-2147483648", "2147483647"],
    "bigint": ["NULL", "0", "-1", "-9223372036854775808", "9223372036854775807"],
    "jsonb": ["NULL", "'null'", "'1'", "'\"Ω\"'", "'[]'", "'[{}]'", "'{}'", """'{"id": {}, "type": []}'"""],
    "boolean": ["NULL", "true"],
    "timestamp with time zone": ["NULL", "now()"],
    "date": ["NULL", "current_date"],
    "time without time zone": ["NULL", "'00:00'", "'23:59:59.999999'", "'24:00'"],
    "interval": ["NULL", "'0'", "'-1 day'", "'1 month -30 days'", "'178000000 years'"],
}
"""Type -> values that are answered or refused."""

OUT_OF_BOUNDS: dict[str, list[LiteralString]] = {
    "text": ["repeat('x', 10001)"],
    "timestamp with time zone": ["'infinity'", "'-infinity'", "'1999-12-31Z'", "'2100-01-02Z'"],
    "date": ["'infinity'", "'-infinity'", "'1999-12-31'", "'2100-01-01'", "'4713-01-01 BC'"],
}
"""Type -> values that are refused wherever they are given."""


@pytest.fixture(params=["service", "administrator"])
def caller(request: pytest.FixtureRequest, db: Connection, as_user: Callable[[UUID], Connection]) -> Connection:
    """Somebody who may do everything, on a database with a club and a studio that have one of everything."""
    db.execute(
        "INSERT INTO employees (id, user_id, name, email, is_admin)"
        " VALUES (%s::uuid, %s, 'Kari', 'kari@example.org', true)",
        [EMPLOYEE.strip("'"), ADMIN],
    )
    db.execute(
        "INSERT INTO sessions (id, name, starts_at, duration_minutes)"
        " VALUES (%s::uuid, 'Sauna', now() + interval '1 day', 60)",
        [SESSION.strip("'")],
    )
    db.execute(
        sql.SQL("""
            INSERT INTO profiles (user_id) VALUES ({admin});
            INSERT INTO organizations (id, name, slug, public_booking)
            VALUES ({organization}, 'Studio', 'studio', true);
            INSERT INTO user_organizations (organization_id, user_id, role) VALUES ({organization}, {admin}, 'owner');
            INSERT INTO clients (id, organization_id, name, email)
            VALUES ({client}, {organization}, 'Gro', 'gro@example.org');
            INSERT INTO memberships (id, organization_id, client_id, name)
            VALUES ({membership}, {organization}, {client}, 'Spring');
            INSERT INTO packages (id, organization_id, client_id, name, classes_total)
            VALUES ({package}, {organization}, {client}, 'Ten', 10);
            INSERT INTO class_sessions (id, organization_id, name, starts_at, duration_minutes, capacity)
            VALUES ({class_}, {organization}, 'Yoga', now() + interval '1 day', 60, 10);
        """).format(
            admin=ADMIN,
            organization=sql.SQL(ORGANIZATION),
            client=sql.SQL(CLIENT),
            membership=sql.SQL(MEMBERSHIP),
            package=sql.SQL(PACKAGE),
            class_=sql.SQL(CLASS),
        )
    )
    return db if request.param == "service" else as_user(ADMIN)


def plausible(function: Function) -> dict[str, LiteralString]:
    """Return arguments with which a call gets far."""
    return {name: PLAUSIBLE.get(name, PLAUSIBLE[type_]) for name, type_ in function.parameters.items()}


def test_a_call_with_nothing_given_is_answered_or_refused(caller: Connection) -> None:
    found = functions(caller)
    assert {"ensure_profile", "book_gusmester_spot", "get_employee_points"} <= {function.name for function in found}
    assert [f"{f.name}: {error}" for f in found if not is_clean(error := error_of(caller, f, {}))] == []


def test_every_value_of_every_parameter_is_answered_or_refused(caller: Connection) -> None:
    raw = [
        f"{function.name}({parameter} => {value}): {error}"
        for function in functions(caller)
        for parameter, type_ in function.parameters.items()
        for value in POSSIBLE[type_]
        if not is_clean(error := error_of(caller, function, plausible(function) | {parameter: value}))
    ]
    assert "\n".join(raw) == ""


def test_a_value_out_of_bounds_is_refused_by_the_parameters_name(caller: Connection) -> None:
    accepted = [
        f"{function.name}({parameter} => {value}): {error}"
        for function in functions(caller)
        for parameter, type_ in function.parameters.items()
        for value in OUT_OF_BOUNDS.get(type_, [])
        if not names_or_shuts_out(
            error := error_of(caller, function, plausible(function) | {parameter: value}), parameter
        )
    ]
    assert "\n".join(accepted) == ""


def names_or_shuts_out(error: psycopg.Error | None, parameter: str) -> bool:
    """Whether a call was refused for this parameter, or because of who called, which is looked at first."""
    details = refusal(error)
    return details.get("reason") == "not_allowed" or (
        details.get("reason") == "invalid_input" and details.get("parameter") == parameter
    )


def test_queries_need_no_more_than_a_read_only_transaction(caller: Connection) -> None:
    queries = [function for function in functions(caller) if not function.is_command]
    assert {"available_guest_spots", "get_points_history"} <= {function.name for function in queries}
    for arguments in ({}, PLAUSIBLE):
        raw = [f"{f.name}: {e}" for f in queries if not is_clean(e := error_of(caller, f, arguments, "READ ONLY"))]
        assert raw == []


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_commands_refuse_other_isolation_levels_whatever_they_are_given(
    caller: Connection, level: LiteralString
) -> None:
    commands = [function for function in functions(caller) if function.is_command]
    assert {"book_gusmester_spot", "ensure_profile"} <= {function.name for function in commands}
    for function in commands:
        for arguments in ({}, plausible(function)):
            error = error_of(caller, function, arguments, f"ISOLATION LEVEL {level}")
            expected = {"reason": "invalid_input", "parameter": "transaction_isolation"}
            assert refusal(error) == expected, f"{function.name}: {error}"


def test_these_checks_find_a_function_that_is_careless(db: Connection) -> None:
    db.execute("""
        CREATE FUNCTION careless(p_at timestamptz, p_name text) RETURNS bigint LANGUAGE plpgsql STABLE
        AS $$ BEGIN RETURN nextval('refusals_not_found') / length(p_name); END $$;
        CREATE FUNCTION careless_command() RETURNS json LANGUAGE sql AS $$ SELECT '{}'::json $$
    """)
    careless, command = (f for f in functions(db) if f.name.startswith("careless"))
    assert not is_clean(error_of(db, careless, {"p_name": "''"}))
    assert not is_clean(error_of(db, careless, {}, "READ ONLY"))
    assert not names_or_shuts_out(error_of(db, careless, {"p_at": "'infinity'", "p_name": "'x'"}), "p_at")
    assert refusal(error_of(db, command, {}, "ISOLATION LEVEL SERIALIZABLE")) == {}
