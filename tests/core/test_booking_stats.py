"""Contract section 4: what happened in a period, and how often calls were refused."""

from typing import Any

import psycopg
import pytest
from gusmester.calls import ask
from support.refusals import STATUS, refused

from core.records import refusals, stats, value


def of_the_club(connection: psycopg.Connection, **period: Any) -> dict[str, int]:
    """Return what was counted in the club, without the zeros."""
    counted = stats(connection, **period)
    return {key.split(".")[1]: n for key, n in counted.items() if key.startswith("gusmester.") and n}


def test_everything_that_happened_is_counted(club):
    host, anna = club.employee(points=300), club.employee(points=300)
    assert of_the_club(club.connection) == {}
    club.cancel(club.booking(anna, club.released(host)))
    club.cancel_session(club.booking(anna, club.released(host))["session_id"])
    club.booking(anna, club.released(host))
    guest = club.session(host)
    club.book_guest(guest)
    club.cancel_guest(guest)
    club.adjust(anna, 70)
    club.adjust(anna, -20)
    assert of_the_club(club.connection) == {
        "sessions_created": 4,
        "sessions_cancelled": 1,
        "spots_released": 3,
        "spots_booked": 3,
        "bookings_cancelled": 2,
        "guests_booked": 1,
        "guests_cancelled": 1,
        "points_charged": 450,
        "points_refunded": 300,
        "points_awarded": 450,
        "points_adjusted": 50,
    }


def test_a_period_begins_with_its_first_instant_and_ends_before_its_last(club, db):
    club.released()
    at = value(db, "SELECT at FROM audit_log WHERE action = 'release_guest_spot'")
    moment = value(db, "SELECT %s::timestamptz + interval '1 microsecond'", [at])
    assert of_the_club(db, since=at, until=moment) == {"spots_released": 1, "points_awarded": 150}
    assert "spots_released" not in of_the_club(db, since="2000-01-01", until=at)
    assert "spots_released" not in of_the_club(db, since=moment)


def test_a_refused_call_did_not_happen(club):
    with refused("not_found"):
        club.release("00000000-0000-4000-8000-000000000000")
    assert of_the_club(club.connection) == {}


def test_refusals_are_counted_for_every_reason_whatever_the_period(club, db):
    with refused("insufficient_points"):
        club.adjust(club.employee(), -1000)
    long_ago = stats(db, since="2000-01-01", until="2000-01-02")
    counts = {key: n for key, n in long_ago.items() if key.startswith("core.failures.")}
    assert counts == {f"core.failures.{reason}": int(reason == "insufficient_points") for reason in STATUS}


def test_the_module_of_each_number_is_named(db):
    assert {row["module"] for row in ask(db, "booking_stats", p_from="2020-01-01", p_to="2020-01-02")} == {
        "calendar",
        "classes",
        "core",
        "credits",
        "gusmester",
        "notifications",
        "peer",
        "therapy",
    }


def test_a_module_that_is_installed_later_joins_in(db):
    db.execute("""
        CREATE FUNCTION _zebra_stats(p_from timestamptz, p_to timestamptz)
        RETURNS TABLE (module text, metric text, value bigint)
        LANGUAGE sql STABLE AS $$ SELECT 'zebra', 'stripes', 7::bigint $$
    """)
    assert stats(db)["zebra.stripes"] == 7


def test_only_the_service_may_look(club, as_user, as_anon, as_service):
    assert refusals(as_service(), "not_found") == 0
    for connection in (as_user(club.admin().user_id), as_anon()):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT bookingdb.booking_stats('2020-01-01', '2020-01-02')")
