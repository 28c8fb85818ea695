"""Every command of the module, ready to be called: for the rules that hold for each of them alike."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import pytest

from gusmester.calls import Json
from gusmester.club import Club, Employee


@dataclass(frozen=True)
class Trial:
    """A club in which a command can be called, and with what."""

    actor: Employee
    """Whose command it is."""
    arguments: Json
    """What the actor calls it with."""
    other_arguments: Json
    """Other arguments that would do as well."""
    from_service: Json = field(default_factory=dict)
    """What the service adds, to say for whom."""

    @property
    def service_arguments(self) -> Json:
        """What the service calls it with."""
        return self.arguments | self.from_service

    @property
    def other_service_arguments(self) -> Json:
        """Other arguments of the service that would do as well."""
        return self.service_arguments | self.other_arguments


@dataclass(frozen=True)
class Command:
    """A command, what it answers, and how to come to a club in which it can be called."""

    name: str
    callers: Literal["employee", "booker", "host", "admin"]
    result: tuple[str, ...]
    prepare: Callable[[Club], Trial]
    obstacle: tuple[str, str] = (
        "UPDATE sessions SET status = 'completed' WHERE status = 'active'",
        "UPDATE sessions SET status = 'active' WHERE status = 'completed'",
    )
    """What makes the prepared call fail, and what undoes that; given the arguments of the service."""
    refused_as: str = "invalid_state"


def _book(club: Club) -> Trial:
    bob = club.employee()
    return Trial(
        bob,
        {"p_session_id": club.released()},
        {"p_session_id": club.released()},
        from_service={"p_employee_id": bob.id},
    )


def _cancel(club: Club) -> Trial:
    bob = club.employee()
    booking, other = (club.booking(bob)["booking_id"] for _ in range(2))
    return Trial(bob, {"p_booking_id": booking}, {"p_booking_id": other})


def _release(club: Club) -> Trial:
    host = club.employee()
    return Trial(host, {"p_session_id": club.session(host)}, {"p_session_id": club.session(host)})


def _book_guest(club: Club) -> Trial:
    host = club.employee()
    guest = {"p_guest_name": "Kim", "p_guest_email": "kim@example.org", "p_guest_phone": "+47 123"}
    return Trial(host, {"p_session_id": club.session(host)} | guest, {"p_session_id": club.session(host)})


def _cancel_guest(club: Club) -> Trial:
    host = club.employee()
    sessions = [club.session(host) for _ in range(2)]
    for session in sessions:
        club.book_guest(session)
    return Trial(host, {"p_session_id": sessions[0]}, {"p_session_id": sessions[1]})


def _create(club: Club) -> Trial:
    arguments = {
        "p_name": "Evening steam",
        "p_starts_at": club.instant("48 hours"),
        "p_duration_minutes": 60,
        "p_host_employee_ids": [club.employee().id],
        "p_location": "Pier 4",
        "p_max_participants": 12,
        "p_is_private": False,
    }
    return Trial(club.admin(), arguments, {"p_name": "Night steam"})


def _assign(club: Club) -> Trial:
    arguments = {"p_session_id": club.session(club.employee()), "p_employee_id": club.employee().id}
    return Trial(club.admin(), arguments, {"p_employee_id": club.employee().id})


def _unassign(club: Club) -> Trial:
    host, second = club.employee(), club.employee()
    arguments = {"p_session_id": club.session(host, second), "p_employee_id": host.id}
    return Trial(club.admin(), arguments, {"p_employee_id": second.id})


def _cancel_session(club: Club) -> Trial:
    sessions = [club.booking()["session_id"] for _ in range(2)]
    arguments = {"p_session_id": sessions[0], "p_reason": "The stove is broken"}
    return Trial(club.admin(), arguments, {"p_session_id": sessions[1]})


def _adjust(club: Club) -> Trial:
    arguments = {"p_employee_id": club.employee().id, "p_amount": -200, "p_reason": "Broke a ladle"}
    return Trial(club.admin(), arguments, {"p_amount": 10})


COMMANDS = [
    Command(
        "book_gusmester_spot",
        "employee",
        ("booking_id", "guest_spot_id", "session_id", "employee_id", "points_charged", "new_points"),
        _book,
    ),
    Command("cancel_gusmester_booking", "booker", ("booking_id", "points_refunded", "new_points"), _cancel),
    Command("release_guest_spot", "host", ("guest_spot_id", "points_earned", "points_awarded", "new_points"), _release),
    Command("book_guest_for_session", "host", ("guest_spot_id", "status"), _book_guest),
    Command("cancel_guest_booking", "host", ("guest_spot_id", "status"), _cancel_guest),
    Command(
        "create_gus_session",
        "admin",
        ("session_id", "guest_spot_id"),
        _create,
        obstacle=(
            "UPDATE employees SET status = 'inactive' WHERE NOT is_admin",
            "UPDATE employees SET status = 'active' WHERE NOT is_admin",
        ),
        refused_as="inactive",
    ),
    Command("assign_session_employee", "admin", ("session_id", "host_employee_id"), _assign),
    Command("unassign_session_employee", "admin", ("session_id", "host_employee_id"), _unassign),
    Command("cancel_gus_session", "admin", ("session_id", "bookings_refunded", "points_refunded"), _cancel_session),
    Command(
        "adjust_employee_points",
        "admin",
        ("employee_id", "new_points"),
        _adjust,
        obstacle=(
            "SELECT adjust_employee_points(%(p_employee_id)s, -200, 'Spent')",
            "SELECT adjust_employee_points(%(p_employee_id)s, 200, 'Earned')",
        ),
        refused_as="insufficient_points",
    ),
]

every_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
"""Runs a test with each of them."""
