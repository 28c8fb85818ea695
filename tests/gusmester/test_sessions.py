"""Making sessions, cancelling them, and what may not be deleted."""

from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise, product

import psycopg
import pytest

from gusmester.calls import run
from gusmester.club import UNKNOWN


@contextmanager
def refused_by_the_database():
    """Assert that a DELETE meets a foreign key or a trigger that stops it."""
    with pytest.raises(psycopg.Error) as caught:
        yield
    assert caught.value.sqlstate in ("23001", "23503", "PT409")


def create(club, **changes):
    """Make a session that differs from an ordinary one in these parameters."""
    ordinary = {"p_name": "Evening steam", "p_starts_at": club.instant("48 hours"), "p_duration_minutes": 60}
    return run(club.connection, "create_gus_session", **ordinary | changes)


class TestMaking:
    def test_a_session_is_what_was_asked_for(self, club):
        starts_at = club.instant("48 hours")
        host = club.employee()
        result = create(
            club,
            p_name="  Löyly ",
            p_starts_at=starts_at,
            p_duration_minutes=90,
            p_host_employee_ids=[host.id],
            p_location="Pier 4",
            p_max_participants=12,
        )
        session = result["session_id"]
        assert result == {"success": True, "session_id": session, "guest_spot_id": club.spot(session)["id"]}
        assert club.rows(
            "SELECT name, starts_at, duration_minutes, location, max_participants, is_private, status"
            " FROM sessions WHERE id = %s",
            [session],
        ) == [("Löyly", starts_at, 90, "Pier 4", 12, False, "active")]

    def test_its_spot_appears_with_its_first_host(self, club):
        first, second = club.employee(), club.employee()
        session = club.session(second, first)
        spot = club.spot(session)
        assert (spot["status"], spot["host_employee_id"]) == ("reserved_for_host", second.id)

    def test_hosts_follow_in_the_order_given(self, club):
        hosts = [club.employee() for _ in range(4)]
        session = club.session(*hosts)
        for host, next_host in pairwise(hosts):
            assert club.unassign(session, host)["host_employee_id"] == next_host.id

    def test_without_a_host_there_is_no_spot_yet(self, club):
        result = create(club)
        assert result["guest_spot_id"] is None
        assert not club.has_spot(result["session_id"])

    def test_a_private_session_has_no_spot(self, club):
        result = create(club, p_host_employee_ids=[club.employee().id], p_is_private=True)
        assert result["guest_spot_id"] is None
        assert not club.has_spot(result["session_id"])

    def test_it_has_a_name(self, club, refuses):
        for name in (None, "", " \n", "x" * 10_001):
            with refuses("invalid_input", parameter="p_name"):
                create(club, p_name=name)

    def test_it_starts_at_an_instant_within_bounds(self, club, refuses):
        for starts_at in (None, "infinity", "-infinity", "1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z"):
            with refuses("invalid_input", parameter="p_starts_at"):
                create(club, p_starts_at=starts_at)

    def test_it_may_start_as_late_as_one_can_say(self, club):
        assert create(club, p_starts_at=datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC))["success"]

    def test_it_starts_in_the_future(self, club, refuses):
        with club.connection.transaction():
            with refuses("in_the_past"):
                create(club, p_starts_at=club.instant("0"))
            assert create(club, p_starts_at=club.instant("1 microsecond"))["success"]

    def test_numbers_are_above_zero(self, club, refuses):
        for parameter, number in product(("p_duration_minutes", "p_max_participants"), (0, -1, -(2**31))):
            with refuses("invalid_input", parameter=parameter):
                create(club, **{parameter: number})

    def test_what_is_needed_is_given(self, club, refuses):
        for parameter in ("p_duration_minutes", "p_is_private", "p_host_employee_ids"):
            with refuses("invalid_input", parameter=parameter):
                create(club, **{parameter: None})

    def test_the_location_has_bounds(self, club, refuses):
        with refuses("invalid_input", parameter="p_location"):
            create(club, p_location="x" * 10_001)

    def test_nobody_hosts_twice(self, club, refuses):
        host = club.employee()
        with refuses("invalid_input", parameter="p_host_employee_ids"):
            create(club, p_host_employee_ids=[host.id, host.id])

    def test_no_host_is_nobody(self, club, refuses):
        host = club.employee()
        with refuses("invalid_input", parameter="p_host_employee_ids"):
            create(club, p_host_employee_ids=[host.id, None])

    def test_hosts_exist(self, club, refuses):
        with refuses("not_found", entity="employee", id=UNKNOWN):
            create(club, p_host_employee_ids=[UNKNOWN])

    def test_hosts_are_active(self, club, refuses):
        host = club.employee(status="inactive")
        with refuses("inactive", user_id=host.user_id):
            create(club, p_host_employee_ids=[host.id])


class TestCancelling:
    def test_a_booking_is_refunded(self, club):
        bob = club.employee()
        session = club.booking(bob)["session_id"]
        assert club.cancel_session(session) == {
            "success": True,
            "session_id": session,
            "bookings_refunded": 1,
            "points_refunded": 150,
        }
        assert club.points(bob) == 300
        assert club.history(bob)[-1] == (150, "Session cancelled")
        assert club.bookings(session) == [(bob.id, "cancelled")]
        assert club.spot(session)["status"] == "released_to_public"

    def test_the_session_is_cancelled_and_says_why(self, club):
        session = club.session()
        club.cancel_session(session, " No wood ")
        assert club.rows("SELECT status, cancellation_reason FROM sessions WHERE id = %s", [session]) == [
            ("cancelled", "No wood")
        ]

    @pytest.mark.parametrize("starts_in", ["24 hours", "1 minute", "0", "-1 hour"])
    def test_whatever_the_hour(self, club, starts_in):
        bob = club.employee()
        session = club.booking(bob)["session_id"]
        club.move(session, starts_in)
        assert club.cancel_session(session)["points_refunded"] == 150
        assert club.points(bob) == 300

    def test_what_was_charged_comes_back_whatever_a_spot_costs_now(self, club):
        bob = club.employee()
        session = club.booking(bob)["session_id"]
        club.connection.execute("UPDATE settings SET gus_spot_cost = 10")
        assert club.cancel_session(session)["points_refunded"] == 150

    def test_who_has_left_is_refunded_too(self, club):
        bob = club.employee()
        session = club.booking(bob)["session_id"]
        club.connection.execute("UPDATE employees SET status = 'inactive'")
        club.cancel_session(session)
        assert club.points(bob) == 300

    def test_a_booking_cancelled_before_is_not_refunded_again(self, club):
        bob = club.employee()
        booking = club.booking(bob)
        club.cancel(booking)
        assert club.cancel_session(booking["session_id"])["bookings_refunded"] == 0
        assert club.points(bob) == 300

    def test_a_session_that_was_never_booked(self, club):
        for session in (club.session(), club.session(club.employee()), club.released()):
            result = club.cancel_session(session)
            assert (result["bookings_refunded"], result["points_refunded"]) == (0, 0)

    def test_the_host_keeps_what_releasing_earned(self, club):
        host = club.employee()
        club.cancel_session(club.released(host))
        assert club.points(host) == 450

    def test_a_guest_is_taken_off(self, club):
        session = club.session(club.employee())
        club.book_guest(session, p_guest_phone="+47 123")
        club.cancel_session(session)
        spot = club.spot(session)
        assert spot["status"] == "reserved_for_host"
        assert [spot["guest_name"], spot["guest_email"], spot["guest_phone"]] == [None, None, None]

    def test_the_spot_is_no_longer_of_a_host_who_was_taken_off_while_it_was_booked(self, club):
        host, next_host = club.employee(), club.employee()
        with_a_gusmester, with_a_guest = club.released(host), club.session(host, next_host)
        club.booking(session_id=with_a_gusmester)
        club.book_guest(with_a_guest)
        for session in (with_a_gusmester, with_a_guest):
            club.unassign(session, host)
            club.cancel_session(session)
        assert (club.host(with_a_gusmester), club.host(with_a_guest)) == (None, next_host.id)

    @pytest.mark.parametrize("status", ["cancelled", "completed"])
    def test_only_an_active_session_is_cancelled(self, club, refuses, status):
        session = club.session(club.employee())
        club.connection.execute("UPDATE sessions SET status = %s", [status])
        with refuses("invalid_state", status=status):
            club.cancel_session(session)

    def test_cancelling_twice_refunds_once(self, club, refuses):
        bob = club.employee()
        session = club.booking(bob)["session_id"]
        club.cancel_session(session)
        with refuses("invalid_state", status="cancelled"):
            club.cancel_session(session)
        assert club.points(bob) == 300

    def test_the_booking_of_a_cancelled_session_is_not_refunded_again(self, club, refuses):
        bob = club.employee()
        booking = club.booking(bob)
        club.cancel_session(booking["session_id"])
        with refuses("invalid_state", status="cancelled"):
            club.cancel(booking)
        assert club.points(bob) == 300

    def test_there_is_a_reason(self, club, refuses):
        session = club.session()
        for reason in (None, "", " ", "x" * 10_001):
            with refuses("invalid_input", parameter="p_reason"):
                club.cancel_session(session, reason)

    def test_the_session_must_be_given(self, club, refuses):
        with refuses("invalid_input", parameter="p_session_id"):
            club.cancel_session(None)

    def test_an_unknown_session_is_not_found(self, club, refuses):
        with refuses("not_found", entity="session", id=UNKNOWN):
            club.cancel_session(UNKNOWN)

    def test_after_it_every_spot_command_says_so(self, club, refuses):
        host, bob = club.employee(), club.employee()
        session = club.session(host)
        club.cancel_session(session)
        for command in (
            lambda: club.book(session, bob),
            lambda: club.release(session),
            lambda: club.book_guest(session),
            lambda: club.cancel_guest(session),
            lambda: club.assign(session, bob),
            lambda: club.unassign(session, host),
        ):
            with refuses("invalid_state", status="cancelled"):
                command()

    @pytest.mark.parametrize("booked_by", ["gusmester", "host"])
    def test_a_booked_session_is_not_cancelled_behind_the_back_of_its_booking(self, club, refuses, booked_by):
        session = club.session(club.employee())
        if booked_by == "host":
            club.book_guest(session)
        else:
            club.release(session)
            club.booking(session_id=session)
        with refuses("invalid_state"), club.connection.transaction():
            club.connection.execute("UPDATE sessions SET status = 'cancelled' WHERE id = %s", [session])


class TestDeleting:
    def delete(self, club, session):
        """Delete a session as the table's owner; the service may not delete any."""
        with club.connection.transaction():
            club.connection.execute("DELETE FROM sessions WHERE id = %s", [session])

    def test_a_session_never_booked_goes_with_its_spot(self, club):
        session = club.released(club.employee(), club.employee())
        self.delete(club, session)
        assert not club.has_spot(session)
        assert club.rows("SELECT FROM session_employees") == []

    def test_the_history_of_a_deleted_session_stays(self, club):
        host = club.employee()
        session = club.released(host)
        self.delete(club, session)
        assert club.history(host) == [(150, "Released guest spot")]
        assert (
            club.value(
                "SELECT related_session_id::text FROM employee_points_history WHERE reason = 'Released guest spot'"
            )
            == session
        )

    def test_a_booked_session_stays(self, club):
        session = club.booking()["session_id"]
        with refused_by_the_database():
            self.delete(club, session)
        assert club.spot(session)["status"] == "booked_by_gusmester"

    def test_a_session_whose_booking_was_cancelled_stays(self, club):
        booking = club.booking()
        club.cancel(booking)
        with refused_by_the_database():
            self.delete(club, booking["session_id"])
        assert club.bookings(booking["session_id"])

    def test_a_cancelled_session_that_was_booked_stays(self, club):
        session = club.booking()["session_id"]
        club.cancel_session(session)
        with refused_by_the_database():
            self.delete(club, session)

    def test_a_session_that_had_a_guest_stays(self, club):
        session = club.session(club.employee())
        club.book_guest(session)
        club.cancel_guest(session)
        with refused_by_the_database():
            self.delete(club, session)

    def test_an_employee_with_a_history_stays(self, club):
        bob = club.employee()
        with refused_by_the_database(), club.connection.transaction():
            club.connection.execute("DELETE FROM employees WHERE id = %s", [bob.id])
