"""Two connections in step: who waits for whom, and what they get when the other one commits or rolls back."""

import pytest
from gusmester.calls import run_for_text
from gusmester.club import Club
from psycopg import errors
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.refusals import refused

BOOK = "SELECT book_gusmester_spot(%s, %s)"


@pytest.fixture
def first(connect):
    """Somebody who comes first and takes their time."""
    return Club(connect())


@pytest.fixture
def second(connect):
    """Somebody who comes while the first one is not finished."""
    return Club(connect())


@pytest.fixture
def wait(db, second):
    """Start a statement of the second one's and return when it waits for the first; the result is for later."""

    def wait(statement, parameters):
        later = execute_in_thread(second.connection, statement, parameters)
        wait_until_blocked(db, second.connection.info.backend_pid)
        return later

    return wait


class TestTwoWantOneSpot:
    @pytest.fixture
    def session(self, club, first, wait):
        """A session whose spot the first one has booked and the second one waits for; neither has committed."""
        session, self.winner, self.loser = club.released(), club.employee(), club.employee()
        first.connection.execute("BEGIN")
        first.book(session, self.winner)
        self.later = wait(BOOK, [session, self.loser.id])
        return session

    def test_the_second_gets_it_when_the_first_rolls_back(self, club, first, session):
        first.connection.execute("ROLLBACK")
        ((result,),) = self.later.result(TIMEOUT)
        assert result["employee_id"] == self.loser.id
        assert club.bookings(session) == [(self.loser.id, "active")]
        assert (club.points(self.winner), club.points(self.loser)) == (300, 150)

    def test_the_second_is_refused_when_the_first_commits(self, club, first, session):
        first.connection.execute("COMMIT")
        with refused("spot_not_available", status="booked_by_gusmester"):
            self.later.result(TIMEOUT)
        assert club.bookings(session) == [(self.winner.id, "active")]
        assert (club.points(self.winner), club.points(self.loser)) == (150, 300)

    def test_nobody_is_told_that_it_is_taken_while_the_first_may_still_roll_back(self, club, first, session, connect):
        third = Club(connect())
        third.connection.execute("SET lock_timeout = '50ms'")
        with pytest.raises(errors.LockNotAvailable):
            third.book(session, club.employee())
        first.connection.execute("ROLLBACK")
        assert self.later.result(TIMEOUT)


def test_who_comes_after_the_commit_is_refused_without_waiting(club, first, second):
    session = club.booking()["session_id"]
    carol = club.employee()
    first.connection.execute("BEGIN")
    for table in ("sessions", "guest_spots", "employees"):
        first.connection.execute(f"SELECT FROM {table} FOR NO KEY UPDATE")
    second.connection.execute("SET lock_timeout = '10ms'")
    with refused("spot_not_available"):
        second.book(session, carol)


def test_who_cannot_pay_is_refused_without_waiting(club, first, second):
    session, bob, poor = club.released(), club.employee(), club.employee(points=149)
    first.connection.execute("BEGIN")
    first.book(session, bob)
    second.connection.execute("SET lock_timeout = '10ms'")
    with refused("insufficient_points"):
        second.book(session, poor)


def test_bookings_of_two_sessions_do_not_wait_for_each_other(club, first, second):
    bob, carol, sessions = club.employee(), club.employee(), [club.released(), club.released()]
    first.connection.execute("BEGIN")
    first.book(sessions[0], bob)
    second.connection.execute("SET lock_timeout = '10ms'")
    assert second.book(sessions[1], carol)["success"] is True


def test_a_booking_does_not_wait_for_a_session_that_is_being_read(club, first, second):
    """FOR KEY SHARE is what a foreign-key check takes."""
    session, bob = club.released(), club.employee()
    first.connection.execute("BEGIN")
    for table in ("sessions", "guest_spots", "employees"):
        first.connection.execute(f"SELECT FROM {table} FOR KEY SHARE")
    second.connection.execute("SET lock_timeout = '10ms'")
    assert second.book(session, bob)["success"] is True


def test_points_taken_while_a_booking_waits_count(club, first, wait):
    session, bob = club.released(), club.employee()
    first.connection.execute("BEGIN")
    first.adjust(bob, -151)
    later = wait(BOOK, [session, bob.id])
    first.connection.execute("COMMIT")
    with refused("insufficient_points", required=150, available=149):
        later.result(TIMEOUT)


def test_who_leaves_while_their_booking_waits_is_inactive(club, first, wait):
    session, bob = club.released(), club.employee()
    first.connection.execute("BEGIN")
    first.connection.execute("UPDATE employees SET status = 'inactive' WHERE id = %s", [bob.id])
    later = wait(BOOK, [session, bob.id])
    first.connection.execute("COMMIT")
    with refused("inactive"):
        later.result(TIMEOUT)


def test_a_booking_that_waits_for_the_same_employees_is_already_booked(club, first, wait):
    session, bob = club.released(), club.employee()
    first.connection.execute("BEGIN")
    first.book(session, bob)
    later = wait(BOOK, [session, bob.id])
    first.connection.execute("COMMIT")
    with refused("already_booked"):
        later.result(TIMEOUT)


def test_a_booking_that_waits_for_a_cancelled_session_is_refused(club, first, wait):
    session, bob = club.released(), club.employee()
    first.connection.execute("BEGIN")
    first.cancel_session(session)
    later = wait(BOOK, [session, bob.id])
    first.connection.execute("COMMIT")
    with refused("invalid_state", status="cancelled"):
        later.result(TIMEOUT)
    assert club.points(bob) == 300


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT release_guest_spot(%(session)s)",
        "SELECT book_guest_for_session(%(session)s, 'Kim', 'kim@example.org')",
        "SELECT assign_session_employee(%(session)s, %(employee)s)",
        "SELECT unassign_session_employee(%(session)s, %(host)s)",
        "SELECT cancel_gus_session(%(session)s, 'No wood')",
    ],
)
def test_whatever_waits_for_a_session_that_is_being_cancelled_is_refused(club, first, wait, statement):
    host, employee = club.employee(), club.employee()
    session = club.session(host)
    first.connection.execute("BEGIN")
    first.cancel_session(session)
    later = wait(statement, {"session": session, "host": host.id, "employee": employee.id})
    first.connection.execute("COMMIT")
    with refused("invalid_state", status="cancelled"):
        later.result(TIMEOUT)


def test_a_cancellation_that_waits_for_the_cancellation_of_its_session_is_refused(club, first, wait):
    bob = club.employee()
    booking = club.booking(bob)
    first.connection.execute("BEGIN")
    first.cancel_session(booking["session_id"])
    later = wait("SELECT cancel_gusmester_booking(%s)", [booking["booking_id"]])
    first.connection.execute("COMMIT")
    with refused("invalid_state", status="cancelled"):
        later.result(TIMEOUT)
    assert club.points(bob) == 300


def test_a_booking_that_waits_while_it_becomes_ones_own_session_is_refused(club, first, wait):
    host, bob = club.employee(), club.employee()
    session = club.released(host, bob)
    first.connection.execute("BEGIN")
    first.unassign(session, host)
    later = wait(BOOK, [session, bob.id])
    first.connection.execute("COMMIT")
    with refused("self_booking"):
        later.result(TIMEOUT)


def test_a_session_cancelled_while_it_is_being_booked_refunds_that_booking(club, first, wait):
    session, bob = club.released(), club.employee()
    first.connection.execute("BEGIN")
    first.book(session, bob)
    later = wait("SELECT cancel_gus_session(%s, 'No wood')", [session])
    first.connection.execute("COMMIT")
    assert later.result(TIMEOUT)[0][0]["bookings_refunded"] == 1
    assert club.points(bob) == 300


def test_a_session_being_booked_is_not_cancelled_behind_its_back(club, first, wait):
    session, bob = club.released(), club.employee()
    first.connection.execute("BEGIN")
    first.book(session, bob)
    later = wait("UPDATE sessions SET status = 'cancelled' WHERE id = %s", [session])
    first.connection.execute("COMMIT")
    with refused("invalid_state"):
        later.result(TIMEOUT)


def test_a_session_being_booked_is_not_deleted(club, first, wait):
    session, bob = club.released(), club.employee()
    first.connection.execute("BEGIN")
    first.book(session, bob)
    later = wait("DELETE FROM sessions WHERE id = %s", [session])
    first.connection.execute("COMMIT")
    error = later.exception(TIMEOUT)
    assert error.sqlstate in ("PT409", "23001", "23503")
    assert club.bookings(session) == [(bob.id, "active")]


def test_a_session_being_deleted_is_not_booked(club, first, wait):
    session, bob = club.released(), club.employee()
    first.connection.execute("BEGIN")
    first.connection.execute("DELETE FROM sessions WHERE id = %s", [session])
    later = wait(BOOK, [session, bob.id])
    first.connection.execute("COMMIT")
    with refused("not_found"):
        later.result(TIMEOUT)
    assert club.points(bob) == 300


class TestTheFirstTwoEmployeesOfASession:
    INSERT = "INSERT INTO session_employees (session_id, employee_id) VALUES (%s, %s)"

    @pytest.fixture
    def session(self, club, first, wait):
        """A session with its first two employees being inserted; neither has committed."""
        session, self.one, self.other = club.session(), club.employee(), club.employee()
        first.connection.execute("BEGIN")
        first.connection.execute(self.INSERT, [session, self.one.id])
        self.later = wait(self.INSERT, [session, self.other.id])
        return session

    def test_have_one_spot_when_both_commit(self, club, first, session):
        first.connection.execute("COMMIT")
        self.later.result(TIMEOUT)
        assert club.host(session) == self.one.id

    def test_have_one_spot_when_the_first_rolls_back(self, club, first, session):
        first.connection.execute("ROLLBACK")
        self.later.result(TIMEOUT)
        assert club.host(session) == self.other.id

    def test_have_one_spot_when_the_session_is_committed_between_them(self, club, first, second):
        """The foreign key is deferred, so a row may be there before its session, which somebody else inserts."""
        host = club.employee()
        session = club.value("SELECT gen_random_uuid()::text")
        first.connection.execute("BEGIN")
        first.connection.execute(self.INSERT, [session, host.id])
        second.connection.execute(
            "INSERT INTO sessions (id, name, starts_at, duration_minutes)"
            " VALUES (%s, 'Morning', now() + interval '2 days', 45)",
            [session],
        )
        first.connection.execute("COMMIT")
        assert club.host(session) == host.id


class TestOneKeyTwice:
    KEY = "4f1c"

    @pytest.fixture
    def booking(self, club, first, wait):
        """A call that has not committed, and the same call again, which waits for it."""
        session, self.bob = club.released(), club.employee()
        arguments = {"p_session_id": session, "p_employee_id": self.bob.id, "p_idempotency_key": self.KEY}
        first.connection.execute("BEGIN")
        self.text = run_for_text(first.connection, "book_gusmester_spot", **arguments)
        self.later = wait("SELECT book_gusmester_spot(%s, %s, %s)::text", [session, self.bob.id, self.KEY])
        return session

    def test_the_second_gets_the_same_answer_when_the_first_commits(self, club, first, booking):
        first.connection.execute("COMMIT")
        assert self.later.result(TIMEOUT) == [(self.text,)]
        assert club.bookings(booking) == [(self.bob.id, "active")]

    def test_the_second_does_the_work_when_the_first_rolls_back(self, club, first, booking):
        first.connection.execute("ROLLBACK")
        ((text,),) = self.later.result(TIMEOUT)
        assert text != self.text
        assert club.points(self.bob) == 150

    def test_other_arguments_wait_and_conflict(self, club, first, wait):
        bob, sessions = club.employee(), [club.released(), club.released()]
        first.connection.execute("BEGIN")
        first.book(sessions[0], bob, p_idempotency_key=self.KEY)
        later = wait("SELECT book_gusmester_spot(%s, %s, %s)", [sessions[1], bob.id, self.KEY])
        first.connection.execute("COMMIT")
        with refused("idempotency_conflict"):
            later.result(TIMEOUT)

    def test_keys_of_two_callers_do_not_wait_for_each_other(self, club, first, as_employee):
        bob, carol, sessions = club.employee(), club.employee(), [club.released(), club.released()]
        first.connection.execute("BEGIN")
        first.book(sessions[0], bob, p_idempotency_key=self.KEY)
        carols = Club(as_employee(carol))
        carols.connection.execute("SET lock_timeout = '10ms'")
        assert carols.book(sessions[1], p_idempotency_key=self.KEY)["success"] is True
