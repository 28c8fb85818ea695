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
FOR_STAFF = {
    "create_class_series",
    "create_class_session",
    "create_membership",
    "create_package",
    "save_client",
    "save_lead",
}
FOR_OWNERS_AND_ADMINS = {"remove_organization_member", "set_organization_role"}
FOR_STAFF_CONCERNED = {
    "cancel_class_session",
    "class_roster",
    "convert_lead_to_client",
    "end_membership",
    "update_package",
}
"""What staff of another organization are not even told of, nor are customers."""
FOR_STAFF_OF_A_BOOKING = {"check_in_booking", "mark_booking_no_show", "set_booking_payment_status"}
FOR_THE_CUSTOMER = {"create_class_booking", "get_customer_payment_methods", "join_class_waitlist"}
FOR_THE_CUSTOMER_CONCERNED = {"cancel_class_booking", "leave_class_waitlist"}
OF_THE_STUDIO = (
    FOR_STAFF
    | FOR_OWNERS_AND_ADMINS
    | FOR_STAFF_CONCERNED
    | FOR_STAFF_OF_A_BOOKING
    | FOR_THE_CUSTOMER
    | FOR_THE_CUSTOMER_CONCERNED
)
FOR_ANYBODY = {"create_public_booking", "get_available_slots", "upcoming_classes"}
FOR_ANYBODY_SIGNED_IN = FOR_ANYBODY | {
    "caller_client_organizations",
    "caller_employee_id",
    "caller_id",
    "caller_organizations",
    "caller_persons",
    "check_booking_conflict",
    "ensure_profile",
    "find_practitioners",
    "get_practitioner_credit_cost",
    "my_sessions",
    "peer_practitioners",
}
FOR_THOSE_CONCERNED = (
    FOR_STAFF_CONCERNED
    | FOR_STAFF_OF_A_BOOKING
    | FOR_THE_CUSTOMER_CONCERNED
    | {
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
)
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


def test_users_whom_nobody_knows_may_do_nothing(db, examples, as_user):
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


@pytest.mark.parametrize("who", ["of_another", "member", "client_login"])
def test_others_than_staff_may_do_nothing_that_is_for_staff(who, db, examples, as_user):
    connection = as_user(getattr(examples.studio, who))
    with nothing_written(db):
        for function in FOR_STAFF | FOR_OWNERS_AND_ADMINS:
            with refused("not_allowed"):
                attempt(connection, examples, function)
        for function in FOR_STAFF_CONCERNED:
            with refused("not_found"):
                attempt(connection, examples, function)
        for function in FOR_STAFF_OF_A_BOOKING:
            with refused("not_allowed" if who == "client_login" else "not_found"):
                attempt(connection, examples, function)


@pytest.mark.parametrize("who", ["of_another", "member"])
def test_nobody_books_for_another_customer(who, db, examples, as_user):
    connection = as_user(getattr(examples.studio, who))
    with nothing_written(db):
        for function in FOR_THE_CUSTOMER:
            with refused("not_allowed"):
                attempt(connection, examples, function)
        for function in FOR_THE_CUSTOMER_CONCERNED:
            with refused("not_found"):
                attempt(connection, examples, function)


def test_staff_may_give_nobody_a_role(db, examples, as_user):
    connection = as_user(examples.studio.staff)
    with nothing_written(db):
        for function in FOR_OWNERS_AND_ADMINS:
            with refused("not_allowed"):
                attempt(connection, examples, function)


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("owner", OF_THE_STUDIO),
        ("admin", OF_THE_STUDIO),
        ("staff", OF_THE_STUDIO - FOR_OWNERS_AND_ADMINS),
        ("client_login", FOR_THE_CUSTOMER | FOR_THE_CUSTOMER_CONCERNED),
    ],
)
def test_people_of_a_studio_may_do_what_is_theirs(who, may, examples, as_user):
    connection = as_user(getattr(examples.studio, who))
    for function in sorted(may):
        attempt(connection, examples, function)


def test_the_service_may_do_everything(examples, as_service):
    connection = as_service()
    for function in sorted(EVERYTHING - {*BY_USERS_ONLY}):
        attempt(connection, examples, function)
