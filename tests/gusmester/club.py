"""A small sauna club to try things in: employees, sessions, released and booked spots, made by the public functions."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from gusmester.calls import Json, ask, run

UNKNOWN = "00000000-0000-4000-8000-000000000000"
"""An id that nothing has."""

_numbers = count(1)


@dataclass(frozen=True)
class Employee:
    """Somebody of the club: their row and their login."""

    id: str
    user_id: str
    email: str


class Club:
    """The club as one caller sees it: every method acts as whoever ``connection`` is.

    What builds things and what looks at tables is for the owner's connection, a service caller.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    # People and sessions

    def employee(self, points: int = 300, **columns: Any) -> Employee:
        """Hire somebody and bring them to this many points."""
        number = next(_numbers)
        row = {"name": f"Employee {number}", "email": f"e{number}@club.example", "user_id": str(uuid4())} | columns
        statement = sql.SQL("INSERT INTO employees ({}) VALUES ({}) RETURNING id::text").format(
            sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(map(sql.Placeholder, row))
        )
        employee = Employee(self.value(statement, row), row["user_id"], row["email"])
        if points != 300:
            self.adjust(employee, points - 300, "Brought to the points of a test")
        return employee

    def admin(self, **columns: Any) -> Employee:
        """Hire an admin."""
        return self.employee(is_admin=True, **columns)

    def session(self, *hosts: Employee, starts_in: str = "48 hours", **arguments: Any) -> str:
        """Make a session and return its id; the first host hosts its guest spot."""
        details = {
            "p_name": "Evening steam",
            "p_starts_at": self.instant(starts_in),
            "p_duration_minutes": 60,
            "p_host_employee_ids": [host.id for host in hosts],
        }
        session_id: str = run(self.connection, "create_gus_session", **details | arguments)["session_id"]
        return session_id

    def released(self, host: Employee | None = None, *others: Employee, starts_in: str = "48 hours") -> str:
        """Make a session whose guest spot is released, and return the session's id."""
        session_id = self.session(host or self.employee(), *others, starts_in=starts_in)
        self.release(session_id)
        return session_id

    def booking(self, employee: Employee | None = None, session_id: str | None = None) -> Json:
        """Book a guest spot, made for it if need be, and return the result."""
        return self.book(session_id or self.released(), employee or self.employee())

    def move(self, session_id: str, starts_in: str) -> None:
        """Let time pass for a session: it starts this long after the transaction's now()."""
        self.connection.execute(
            "UPDATE sessions SET starts_at = now() + %s::interval WHERE id = %s", [starts_in, session_id]
        )

    # Commands

    def book(self, session_id: str, employee: Employee | None = None, **more: Any) -> Json:
        """Book the guest spot: for oneself, or as the service for somebody."""
        whom = {} if employee is None else {"p_employee_id": employee.id}
        return run(self.connection, "book_gusmester_spot", p_session_id=session_id, **whom, **more)

    def cancel(self, booking: Json, **more: Any) -> Json:
        """Cancel a booking, given as the result of booking it."""
        return run(self.connection, "cancel_gusmester_booking", p_booking_id=booking["booking_id"], **more)

    def release(self, session_id: str, **more: Any) -> Json:
        """Release the guest spot as its host."""
        return run(self.connection, "release_guest_spot", p_session_id=session_id, **more)

    def book_guest(
        self, session_id: str, name: str | None = "Kim", email: str | None = "kim@example.org", **more: Any
    ) -> Json:
        """Give the guest spot to a guest as its host."""
        return run(
            self.connection,
            "book_guest_for_session",
            p_session_id=session_id,
            p_guest_name=name,
            p_guest_email=email,
            **more,
        )

    def cancel_guest(self, session_id: str, **more: Any) -> Json:
        """Take the guest spot back as its host."""
        return run(self.connection, "cancel_guest_booking", p_session_id=session_id, **more)

    def assign(self, session_id: str, employee: Employee, **more: Any) -> Json:
        """Assign an employee to a session."""
        return run(
            self.connection, "assign_session_employee", p_session_id=session_id, p_employee_id=employee.id, **more
        )

    def unassign(self, session_id: str, employee: Employee, **more: Any) -> Json:
        """Take an employee off a session."""
        return run(
            self.connection, "unassign_session_employee", p_session_id=session_id, p_employee_id=employee.id, **more
        )

    def cancel_session(self, session_id: str, reason: str | None = "The stove is broken", **more: Any) -> Json:
        """Cancel a whole session."""
        return run(self.connection, "cancel_gus_session", p_session_id=session_id, p_reason=reason, **more)

    def adjust(self, employee: Employee, amount: int | None, reason: str | None = "Cleaned up", **more: Any) -> Json:
        """Add or take points."""
        return run(
            self.connection,
            "adjust_employee_points",
            p_employee_id=employee.id,
            p_amount=amount,
            p_reason=reason,
            **more,
        )

    # Looking

    def value(self, statement: sql.Composable | str, parameters: Any = None) -> Any:
        """Return the one value of a statement."""
        row = self.connection.execute(statement, parameters).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return row[0]

    def rows(self, statement: str, parameters: Any = None) -> list[Any]:
        """Return the rows of a statement."""
        return self.connection.execute(statement, parameters).fetchall()

    def instant(self, after: str) -> datetime:
        """Return the instant this long after the transaction's now()."""
        instant: datetime = self.value("SELECT now() + %s::interval", [after])
        return instant

    def points(self, employee: Employee) -> int:
        """Return what an employee has."""
        points: int = self.value("SELECT points FROM employees WHERE id = %s", [employee.id])
        return points

    def history(self, employee: Employee) -> list[tuple[int, str]]:
        """Return how an employee's points moved since they were hired, oldest first: amount and reason."""
        return self.rows(
            "SELECT amount, reason FROM employee_points_history"
            " WHERE employee_id = %s AND entry_number > 1 ORDER BY entry_number",
            [employee.id],
        )

    def spot(self, session_id: str) -> Json:
        """Return the one guest spot of a session."""
        (found,) = self.rows("SELECT to_json(g) FROM guest_spots g WHERE session_id = %s", [session_id])
        spot: Json = found[0]
        return spot

    def has_spot(self, session_id: str) -> bool:
        """Tell whether a session has a guest spot."""
        return bool(self.rows("SELECT FROM guest_spots WHERE session_id = %s", [session_id]))

    def host(self, session_id: str) -> str | None:
        """Return the id of who hosts the guest spot."""
        host: str | None = self.spot(session_id)["host_employee_id"]
        return host

    def bookings(self, session_id: str) -> list[tuple[str, str]]:
        """Return the bookings of a session, oldest first: employee and status."""
        return self.rows(
            "SELECT employee_id::text, status FROM gusmester_bookings WHERE session_id = %s ORDER BY booked_at, id",
            [session_id],
        )

    def audits(self, action: str) -> list[Json]:
        """Return the audit rows of one command, oldest first."""
        return [
            row for (row,) in self.rows("SELECT to_json(a) FROM audit_log a WHERE action = %s ORDER BY id", [action])
        ]

    def broken_invariants(self) -> list[Json]:
        """Return what verify_invariants() finds."""
        return ask(self.connection, "verify_invariants")
