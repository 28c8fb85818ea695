"""Whatever a text says, it is a text."""

import json

import pytest
from core.records import value
from core.test_bounds import EMAILS, OPTIONAL_TEXTS, REQUIRED_TEXTS
from gusmester.calls import run
from support.refusals import refused

ATTACKS = [
    "'; DROP TABLE bookingdb.employees CASCADE; --",
    "' OR '1'='1",
    "\\'; UPDATE bookingdb.employees SET is_admin = true; --",
    '"; DROP SCHEMA bookingdb CASCADE; --',
    "$$; SELECT pg_sleep(60); $$",
    "%I %L %s %n {0} ${jndi:ldap://x} \\x27 &apos;",
    '{"reason": "not_found", "sub": "x"}',
    "(),,\\N,NULL",
]

KEPT_IN = {
    "p_location": "SELECT location FROM sessions WHERE location LIKE %s",
    "p_guest_name": "SELECT guest_name FROM guest_spots WHERE guest_name LIKE %s",
    "p_guest_phone": "SELECT guest_phone FROM guest_spots WHERE guest_phone LIKE %s",
    "p_guest_email": "SELECT guest_email FROM guest_spots WHERE guest_email LIKE %s",
    "p_full_name": "SELECT full_name FROM profiles WHERE full_name LIKE %s",
    "p_description": "SELECT DISTINCT description FROM credit_transactions WHERE description LIKE %s",
    "p_reference_type": "SELECT reference_type FROM credit_transactions WHERE reference_type LIKE %s",
    "p_notes": "SELECT notes FROM client_sessions WHERE notes LIKE %s",
    "p_title": "SELECT title FROM client_sessions WHERE title LIKE %s",
    "p_session_type": "SELECT session_type FROM client_sessions WHERE session_type LIKE %s",
    "p_cancellation_reason": "SELECT cancellation_reason FROM client_sessions WHERE cancellation_reason LIKE %s",
    "p_instructor_name": "SELECT DISTINCT instructor_name FROM class_sessions WHERE instructor_name LIKE %s",
    "p_error": "SELECT last_error FROM notifications WHERE last_error LIKE %s",
}
"""Parameter -> where its text is found afterwards."""
KEPT_BY = {
    ("create_gus_session", "p_name"): "SELECT name FROM sessions WHERE name LIKE %s",
    ("create_class_session", "p_name"): "SELECT name FROM class_sessions WHERE name LIKE %s",
    ("create_class_series", "p_name"): "SELECT DISTINCT name FROM class_sessions WHERE name LIKE %s",
    ("create_membership", "p_name"): "SELECT name FROM memberships WHERE name LIKE %s",
    ("create_package", "p_name"): "SELECT name FROM packages WHERE name LIKE %s",
    ("create_public_booking", "p_name"): "SELECT name FROM leads WHERE name LIKE %s",
    ("save_lead", "p_name"): "SELECT name FROM leads WHERE name LIKE %s",
    ("save_client", "p_name"): "SELECT name FROM clients WHERE name LIKE %s",
    ("create_public_booking", "p_phone"): "SELECT phone FROM leads WHERE phone LIKE %s",
    ("save_lead", "p_phone"): "SELECT phone FROM leads WHERE phone LIKE %s",
    ("save_client", "p_phone"): "SELECT phone FROM clients WHERE phone LIKE %s",
    ("create_public_booking", "p_email"): "SELECT email FROM leads WHERE email LIKE %s",
    ("save_lead", "p_email"): "SELECT email FROM leads WHERE email LIKE %s",
    ("save_client", "p_email"): "SELECT email FROM clients WHERE email LIKE %s",
    ("cancel_class_booking", "p_reason"): "SELECT cancellation_reason FROM bookings WHERE cancellation_reason LIKE %s",
    # A class keeps no reason: everybody is told.
    ("cancel_class_session", "p_reason"): "SELECT payload ->> 'reason' FROM notifications"
    " WHERE type = 'class_cancelled' AND payload ->> 'reason' LIKE %s",
    ("cancel_gus_session", "p_reason"): "SELECT cancellation_reason FROM sessions WHERE cancellation_reason LIKE %s",
    ("cancel_session", "p_reason"): "SELECT cancellation_reason FROM client_sessions WHERE cancellation_reason LIKE %s",
    ("adjust_employee_points", "p_reason"): "SELECT reason FROM employee_points_history WHERE reason LIKE %s",
}
"""The same where it depends on the function."""


KEPT = [text for text in REQUIRED_TEXTS + OPTIONAL_TEXTS if text[0] != "repair_credit_account"]
"""All but the reason for repairing an account that needs no repair."""


def where_kept(function: str, parameter: str) -> str:
    """Return the query that finds a parameter's text."""
    return KEPT_BY.get((function, parameter)) or KEPT_IN[parameter]


@pytest.mark.parametrize(("function", "parameter"), KEPT)
def test_a_text_is_kept_as_it_is(function, parameter, examples, caller_of, db):
    text = "z" + " ".join(ATTACKS)
    run(caller_of(function), function, **examples.calls[function] | {parameter: text})
    assert value(db, where_kept(function, parameter), ["z%"]) == text
    assert value(db, "SELECT count(*) FROM employees WHERE is_admin") == 0


@pytest.mark.parametrize(("function", "parameter"), EMAILS)
def test_an_address_is_kept_as_it_is(function, parameter, examples, caller_of, db):
    address = "z';DROP/**/TABLE/**/employees;--$$%I\\@home.example"
    run(caller_of(function), function, **examples.calls[function] | {parameter: address})
    assert value(db, where_kept(function, parameter), ["z%"]) == address


def test_a_key_is_a_key(club):
    anna = club.employee()
    for attack in ATTACKS:
        first = club.adjust(anna, 1, attack, p_idempotency_key=attack)
        assert club.adjust(anna, 1, attack, p_idempotency_key=attack) == first
    assert club.points(anna) == 300 + len(ATTACKS)


def test_claims_are_claims(club, as_user, connect):
    anna = club.employee()
    for attack in ATTACKS:
        connection = connect()
        connection.execute("SET ROLE authenticated")
        claims = json.dumps({"sub": attack, "role": attack, "email": attack})
        connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
        with refused("not_authenticated"):
            run(connection, "ensure_profile", p_full_name=attack)
    assert club.value("SELECT count(*) FROM profiles") == 0
    assert club.points(anna) == 300


def test_a_time_zone_is_looked_up_not_run(as_user, club):
    user = as_user(club.employee().user_id)
    for attack in ATTACKS:
        with refused("invalid_input", parameter="p_timezone"):
            run(user, "ensure_profile", p_timezone=attack)


def test_an_odd_name_is_no_modules_function(db):
    """verify_invariants() builds its calls from names that it finds in the catalog."""
    db.execute("""
        CREATE FUNCTION "_x() UNION SELECT 'I0', '', '', NULL; --_invariants"() RETURNS integer
        LANGUAGE sql AS 'SELECT 1'
    """)
    assert db.execute("SELECT * FROM verify_invariants()").fetchall() == []
