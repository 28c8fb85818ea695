"""Scenario 22 and I11: what a booking and its changes queue, and that a broken queue fails none of them."""

from datetime import timedelta

import pytest
from gusmester.calls import run

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def break_queue(clinic, when="true"):
    """Make the queue refuse rows."""
    clinic.connection.execute(f"""
        CREATE FUNCTION break_queue() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'the queue is broken' USING ERRCODE = 'XX001'; END $$;
        CREATE TRIGGER break_queue BEFORE INSERT ON notifications
        FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION break_queue();
    """)


def failures(clinic, session):
    """Return the types of what could not be queued for a session."""
    query = "SELECT type FROM notification_failures WHERE session_id = %s AND sqlstate = 'XX001' ORDER BY type"
    return [kind for (kind,) in clinic.rows(query, [session])]


def payloads(clinic, session, kind):
    """Return what the receivers of one type are told, by receiver."""
    query = "SELECT user_id::text, payload FROM notifications WHERE session_id = %s AND type = %s"
    return dict(clinic.rows(query, [session, kind]))


class TestABooking:
    def test_tells_both_and_reminds_once(self, clinic):
        client, therapist = clinic.client(), clinic.therapist()
        session = clinic.booked(client, therapist, p_session_type="audio")
        assert sorted(clinic.told(session)) == sorted(
            [
                ("booking_confirmation", client),
                ("booking_confirmation", therapist),
                ("booking_reminder_1h", client),
                ("booking_reminder_24h", client),
            ]
        )

    def test_tells_at_once(self, clinic):
        session = clinic.booked()
        query = (
            "SELECT count(*) FROM notifications n JOIN client_sessions s ON s.id = n.session_id"
            " WHERE s.id = %s AND n.type = 'booking_confirmation' AND n.status = 'pending' AND n.due_at = s.created_at"
        )
        assert clinic.value(query, [session]) == 2

    def test_says_when_and_in_which_role_and_no_names(self, clinic):
        client, therapist = clinic.client(), clinic.therapist(timezone="Europe/Oslo")
        result = clinic.book_in(client, therapist, p_notes="My secret", p_title="Sleep", p_session_type="chat")
        about = {
            "starts_at": result["starts_at"],
            "ends_at": result["ends_at"],
            "timezone": "Europe/Oslo",
            "session_type": "chat",
            "is_peer_booking": False,
            "client_id": client,
            "therapist_id": therapist,
        }
        assert payloads(clinic, result["session_id"], "booking_confirmation") == {
            client: about | {"role": "client"},
            therapist: about | {"role": "therapist"},
        }

    def test_is_told_with_the_other_party_in_its_column(self, clinic):
        therapist = clinic.therapist()
        session = clinic.booked(therapist=therapist)
        query = "SELECT DISTINCT therapist_id::text FROM notifications WHERE session_id = %s"
        assert clinic.rows(query, [session]) == [(therapist,)]

    @pytest.mark.parametrize(("kind", "rooms"), [("video", 1), ("audio", 0), ("chat", 0), ("in_person", 0)])
    def test_orders_a_room_for_video_only(self, clinic, kind, rooms):
        session = clinic.booked(p_session_type=kind)
        assert len(clinic.told(session, "create_video_room")) == rooms

    def test_that_is_refused_tells_nobody(self, clinic, refuses):
        client, therapist = clinic.client(0), clinic.therapist()
        with refuses("insufficient_credits"):
            clinic.book_in(client, therapist)

    def test_that_is_rolled_back_tells_nobody(self, clinic):
        client, therapist = clinic.client(), clinic.therapist()
        before = clinic.value("SELECT count(*) FROM notifications")
        with clinic.connection.transaction(force_rollback=True):
            clinic.book_in(client, therapist)
        assert clinic.value("SELECT count(*) FROM notifications") == before


class TestReminders:
    def test_are_due_a_day_and_an_hour_before(self, clinic):
        session = clinic.booked(after="10 days")
        start = clinic.starts_at(session)
        assert clinic.reminders(session) == {"booking_reminder_24h": start - DAY, "booking_reminder_1h": start - HOUR}

    def test_are_due_by_the_clock_of_the_universe(self, clinic):
        """A day before is 24 hours before, also where the clocks are changed that night."""
        therapist = clinic.therapist(timezone="Europe/Oslo")
        session = clinic.book(clinic.client(), therapist, "2030-03-31", "10:00")["session_id"]
        assert clinic.reminders(session)["booking_reminder_24h"].isoformat() == "2030-03-30T08:00:00+00:00"

    @pytest.mark.parametrize(
        ("after", "kinds"),
        [
            ("30 minutes", []),
            ("1 hour", []),
            ("1 hour 1 microsecond", ["booking_reminder_1h"]),
            ("24 hours", ["booking_reminder_1h"]),
            ("24 hours 1 microsecond", ["booking_reminder_1h", "booking_reminder_24h"]),
        ],
    )
    def test_are_never_for_an_hour_that_has_passed(self, clinic, after, kinds):
        client, therapist = clinic.client(), clinic.therapist()
        with clinic.connection.transaction():
            session = clinic.booked(client, therapist, after)
            assert [*clinic.reminders(session)] == kinds
        assert failures(clinic, session) == []

    def test_move_with_their_session(self, clinic):
        session = clinic.booked(after="10 days")
        clinic.move_to(session, "20 days")
        start = clinic.starts_at(session)
        assert clinic.reminders(session) == {"booking_reminder_24h": start - DAY, "booking_reminder_1h": start - HOUR}
        withdrawn = (
            "SELECT count(*) FROM notifications WHERE session_id = %s AND status = 'withdrawn' AND type ~ 'reminder'"
        )
        assert clinic.value(withdrawn, [session]) == 2

    def test_that_were_sent_are_sent_again_for_the_new_time(self, clinic):
        session = clinic.booked(after="10 days")
        clinic.connection.execute("UPDATE notifications SET status = 'sent' WHERE type ~ 'reminder'")
        clinic.move_to(session, "20 days")
        assert len(clinic.reminders(session)) == 2

    def test_that_a_worker_holds_are_withdrawn_too(self, clinic):
        session = clinic.booked()
        clinic.connection.execute(
            "UPDATE notifications SET status = 'leased', leased_by = 'w', leased_until = now() + interval '1 minute'"
            " WHERE type ~ 'reminder' OR type = 'create_video_room'"
        )
        clinic.cancel(session)
        assert clinic.reminders(session) == {}
        withdrawn = "SELECT type FROM notifications WHERE session_id = %s AND status = 'withdrawn' ORDER BY type"
        assert clinic.rows(withdrawn, [session]) == [
            ("booking_reminder_1h",),
            ("booking_reminder_24h",),
            ("create_video_room",),
        ]

    @pytest.mark.parametrize("status", ["completed", "no_show", "cancelled"])
    def test_of_a_session_that_stands_no_more_are_withdrawn(self, clinic, status):
        session = clinic.booked()
        clinic.set_status(session, status)
        assert clinic.reminders(session) == {}

    @pytest.mark.parametrize("command", ["confirm_session", "start_session"])
    def test_stay_while_it_stands(self, clinic, command):
        session = clinic.booked()
        before = clinic.reminders(session)
        clinic.step(command, session)
        assert clinic.reminders(session) == before

    def test_of_a_session_that_is_taken_up_again_are_queued_again(self, clinic):
        session = clinic.booked()
        clinic.set_status(session, "cancelled")
        clinic.set_status(session, "scheduled")
        assert len(clinic.reminders(session)) == 2

    def test_are_not_missed_when_a_session_is_taken_up_again_after_their_hour(self, clinic):
        """I11 asks for reminders whose hour had not passed when the time was taken, which is now."""
        session = clinic.booked()
        clinic.set_status(session, "cancelled")
        clinic.pass_time(session, "30 minutes")
        clinic.connection.execute("ALTER TABLE client_sessions DISABLE TRIGGER session_times_in_step")
        clinic.connection.execute("UPDATE client_sessions SET scheduled_at = now() - interval '2 days'")
        clinic.connection.execute("ALTER TABLE client_sessions ENABLE TRIGGER session_times_in_step")
        clinic.set_status(session, "scheduled")
        assert clinic.reminders(session) == {}
        assert clinic.broken_invariants() == []

    def test_that_died_and_were_queued_again_are_not_missed(self, clinic):
        clinic.booked()
        clinic.connection.execute(
            "UPDATE notifications SET status = 'dead', attempts = 10, last_error = '550' WHERE type ~ 'reminder'"
        )
        for (notification,) in clinic.rows("SELECT id FROM notifications WHERE status = 'dead'"):
            run(clinic.connection, "requeue_notification", p_notification_id=notification)
        assert clinic.broken_invariants() == []


class TestChanges:
    def test_a_cancellation_tells_both_what_came_back(self, clinic, clinic_as):
        client, therapist = clinic.client(), clinic.therapist()
        session = clinic.booked(client, therapist)
        clinic_as(client).cancel(session, p_reason="Ill")
        told = payloads(clinic, session, "booking_cancelled")
        assert told.keys() == {client, therapist}
        for payload in told.values():
            assert (payload["refunded_credits"], payload["cancelled_by"], payload["reason"]) == (1, client, "Ill")

    def test_a_new_time_is_told_to_both_with_the_old_one(self, clinic):
        client, therapist = clinic.client(), clinic.therapist()
        session = clinic.booked(client, therapist)
        old = clinic.row(session)["starts_at"]
        clinic.move_to(session, "5 days")
        told = payloads(clinic, session, "booking_rescheduled")
        assert told.keys() == {client, therapist}
        for payload in told.values():
            assert (payload["old_starts_at"], payload["starts_at"]) == (old, clinic.row(session)["starts_at"])

    def test_a_new_time_orders_the_room_again_for_its_new_hours(self, clinic):
        session = clinic.booked()
        clinic.move_to(session, "5 days")
        query = "SELECT status, payload ->> 'starts_at' FROM notifications WHERE type = 'create_video_room' ORDER BY id"
        (old, _), (new, starts_at) = clinic.rows(query)
        assert (old, new, starts_at) == ("withdrawn", "pending", clinic.row(session)["starts_at"])


class TestABrokenQueue:
    def test_fails_no_booking_and_is_on_record(self, clinic):
        break_queue(clinic)
        client = clinic.client()
        session = clinic.booked(client)
        assert clinic.balance(client) == 9
        assert clinic.told(session) == []
        assert failures(clinic, session) == [
            "booking_confirmation",
            "booking_confirmation",
            "booking_reminder_1h",
            "booking_reminder_24h",
            "create_video_room",
        ]
        assert clinic.broken_invariants() == []

    def test_for_reminders_keeps_the_confirmations(self, clinic):
        break_queue(clinic, "NEW.type ~ 'reminder'")
        session = clinic.booked()
        assert len(clinic.told(session, "booking_confirmation")) == 2
        assert failures(clinic, session) == ["booking_reminder_1h", "booking_reminder_24h"]

    def test_for_confirmations_keeps_the_reminders(self, clinic):
        break_queue(clinic, "NEW.type = 'create_video_room'")
        session = clinic.booked()
        assert len(clinic.reminders(session)) == 2
        assert failures(clinic, session) == ["booking_confirmation", "booking_confirmation", "create_video_room"]

    def test_fails_neither_a_cancellation_nor_a_new_time(self, clinic):
        session = clinic.booked()
        break_queue(clinic)
        clinic.move_to(session, "5 days")
        assert clinic.cancel(session)["refunded_credits"] == 1
        kinds = set(failures(clinic, session))
        assert kinds == {
            "booking_rescheduled",
            "booking_cancelled",
            "booking_reminder_1h",
            "booking_reminder_24h",
            "create_video_room",
        }
