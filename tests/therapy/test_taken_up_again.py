"""Sessions that somebody takes up again or hands on by hand, and reminders that were dead meanwhile."""

import pytest
from gusmester.calls import run
from support.refusals import refused


@pytest.fixture
def people(clinic):
    """A client with ten credits and a therapist."""
    return clinic.client(10), clinic.therapist()


@pytest.fixture
def session(clinic, people):
    """A session of theirs in a hundred hours."""
    return clinic.booked(*people, "100 hours")


def reminders(clinic, session, status="pending"):
    """Return the receivers of a session's reminders in a status."""
    query = (
        "SELECT user_id::text FROM notifications"
        " WHERE session_id = %s AND type LIKE 'booking_reminder%%' AND status = %s"
    )
    return [receiver for (receiver,) in clinic.rows(query, [session, status])]


def bury(clinic, session):
    """The reminders of a session could not be delivered; return their ids."""
    query = (
        "UPDATE notifications SET status = 'dead' WHERE session_id = %s AND type LIKE 'booking_reminder%%' RETURNING id"
    )
    return [notification for (notification,) in clinic.rows(query, [session])]


class TestASessionTakenUpAgain:
    def test_is_given_back_once(self, clinic, people, session):
        assert clinic.cancel(session)["refunded_credits"] == 1
        clinic.set_status(session, "scheduled")
        assert clinic.cancel(session)["refunded_credits"] == 0
        assert clinic.balance(people[0]) == 10

    def test_is_no_longer_said_to_be_cancelled(self, clinic, session):
        clinic.cancel(session, p_reason="Ill")
        clinic.set_status(session, "scheduled")
        row = clinic.row(session)
        assert (row["cancelled_at"], row["cancelled_by"], row["cancellation_reason"]) == (None, None, None)
        clinic.cancel(session)


class TestASessionHandedOn:
    def test_reminds_its_new_client(self, clinic, session):
        other = clinic.client()
        clinic.connection.execute("UPDATE client_sessions SET client_id = %s WHERE id = %s", [other, session])
        assert reminders(clinic, session) == [other, other]
        assert clinic.broken_invariants() == []


class TestADeadReminder:
    def test_of_a_cancelled_session_stays_withdrawn(self, clinic, session):
        dead = bury(clinic, session)
        clinic.cancel(session)
        for notification in dead:
            with refused("invalid_state", status="withdrawn"):
                run(clinic.connection, "requeue_notification", p_notification_id=notification)
        assert clinic.broken_invariants() == []

    def test_of_a_moved_session_stays_withdrawn(self, clinic, people, session):
        (dead, _) = bury(clinic, session)
        clinic.move_to(session, "150 hours")
        with refused("invalid_state", status="withdrawn"):
            run(clinic.connection, "requeue_notification", p_notification_id=dead)
        assert reminders(clinic, session) == [people[0]] * 2

    def test_of_an_erased_person_stays_withdrawn(self, clinic, people, session):
        (dead, _) = bury(clinic, session)
        clinic.erase(people[0])
        with refused("invalid_state", status="withdrawn"):
            run(clinic.connection, "requeue_notification", p_notification_id=dead)


class TestTheInvariantOfReminders:
    def test_sees_that_a_moved_session_has_lost_its_new_one(self, clinic, session):
        clinic.connection.execute(
            "UPDATE notifications SET status = 'sent', attempts = 1, created_at = created_at - interval '1 day'"
            " WHERE session_id = %s AND type = 'booking_reminder_24h'",
            [session],
        )
        clinic.connection.execute(
            "UPDATE client_sessions SET scheduled_at = scheduled_at - interval '1 hour' WHERE id = %s", [session]
        )
        clinic.move_to(session, "150 hours")
        assert clinic.broken_invariants() == []
        clinic.connection.execute(
            "DELETE FROM notifications WHERE session_id = %s AND type = 'booking_reminder_24h' AND status = 'pending'",
            [session],
        )
        assert [row["invariant"] for row in clinic.broken_invariants()] == ["I11"]
        clinic.cancel(session)

    def test_keeps_the_record_of_one_that_could_not_be_queued(self, clinic, session):
        clinic.connection.execute(
            "WITH gone AS ("
            "DELETE FROM notifications WHERE session_id = %s AND type LIKE 'booking_reminder%%' RETURNING *)"
            " INSERT INTO notification_failures (type, user_id, session_id, sqlstate, error, created_at)"
            " SELECT type, user_id, session_id, '53100', 'No space left', now() - interval '3 years' FROM gone",
            [session],
        )
        run(clinic.connection, "run_maintenance")
        assert clinic.broken_invariants() == []


class TestAConflict:
    def test_from_midnight_to_midnight_is_a_day(self, clinic, people):
        day = clinic.day(4)
        clinic.book(*people, clinic.day(5), "15:00")
        assert clinic.conflict(people[1], day, "24:00", "00:00") is True
