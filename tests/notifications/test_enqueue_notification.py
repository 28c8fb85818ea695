"""enqueue_notification(): the service queues something of its own."""

import json
from uuid import uuid4

import pytest
from calendars.practice import UNKNOWN
from gusmester.calls import Json, run
from gusmester.snapshot import nothing_written
from psycopg import errors
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.refusals import refused
from therapy.fixtures import clinic, clinic_as

__all__ = ["clinic", "clinic_as"]

REMINDERS = ["booking_reminder_24h", "booking_reminder_1h"]


@pytest.fixture
def enqueue(clinic):
    """Queue something for somebody with a profile."""
    person = clinic.person()

    def enqueue(kind="newsletter", **more) -> Json:
        return run(clinic.connection, "enqueue_notification", **{"p_type": kind, "p_user_id": person} | more)

    return enqueue


class TestANotification:
    def test_is_queued_for_now(self, clinic):
        person, other, session = clinic.person(), str(uuid4()), str(uuid4())
        with clinic.connection.transaction():
            result = run(
                clinic.connection,
                "enqueue_notification",
                p_type=" newsletter ",
                p_user_id=person,
                p_therapist_id=other,
                p_session_id=session,
                p_payload='{"a": 1}',
            )
            row = clinic.value("SELECT to_jsonb(n) FROM notifications n WHERE due_at = now()")
        assert result == {"success": True, "notification_id": row["id"], "due_at": row["due_at"]}
        about = {"type": "newsletter", "user_id": person, "therapist_id": other, "session_id": session}
        assert row | about | {"payload": {"a": 1}, "status": "pending", "attempts": 0, "address": None} == row

    @pytest.mark.parametrize("minutes", [0, 1, 60, 5_270_400])
    def test_is_due_after_its_delay_from_now(self, clinic, enqueue, minutes):
        with clinic.connection.transaction():
            enqueue(p_delay_minutes=minutes)
            assert clinic.value("SELECT due_at = now() + make_interval(mins => %s) FROM notifications", [minutes])

    def test_is_queued_once_by_one_key(self, clinic, enqueue):
        first = enqueue(p_idempotency_key="k")
        with nothing_written(clinic.connection):
            assert enqueue(p_idempotency_key="k") == first
        with refused("idempotency_conflict"):
            enqueue(p_idempotency_key="k", p_payload='{"a": 1}')

    def test_is_put_on_record_without_what_it_says(self, clinic, enqueue):
        result = enqueue(p_payload='{"secret": "mellon"}')
        (row,) = clinic.audits("enqueue_notification")
        assert row["entity_id"] == result["notification_id"]
        assert "mellon" not in str(row)

    def test_that_cannot_be_queued_fails_here(self, clinic, enqueue):
        """It is all that was asked for."""
        clinic.connection.execute("ALTER TABLE notifications ADD CONSTRAINT queue_is_full CHECK (false) NOT VALID")
        with nothing_written(clinic.connection), pytest.raises(errors.CheckViolation):
            enqueue()


class TestIsRefused:
    @pytest.mark.parametrize(
        ("parameter", "wrong"),
        [
            ("p_type", [None, "", " ", "x" * 101, "x" * 10_001]),
            ("p_user_id", [None]),
            ("p_payload", [None, "null", "[]", "7", json.dumps({"a": "x" * 2_000_000})]),
            ("p_delay_minutes", [None, -1, -(2**31), 5_270_401, 2**31 - 1]),
        ],
    )
    def test_out_of_bounds(self, clinic, enqueue, parameter, wrong):
        for value in wrong:
            with nothing_written(clinic.connection), refused("invalid_input", parameter=parameter):
                enqueue(**{parameter: value})

    def test_for_people_nobody_knows(self, clinic, enqueue):
        with nothing_written(clinic.connection), refused("not_found", id=UNKNOWN):
            enqueue(p_user_id=UNKNOWN)

    def test_to_users(self, clinic, clinic_as):
        person = clinic.person()
        with nothing_written(clinic.connection), pytest.raises(errors.InsufficientPrivilege):
            run(clinic_as(person).connection, "enqueue_notification", p_type="hi", p_user_id=person)


class TestAReminder:
    @pytest.mark.parametrize(
        ("kind", "starts_in", "is_queued"),
        [
            ("booking_reminder_24h", "24 hours", False),
            ("booking_reminder_24h", "24 hours 1 microsecond", True),
            ("booking_reminder_1h", "1 hour", False),
            ("booking_reminder_1h", "1 hour 1 microsecond", True),
            ("booking_reminder_1h", "-1 hour", False),
            ("booking_confirmation", "-1 hour", True),
        ],
    )
    def test_is_not_queued_once_its_hour_has_passed(self, clinic, enqueue, kind, starts_in, is_queued):
        with clinic.connection.transaction():
            session = clinic.session(clinic.person(), clinic.practitioner(), f"{clinic.instant(starts_in)}+00")
            before = clinic.value("SELECT count(*) FROM notifications")
            result = enqueue(kind, p_session_id=session)
            assert (result["notification_id"] is not None, result["due_at"] is not None) == (is_queued, is_queued)
            assert clinic.value("SELECT count(*) FROM notifications") == before + is_queued

    @pytest.mark.parametrize("kind", REMINDERS)
    def test_of_no_session_is_a_notification_like_others(self, clinic, enqueue, kind):
        assert enqueue(kind)["notification_id"]
        assert enqueue(kind, p_session_id=str(uuid4()))["notification_id"]

    @pytest.mark.parametrize("kind", REMINDERS)
    def test_of_a_cancelled_session_is_not_queued(self, clinic, enqueue, kind):
        """I11: no cancelled session has any unsent."""
        session = clinic.booked(after="5 days")
        clinic.cancel(session)
        assert enqueue(kind, p_session_id=session)["notification_id"] is None
        assert clinic.broken_invariants() == []

    def test_of_a_session_that_is_being_cancelled_is_not_queued(self, clinic, db, connect):
        session, client = clinic.booked(after="5 days"), clinic.person()
        first, second = connect(), connect()
        first.execute("BEGIN")
        run(first, "cancel_session", p_session_id=session)
        later = execute_in_thread(
            second, "SELECT enqueue_notification('booking_reminder_24h', %s, p_session_id => %s)", [client, session]
        )
        wait_until_blocked(db, second.info.backend_pid)
        first.execute("COMMIT")
        ((result,),) = later.result(TIMEOUT)
        assert result["notification_id"] is None
        assert clinic.broken_invariants() == []
