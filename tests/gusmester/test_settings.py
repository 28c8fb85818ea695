"""The club's numbers are settings, and every rule goes by them."""

import pytest
from psycopg import errors

from gusmester.calls import ask


def change(club, setting, value):
    """Change one number of the club."""
    club.connection.execute(f"UPDATE settings SET {setting} = %s", [value])


def test_what_an_employee_starts_with(club):
    change(club, "gus_initial_points", 120)
    assert club.points(club.employee()) == 120
    assert club.value("SELECT amount FROM employee_points_history") == 120


def test_starting_with_nothing_leaves_an_empty_history(club):
    change(club, "gus_initial_points", 0)
    bob = club.employee()
    assert club.points(bob) == 0
    assert club.rows("SELECT FROM employee_points_history") == []


def test_what_a_spot_costs(club, refuses):
    change(club, "gus_spot_cost", 301)
    session, bob = club.released(), club.employee()
    with refuses("insufficient_points", required=301, available=300):
        club.book(session, bob)
    change(club, "gus_spot_cost", 300)
    assert ask(club.connection, "available_guest_spots", p_employee_id=bob.id)[0]["point_cost"] == 300
    assert club.book(session, bob)["points_charged"] == 300


def test_a_spot_that_costs_nothing_moves_no_points(club):
    change(club, "gus_spot_cost", 0)
    bob = club.employee()
    booking = club.booking(bob)
    assert (booking["points_charged"], booking["new_points"]) == (0, 300)
    assert club.cancel(booking)["points_refunded"] == 0
    assert club.history(bob) == []


def test_what_a_release_earns(club):
    change(club, "gus_release_award", 40)
    host = club.employee()
    assert club.release(club.session(host))["points_awarded"] == 40
    assert club.points(host) == 340


def test_a_release_that_earns_nothing_says_so(club):
    change(club, "gus_release_award", 0)
    host = club.employee()
    session = club.session(host)
    assert [row["will_earn_points"] for row in ask(club.connection, "my_hosting_sessions", p_employee_id=host.id)] == [
        False
    ]
    result = club.release(session)
    assert (result["points_earned"], result["points_awarded"], result["new_points"]) == (False, 0, 300)


def test_how_long_before_a_release_earns_points(club):
    change(club, "gus_release_notice", "5 hours")
    late, in_time = club.session(club.employee()), club.session(club.employee())
    with club.connection.transaction():
        club.move(late, "5 hours")
        club.move(in_time, "5 hours 1 second")
        assert club.release(late)["points_awarded"] == 0
        assert club.release(in_time)["points_awarded"] == 150


def test_how_long_before_a_booking_can_be_cancelled(club, refuses):
    change(club, "gus_cancel_notice", "2 days")
    booking = club.booking()
    with club.connection.transaction():
        club.move(booking["session_id"], "48 hours")
        with refuses("too_late"):
            club.cancel(booking)
        club.move(booking["session_id"], "48 hours 1 second")
        assert club.cancel(booking)["success"]


@pytest.mark.parametrize("setting", ["gus_initial_points", "gus_spot_cost", "gus_release_award"])
def test_no_number_is_negative(club, setting):
    with pytest.raises(errors.CheckViolation):
        change(club, setting, -1)
