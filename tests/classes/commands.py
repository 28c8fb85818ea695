"""Every command on classes, ready to be called: for the rules that hold for each of them alike."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from gusmester.calls import Json

from classes.studio import Customer, Studio

KEY = "p_idempotency_key text DEFAULT NULL::text"
WHOM = "p_organization_id uuid, p_customer_id uuid, p_customer_type text"
PERSON = "p_organization_id uuid, p_name text, p_email text, p_phone text DEFAULT NULL::text"
A_CLASS = (
    "p_duration_minutes integer, p_capacity integer, p_instructor_name text DEFAULT NULL::text,"
    " p_is_free boolean DEFAULT false, p_booking_cutoff interval DEFAULT NULL::interval"
)


@dataclass(frozen=True)
class Trial:
    """A studio in which a command can be called, and with what."""

    actor: str
    """Whose command it is: a user."""
    client: Customer
    """Somebody whom it is about, or another client."""
    arguments: Json
    """What the actor, or the service, calls it with."""
    other_arguments: Json
    """Other arguments that would do as well."""


@dataclass(frozen=True)
class Command:
    """A command, what it takes and answers, and how to come to a studio in which it can be called."""

    name: str
    parameters: str
    result: tuple[str, ...]
    prepare: Callable[[Studio], Trial]
    to_strangers: str
    """How it is refused to users of no organization and to another one's owner."""
    obstacle: tuple[str, str] = (
        "UPDATE user_organizations SET role = 'member' WHERE user_id = %(actor)s AND role = 'admin'",
        "UPDATE user_organizations SET role = 'admin' WHERE user_id = %(actor)s AND role = 'member'",
    )
    """What makes the actor's call fail, and what undoes that."""
    refused_as: str | None = None
    """How it fails then, unless as to strangers."""
    to_client: str | None = None
    """How it is refused to the client it is about, unless as to strangers; clients' own commands are not."""


INACTIVE = (
    "UPDATE clients SET status = 'inactive' WHERE user_id = %(actor)s",
    "UPDATE clients SET status = 'active' WHERE user_id = %(actor)s",
)
STARTED = (
    "UPDATE class_sessions SET starts_at = starts_at - interval '10 days'",
    "UPDATE class_sessions SET starts_at = starts_at + interval '10 days'",
)
LEFT = (
    "UPDATE class_waitlist SET status = 'left' WHERE status = 'waiting'",
    "UPDATE class_waitlist SET status = 'waiting' WHERE status = 'left'",
)


def _own(client: Customer, arguments: Json, other: Json) -> Trial:
    assert client.user_id is not None
    return Trial(client.user_id, client, arguments, other)


def _by_admin(studio: Studio, client: Customer, arguments: Json, other: Json) -> Trial:
    return Trial(studio.staff("admin"), client, arguments, other)


def _book(studio: Studio) -> Trial:
    client = studio.client()
    arguments = client.whom | {
        "p_class_session_id": studio.plans(capacity=20),
        "p_payment_method": "package",
        "p_payment_id": studio.package(client),
    }
    return _own(client, arguments, {"p_class_session_id": studio.plans()})


def _booked(studio: Studio) -> tuple[Customer, list[str]]:
    client = studio.covered()
    return client, [studio.books(studio.plans(), client)["booking_id"] for _ in range(2)]


def _cancel(studio: Studio) -> Trial:
    client, bookings = _booked(studio)
    return _own(client, {"p_booking_id": bookings[0], "p_reason": "The flu"}, {"p_booking_id": bookings[1]})


def _join(studio: Studio) -> Trial:
    client = studio.client()
    arguments = client.whom | {"p_class_session_id": studio.full()[0]}
    return _own(client, arguments, {"p_class_session_id": studio.full()[0]})


def _leave(studio: Studio) -> Trial:
    client = studio.client()
    lines = [studio.joins(studio.full()[0], client)["waitlist_id"] for _ in range(2)]
    return _own(client, {"p_waitlist_id": lines[0]}, {"p_waitlist_id": lines[1]})


def _plan(studio: Studio) -> Trial:
    arguments = {
        "p_organization_id": studio.organization,
        "p_name": "Pilates",
        "p_starts_at": studio.instant("2 days"),
        "p_duration_minutes": 45,
        "p_capacity": 8,
        "p_instructor_name": "Ida",
        "p_is_free": True,
        "p_booking_cutoff": "1 hour",
    }
    return _by_admin(studio, studio.client(), arguments, {"p_capacity": 9})


def _series(studio: Studio) -> Trial:
    arguments = {
        "p_organization_id": studio.organization,
        "p_name": "Pilates",
        "p_first_date": "2090-03-10",
        "p_start_time": "18:30",
        "p_weeks": 3,
        "p_duration_minutes": 45,
        "p_capacity": 8,
    }
    return _by_admin(studio, studio.client(), arguments, {"p_weeks": 2})


def _call_off(studio: Studio) -> Trial:
    client, bookings = _booked(studio)
    classes = [studio.booking(booking, "class_session_id") for booking in bookings]
    arguments = {"p_class_session_id": classes[0], "p_reason": "The teacher has the flu"}
    return _by_admin(studio, client, arguments, {"p_class_session_id": classes[1]})


def _step(studio: Studio) -> Trial:
    client, bookings = _booked(studio)
    return _by_admin(studio, client, {"p_booking_id": bookings[0]}, {"p_booking_id": bookings[1]})


def _pay(studio: Studio) -> Trial:
    client = studio.client()
    bookings = [studio.books(studio.plans(), client, "card")["booking_id"] for _ in range(2)]
    arguments = {"p_booking_id": bookings[0], "p_payment_status": "paid"}
    return _by_admin(studio, client, arguments, {"p_booking_id": bookings[1]})


def _save(studio: Studio) -> Trial:
    client = studio.client()
    arguments = {
        "p_organization_id": studio.organization,
        "p_name": "Kim",
        "p_email": f"kim.{client.email}",
        "p_phone": "+47 123",
    }
    return _by_admin(studio, client, arguments, {"p_name": "Kim Berg"})


def _convert(studio: Studio) -> Trial:
    leads = [studio.lead() for _ in range(2)]
    return _by_admin(studio, studio.client(), {"p_lead_id": leads[0].id}, {"p_lead_id": leads[1].id})


def _membership(studio: Studio) -> Trial:
    client = studio.client()
    arguments = client.whom | {
        "p_name": "Two a week",
        "p_class_limit": 2,
        "p_period": "week",
        "p_starts_on": "2090-01-01",
        "p_ends_on": "2090-12-31",
    }
    return _by_admin(studio, client, arguments, {"p_class_limit": 3})


def _end(studio: Studio) -> Trial:
    client = studio.client()
    memberships = [studio.membership(client) for _ in range(2)]
    arguments = {"p_membership_id": memberships[0], "p_ends_on": "2090-12-31"}
    return _by_admin(studio, client, arguments, {"p_membership_id": memberships[1]})


def _package(studio: Studio) -> Trial:
    client = studio.client()
    arguments = client.whom | {"p_name": "Ten", "p_classes_total": 10, "p_expires_at": "2090-12-31T12:00:00Z"}
    return _by_admin(studio, client, arguments, {"p_classes_total": 11})


def _change(studio: Studio) -> Trial:
    client = studio.client()
    arguments = {
        "p_package_id": studio.package(client),
        "p_classes_total": 12,
        "p_expires_at": "2090-12-31T12:00:00Z",
    }
    return _by_admin(studio, client, arguments, {"p_classes_total": 13})


def _appoint(studio: Studio) -> Trial:
    arguments = {"p_organization_id": studio.organization, "p_user_id": studio.profile(), "p_role": "staff"}
    return _by_admin(studio, studio.client(), arguments, {"p_role": "admin"})


def _dismiss(studio: Studio) -> Trial:
    users = [studio.staff() for _ in range(2)]
    arguments = {"p_organization_id": studio.organization, "p_user_id": users[0]}
    return _by_admin(studio, studio.client(), arguments, {"p_user_id": users[1]})


STEP = ("booking_id", "booking_status")

COMMANDS = [
    Command(
        "create_class_booking",
        "p_organization_id uuid, p_class_session_id uuid, p_customer_id uuid, p_customer_type text,"
        f" p_payment_method text DEFAULT NULL::text, p_payment_id uuid DEFAULT NULL::uuid, {KEY}",
        ("booking_id", "payment_method", "payment_status", "spots_left"),
        _book,
        "not_allowed",
        INACTIVE,
        "inactive",
    ),
    Command(
        "cancel_class_booking",
        f"p_booking_id uuid, p_reason text DEFAULT NULL::text, {KEY}",
        ("booking_id", "usage_returned", "promoted_booking_id"),
        _cancel,
        "not_found",
        STARTED,
        "too_late",
    ),
    Command(
        "join_class_waitlist",
        f"p_organization_id uuid, p_class_session_id uuid, p_customer_id uuid, p_customer_type text, {KEY}",
        ("waitlist_id", "position"),
        _join,
        "not_allowed",
        INACTIVE,
        "inactive",
    ),
    Command(
        "leave_class_waitlist",
        f"p_waitlist_id uuid, {KEY}",
        ("waitlist_id",),
        _leave,
        "not_found",
        LEFT,
        "invalid_state",
    ),
    Command(
        "create_class_session",
        f"p_organization_id uuid, p_name text, p_starts_at timestamp with time zone, {A_CLASS}, {KEY}",
        ("class_session_id", "starts_at"),
        _plan,
        "not_allowed",
    ),
    Command(
        "create_class_series",
        "p_organization_id uuid, p_name text, p_first_date date, p_start_time time without time zone,"
        f" p_weeks integer, {A_CLASS}, {KEY}",
        ("class_session_ids",),
        _series,
        "not_allowed",
    ),
    Command(
        "cancel_class_session",
        f"p_class_session_id uuid, p_reason text DEFAULT NULL::text, {KEY}",
        ("class_session_id", "bookings_cancelled", "uses_returned"),
        _call_off,
        "not_found",
    ),
    Command("check_in_booking", f"p_booking_id uuid, {KEY}", STEP, _step, "not_found", to_client="not_allowed"),
    Command("mark_booking_no_show", f"p_booking_id uuid, {KEY}", STEP, _step, "not_found", to_client="not_allowed"),
    Command(
        "set_booking_payment_status",
        f"p_booking_id uuid, p_payment_status text, {KEY}",
        ("booking_id", "payment_status"),
        _pay,
        "not_found",
        to_client="not_allowed",
    ),
    Command("save_lead", f"{PERSON}, {KEY}", ("lead_id",), _save, "not_allowed"),
    Command("save_client", f"{PERSON}, {KEY}", ("client_id",), _save, "not_allowed"),
    Command("convert_lead_to_client", f"p_lead_id uuid, {KEY}", ("client_id",), _convert, "not_found"),
    Command(
        "create_membership",
        f"{WHOM}, p_name text, p_class_limit integer DEFAULT NULL::integer, p_period text DEFAULT 'month'::text,"
        f" p_starts_on date DEFAULT NULL::date, p_ends_on date DEFAULT NULL::date, {KEY}",
        ("membership_id",),
        _membership,
        "not_allowed",
    ),
    Command(
        "end_membership",
        f"p_membership_id uuid, p_ends_on date DEFAULT NULL::date, {KEY}",
        ("membership_id", "status", "ends_on"),
        _end,
        "not_found",
    ),
    Command(
        "create_package",
        f"{WHOM}, p_name text, p_classes_total integer,"
        f" p_expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, {KEY}",
        ("package_id",),
        _package,
        "not_allowed",
    ),
    Command(
        "update_package",
        "p_package_id uuid, p_classes_total integer DEFAULT NULL::integer,"
        f" p_expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, {KEY}",
        ("package_id", "classes_total", "classes_used", "expires_at"),
        _change,
        "not_found",
    ),
    Command(
        "set_organization_role",
        f"p_organization_id uuid, p_user_id uuid, p_role text, {KEY}",
        ("organization_id", "user_id", "role"),
        _appoint,
        "not_allowed",
    ),
    Command(
        "remove_organization_member",
        f"p_organization_id uuid, p_user_id uuid, {KEY}",
        ("organization_id", "user_id"),
        _dismiss,
        "not_allowed",
    ),
]
"""All but create_public_booking(), which is for anybody: tests/classes/test_widget.py."""

CLIENTS_OWN = {"create_class_booking", "cancel_class_booking", "join_class_waitlist", "leave_class_waitlist"}
"""Commands that a client runs for themself."""

every_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
"""Runs a test with each of them."""
