"""Releasing a guest spot."""

import pytest

from gusmester.club import UNKNOWN


def test_releasing_in_time_earns_150_points(club):
    host = club.employee()
    session = club.session(host)
    assert club.release(session) == {
        "success": True,
        "guest_spot_id": club.spot(session)["id"],
        "points_earned": True,
        "points_awarded": 150,
        "new_points": 450,
    }
    assert club.points(host) == 450
    assert club.history(host) == [(150, "Released guest spot")]


def test_the_spot_remembers_who_released_it_and_when(club):
    host = club.employee()
    session = club.session(host)
    with club.connection.transaction():
        club.release(session)
        assert club.value("SELECT released_at = now() FROM guest_spots")
    spot = club.spot(session)
    assert (spot["status"], spot["released_by"], spot["points_earned"]) == ("released_to_public", host.id, True)


def test_exactly_three_hours_before_releases_without_points(club):
    host = club.employee()
    session = club.session(host)
    with club.connection.transaction():
        club.move(session, "3 hours")
        result = club.release(session)
    assert (result["points_earned"], result["points_awarded"], result["new_points"]) == (False, 0, 300)
    assert club.spot(session)["status"] == "released_to_public"
    assert club.history(host) == []


def test_more_than_three_hours_before_earns_points(club):
    session = club.session(club.employee())
    with club.connection.transaction():
        club.move(session, "3 hours 1 microsecond")
        assert club.release(session)["points_awarded"] == 150


def test_a_late_release_can_still_be_booked(club):
    session = club.session(club.employee(), starts_in="1 hour")
    club.release(session)
    assert club.book(session, club.employee())["success"]


def test_releasing_twice_is_refused_and_earns_once(club, refuses):
    host = club.employee()
    session = club.released(host)
    with refuses("spot_not_available", status="released_to_public"):
        club.release(session)
    assert club.points(host) == 450


def test_from_the_start_on_it_is_in_the_past(club, refuses):
    session = club.session(club.employee())
    with club.connection.transaction():
        club.move(session, "0")
        with refuses("in_the_past"):
            club.release(session)
        club.move(session, "1 microsecond")
        assert club.release(session)["points_awarded"] == 0


def test_only_the_host_releases(club, club_as, refuses):
    host, second, admin = club.employee(), club.employee(), club.admin()
    session = club.session(host, second)
    for somebody in (second, admin):
        with refuses("not_allowed"):
            club_as(somebody).release(session)
    assert club_as(host).release(session)["new_points"] == 450


def test_the_service_acts_as_the_host(club):
    host = club.employee()
    club.release(club.session(host))
    assert club.points(host) == 450


def test_a_host_who_has_left_may_still_release(club, club_as):
    host = club.employee()
    session = club.session(host)
    club.connection.execute("UPDATE employees SET status = 'inactive'")
    assert club_as(host).release(session)["success"]


def test_a_booked_spot_is_not_released(club, club_as, refuses):
    host = club.employee()
    session = club.released(host)
    club.book(session, club.employee())
    with refuses("spot_not_available", status="booked_by_gusmester"):
        club_as(host).release(session)


def test_a_guests_spot_is_not_released(club, refuses):
    session = club.session(club.employee())
    club.book_guest(session)
    with refuses("spot_not_available", status="booked_by_host"):
        club.release(session)


def test_a_spot_without_a_host_is_released_by_nobody(club, club_as, refuses):
    host = club.employee()
    session = club.session(host)
    club.unassign(session, host)
    with refuses("not_allowed"):
        club_as(host).release(session)
    with refuses("invalid_state"):
        club.release(session)


def test_a_session_without_a_spot_is_not_found(club, refuses):
    session = club.session()
    with refuses("not_found", id=session):
        club.release(session)
    with refuses("not_found", entity="session", id=UNKNOWN):
        club.release(UNKNOWN)


def test_the_session_must_be_given(club, refuses):
    with refuses("invalid_input", parameter="p_session_id"):
        club.release(None)


@pytest.mark.parametrize("status", ["cancelled", "completed"])
def test_a_session_that_is_not_active_is_not_released(club, refuses, status):
    session = club.session(club.employee())
    club.connection.execute("UPDATE sessions SET status = %s", [status])
    with refuses("invalid_state", status=status):
        club.release(session)


class TestPointsAreEarnedOncePerSession:
    def test_even_when_the_spot_comes_back_and_is_released_again(self, club):
        host = club.employee()
        session = club.released(host)
        club.unassign(session, host)
        club.assign(session, host)
        result = club.release(session)
        assert (result["points_earned"], result["points_awarded"]) == (False, 0)
        assert club.points(host) == 450

    def test_whoever_hosts(self, club):
        host, next_host = club.employee(), club.employee()
        session = club.released(host)
        club.unassign(session, host)
        club.assign(session, next_host)
        assert club.release(session)["points_awarded"] == 0
        spot = club.spot(session)
        assert (spot["released_by"], spot["points_earned"]) == (next_host.id, True)

    def test_but_a_late_release_leaves_the_reward_for_a_later_one_in_time(self, club):
        host, next_host = club.employee(), club.employee()
        session = club.session(host, starts_in="1 hour")
        club.release(session)
        club.unassign(session, host)
        club.assign(session, next_host)
        club.move(session, "48 hours")
        assert club.release(session)["points_awarded"] == 150

    def test_a_guest_in_between_makes_no_difference(self, club):
        host = club.employee()
        session = club.session(host)
        club.book_guest(session)
        club.cancel_guest(session)
        assert club.release(session)["points_awarded"] == 150

    def test_no_sequence_of_release_book_and_cancel_mints_points(self, club, refuses):
        host, bob = club.employee(), club.employee()
        session = club.released(host)
        for _ in range(3):
            with refuses("spot_not_available"):
                club.release(session)
            with refuses("self_booking"):
                club.book(session, host)
            club.cancel(club.book(session, bob))
        assert (club.points(host), club.points(bob)) == (450, 300)

    def test_nor_does_taking_the_host_off_while_it_is_booked(self, club):
        host, next_host, bob = club.employee(), club.employee(), club.employee()
        session = club.released(host)
        booking = club.book(session, bob)
        club.unassign(session, host)
        club.cancel(booking)
        club.assign(session, next_host)
        club.release(session)
        club.book(session, host)
        assert [club.points(e) for e in (host, next_host, bob)] == [300, 300, 300]
