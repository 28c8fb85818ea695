"""The same with Supabase's Python client."""

import json
from collections.abc import Iterator

import httpx
import pytest
from gusmester.club import Club, Employee
from postgrest import APIError
from supabase import Client, ClientOptions, create_client
from support.supabase import PASSWORD, PUBLISHABLE_KEY, Clients

# The client gives its own parts parameters that they do not like any more.
pytestmark = pytest.mark.filterwarnings("ignore:The '.*' parameter is deprecated:DeprecationWarning")


@pytest.fixture
def client(clients: Clients) -> Iterator[Client]:
    """A client that is not signed in."""
    with httpx.Client() as connections:
        yield create_client(clients.url, PUBLISHABLE_KEY, ClientOptions(httpx_client=connections))


@pytest.fixture
def employee(client: Client, clients: Clients, club: Club) -> Employee:
    """Somebody of the club, whom the client is signed in as from now on.

    The client cannot read the instants of what stands in for Auth, so the token is fetched by hand.
    """
    visitor = clients.somebody()
    url = f"{clients.url}/auth/v1/token?grant_type=password"
    signed_in = httpx.post(
        url, headers={"apikey": PUBLISHABLE_KEY}, json={"email": visitor.email, "password": PASSWORD}
    )
    client.postgrest.auth(signed_in.json()["access_token"])
    return club.employee(user_id=str(visitor.user_id))


def test_books_and_reads_its_own(client: Client, employee: Employee, club: Club) -> None:
    asked = {"p_session_id": club.released(), "p_idempotency_key": "once"}
    booked = client.rpc("book_gusmester_spot", asked).execute().data
    assert (booked["employee_id"], booked["new_points"]) == (employee.id, 150)
    assert client.rpc("book_gusmester_spot", asked).execute().data == booked
    assert client.rpc("get_employee_points", get=True).execute().data == [{"points": 150}]
    rows = client.table("gusmester_bookings").select("id").execute().data
    assert rows == [{"id": booked["booking_id"]}]


def test_is_told_why_not(client: Client, employee: Employee, club: Club) -> None:
    session = club.released()
    club.book(session, club.employee())
    with pytest.raises(APIError) as refusal:
        client.rpc("book_gusmester_spot", {"p_session_id": session}).execute()
    assert refusal.value.code == "PT409"
    assert json.loads(refusal.value.details or "")["reason"] == "spot_not_available"
    assert refusal.value.hint


def test_is_nobody_without_a_token(client: Client, club: Club) -> None:
    with pytest.raises(APIError) as refusal:
        client.rpc("book_gusmester_spot", {"p_session_id": club.released()}).execute()
    assert refusal.value.code == "42501"
