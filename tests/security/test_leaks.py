"""Contract section 3: what a caller is told never says what somebody else has done, nor whether they exist."""

from collections.abc import Callable

import psycopg
import pytest
from gusmester.calls import ask
from gusmester.club import UNKNOWN, Club, Employee


def told(work: Callable[[], object]) -> list[str]:
    """Return everything a refused caller is told, ids aside."""
    with pytest.raises(psycopg.Error) as caught:
        work()
    diag = caught.value.diag
    return [part or "" for part in (diag.sqlstate, diag.message_primary, diag.message_detail, diag.message_hint)]


@pytest.fixture
def otto(club: Club, club_as: Callable[[Employee], Club]) -> Club:
    """The curious one's view of the club."""
    return club_as(club.employee())


def test_somebody_elses_booking_is_answered_like_an_unknown_one(club, otto):
    theirs = club.booking()
    known = told(lambda: otto.cancel(theirs))
    unknown = told(lambda: otto.cancel({"booking_id": UNKNOWN}))
    assert [part.replace(theirs["booking_id"], UNKNOWN) for part in known] == unknown


def test_a_cancelled_one_too(club, otto):
    theirs = club.booking()
    club.cancel(theirs)
    known = told(lambda: otto.cancel(theirs))
    unknown = told(lambda: otto.cancel({"booking_id": UNKNOWN}))
    assert [part.replace(theirs["booking_id"], UNKNOWN) for part in known] == unknown


@pytest.mark.parametrize("query", ["get_employee_points", "get_points_history", "my_gusmester_bookings"])
def test_somebody_else_is_answered_like_nobody(query, club, otto):
    anna = club.employee()
    known, unknown = (
        told(lambda who=who: ask(otto.connection, query, p_employee_id=who)) for who in (anna.id, UNKNOWN)
    )
    assert known == unknown


def test_who_booked_a_spot_is_not_told(club, otto):
    host, anna = club.employee(name="Harriet"), club.employee(name="Anna", email="anna@home.example")
    booking = club.booking(anna, club.released(host))
    _, message, detail, _ = told(lambda: otto.book(booking["session_id"]))
    assert message == "This spot is not available (status: booked_by_gusmester)"
    assert detail == '{"reason": "spot_not_available", "status": "booked_by_gusmester"}'


def test_a_guest_is_told_to_nobody_but_the_host(club, club_as, otto):
    host, helper = club.employee(), club.employee()
    session_id = club.session(host, helper)
    club.book_guest(session_id, "Gunnar", "gunnar@home.example", p_guest_phone="5550199")

    def knows(view):
        answers = [
            *ask(view.connection, "my_hosting_sessions"),
            *ask(view.connection, "available_guest_spots"),
            *view.rows("SELECT g FROM guest_spots g"),
            *view.rows("SELECT n FROM notifications n"),
        ]
        return "Gunnar" in str(answers)

    assert knows(club_as(host))
    assert not knows(club_as(helper))
    assert not knows(otto)


def test_a_guest_who_was_taken_off_is_told_to_nobody(club, club_as):
    host = club.employee()
    session_id = club.session(host)
    club.book_guest(session_id, "Gunnar")
    club.cancel_guest(session_id)
    assert "Gunnar" not in str(ask(club_as(host).connection, "my_hosting_sessions"))
    assert "Gunnar" not in str(club.spot(session_id))


def test_free_spots_tell_of_nobody_but_the_host(club, otto):
    host, anna = club.employee(name="Harriet"), club.employee(name="Anna")
    session_id = club.released(host)
    club.cancel(club.booking(anna, session_id))
    (spot,) = ask(otto.connection, "available_guest_spots")
    assert set(spot) == {
        "session_id",
        "guest_spot_id",
        "name",
        "starts_at",
        "duration_minutes",
        "location",
        "host_name",
        "point_cost",
        "can_afford",
    }
    assert "Anna" not in str(spot)


def test_the_host_is_not_told_by_a_notification_who_booked(club, club_as):
    host, anna = club.employee(), club.employee(name="Anna", email="anna@home.example")
    club.booking(anna, club.released(host))
    (note,) = club_as(host).rows("SELECT n::text FROM notifications n")
    assert anna.id not in note[0]
    assert "Anna" not in note[0]
    assert "anna@" not in note[0]
