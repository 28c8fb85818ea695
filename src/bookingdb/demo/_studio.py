"""The people of a studio and what they do; who they are and what they have is read from the database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from bookingdb.client import ActingUser, Database
from bookingdb.demo._shared import Done, Refused, Stage, attempt

Deed = tuple[str, str, Done | Refused]
"""Who does what, and how it went."""


def address(name: str) -> str:
    """Return somebody's e-mail address."""
    return f"{name.lower().replace(' ', '.')}@ballet.example"


class Studio:
    """A studio and its neighbour on a stage, with a verb for everything that people do there."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._receipts: list[str] = []

    def found(self, name: str, slug: str, owner: str) -> None:
        """Insert an organization and its owner, which are master data."""
        self.stage.sql(
            "INSERT INTO organizations (name, slug, timezone, public_booking) VALUES (%s, %s, 'Europe/Paris', true)",
            (name, slug),
        )
        self.stage.sql(
            "INSERT INTO user_organizations VALUES (%s, %s, 'owner')", (self.sign_up(owner), self.organization(slug))
        )

    def sign_up(self, name: str) -> UUID:
        """Insert somebody who can sign in."""
        user_id = uuid4()
        self.stage.sql("INSERT INTO profiles (user_id, full_name) VALUES (%s, %s)", (user_id, name))
        return user_id

    def welcome(self, slug: str, *names: str) -> None:
        """Insert clients who can sign in: master data, too."""
        for name in names:
            self.stage.sql(
                "INSERT INTO clients (organization_id, user_id, name, email) VALUES (%s, %s, %s, %s)",
                (self.organization(slug), self.sign_up(name), name, address(name)),
            )

    def organization(self, slug: str) -> UUID:
        """Return the id of an organization."""
        return self._id("SELECT id FROM organizations WHERE slug = %s", slug)

    def client(self, name: str) -> UUID:
        """Return the id of a client."""
        return self._id("SELECT id FROM clients WHERE name = %s", name)

    def lead(self, name: str) -> UUID:
        """Return the id of a lead."""
        return self._id("SELECT id FROM leads WHERE name = %s", name)

    def klass(self, name: str) -> UUID:
        """Return the id of a class."""
        return self._id("SELECT id FROM class_sessions WHERE name = %s", name)

    def booking(self, name: str, klass: str) -> UUID:
        """Return the id of somebody's last booking of a class."""
        return self._id(
            "SELECT b.id FROM bookings b LEFT JOIN clients c ON c.id = b.client_id"
            " LEFT JOIN leads l ON l.id = b.customer_id"
            " WHERE coalesce(c.name, l.name) = %s AND b.class_session_id = %s ORDER BY b.created_at DESC LIMIT 1",
            name,
            self.klass(klass),
        )

    def acting(self, name: str, database: Database | None = None) -> ActingUser:
        """Return the database as this person sees it."""
        return (database or self.stage.service).as_user(
            self._id("SELECT user_id FROM profiles WHERE full_name = %s", name)
        )

    def month(self, day: int, hour: int) -> datetime:
        """Return an hour of the month after next: one month holds the whole story, whatever today is."""
        first = (datetime.now(UTC).replace(day=1) + timedelta(days=62)).replace(day=1)
        return first.replace(day=day, hour=hour, minute=0, second=0, microsecond=0)

    def plan(self, who: str, slug: str, name: str, day: int, capacity: int, *, is_free: bool = False) -> Deed:
        """Staff make a class."""
        return self.deed(
            who,
            f"plans {name} for {capacity}",
            lambda user: user.call(
                "create_class_session",
                organization_id=self.organization(slug),
                name=name,
                starts_at=self.month(day, 17),
                duration_minutes=60,
                capacity=capacity,
                is_free=is_free,
            ),
            "planned",
        )

    def book(self, who: str, slug: str, klass: str, method: str | None = None, for_lead: str | None = None) -> Deed:
        """A client books a class, or staff book it for a lead."""
        customer, kind = (self.lead(for_lead), "lead") if for_lead else (self.client(who), "client")
        return self.deed(
            who,
            f"books {klass}" + (f" for {for_lead}" if for_lead else "") + (f", {method}" if method else ""),
            lambda user: user.call(
                "create_class_booking",
                organization_id=self.organization(slug),
                class_session_id=self.klass(klass),
                customer_id=customer,
                customer_type=kind,
                payment_method=method,
            ),
            "by {payment_method}, {payment_status}; {spots_left} places left",
        )

    def wait(self, who: str, slug: str, klass: str) -> Deed:
        """A client waits for a place."""
        return self.deed(
            who,
            f"waits for {klass}",
            lambda user: user.call(
                "join_class_waitlist",
                organization_id=self.organization(slug),
                class_session_id=self.klass(klass),
                customer_id=self.client(who),
                customer_type="client",
            ),
            "number {position} in line",
        )

    def sell(self, who: str, to: str, product: str, name: str, **more: Any) -> Deed:
        """Staff give a client a membership or a package."""
        return self.deed(
            who,
            f"sells {to} the {product} {name}",
            lambda user: user.call(
                f"create_{product}",
                organization_id=self._id("SELECT organization_id FROM clients WHERE name = %s", to),
                customer_id=self.client(to),
                customer_type="client",
                name=name,
                **more,
            ),
            "sold",
        )

    def cancel(self, who: str, klass: str, whose: str | None = None) -> Deed:
        """Somebody cancels a booking of theirs, or of somebody else's."""
        booking_id = self.booking(whose or who, klass)
        return self.deed(
            who,
            f"cancels {whose + ', ' if whose else ''}{klass}",
            lambda user: self._cancel(user, booking_id),
            "{given_back}; {promoted} has the place",
        )

    def _cancel(self, user: ActingUser, booking_id: UUID) -> dict[str, Any]:
        result: dict[str, Any] = user.call("cancel_class_booking", booking_id=booking_id)
        promoted = self.stage.sql(
            "SELECT c.name FROM bookings b JOIN clients c ON c.id = b.client_id WHERE b.id = %s",
            (result["promoted_booking_id"],),
        )
        return {
            "given_back": "the use is given back" if result["usage_returned"] else "nothing to give back",
            "promoted": promoted[0][0] if promoted else "nobody",
        }

    def visit(self, slug: str, klass: str, name: str) -> Deed:
        """Anybody books by the widget, without signing in; receipts are told by when they were first seen."""
        organization_id, class_session_id = self.organization(slug), self.klass(klass)
        self.stage.sql("SET ROLE anon")
        try:
            went = attempt(lambda: self._visit(organization_id, class_session_id, name), "receipt {number}, {payment}")
        finally:
            self.stage.sql("RESET ROLE")
        return name, f"books {klass} by the widget", went

    def _visit(self, organization_id: UUID, class_session_id: UUID, name: str) -> dict[str, Any]:
        booked = self.stage.service.create_public_booking(organization_id, class_session_id, name, address(name))
        if booked.receipt not in self._receipts:
            self._receipts.append(booked.receipt)
        return {"number": self._receipts.index(booked.receipt) + 1, "payment": booked.payment_status}

    def deed(self, who: str, does: str, action: Callable[[ActingUser], dict[str, Any]], tell: str) -> Deed:
        """Do something as a signed-in person."""
        user = self.acting(who)
        return who, does, attempt(lambda: action(user), tell)

    def _id(self, query: str, *values: Any) -> UUID:
        ((found,),) = self.stage.sql(query, values)
        return UUID(str(found))
