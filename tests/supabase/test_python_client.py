"""The same with Supabase's Python client."""

import json
from typing import Any

import httpx
import pytest
from gusmester.club import Club, Employee
from postgrest import APIError
from supabase import create_client
from support.supabase import PASSWORD, PUBLISHABLE_KEY, Clients

pytestmark = pytest.mark.filterwarnings(
    "ignore:The '.*' parameter is deprecated:DeprecationWarning"
)  # the client's own


@pytest.fixture
def hired(club: Club, clients: Clients) -> tuple[Any, Employee]:
    """The client of somebody who has signed in, and who they are in the club."""
    visitor = clients.somebody()
    token = httpx.post(
        f"{clients.url}/auth/v1/token?grant_type=password",
        headers={"apikey": PUBLISHABLE_KEY},
        json={"email": visitor.email, "password": PASSWORD},
    ).json()["access_token"]
    client = create_client(clients.url, PUBLISHABLE_KEY)
    client.postgrest.auth(token)
    return client, club.employee(user_id=str(visitor.user_id))


def test_books_and_reads_its_own(hired: tuple[Any, Employee], club: Club) -> None:
    client, employee = hired
    asked = {"p_session_id": club.released(), "p_idempotency_key": "once"}
    booked = client.rpc("book_gusmester_spot", asked).execute().data
    assert (booked["employee_id"], booked["new_points"]) == (employee.id, 150)
    assert client.rpc("book_gusmester_spot", asked).execute().data == booked
    assert client.rpc("get_employee_points", get=True).execute().data == [{"points": 150}]
    rows = client.table("gusmester_bookings").select("id").execute().data
    assert rows == [{"id": booked["booking_id"]}]


def test_is_told_why_not(hired: tuple[Any, Employee], club: Club) -> None:
    client, _ = hired
    session = club.released()
    club.book(session, club.employee())
    with pytest.raises(APIError) as refusal:
        client.rpc("book_gusmester_spot", {"p_session_id": session}).execute()
    assert refusal.value.code == "PT409"
    assert json.loads(refusal.value.details or "")["reason"] == "spot_not_available"
    assert refusal.value.hint


def test_is_nobody_without_a_token(clients: Clients, club: Club) -> None:
    client = create_client(clients.url, PUBLISHABLE_KEY)
    with pytest.raises(APIError) as refusal:
        client.rpc("book_gusmester_spot", {"p_session_id": club.released()}).execute()
    assert refusal.value.code == "42501"
