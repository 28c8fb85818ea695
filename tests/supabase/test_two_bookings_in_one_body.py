"""A body that is an array of two bookings makes both, or is refused and makes none.

PostgREST takes such a body apart within its one statement. The stand-in does not, so the statement is written out here.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from gusmester.club import Club, Employee
from peer.exchange import Exchange, in_days
from psycopg import sql
from support.refusals import refused
from support.supabase import Project

CALLS = """
    WITH pgrst_source AS (
        SELECT pgrst_call.pgrst_scalar
        FROM (SELECT {body}::json AS json_data) pgrst_payload,
             LATERAL (SELECT * FROM json_to_recordset(pgrst_payload.json_data) AS _({columns})) pgrst_body,
             LATERAL (SELECT public.{function}({arguments}) AS pgrst_scalar) pgrst_call
    )
    SELECT coalesce(json_agg(pgrst_scalar), '[]') FROM pgrst_source
"""

Posted = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def post(today: Project) -> Iterator[Posted]:
    """Post an array of calls as this user, whose parameters have these types; return what each call returned."""
    with psycopg.connect(today.platform.dsn(today.database, "authenticator"), autocommit=True) as connection:

        def post(user: str, function: str, types: dict[str, str], *calls: dict[str, Any]) -> list[dict[str, Any]]:
            statement = sql.SQL(CALLS).format(
                body=sql.Literal(json.dumps(calls, default=str)),
                function=sql.Identifier(function),
                columns=sql.SQL(", ".join(f'"{name}" {kind}' for name, kind in types.items())),
                arguments=sql.SQL(", ".join(f'"{name}" := pgrst_body."{name}"' for name in types)),
            )
            claims = json.dumps({"sub": user, "role": "authenticated"})
            with connection.transaction():
                connection.execute("SET LOCAL ROLE authenticated")
                connection.execute("SELECT set_config('request.jwt.claims', %s, true)", [claims])
                ((results,),) = connection.execute(statement).fetchall()
            return list(results)

        yield post


SPOT = {"p_session_id": "uuid", "p_idempotency_key": "text"}


def bookings(club: Club, employee: Employee) -> list[str]:
    return [str(id_) for (id_,) in club.rows("SELECT id FROM gusmester_bookings WHERE employee_id = %s", [employee.id])]


def test_both(club: Club, post: Posted) -> None:
    employee = club.employee()
    calls = [{"p_session_id": club.released(), "p_idempotency_key": str(uuid4())} for _ in range(2)]
    first, second = post(employee.user_id, "book_gusmester_spot", SPOT, *calls)
    assert (first["new_points"], second["new_points"]) == (150, 0)
    assert sorted(bookings(club, employee)) == sorted([first["booking_id"], second["booking_id"]])
    assert post(employee.user_id, "book_gusmester_spot", SPOT, *calls) == [first, second]


def test_or_none(club: Club, post: Posted) -> None:
    employee = club.employee(points=299)
    calls = [{"p_session_id": club.released()}, {"p_session_id": club.released()}]
    with refused("insufficient_points"):
        post(employee.user_id, "book_gusmester_spot", SPOT, *calls)
    assert (club.points(employee), bookings(club, employee)) == (299, [])


def test_the_same_spot_is_not_booked_twice(club: Club, post: Posted) -> None:
    employee = club.employee()
    call = {"p_session_id": club.released()}
    with refused("already_booked"):
        post(employee.user_id, "book_gusmester_spot", SPOT, call, call)
    assert (club.points(employee), bookings(club, employee)) == (300, [])


def test_sessions_of_peers(exchange: Exchange, post: Posted) -> None:
    client, one, other = exchange.peer(119), exchange.peer(), exchange.peer()
    what = {"p_client_id": client, "p_session_date": in_days(6), "p_duration_minutes": 60, "p_session_type": "Massage"}
    types = {
        "p_client_id": "uuid", "p_practitioner_id": "uuid", "p_session_date": "date", "p_start_time": "time",
        "p_duration_minutes": "integer", "p_session_type": "text",
    }  # fmt: skip
    calls = [what | {"p_practitioner_id": one, "p_start_time": "10:00"}]
    calls += [what | {"p_practitioner_id": other, "p_start_time": "11:00"}]
    with refused("insufficient_credits"):
        post(client, "create_peer_booking", types, *calls)
    assert exchange.balance(client) == 119
    exchange.bank.change(client, 1)
    assert [done["client_balance_after"] for done in post(client, "create_peer_booking", types, *calls)] == [60, 0]
