"""A small studio to try things in: its clients and leads, its classes, and what they are paid with."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg
from gusmester.calls import Json, ask, run
from psycopg import sql

UNKNOWN = "00000000-0000-4000-8000-000000000000"
"""An id that nothing has."""

_numbers = count(1)


@dataclass(frozen=True)
class Customer:
    """A client or a lead of an organization."""

    id: str
    kind: str
    organization: str
    email: str
    user_id: str | None = None

    @property
    def whom(self) -> Json:
        """The arguments that say for whom a class is booked."""
        return {"p_organization_id": self.organization, "p_customer_id": self.id, "p_customer_type": self.kind}


class Studio:
    """The studio as one caller sees it: every method acts as whoever ``connection`` is.

    What makes people and what looks at tables is for the owner's connection, a service caller.
    """

    def __init__(self, connection: psycopg.Connection, organization: str | None = None) -> None:
        self.connection = connection
        self.organization = organization or self.opens()

    # Organizations and people

    def opens(self, **columns: Any) -> str:
        """Make an organization in New York that takes bookings of anybody; return its id."""
        number = next(_numbers)
        row = {"name": f"Studio {number}", "slug": f"studio-{number}-{uuid4()}", "timezone": "America/New_York"}
        return self.insert("organizations", row | {"public_booking": True} | columns)

    def profile(self, **columns: Any) -> str:
        """Make a user; return their id."""
        return self.insert("profiles", {"user_id": str(uuid4())} | columns, "user_id")

    def staff(self, role: str = "staff", organization: str | None = None) -> str:
        """Hire a user; return their id."""
        row = {"user_id": self.profile(), "organization_id": organization or self.organization, "role": role}
        return self.insert("user_organizations", row, "user_id")

    def client(self, login: bool = True, **columns: Any) -> Customer:
        """Make a client, with a login of their own unless said otherwise."""
        number = next(_numbers)
        row = {
            "organization_id": self.organization,
            "user_id": self.profile() if login else None,
            "name": f"Client {number}",
            "email": f"c{number}@client.example",
        } | columns
        return Customer(self.insert("clients", row), "client", row["organization_id"], row["email"], row["user_id"])

    def lead(self, **columns: Any) -> Customer:
        """Make a lead."""
        number = next(_numbers)
        row = {
            "organization_id": self.organization,
            "name": f"Lead {number}",
            "email": f"l{number}@lead.example",
        } | columns
        return Customer(self.insert("leads", row), "lead", row["organization_id"], row["email"])

    def turned(self, lead: Customer, **columns: Any) -> Customer:
        """Make the client that a lead has become."""
        return self.client(lead_id=lead.id, organization_id=lead.organization, **columns)

    def covered(self, classes: int = 10) -> Customer:
        """Make a client with a package of so many classes."""
        client = self.client()
        self.package(client, classes)
        return client

    # Classes

    def plans(self, starts_in: str = "48 hours", capacity: int = 1, **more: Any) -> str:
        """Make a class; return its id."""
        arguments = {
            "p_organization_id": self.organization,
            "p_name": "Yoga",
            "p_starts_at": self.instant(starts_in),
            "p_duration_minutes": 60,
            "p_capacity": capacity,
        }
        class_id: str = run(self.connection, "create_class_session", **arguments | more)["class_session_id"]
        return class_id

    def plans_at(self, starts_at: str, capacity: int = 10, **more: Any) -> str:
        """Make a class at an instant; return its id."""
        return self.plans(p_starts_at=starts_at, capacity=capacity, **more)

    def full(self, starts_in: str = "48 hours", **more: Any) -> tuple[str, str]:
        """Make a class whose one place somebody has by a package; return its id and the booking's."""
        class_id = self.plans(starts_in, **more)
        booking: str = self.books(class_id, self.covered())["booking_id"]
        return class_id, booking

    def move(self, class_id: str, starts_in: str) -> None:
        """Let time pass for a class: it starts this long after the transaction's now()."""
        self.connection.execute(
            "UPDATE class_sessions SET starts_at = now() + %s::interval WHERE id = %s", [starts_in, class_id]
        )

    def calls_off(self, class_id: str | None, **more: Any) -> Json:
        """Cancel a class."""
        return run(self.connection, "cancel_class_session", p_class_session_id=class_id, **more)

    # What classes are paid with

    def membership(self, customer: Customer, limit: int | None = None, period: str = "month", **more: Any) -> str:
        """Give somebody a membership that began long ago; return its id."""
        arguments = {"p_name": "Flow", "p_class_limit": limit, "p_period": period, "p_starts_on": "2020-01-01"}
        membership: str = run(self.connection, "create_membership", **customer.whom | arguments | more)["membership_id"]
        return membership

    def package(self, customer: Customer, classes: int = 10, **more: Any) -> str:
        """Give somebody a package; return its id."""
        arguments = {"p_name": "Ten", "p_classes_total": classes}
        package: str = run(self.connection, "create_package", **customer.whom | arguments | more)["package_id"]
        return package

    # Commands

    def books(
        self,
        class_id: str | None,
        customer: Customer,
        method: str | None = None,
        payment: str | None = None,
        **more: Any,
    ) -> Json:
        """Book a class for somebody."""
        arguments = {"p_class_session_id": class_id, "p_payment_method": method, "p_payment_id": payment}
        return run(self.connection, "create_class_booking", **customer.whom | arguments | more)

    def cancels(self, booking: str | None, **more: Any) -> Json:
        """Cancel a booking."""
        return run(self.connection, "cancel_class_booking", p_booking_id=booking, **more)

    def joins(self, class_id: str | None, customer: Customer, **more: Any) -> Json:
        """Put somebody on the waitlist of a class."""
        return run(self.connection, "join_class_waitlist", **customer.whom | {"p_class_session_id": class_id} | more)

    def leaves(self, waitlist_id: str | None, **more: Any) -> Json:
        """Take somebody off a waitlist."""
        return run(self.connection, "leave_class_waitlist", p_waitlist_id=waitlist_id, **more)

    def widget(
        self, class_id: str | None, email: str | None = "zoe@anybody.example", name: str | None = "Zoe", **more: Any
    ) -> Json:
        """Book by the widget."""
        arguments = {
            "p_organization_id": self.organization,
            "p_class_session_id": class_id,
            "p_name": name,
            "p_email": email,
        }
        return run(self.connection, "create_public_booking", **arguments | more)

    def checks_in(self, booking: str | None, **more: Any) -> Json:
        """Note that somebody came."""
        return run(self.connection, "check_in_booking", p_booking_id=booking, **more)

    def misses(self, booking: str | None, **more: Any) -> Json:
        """Note that somebody did not come."""
        return run(self.connection, "mark_booking_no_show", p_booking_id=booking, **more)

    def pays(self, booking: str | None, status: str | None = "paid", **more: Any) -> Json:
        """Note what became of a payment."""
        arguments = {"p_booking_id": booking, "p_payment_status": status}
        return run(self.connection, "set_booking_payment_status", **arguments | more)

    def saves(self, kind: str, name: str | None, email: str | None, **more: Any) -> str:
        """Save a lead or a client; return their id."""
        arguments = {"p_organization_id": self.organization, "p_name": name, "p_email": email}
        saved: str = run(self.connection, f"save_{kind}", **arguments | more)[f"{kind}_id"]
        return saved

    def converts(self, lead: str | None, **more: Any) -> str:
        """Make a client of a lead; return the client's id."""
        client: str = run(self.connection, "convert_lead_to_client", p_lead_id=lead, **more)["client_id"]
        return client

    def appoints(self, user_id: str | None, role: str | None, **more: Any) -> Json:
        """Give somebody a role."""
        arguments = {"p_organization_id": self.organization, "p_user_id": user_id, "p_role": role}
        return run(self.connection, "set_organization_role", **arguments | more)

    def dismisses(self, user_id: str | None, **more: Any) -> Json:
        """Take somebody's role away."""
        arguments = {"p_organization_id": self.organization, "p_user_id": user_id}
        return run(self.connection, "remove_organization_member", **arguments | more)

    def maintains(self, **more: Any) -> Json:
        """Do the housekeeping; return what was done for classes."""
        done = run(self.connection, "run_maintenance", **more)["done"]
        return {
            task: done[task]
            for task in ("unpaid_bookings_cancelled", "waitlist_promoted", "waitlist_closed")
            if done[task]
        }

    def erases(self, user_id: str, **more: Any) -> bool:
        """Erase a person; tell whether there was anything to erase."""
        erased: bool = run(self.connection, "erase_person", p_user_id=user_id, **more)["erased"]
        return erased

    # Looking

    def insert(self, table: str, row: Json, returning: str = "id") -> str:
        """Insert a row as the service may; return its id."""
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING {}::text").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(map(sql.Placeholder, row)),
            sql.Identifier(returning),
        )
        inserted: str = self.value(statement, row)
        return inserted

    def value(self, statement: sql.Composable | str, parameters: Any = None) -> Any:
        """Return the one value of a statement."""
        row = self.connection.execute(statement, parameters).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return row[0]

    def rows(self, statement: str, parameters: Any = None) -> list[Any]:
        """Return the rows of a statement."""
        return self.connection.execute(statement, parameters).fetchall()  # type: ignore[arg-type]

    def instant(self, after: str) -> datetime:
        """Return the instant this long after the transaction's now()."""
        instant: datetime = self.value("SELECT now() + %s::interval", [after])
        return instant

    def about(self, table: str, row_id: str, *columns: str) -> Any:
        """Return columns of a row: the one, or a tuple."""
        statement = sql.SQL("SELECT to_jsonb(t) FROM {} t WHERE id = %s").format(sql.Identifier(table))
        row = self.value(statement, [row_id])
        return row[columns[0]] if len(columns) == 1 else tuple(row[column] for column in columns)

    def booking(self, booking: str, *columns: str) -> Any:
        """Return columns of a booking."""
        return self.about("bookings", booking, *columns)

    def taken(self, class_id: str) -> int:
        """Return how many places of a class are taken."""
        taken: int = self.about("class_sessions", class_id, "taken")
        return taken

    def used(self, package: str) -> int:
        """Return how many classes of a package are used."""
        used: int = self.about("packages", package, "classes_used")
        return used

    def uses(self, membership: str) -> list[str]:
        """Return the first days of the periods in which a membership was used, uses that were given back apart."""
        return [
            day
            for (day,) in self.rows(
                "SELECT period_start::text FROM membership_usage WHERE membership_id = %s AND returned_at IS NULL"
                " ORDER BY 1",
                [membership],
            )
        ]

    def holders(self, class_id: str) -> list[str]:
        """Return who has a place in a class, by client's or lead's id in order of booking."""
        return [
            holder
            for (holder,) in self.rows(
                "SELECT coalesce(client_id, customer_id)::text FROM bookings"
                " WHERE class_session_id = %s AND booking_status IN ('confirmed', 'attended') ORDER BY created_at, id",
                [class_id],
            )
        ]

    def waiting(self, class_id: str) -> list[str]:
        """Return who waits for a class, the first in line first."""
        return [
            who
            for (who,) in self.rows(
                "SELECT coalesce(client_id, customer_id)::text FROM class_waitlist"
                " WHERE class_session_id = %s AND status = 'waiting' ORDER BY place",
                [class_id],
            )
        ]

    def told(self, customer: Customer) -> list[str]:
        """Return what was queued for somebody, oldest first."""
        return [
            kind
            for (kind,) in self.rows(
                "SELECT type FROM notifications WHERE user_id = %s OR address = %s ORDER BY created_at, id",
                [customer.user_id, customer.email],
            )
        ]

    def methods(self, customer: Customer) -> list[Json]:
        """Return what somebody can pay with."""
        return ask(self.connection, "get_customer_payment_methods", **customer.whom)

    def roster(self, class_id: str | None) -> list[Json]:
        """Return who has a place in a class."""
        return ask(self.connection, "class_roster", p_class_session_id=class_id)

    def upcoming(self, starts: str = "-1 day", ends: str = "100 days") -> list[Json]:
        """Return the classes to come."""
        arguments = {"p_from": self.instant(starts), "p_to": self.instant(ends)}
        return ask(self.connection, "upcoming_classes", p_organization_id=self.organization, **arguments)

    def audits(self, action: str) -> list[Json]:
        """Return the audit rows of one command, oldest first."""
        return [
            row for (row,) in self.rows("SELECT to_json(a) FROM audit_log a WHERE action = %s ORDER BY id", [action])
        ]

    def broken_invariants(self) -> list[Json]:
        """Return what verify_invariants() finds."""
        return ask(self.connection, "verify_invariants")


def new_key() -> Json:
    """Return the argument that gives a call a new idempotency key."""
    return {"p_idempotency_key": str(uuid4())}
