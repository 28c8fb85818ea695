"""Who is told what, and that a booking stands when nobody can be told."""

import pytest

from gusmester.club import Employee


def told(club, notification_type):
    """Return who is told: logins and addresses, sorted."""
    return sorted(
        receiver
        for (receiver,) in club.rows(
            "SELECT coalesce(user_id::text, address) FROM notifications WHERE type = %s", [notification_type]
        )
    )


def without_account(club, email):
    """Hire somebody who has no login."""
    club.connection.execute("INSERT INTO employees (name, email) VALUES ('Ada', %s)", [email])
    return Employee(club.value("SELECT id::text FROM employees WHERE email = %s", [email]), "", email)


class TestBooking:
    def test_the_gusmester_and_the_host_are_told(self, club):
        host, bob = club.employee(), club.employee()
        booking = club.booking(bob, club.released(host))
        rows = club.rows(
            "SELECT user_id::text, session_id::text, payload ->> 'role', payload ->> 'booking_id', payload ->> 'name'"
            " FROM notifications WHERE type = 'gusmester_spot_booked' ORDER BY payload ->> 'role'"
        )
        session, booked = booking["session_id"], booking["booking_id"]
        assert rows == [
            (bob.user_id, session, "gusmester", booked, "Evening steam"),
            (host.user_id, session, "host", booked, "Evening steam"),
        ]

    def test_at_once(self, club):
        club.booking()
        assert club.rows("SELECT DISTINCT due_at <= now(), status FROM notifications") == [(True, "pending")]

    def test_the_payload_says_when_it_starts(self, club):
        club.booking()
        assert club.value(
            "SELECT bool_and((n.payload ->> 'starts_at')::timestamptz = s.starts_at)"
            " FROM notifications n JOIN sessions s ON s.id = n.session_id"
        )

    def test_who_has_no_login_is_told_by_address(self, club):
        ada, host = without_account(club, "ada@club.example"), without_account(club, "host@club.example")
        club.booking(ada, club.released(host))
        assert told(club, "gusmester_spot_booked") == ["ada@club.example", "host@club.example"]


class TestCancellingASession:
    def test_everybody_concerned_is_told_once(self, club):
        host, second, bob = club.employee(), club.employee(), club.employee()
        session = club.released(host, second)
        club.book(session, bob)
        club.cancel_session(session, "No wood")
        assert told(club, "gus_session_cancelled") == sorted(e.user_id for e in (host, second, bob))
        assert club.rows(
            "SELECT DISTINCT session_id::text, payload ->> 'reason', payload ->> 'name' FROM notifications"
            " WHERE type = 'gus_session_cancelled'"
        ) == [(session, "No wood", "Evening steam")]

    def test_a_guest_is_told_by_address(self, club):
        host = club.employee()
        session = club.session(host)
        club.book_guest(session, "Kim", "kim@example.org")
        club.cancel_session(session)
        assert told(club, "gus_session_cancelled") == sorted([host.user_id, "kim@example.org"])

    def test_a_host_who_was_taken_off_a_booked_session_is_told(self, club):
        host, bob = club.employee(), club.employee()
        session = club.released(host)
        club.book(session, bob)
        club.unassign(session, host)
        club.cancel_session(session)
        assert told(club, "gus_session_cancelled") == sorted([host.user_id, bob.user_id])

    def test_who_booked_and_works_there_is_told_once(self, club):
        host, bob = club.employee(), club.employee()
        session = club.released(host, bob)
        club.book(session, bob)
        club.cancel_session(session)
        assert told(club, "gus_session_cancelled") == sorted([host.user_id, bob.user_id])

    def test_who_cancelled_before_is_not_told(self, club):
        host = club.employee()
        booking = club.booking(session_id=club.released(host))
        club.cancel(booking)
        club.cancel_session(booking["session_id"])
        assert told(club, "gus_session_cancelled") == [host.user_id]

    def test_nobody_is_told_where_nobody_is_concerned(self, club):
        club.cancel_session(club.session())
        assert told(club, "gus_session_cancelled") == []


class TestWhatCannotBeQueued:
    @pytest.fixture
    def broken_outbox(self, club):
        """No notification can be queued any more."""
        club.connection.execute("""
            CREATE FUNCTION break_outbox() RETURNS trigger LANGUAGE plpgsql
                AS $$ BEGIN RAISE EXCEPTION 'the outbox is broken' USING ERRCODE = 'XX999'; END $$;
            CREATE TRIGGER break_outbox BEFORE INSERT ON notifications
                FOR EACH ROW EXECUTE FUNCTION break_outbox()""")

    def failures(self, club):
        """Return what is on record, sorted."""
        return sorted(
            club.rows("SELECT type, user_id::text, session_id::text, sqlstate, error FROM notification_failures")
        )

    def test_leaves_the_booking_and_is_put_on_record(self, club, broken_outbox):
        host, bob = club.employee(), club.employee()
        session = club.released(host)
        assert club.book(session, bob)["new_points"] == 150
        assert club.bookings(session) == [(bob.id, "active")]
        assert self.failures(club) == sorted(
            ("gusmester_spot_booked", person.user_id, session, "XX999", "the outbox is broken")
            for person in (host, bob)
        )
        assert told(club, "gusmester_spot_booked") == []

    def test_leaves_the_cancellation_and_its_refund(self, club, broken_outbox):
        bob = club.employee()
        session = club.booking(bob)["session_id"]
        club.cancel_session(session)
        assert club.points(bob) == 300
        assert {failure[0] for failure in self.failures(club)} == {"gusmester_spot_booked", "gus_session_cancelled"}

    def test_leaves_a_replay_as_it_is(self, club, broken_outbox):
        session, bob = club.released(), club.employee()
        first = club.book(session, bob, p_idempotency_key="k")
        assert club.book(session, bob, p_idempotency_key="k") == first
        assert len(self.failures(club)) == 2
