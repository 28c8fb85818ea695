"""Who works at a session, who hosts its guest spot, and when there is one."""

import pytest
from psycopg import errors

from gusmester.club import UNKNOWN, Club, Employee

NOBODY = Employee(UNKNOWN, UNKNOWN, "nobody@club.example")
NOT_GIVEN = Employee(None, UNKNOWN, "nobody@club.example")


@pytest.fixture
def service(as_service):
    """The club as the service role sees it, which writes sessions and who works at them directly."""
    return Club(as_service())


def insert_session(club, **columns):
    """Insert a session directly and return its id."""
    columns = {"id": club.value("SELECT gen_random_uuid()::text"), "is_private": False} | columns
    club.connection.execute(
        "INSERT INTO sessions (id, name, starts_at, duration_minutes, is_private)"
        " VALUES (%(id)s, 'Morning', now() + interval '2 days', 45, %(is_private)s)",
        columns,
    )
    return columns["id"]


def insert_employee(club, session, employee):
    """Insert a row of session_employees directly."""
    club.connection.execute(
        "INSERT INTO session_employees (session_id, employee_id) VALUES (%s, %s)", [session, employee.id]
    )


def remove_employee(club, session, employee):
    """Delete a row of session_employees directly."""
    club.connection.execute(
        "DELETE FROM session_employees WHERE session_id = %s AND employee_id = %s", [session, employee.id]
    )


class TestTheSpotAppears:
    def test_with_the_first_employee_after_the_session(self, club, service):
        host = club.employee()
        session = insert_session(service)
        assert not club.has_spot(session)
        insert_employee(service, session, host)
        spot = club.spot(session)
        assert (spot["status"], spot["host_employee_id"]) == ("reserved_for_host", host.id)

    def test_with_an_employee_who_is_there_before_the_session(self, club, service):
        host = club.employee()
        with service.connection.transaction():
            session = service.value("SELECT gen_random_uuid()::text")
            insert_employee(service, session, host)
            insert_session(service, id=session)
        assert club.host(session) == host.id

    def test_once_for_several_employees_before_the_session(self, club, service):
        first, second = club.employee(), club.employee()
        with service.connection.transaction():
            session = service.value("SELECT gen_random_uuid()::text")
            insert_employee(service, session, first)
            insert_employee(service, session, second)
            insert_session(service, id=session)
        assert club.host(session) == first.id

    def test_once_for_several_employees_in_one_statement(self, club, service):
        employees = [club.employee() for _ in range(3)]
        session = insert_session(service)
        service.connection.execute(
            "INSERT INTO session_employees (session_id, employee_id) SELECT %s, unnest(%s::uuid[])",
            [session, [e.id for e in employees]],
        )
        assert club.host(session) in [e.id for e in employees]

    def test_not_again_with_the_second_employee(self, club, service):
        host = club.employee()
        session = club.session(host)
        insert_employee(service, session, club.employee())
        assert club.host(session) == host.id

    def test_not_for_an_employee_without_a_session(self, club):
        with pytest.raises(errors.ForeignKeyViolation), club.connection.transaction():
            insert_employee(club, UNKNOWN, club.employee())

    @pytest.mark.parametrize("employee_first", [True, False])
    def test_not_for_a_private_session(self, club, service, employee_first):
        host = club.employee()
        with service.connection.transaction():
            session = service.value("SELECT gen_random_uuid()::text")
            if employee_first:
                insert_employee(service, session, host)
            insert_session(service, id=session, is_private=True)
            if not employee_first:
                insert_employee(service, session, host)
        assert not club.has_spot(session)

    def test_when_a_private_session_becomes_public(self, club, service):
        host = club.employee()
        session = club.session(host, p_is_private=True)
        service.connection.execute("UPDATE sessions SET is_private = false WHERE id = %s", [session])
        assert club.host(session) == host.id

    def test_and_goes_when_a_public_session_becomes_private(self, club, service):
        session = club.session(club.employee())
        service.connection.execute("UPDATE sessions SET is_private = true WHERE id = %s", [session])
        assert not club.has_spot(session)

    @pytest.mark.parametrize("state", ["released", "booked", "given to a guest", "was given to a guest"])
    def test_but_not_once_it_has_been_used(self, club, refuses, state):
        session = club.session(club.employee())
        if "guest" in state:
            club.book_guest(session)
        else:
            club.release(session)
        if state == "booked":
            club.booking(session_id=session)
        if state == "was given to a guest":
            club.cancel_guest(session)
        with refuses("invalid_state"), club.connection.transaction():
            club.connection.execute("UPDATE sessions SET is_private = true WHERE id = %s", [session])


class TestAssigning:
    def test_the_first_one_hosts(self, club):
        session, host = club.session(), club.employee()
        assert club.assign(session, host) == {"success": True, "session_id": session, "host_employee_id": host.id}
        assert club.spot(session)["status"] == "reserved_for_host"

    def test_the_second_one_does_not(self, club):
        host, second = club.employee(), club.employee()
        assert club.assign(club.session(host), second)["host_employee_id"] == host.id

    def test_a_private_session_has_no_host_of_a_spot(self, club):
        session = club.session(p_is_private=True)
        assert club.assign(session, club.employee())["host_employee_id"] is None

    def test_assigning_again_changes_nothing(self, club):
        host = club.employee()
        session = club.session(host)
        before = club.rows("SELECT session_employees.* FROM session_employees")
        assert club.assign(session, host)["host_employee_id"] == host.id
        assert club.rows("SELECT session_employees.* FROM session_employees") == before
        assert club.audits("assign_session_employee") == []

    def test_an_inactive_employee_is_not_assigned(self, club, refuses):
        session, employee = club.session(), club.employee(status="inactive")
        with refuses("inactive", user_id=employee.user_id):
            club.assign(session, employee)

    @pytest.mark.parametrize("status", ["cancelled", "completed"])
    def test_nobody_is_assigned_to_a_session_that_is_not_active(self, club, refuses, status):
        session, employee = club.session(), club.employee()
        club.connection.execute("UPDATE sessions SET status = %s", [status])
        with refuses("invalid_state", status=status):
            club.assign(session, employee)

    def test_an_unknown_session_or_employee_is_not_found(self, club, refuses):
        session, employee = club.session(), club.employee()
        with refuses("not_found", entity="session", id=UNKNOWN):
            club.assign(UNKNOWN, employee)
        with refuses("not_found", entity="employee", id=UNKNOWN):
            club.assign(session, NOBODY)

    def test_both_must_be_given(self, club, refuses):
        session, employee = club.session(), club.employee()
        with refuses("invalid_input", parameter="p_session_id"):
            club.assign(None, employee)
        with refuses("invalid_input", parameter="p_employee_id"):
            club.assign(session, NOT_GIVEN)


class TestTakingOff:
    def test_the_next_one_becomes_host(self, club):
        host, next_host = club.employee(), club.employee()
        session = club.session(host, next_host)
        assert club.unassign(session, host) == {
            "success": True,
            "session_id": session,
            "host_employee_id": next_host.id,
        }
        assert club.host(session) == next_host.id

    def test_the_host_stays_when_another_one_goes(self, club):
        host, second = club.employee(), club.employee()
        session = club.session(host, second)
        assert club.unassign(session, second)["host_employee_id"] == host.id

    def test_who_was_assigned_first_comes_next(self, club):
        host, early, late = club.employee(), club.employee(), club.employee()
        session = club.session(host, early)
        club.assign(session, late)
        club.unassign(session, host)
        assert club.host(session) == early.id

    def test_who_comes_back_queues_behind_the_others(self, club):
        host, next_host = club.employee(), club.employee()
        session = club.session(host, next_host)
        club.unassign(session, host)
        club.assign(session, host)
        assert club.host(session) == next_host.id
        assert club.unassign(session, next_host)["host_employee_id"] == host.id

    def test_a_released_spot_stays_released_and_remembers_who_released_it(self, club):
        host, next_host = club.employee(), club.employee()
        session = club.released(host, next_host)
        club.unassign(session, host)
        spot = club.spot(session)
        assert (spot["status"], spot["host_employee_id"]) == ("released_to_public", next_host.id)
        assert spot["released_by"] == host.id

    def test_a_released_spot_can_then_be_booked_but_not_by_its_new_host(self, club, refuses):
        host, next_host = club.employee(), club.employee()
        session = club.released(host, next_host)
        club.unassign(session, host)
        with refuses("self_booking"):
            club.book(session, next_host)
        assert club.book(session, host)["success"]

    def test_a_spot_without_anybody_waits_for_the_next_one(self, club):
        host, next_host = club.employee(), club.employee()
        session = club.released(host)
        assert club.unassign(session, host)["host_employee_id"] is None
        spot = club.spot(session)
        assert (spot["status"], spot["host_employee_id"]) == ("reserved_for_host", None)
        assert club.assign(session, next_host)["host_employee_id"] == next_host.id
        assert club.spot(session)["id"] == spot["id"]

    def test_a_booked_spot_keeps_its_booking_and_its_host(self, club):
        host, next_host, bob = club.employee(), club.employee(), club.employee()
        session = club.released(host, next_host)
        club.book(session, bob)
        assert club.unassign(session, host)["host_employee_id"] == host.id
        spot = club.spot(session)
        assert (spot["status"], spot["host_employee_id"]) == ("booked_by_gusmester", host.id)
        assert club.bookings(session) == [(bob.id, "active")]

    def test_a_spot_given_to_a_guest_keeps_them_and_its_host(self, club):
        host, next_host = club.employee(), club.employee()
        session = club.session(host, next_host)
        club.book_guest(session)
        assert club.unassign(session, host)["host_employee_id"] == host.id
        assert club.spot(session)["guest_name"] == "Kim"

    def test_a_private_session_has_no_host_of_a_spot(self, club):
        host = club.employee()
        session = club.session(host, p_is_private=True)
        assert club.unassign(session, host)["host_employee_id"] is None

    def test_who_is_not_assigned_is_not_found(self, club, refuses):
        session, employee = club.session(club.employee()), club.employee()
        with refuses("not_found", id=employee.id):
            club.unassign(session, employee)

    def test_an_unknown_session_is_not_found(self, club, refuses):
        employee = club.employee()
        with refuses("not_found", entity="session", id=UNKNOWN):
            club.unassign(UNKNOWN, employee)

    def test_both_must_be_given(self, club, refuses):
        host = club.employee()
        session = club.session(host)
        with refuses("invalid_input", parameter="p_session_id"):
            club.unassign(None, host)
        with refuses("invalid_input", parameter="p_employee_id"):
            club.unassign(session, NOT_GIVEN)

    @pytest.mark.parametrize("status", ["cancelled", "completed"])
    def test_nobody_is_taken_off_a_session_that_is_not_active(self, club, refuses, status):
        host = club.employee()
        session = club.session(host)
        club.connection.execute("UPDATE sessions SET status = %s", [status])
        with refuses("invalid_state", status=status):
            club.unassign(session, host)

    def test_who_has_left_can_be_taken_off(self, club):
        host = club.employee()
        session = club.session(host)
        club.connection.execute("UPDATE employees SET status = 'inactive'")
        assert club.unassign(session, host)["host_employee_id"] is None


class TestDirectChanges:
    """What the service writes into session_employees itself follows the same rules."""

    def test_removed(self, club, service):
        host, next_host = club.employee(), club.employee()
        session = club.session(host, next_host)
        remove_employee(service, session, host)
        assert club.host(session) == next_host.id
        remove_employee(service, session, next_host)
        assert club.host(session) is None

    def test_replaced(self, club, service):
        host, other = club.employee(), club.employee()
        session = club.session(host)
        service.connection.execute("UPDATE session_employees SET employee_id = %s", [other.id])
        assert club.host(session) == other.id

    def test_moved_to_another_session(self, club, service):
        host = club.employee()
        old, new = club.session(host), club.session()
        service.connection.execute("UPDATE session_employees SET session_id = %s", [new])
        assert (club.host(old), club.host(new)) == (None, host.id)

    @pytest.mark.parametrize("change", ["removed", "replaced"])
    def test_a_booking_is_never_orphaned(self, club, service, change):
        host, bob = club.employee(), club.employee()
        session = club.released(host)
        club.book(session, bob)
        if change == "removed":
            remove_employee(service, session, host)
        else:
            service.connection.execute("UPDATE session_employees SET employee_id = %s", [club.employee().id])
        assert club.host(session) == host.id
        assert club.bookings(session) == [(bob.id, "active")]

    def test_removed_and_inserted_again_in_one_transaction_hosts_again(self, club, service):
        host = club.employee()
        session = club.released(host)
        with service.connection.transaction():
            remove_employee(service, session, host)
            insert_employee(service, session, host)
        assert club.host(session) == host.id
