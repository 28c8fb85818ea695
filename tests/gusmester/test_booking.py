"""Booking a released guest spot."""

import pytest

from gusmester.calls import run
from gusmester.club import UNKNOWN


def test_booking_takes_the_spot_and_the_points(club):
    host, bob = club.employee(), club.employee()
    session = club.released(host)
    result = club.book(session, bob)
    assert result == {
        "success": True,
        "booking_id": result["booking_id"],
        "guest_spot_id": club.spot(session)["id"],
        "session_id": session,
        "employee_id": bob.id,
        "points_charged": 150,
        "new_points": 150,
    }
    assert club.spot(session)["status"] == "booked_by_gusmester"
    assert club.bookings(session) == [(bob.id, "active")]
    assert club.points(bob) == 150
    assert club.history(bob) == [(-150, "Booked gusmester spot")]


def test_the_ledger_row_names_session_and_booking(club):
    booking = club.booking()
    row = club.value("SELECT to_json(h) FROM employee_points_history h WHERE related_booking_id IS NOT NULL")
    assert row["related_booking_id"] == booking["booking_id"]
    assert row["related_session_id"] == booking["session_id"]
    assert (row["points_before"], row["points_after"]) == (300, 150)


def test_an_employee_books_for_themself_without_saying_so(club, club_as):
    bob = club.employee()
    assert club_as(bob).book(club.released())["employee_id"] == bob.id


def test_an_employee_may_name_themself(club, club_as):
    bob = club.employee()
    assert club_as(bob).book(club.released(), bob)["employee_id"] == bob.id


def test_nobody_books_for_a_colleague(club, club_as, refuses):
    session = club.released()
    colleague, admin = club.employee(), club.admin()
    with refuses("not_allowed"):
        club_as(admin).book(session, colleague)


def test_an_employee_nobody_knows_is_somebody_else(club, club_as, refuses):
    session, bob = club.released(), club.employee()
    with refuses("not_allowed"):
        run(club_as(bob).connection, "book_gusmester_spot", p_session_id=session, p_employee_id=UNKNOWN)


def test_the_service_must_say_for_whom(club, refuses):
    session = club.released()
    with refuses("invalid_input", parameter="p_employee_id"):
        club.book(session)


def test_the_service_books_for_known_employees_only(club, refuses):
    session = club.released()
    with refuses("not_found", entity="employee", id=UNKNOWN):
        run(club.connection, "book_gusmester_spot", p_session_id=session, p_employee_id=UNKNOWN)


def test_the_session_must_be_given(club, refuses):
    bob = club.employee()
    with refuses("invalid_input", parameter="p_session_id"):
        club.book(None, bob)


def test_an_unknown_session_is_not_found(club, refuses):
    bob = club.employee()
    with refuses("not_found", entity="session", id=UNKNOWN):
        club.book(UNKNOWN, bob)


def test_a_session_without_a_spot_is_not_found(club, refuses):
    bob = club.employee()
    for session in (club.session(), club.session(club.employee(), p_is_private=True)):
        with refuses("not_found", id=session) as caught:
            club.book(session, bob)
        assert caught.value.diag.message_primary == "No guest spot exists for this session"


@pytest.mark.parametrize("status", ["cancelled", "completed"])
def test_a_session_that_is_not_active_is_not_booked(club, refuses, status):
    session, bob = club.released(), club.employee()
    club.connection.execute("UPDATE sessions SET status = %s WHERE id = %s", [status, session])
    with refuses("invalid_state", status=status):
        club.book(session, bob)


def test_the_state_is_told_before_the_start(club, refuses):
    session, bob = club.released(), club.employee()
    club.move(session, "-1 hour")
    club.connection.execute("UPDATE sessions SET status = 'completed' WHERE id = %s", [session])
    with refuses("invalid_state"):
        club.book(session, bob)


def test_a_reserved_spot_is_not_available(club, refuses):
    session, bob = club.session(club.employee()), club.employee()
    with refuses("spot_not_available", status="reserved_for_host") as caught:
        club.book(session, bob)
    assert caught.value.diag.message_primary == "This spot is not available (status: reserved_for_host)"


def test_a_spot_with_a_guest_is_not_available(club, refuses):
    session, bob = club.session(club.employee()), club.employee()
    club.book_guest(session)
    with refuses("spot_not_available", status="booked_by_host"):
        club.book(session, bob)


def test_a_spot_somebody_booked_is_not_available_and_does_not_tell_who(club, refuses):
    bob, carol = club.employee(), club.employee()
    session = club.booking(bob)["session_id"]
    with refuses("spot_not_available", status="booked_by_gusmester") as caught:
        club.book(session, carol)
    told = f"{caught.value.diag.message_primary} {caught.value.diag.message_detail}"
    assert bob.id not in told
    assert bob.email not in told


def test_a_spot_without_a_host_is_not_available(club, refuses):
    host, bob = club.employee(), club.employee()
    session = club.released(host)
    club.unassign(session, host)
    with refuses("spot_not_available", status="reserved_for_host"):
        club.book(session, bob)


def test_an_inactive_employee_does_not_book(club, club_as, refuses):
    session = club.released()
    bob = club.employee(status="inactive")
    with refuses("inactive", user_id=bob.user_id):
        club_as(bob).book(session)


def test_a_session_can_be_booked_until_it_starts(club, refuses):
    bob, session = club.employee(), club.released()
    with club.connection.transaction():
        club.move(session, "0")
        with refuses("in_the_past"):
            club.book(session, bob)
        club.move(session, "1 microsecond")
        assert club.book(session, bob)["success"]


def test_149_points_are_not_enough(club, refuses):
    session, bob = club.released(), club.employee(points=149)
    with refuses("insufficient_points", required=150, available=149):
        club.book(session, bob)


def test_150_points_are_enough(club):
    bob = club.employee(points=150)
    assert club.book(club.released(), bob)["new_points"] == 0
    assert club.points(bob) == 0


def test_the_host_does_not_book_their_own_session(club, club_as, refuses):
    host = club.employee()
    session = club.released(host)
    with refuses("self_booking"):
        club_as(host).book(session)


def test_the_host_is_told_so_whatever_the_state_of_the_spot(club, refuses):
    host = club.employee()
    session = club.session(host)
    with refuses("self_booking"):
        club.book(session, host)


def test_booking_again_is_refused_and_charges_once(club, refuses):
    bob = club.employee()
    session = club.booking(bob)["session_id"]
    with refuses("already_booked") as caught:
        club.book(session, bob)
    assert caught.value.diag.message_primary == "You have already booked this spot"
    assert club.points(bob) == 150


def test_who_has_cancelled_may_book_again(club):
    bob = club.employee()
    booking = club.booking(bob)
    club.cancel(booking)
    again = club.book(booking["session_id"], bob)
    assert again["booking_id"] != booking["booking_id"]
    assert club.bookings(booking["session_id"]) == [(bob.id, "cancelled"), (bob.id, "active")]
    assert club.points(bob) == 150


def test_a_spot_somebody_gave_back_goes_to_the_next(club):
    booking = club.booking()
    club.cancel(booking)
    assert club.book(booking["session_id"], club.employee())["success"]


def test_what_was_changed_meanwhile_in_the_same_transaction_counts(club, refuses):
    bob, carol, session = club.employee(), club.employee(), club.released()
    with club.connection.transaction():
        club.book(session, bob)
        with refuses("spot_not_available"):
            club.book(session, carol)


class TestTwoBookingsInOneStatement:
    """As PostgREST sends a body of several objects."""

    BODY = """
        SELECT book_gusmester_spot(p_session_id => b.session_id, p_employee_id => b.employee_id)
        FROM unnest(%s::uuid[], %s::uuid[]) AS b (session_id, employee_id)"""

    def test_both_are_made(self, club):
        bob, first, second = club.employee(), club.released(), club.released()
        club.rows(self.BODY, [[first, second], [bob.id, bob.id]])
        assert club.bookings(first) == club.bookings(second) == [(bob.id, "active")]
        assert club.history(bob) == [(-150, "Booked gusmester spot")] * 2
        assert club.points(bob) == 0

    def test_both_are_refused_when_the_points_last_for_one(self, club, refuses):
        bob, sessions = club.employee(points=299), [club.released(), club.released()]
        with refuses("insufficient_points", required=150, available=149):
            club.rows(self.BODY, [sessions, [bob.id, bob.id]])

    def test_both_are_refused_when_they_want_one_spot(self, club, refuses):
        session, bob, carol = club.released(), club.employee(), club.employee()
        with refuses("spot_not_available"):
            club.rows(self.BODY, [[session, session], [bob.id, carol.id]])
