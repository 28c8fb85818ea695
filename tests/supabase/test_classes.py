"""A studio's classes: anybody books by the widget without signing in, clients book for themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from support.supabase import Clients

NAMES = count(1)
WIDGET = """
    SELECT l.email, b.payment_status, b.source
    FROM bookings b JOIN leads l ON l.id = b.customer_id WHERE b.class_session_id = %s ORDER BY l.email
"""


@dataclass
class Studio:
    """An organization whose classes anybody may book, unless told otherwise."""

    db: psycopg.Connection
    organization: str

    def lesson(self, capacity: int = 5, *, is_free: bool = False) -> str:
        """Plan a class for tomorrow; return its id."""
        return self._one(
            "INSERT INTO class_sessions (organization_id, name, starts_at, duration_minutes, capacity, is_free)"
            " VALUES (%s, 'Yoga', now() + interval '1 day', 60, %s, %s) RETURNING id",
            [self.organization, capacity, is_free],
        )

    def client(self, user: object) -> str:
        """Make this user a client; return the client's id."""
        return self._one(
            "INSERT INTO clients (organization_id, user_id, name, email) VALUES (%s, %s, 'Cleo', %s) RETURNING id",
            [self.organization, user, f"{user}@people.example"],
        )

    def booked(self, lesson: str) -> list[tuple[Any, ...]]:
        """Return who booked by the widget."""
        return self.db.execute(WIDGET, [lesson]).fetchall()

    def _one(self, statement: str, parameters: list[Any]) -> str:
        ((value,),) = self.db.execute(statement, parameters).fetchall()
        return str(value)


@pytest.fixture
def studio(db: psycopg.Connection) -> Iterator[Studio]:
    """A studio in the project, where every rule still holds after the test."""
    ((organization,),) = db.execute(
        "INSERT INTO organizations (name, slug, public_booking) VALUES ('Studio', %s, true) RETURNING id",
        [f"studio-{next(NAMES)}"],
    ).fetchall()
    yield Studio(db, str(organization))
    assert db.execute("SELECT * FROM verify_invariants()").fetchall() == []


def by_widget(studio: Studio, lesson: str, email: str) -> dict[str, Any]:
    """Return the arguments of a booking by the widget."""
    return {"p_organization_id": studio.organization, "p_class_session_id": lesson, "p_name": "Ida", "p_email": email}


def test_anybody_sees_and_books_a_class(studio: Studio, clients: Clients) -> None:
    anonymous, lesson = clients.anonymous(), studio.lesson(capacity=5)
    ((start, end),) = studio.db.execute("SELECT now(), now() + interval '3 days'").fetchall()
    asked = {"p_organization_id": studio.organization, "p_from": start, "p_to": end}
    (shown,) = anonymous.get("upcoming_classes", **asked).done()
    assert (shown["class_session_id"], shown["spots_left"]) == (lesson, 5)
    booked = anonymous.rpc("create_public_booking", **by_widget(studio, lesson, "ida@home.example")).done()
    assert set(booked) == {"success", "receipt", "payment_status"}
    assert studio.booked(lesson) == [("ida@home.example", "pending", "widget")]
    (shown,) = anonymous.rpc("upcoming_classes", **asked).done()
    assert shown["spots_left"] == 4


def test_a_repeat_tells_nothing_and_changes_nothing(studio: Studio, clients: Clients) -> None:
    lesson = studio.lesson()
    asked = by_widget(studio, lesson, "ida@home.example")
    first = clients.anonymous().rpc("create_public_booking", **asked)
    again = clients.anonymous().rpc("create_public_booking", **asked | {"p_email": "IDA@home.example"})
    assert first.done() == again.done()
    assert len(studio.booked(lesson)) == 1


def test_the_last_place_is_one_persons(studio: Studio, clients: Clients) -> None:
    lesson = studio.lesson(capacity=1)
    visitors = [clients.anonymous() for _ in range(6)]
    answers = clients.together(
        *(
            visitor.calling("create_public_booking", **by_widget(studio, lesson, f"{number}@home.example"))
            for number, visitor in enumerate(visitors)
        )
    )
    refused = [answer for answer in answers if answer.error]
    assert [answer.refusal for answer in refused] == [(409, "class_full")] * 5
    assert len(studio.booked(lesson)) == 1


def test_too_many_from_one_address_are_refused(studio: Studio, clients: Clients) -> None:
    """The address is the one that Supabase's own proxy adds; what a visitor writes before it does not count."""
    lesson = studio.lesson(capacity=100)
    address = f"2001:db8::{uuid4().hex[:4]}"
    for number in range(20):
        visitor = clients.anonymous(**{"x-forwarded-for": f"198.51.100.{number}, {address}"})
        visitor.rpc("create_public_booking", **by_widget(studio, lesson, f"{number}@home.example")).done()
    visitor = clients.anonymous(**{"x-forwarded-for": f"198.51.100.99, {address}"})
    refused = visitor.rpc("create_public_booking", **by_widget(studio, lesson, "one@home.example"))
    assert refused.refusal == (429, "rate_limited")
    assert len(studio.booked(lesson)) == 20
    elsewhere = clients.anonymous(**{"x-forwarded-for": f"2001:db8:1::{uuid4().hex[:4]}"})
    elsewhere.rpc("create_public_booking", **by_widget(studio, lesson, "one@home.example")).done()


def test_a_studio_that_is_not_public_is_not_there(studio: Studio, clients: Clients) -> None:
    lesson = studio.lesson()
    studio.db.execute("UPDATE organizations SET public_booking = false WHERE id = %s", [studio.organization])
    refused = clients.anonymous().rpc("create_public_booking", **by_widget(studio, lesson, "ida@home.example"))
    assert refused.refusal == (404, "not_found")
    assert studio.booked(lesson) == []


def test_clients_book_for_themselves_and_see_their_own(studio: Studio, clients: Clients) -> None:
    visitor, other, lesson = clients.somebody(), clients.somebody(), studio.lesson(is_free=True)
    mine, others = studio.client(visitor.user_id), studio.client(other.user_id)
    what = {"p_organization_id": studio.organization, "p_class_session_id": lesson, "p_customer_type": "client"}
    booked = visitor.rpc("create_class_booking", p_customer_id=mine, **what).done()
    assert booked["spots_left"] == 4
    assert [row["id"] for row in visitor.select("bookings").done()] == [booked["booking_id"]]
    assert other.select("bookings").done() == []
    refused = visitor.rpc("create_class_booking", p_customer_id=others, **what)
    assert refused.status in (403, 404)
    unsigned = clients.anonymous().rpc("create_class_booking", p_customer_id=mine, **what)
    assert unsigned.status == 401
    cancelled = visitor.rpc("cancel_class_booking", p_booking_id=booked["booking_id"]).done()
    assert cancelled["promoted_booking_id"] is None
