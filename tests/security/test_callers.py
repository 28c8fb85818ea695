"""Scenario 39: every function as every kind of caller, who may do what contract section 2 says and no more."""

import json
from contextlib import AbstractContextManager

import psycopg
import pytest
from core.examples import BY_USERS_ONLY, COMMANDS, HANDING_OUT, QUERIES, Examples
from gusmester.calls import ask, run
from gusmester.club import UNKNOWN
from gusmester.snapshot import nothing_written
from support.refusals import refused

FOR_THE_SERVICE = {
    "allocate_monthly_credits",
    "attach_session_room",
    "booking_stats",
    "caller_is_service",
    "claim_notifications",
    "cleanup_orphaned_sessions",
    "complete_notification",
    "credit_patterns",
    "enqueue_notification",
    "erase_person",
    "fail_notification",
    "process_stripe_event",
    "reconcile_credits",
    "repair_credit_account",
    "requeue_notification",
    "run_maintenance",
    "update_credit_balance",
    "verify_invariants",
}
FOR_ADMINS = {
    "adjust_employee_points",
    "assign_session_employee",
    "cancel_gus_session",
    "create_gus_session",
    "unassign_session_employee",
}
FOR_THE_HOST = {"book_guest_for_session", "cancel_guest_booking", "release_guest_spot"}
FOR_WHOM_IT_SAYS = {"book_gusmester_spot", "available_guest_spots", "my_gusmester_bookings", "my_hosting_sessions"}
FOR_ANYBODY = {"get_available_slots"}
FOR_ANYBODY_SIGNED_IN = FOR_ANYBODY | {
    "caller_id",
    "caller_employee_id",
    "check_booking_conflict",
    "ensure_profile",
    "find_practitioners",
    "get_practitioner_credit_cost",
    "my_sessions",
    "peer_practitioners",
}
FOR_THOSE_CONCERNED = {
    "cancel_session",
    "complete_session",
    "confirm_session",
    "mark_session_no_show",
    "process_peer_booking_refund",
    "release_slot_hold",
    "remove_availability_exception",
    "reschedule_session",
    "start_session",
    "update_session_notes",
}
"""What others are not even told of."""
EVERYTHING = {*COMMANDS, *HANDING_OUT, *QUERIES}


def attempt(connection: psycopg.Connection, examples: Examples, function: str) -> None:
    """Make the function's example call."""
    (run if function in COMMANDS else ask)(connection, function, **examples.calls[function])


def shut_out() -> AbstractContextManager[object]:
    """PostgreSQL itself refuses: EXECUTE is not granted."""
    return pytest.raises(psycopg.errors.InsufficientPrivilege)


def test_anonymous_callers_may_call_nothing(db, examples, as_anon):
    connection = as_anon()
    with nothing_written(db):
        for function in EVERYTHING - FOR_ANYBODY:
            with shut_out():
                attempt(connection, examples, function)


def test_anonymous_callers_gain_nothing_by_a_sub(db, examples, as_anon):
    connection = as_anon()
    connection.execute(
        "SELECT set_config('request.jwt.claims', %s, false)", [json.dumps({"sub": examples.host.user_id})]
    )
    with nothing_written(db):
        for function in EVERYTHING - FOR_ANYBODY:
            with shut_out():
                attempt(connection, examples, function)


@pytest.mark.parametrize("admin", [False, True], ids=["employee", "admin"])
def test_users_are_shut_out_of_what_is_for_the_service(admin, db, club, examples, as_employee):
    connection = as_employee(club.employee(is_admin=admin))
    with nothing_written(db):
        for function in FOR_THE_SERVICE:
            with shut_out():
                attempt(connection, examples, function)


def test_users_who_are_no_employees_may_do_nothing_in_the_club(db, examples, as_user):
    connection = as_user(UNKNOWN)
    with nothing_written(db):
        for function in EVERYTHING - FOR_THE_SERVICE - FOR_ANYBODY_SIGNED_IN:
            with refused("not_found" if function in FOR_THOSE_CONCERNED else "not_allowed"):
                attempt(connection, examples, function)


def test_employees_may_do_nothing_that_is_for_admins(db, examples, as_employee):
    connection = as_employee(examples.host)
    with nothing_written(db):
        for function in FOR_ADMINS:
            with refused("not_allowed"):
                attempt(connection, examples, function)


def test_admins_who_left_may_do_nothing_that_is_for_admins(db, club, examples, as_employee):
    connection = as_employee(club.admin(status="inactive"))
    with nothing_written(db):
        for function in FOR_ADMINS:
            with refused("not_allowed"):
                attempt(connection, examples, function)


@pytest.mark.parametrize("admin", [False, True], ids=["employee", "admin"])
def test_others_than_the_host_may_do_nothing_that_is_for_the_host(admin, db, club, examples, as_employee):
    connection = as_employee(club.employee(is_admin=admin))
    with nothing_written(db):
        for function in FOR_THE_HOST:
            with refused("not_allowed"):
                attempt(connection, examples, function)


@pytest.mark.parametrize("admin", [False, True], ids=["employee", "admin"])
def test_nobody_acts_for_somebody_else(admin, db, club, examples, as_employee):
    connection = as_employee(club.employee(is_admin=admin))
    with nothing_written(db):
        for function in (
            "book_gusmester_spot",
            "available_guest_spots",
            "my_gusmester_bookings",
            "my_hosting_sessions",
        ):
            with refused("not_allowed"):
                attempt(connection, examples, function)
        with refused("not_found"):
            attempt(connection, examples, "cancel_gusmester_booking")


def test_employees_may_not_read_others_points(club, examples, as_employee):
    connection = as_employee(club.employee())
    for function in ("get_employee_points", "get_points_history"):
        with refused("not_allowed"):
            attempt(connection, examples, function)


def test_admins_may_read_others_points(club, examples, as_employee):
    connection = as_employee(club.admin())
    for function in ("get_employee_points", "get_points_history"):
        attempt(connection, examples, function)


def test_admins_may_do_what_is_for_admins(club, examples, as_employee):
    connection = as_employee(club.admin())
    for function in sorted(FOR_ADMINS):
        attempt(connection, examples, function)


def test_the_host_may_do_what_is_for_the_host(examples, as_employee):
    connection = as_employee(examples.host)
    for function in sorted(FOR_THE_HOST):
        attempt(connection, examples, function)


def test_employees_may_act_for_themselves(examples, as_employee):
    connection = as_employee(examples.booker)
    for function in ("book_gusmester_spot", "cancel_gusmester_booking", "my_gusmester_bookings"):
        attempt(connection, examples, function)


def test_the_service_may_do_everything(examples, as_service):
    connection = as_service()
    for function in sorted(EVERYTHING - {*BY_USERS_ONLY}):
        attempt(connection, examples, function)
