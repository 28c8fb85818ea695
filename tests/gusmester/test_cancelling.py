"""Cancelling a booking."""

import json

import pytest

from gusmester.club import UNKNOWN


def test_cancelling_gives_the_points_back_and_releases_the_spot(club):
    bob = club.employee()
    booking = club.booking(bob)
    assert club.cancel(booking) == {
        "success": True,
        "booking_id": booking["booking_id"],
        "points_refunded": 150,
        "new_points": 300,
    }
    assert club.points(bob) == 300
    assert [amount for amount, _ in club.history(bob)] == [-150, 150]
    assert club.spot(booking["session_id"])["status"] == "released_to_public"
    assert club.bookings(booking["session_id"]) == [(bob.id, "cancelled")]


def test_the_refund_names_session_and_booking(club):
    booking = club.booking()
    club.cancel(booking)
    assert club.rows(
        "SELECT related_session_id::text, related_booking_id::text FROM employee_points_history WHERE amount = 150"
        " AND related_booking_id IS NOT NULL"
    ) == [(booking["session_id"], booking["booking_id"])]


def test_an_employee_cancels_their_own_booking(club, club_as):
    bob = club.employee()
    booking = club.booking(bob)
    assert club_as(bob).cancel(booking)["new_points"] == 300


def test_a_cancelled_booking_says_when(club):
    with club.connection.transaction():
        club.cancel(club.booking())
        assert club.value("SELECT cancelled_at = now() FROM gusmester_bookings")


def test_cancelling_twice_refunds_once(club, refuses):
    bob = club.employee()
    booking = club.booking(bob)
    club.cancel(booking)
    with refuses("invalid_state", status="cancelled"):
        club.cancel(booking)
    assert club.points(bob) == 300


def test_an_old_booking_does_not_cancel_the_next_one(club, club_as, refuses):
    bob, carol = club.employee(), club.employee()
    booking = club.booking(bob)
    club.cancel(booking)
    club.book(booking["session_id"], carol)
    with refuses("invalid_state", status="cancelled"):
        club_as(bob).cancel(booking)
    assert club.bookings(booking["session_id"])[-1] == (carol.id, "active")
    assert club.spot(booking["session_id"])["status"] == "booked_by_gusmester"


def test_exactly_24_hours_before_is_too_late(club, refuses):
    booking = club.booking()
    with club.connection.transaction():
        club.move(booking["session_id"], "24 hours")
        with refuses("too_late") as caught:
            club.cancel(booking)
        deadline = json.loads(caught.value.diag.message_detail)["deadline"]
        assert club.value("SELECT %s::timestamptz = now()", [deadline])


def test_more_than_24_hours_before_is_in_time(club):
    booking = club.booking()
    with club.connection.transaction():
        club.move(booking["session_id"], "24 hours 1 microsecond")
        assert club.cancel(booking)["points_refunded"] == 150


def test_after_the_start_is_too_late(club, refuses):
    booking = club.booking()
    club.move(booking["session_id"], "-1 hour")
    with refuses("too_late"):
        club.cancel(booking)


def test_the_state_is_told_before_the_deadline(club, refuses):
    booking = club.booking()
    club.cancel(booking)
    club.move(booking["session_id"], "1 hour")
    with refuses("invalid_state", status="cancelled"):
        club.cancel(booking)


def test_a_booking_of_a_completed_session_stays(club, refuses):
    booking = club.booking()
    club.connection.execute("UPDATE sessions SET status = 'completed'")
    with refuses("invalid_state", status="completed"):
        club.cancel(booking)


def test_somebody_elses_booking_is_like_an_unknown_one(club, club_as, refuses):
    carols = club_as(club.employee())
    booking = club.booking()
    with refuses("not_found", entity="gusmester_booking", id=booking["booking_id"]) as somebody_elses:
        carols.cancel(booking)
    with refuses("not_found", entity="gusmester_booking", id=UNKNOWN) as unknown:
        carols.cancel({"booking_id": UNKNOWN})
    assert somebody_elses.value.diag.message_primary == unknown.value.diag.message_primary
    assert json.loads(somebody_elses.value.diag.message_detail).keys() == {"reason", "entity", "id"}


def test_not_even_an_admin_or_the_host_cancels_for_a_colleague(club, club_as, refuses):
    host, admin = club.employee(), club.admin()
    booking = club.booking(session_id=club.released(host))
    for somebody in (host, admin):
        with refuses("not_found"):
            club_as(somebody).cancel(booking)


def test_the_booking_must_be_given(club, refuses):
    with refuses("invalid_input", parameter="p_booking_id"):
        club.cancel({"booking_id": None})


def test_an_unknown_booking_is_not_found_for_the_service_too(club, refuses):
    with refuses("not_found", entity="gusmester_booking", id=UNKNOWN):
        club.cancel({"booking_id": UNKNOWN})


@pytest.mark.parametrize("cost", [0, 200])
def test_what_was_charged_comes_back_whatever_a_spot_costs_now(club, cost):
    bob = club.employee()
    booking = club.booking(bob)
    club.connection.execute("UPDATE settings SET gus_spot_cost = %s", [cost])
    assert club.cancel(booking)["points_refunded"] == 150
    assert club.points(bob) == 300


def test_who_has_left_still_gets_their_points_back(club, club_as):
    host, bob = club.employee(), club.employee()
    booking = club.booking(bob, club.released(host))
    club.connection.execute("UPDATE employees SET status = 'inactive'")
    assert club_as(bob).cancel(booking)["new_points"] == 300


def test_the_spot_goes_to_the_next_host_when_the_old_one_was_taken_off(club):
    host, next_host, bob = club.employee(), club.employee(), club.employee()
    booking = club.booking(bob, club.released(host, next_host))
    club.unassign(booking["session_id"], host)
    club.cancel(booking)
    spot = club.spot(booking["session_id"])
    assert (spot["status"], spot["host_employee_id"]) == ("released_to_public", next_host.id)


def test_the_spot_waits_for_a_host_when_nobody_is_left(club):
    host = club.employee()
    booking = club.booking(session_id=club.released(host))
    club.unassign(booking["session_id"], host)
    club.cancel(booking)
    spot = club.spot(booking["session_id"])
    assert (spot["status"], spot["host_employee_id"]) == ("reserved_for_host", None)
