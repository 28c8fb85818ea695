"""I1 and I2: the database stops what would break them, and verify_invariants() tells when something did."""

import psycopg
import pytest
from psycopg import errors

from gusmester.calls import ask


@pytest.fixture(autouse=True)
def every_invariant_holds():
    """Not here: this is where they are broken."""


@pytest.fixture
def superuser(superuser_dsn):
    """A superuser who gets past every trigger and foreign key."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def broken(club):
    """Return the invariants that are broken: number, entity and its id."""
    return [(row["invariant"], row["entity"], row["entity_id"]) for row in club.broken_invariants()]


SECOND_SPOT = """
    INSERT INTO guest_spots (id, session_id, host_employee_id)
    SELECT gen_random_uuid(), session_id, host_employee_id FROM guest_spots"""
SECOND_BOOKING = """
    INSERT INTO gusmester_bookings (id, session_id, employee_id, point_cost)
    SELECT gen_random_uuid(), b.session_id, {employee}, 150 FROM gusmester_bookings b"""
SAME_EMPLOYEE = SECOND_BOOKING.format(employee="b.employee_id")
OTHER_EMPLOYEE = SECOND_BOOKING.format(
    employee="(SELECT e.id FROM employees e WHERE e.id <> b.employee_id ORDER BY e.id LIMIT 1)"
)


class TestTheDatabaseStops:
    """Even when every trigger is off."""

    @pytest.mark.parametrize(
        ("write", "constraint"),
        [
            (SECOND_SPOT, "unique_session_guest_spot"),
            (OTHER_EMPLOYEE, "one_active_gusmester_booking_per_session"),
            ("UPDATE employees SET points = -1", "employee_points_not_negative"),
            ("UPDATE employee_points_history SET amount = amount + 1", "points_add_up"),
        ],
    )
    def test_what_would_break_a_rule(self, club, superuser, write, constraint):
        club.booking()
        with pytest.raises(psycopg.IntegrityError) as caught:
            superuser.execute(write)
        assert caught.value.diag.constraint_name == constraint

    def test_a_second_active_booking_of_the_same_employee(self, club, superuser):
        club.booking()
        superuser.execute("DROP INDEX one_active_gusmester_booking_per_session")
        with pytest.raises(errors.UniqueViolation) as caught:
            superuser.execute(SAME_EMPLOYEE)
        assert caught.value.diag.constraint_name == "unique_active_gusmester_booking"

    def test_a_statement_that_parts_a_booking_from_its_spot_at_commit(self, club):
        club.booking()
        club.released()
        for write in (
            "UPDATE guest_spots SET status = 'released_to_public' WHERE status = 'booked_by_gusmester'",
            "UPDATE guest_spots SET status = 'booked_by_gusmester' WHERE status = 'released_to_public'",
            "UPDATE gusmester_bookings SET status = 'cancelled', cancelled_at = now()",
        ):
            with pytest.raises(errors.CheckViolation):
                club.connection.execute(write)
        assert broken(club) == []


class TestI1:
    def test_a_healthy_club_has_nothing_to_report(self, club):
        club.session()
        club.session(club.employee())
        club.book_guest(club.session(club.employee()))
        club.released()
        club.cancel_session(club.booking()["session_id"])
        club.cancel(club.booking())
        club.booking()
        club.session(club.employee(), p_is_private=True)
        assert broken(club) == []

    def test_reports_two_spots_of_one_session(self, club, superuser):
        session = club.session(club.employee())
        superuser.execute("ALTER TABLE guest_spots DROP CONSTRAINT unique_session_guest_spot")
        superuser.execute(SECOND_SPOT)
        assert broken(club) == [("I1", "session", session)]

    def test_reports_two_active_bookings_of_one_session(self, club, superuser):
        session = club.booking()["session_id"]
        superuser.execute("DROP INDEX one_active_gusmester_booking_per_session")
        superuser.execute(OTHER_EMPLOYEE)
        assert broken(club) == [("I1", "session", session)]

    @pytest.mark.parametrize("status", ["released_to_public", "reserved_for_host"])
    def test_reports_a_booking_whose_spot_does_not_say_so(self, club, superuser, status):
        session = club.booking()["session_id"]
        superuser.execute("UPDATE guest_spots SET status = %s", [status])
        assert broken(club) == [("I1", "session", session)]

    def test_reports_a_booked_spot_without_a_booking(self, club, superuser):
        session = club.released()
        superuser.execute("UPDATE guest_spots SET status = 'booked_by_gusmester'")
        assert broken(club) == [("I1", "session", session)]

    def test_reports_a_booking_without_a_spot(self, club, superuser):
        session = club.booking()["session_id"]
        superuser.execute("DELETE FROM guest_spots")
        assert broken(club) == [("I1", "session", session)]

    def test_reports_a_booking_of_a_cancelled_session(self, club, superuser):
        session = club.booking()["session_id"]
        superuser.execute("UPDATE sessions SET status = 'cancelled'")
        assert broken(club) == [("I1", "session", session)]

    def test_reports_a_public_session_with_a_host_and_no_spot(self, club, superuser):
        session = club.session(club.employee())
        superuser.execute("DELETE FROM guest_spots")
        assert broken(club) == [("I1", "session", session)]

    def test_reports_a_spot_of_a_private_session(self, club, superuser):
        session = club.session(club.employee())
        superuser.execute("UPDATE sessions SET is_private = true")
        assert broken(club) == [("I1", "session", session)]

    def test_reports_a_spot_and_a_booking_whose_session_is_gone(self, club, superuser):
        session = club.booking()["session_id"]
        superuser.execute("DELETE FROM sessions")
        assert broken(club) == [("I1", "session", session)]


class TestI2:
    @pytest.mark.parametrize(
        "write",
        [
            "UPDATE employees SET points = points + 1",
            "DELETE FROM employee_points_history",
            "DELETE FROM employee_points_history WHERE entry_number = 1",
            "DELETE FROM employee_points_history WHERE entry_number = 2",
            "DELETE FROM employee_points_history WHERE entry_number = 3",
            "UPDATE employee_points_history SET entry_number = 4 WHERE entry_number = 3",
            "UPDATE employee_points_history SET created_at = created_at - interval '1 hour' WHERE entry_number = 3",
            "UPDATE employee_points_history SET amount = amount + 1, points_after = points_after + 1"
            " WHERE entry_number = 2",
            "UPDATE employee_points_history SET amount = amount + 1, points_after = points_after + 1"
            " WHERE entry_number = 3",
            "UPDATE employee_points_history SET points_before = points_before + 1, points_after = points_after + 1"
            " WHERE entry_number = 2",
            "UPDATE employee_points_history SET points_before = points_before + 1, points_after = points_after + 1"
            " WHERE entry_number = 3",
            "INSERT INTO employee_points_history"
            " (employee_id, entry_number, amount, reason, points_before, points_after, created_at)"
            " SELECT id, 4, 5, 'Gift', 320, 325, now() FROM employees",
        ],
    )
    def test_reports_points_that_are_not_their_history(self, club, superuser, write):
        bob = club.employee()
        club.adjust(bob, 50)
        club.adjust(bob, -30)
        superuser.execute(write)
        assert broken(club) == [("I2", "employee", bob.id)]

    def test_reports_a_history_whose_employee_is_gone(self, club, superuser):
        bob = club.employee()
        superuser.execute("DELETE FROM employees")
        assert broken(club) == [("I2", "employee", bob.id)]

    def test_reports_a_booking_that_cost_something_else_than_its_price(self, club, superuser):
        booking = club.booking()
        superuser.execute("UPDATE gusmester_bookings SET point_cost = 100")
        assert broken(club) == [("I2", "gusmester_booking", booking["booking_id"])]

    def test_reports_a_booking_that_was_given_back_twice(self, club):
        booking = club.booking()
        club.cancel(booking)
        club.connection.execute(
            "INSERT INTO employee_points_history (employee_id, amount, reason, related_booking_id)"
            " SELECT employee_id, 150, 'Once more', id FROM gusmester_bookings"
        )
        assert broken(club) == [("I2", "gusmester_booking", booking["booking_id"])]

    def test_reports_points_below_zero(self, club, superuser):
        bob = club.employee()
        superuser.execute("ALTER TABLE employees DROP CONSTRAINT employee_points_not_negative")
        superuser.execute("UPDATE employees SET points = -1")
        assert broken(club) == [("I2", "employee", bob.id)]

    def test_reports_the_one_employee_it_is_about(self, club, superuser):
        club.employee()
        bob = club.employee()
        superuser.execute("UPDATE employees SET points = 1 WHERE id = %s", [bob.id])
        assert broken(club) == [("I2", "employee", bob.id)]

    def test_tells_what_was_found(self, club, superuser):
        club.employee()
        superuser.execute("UPDATE employees SET points = 1")
        (row,) = club.broken_invariants()
        assert row["details"] == {"points": 1, "sum_of_history": 300, "last_points_after": 300, "broken_entries": 0}


def test_both_are_reported_at_once(club, superuser):
    club.booking()
    superuser.execute("UPDATE guest_spots SET status = 'released_to_public'")
    superuser.execute("UPDATE employees SET points = 1")
    assert {row[0] for row in broken(club)} == {"I1", "I2"}


def test_only_the_service_asks(club, as_service, as_user, refuses):
    assert ask(as_service(), "verify_invariants") == []
    with pytest.raises(errors.InsufficientPrivilege):
        ask(as_user(club.admin().user_id), "verify_invariants")
