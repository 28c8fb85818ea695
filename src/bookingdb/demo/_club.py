"""The people of a sauna club and what they do; who they are and what they have is read from the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from bookingdb.client import ActingUser, Database
from bookingdb.demo._shared import Done, Refused, Stage, attempt

Deed = tuple[str, str, Done | Refused, int]
"""Who does what, how it went, and the points they have then."""


class Club:
    """The club on a stage, with a verb for everything its people do."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def hire(self, names: Sequence[str], admins: Sequence[str] = ()) -> None:
        """Insert employees, which are master data; the database gives them their first points."""
        for name in names:
            email = f"{name.lower().replace(' ', '.')}@club.example"
            self.stage.sql(
                "INSERT INTO employees (user_id, name, email, is_admin) VALUES (%s, %s, %s, %s)",
                (uuid4(), name, email, name in admins),
            )

    def acting(self, name: str, database: Database | None = None) -> ActingUser:
        """Return the database as this employee sees it."""
        ((user_id,),) = self.stage.sql("SELECT user_id FROM employees WHERE name = %s", (name,))
        return (database or self.stage.service).as_user(user_id)

    def session(self, name: str) -> UUID:
        """Return the id of a session."""
        ((session_id,),) = self.stage.sql("SELECT id FROM sessions WHERE name = %s", (name,))
        return UUID(str(session_id))

    def employee(self, name: str) -> UUID:
        """Return the id of an employee."""
        ((employee_id,),) = self.stage.sql("SELECT id FROM employees WHERE name = %s", (name,))
        return UUID(str(employee_id))

    def schedule(self, admin: str, name: str, host: str, starts_at: datetime, *, is_private: bool = False) -> None:
        """An admin creates a session."""
        self.acting(admin).call(
            "create_gus_session",
            name=name,
            starts_at=starts_at,
            duration_minutes=60,
            host_employee_ids=[self.employee(host)],
            is_private=is_private,
        )

    def release(self, host: str, session: str) -> Deed:
        """A host releases the guest spot of a session."""
        return self._deed(
            host,
            f"releases {session}",
            "released, earned {points_awarded}",
            "release_guest_spot",
            session_id=self.session(session),
        )

    def invite(self, host: str, session: str, guest: str) -> Deed:
        """A host gives the spot to a guest."""
        return self._deed(
            host,
            f"invites {guest} to {session}",
            "spot {status}",
            "book_guest_for_session",
            session_id=self.session(session),
            guest_name=guest,
            guest_email=f"{guest.lower()}@guests.example",
        )

    def uninvite(self, host: str, session: str) -> Deed:
        """A host takes the spot back."""
        return self._deed(
            host,
            f"uninvites from {session}",
            "spot {status}",
            "cancel_guest_booking",
            session_id=self.session(session),
        )

    def book(self, gusmester: str, session: str, key: str | None = None) -> Deed:
        """A gusmester books a released spot."""
        return self._deed(
            gusmester,
            f"books {session}" + (f" (key {key})" if key else ""),
            "booked, paid {points_charged}",
            "book_gusmester_spot",
            session_id=self.session(session),
            idempotency_key=key,
        )

    def cancel(self, gusmester: str, session: str, *, booked_by: str | None = None) -> Deed:
        """A gusmester cancels a booking, perhaps somebody else's."""
        bookings = self.acting(booked_by or gusmester).call("my_gusmester_bookings")
        return self._deed(
            gusmester,
            f"cancels {booked_by}'s {session}" if booked_by else f"cancels {session}",
            "cancelled, got back {points_refunded}",
            "cancel_gusmester_booking",
            booking_id=next(booking["booking_id"] for booking in bookings if booking["name"] == session),
        )

    def adjust(self, admin: str, employee: str, amount: int, reason: str) -> Deed:
        """An admin gives or takes points."""
        return self._deed(
            admin,
            f"{amount:+} for {employee}: {reason}",
            f"{employee} has {{new_points}}",
            "adjust_employee_points",
            employee_id=self.employee(employee),
            amount=amount,
            reason=reason,
        )

    def call_off(self, admin: str, session: str, reason: str) -> Deed:
        """An admin cancels a session."""
        return self._deed(
            admin,
            f"calls off {session}: {reason}",
            "{bookings_refunded} booking repaid with {points_refunded}",
            "cancel_gus_session",
            session_id=self.session(session),
            reason=reason,
        )

    def _deed(self, who: str, what: str, tell: str, function: str, **params: Any) -> Deed:
        user = self.acting(who)
        went = attempt(lambda: user.call(function, **params), tell)
        (left,) = user.call("get_employee_points")
        return who, what, went, left["points"]
